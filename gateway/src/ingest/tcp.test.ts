import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jt808Ack, jt808Frame, jt808Part } from '../e2e/frames.ts';
import type { Entry } from '../journal/record.ts';
import {
  ack,
  broken,
  hear,
  heartbeat,
  PHONE,
  Port,
  partOfMany,
  send,
  until,
} from './tcp.test-support.ts';

let port: Port;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  await port.close();
  vi.useRealTimers();
});

describe('a device port', () => {
  it('answers a frame once it is durable, and not before', async () => {
    port = await Port.open();
    const socket = await port.connect();
    let heard = 0;
    socket.on('data', (chunk) => {
      heard += chunk.length;
    });
    send(socket, heartbeat(1));
    await until(() => port.journal.pending === 1);
    // A second device is answered meanwhile: time enough for a wrong answer to arrive.
    const other = await port.connect();
    send(other, jt808Frame(0x0002, '13900000001', 1, Buffer.alloc(0)));
    await until(() => port.journal.pending === 2);
    expect(heard).toBe(0);
    port.journal.sync();
    await until(() => heard > 0);
    expect(heard).toBe(ack(0, 1).length / 2);
  });

  it('answers also a device that has said its last word, and then closes', async () => {
    port = await Port.open();
    const socket = await port.connect();
    socket.end(Buffer.from(heartbeat(1), 'hex'));
    await until(() => port.journal.pending === 1);
    // Its end has arrived by the time another connection is served.
    const other = await port.connect();
    send(other, jt808Frame(0x0002, '13900000001', 1, Buffer.alloc(0)));
    await until(() => port.journal.pending === 2);
    port.journal.sync();
    expect(await hear(socket, ack(0, 1).length / 2)).toBe(ack(0, 1));
    await once(socket, 'close');
  });

  it('answers byte for byte, also when frames come joined or split', async () => {
    port = await Port.open();
    const socket = await port.connect();
    const [joined, rest] = [heartbeat(1) + heartbeat(2).slice(0, 9), heartbeat(2).slice(9)];
    send(socket, joined.slice(0, joined.length - (joined.length % 2)));
    await until(() => port.journal.pending === 1);
    port.journal.sync();
    expect(await hear(socket, ack(0, 1).length / 2)).toBe(ack(0, 1));
    send(socket, joined.slice(joined.length - (joined.length % 2)) + rest);
    await until(() => port.journal.pending === 1);
    port.journal.sync();
    expect(await hear(socket, ack(1, 2).length / 2)).toBe(ack(1, 2));
  });

  it('closes who sends no frame of an admitted device in time', async () => {
    port = await Port.open('known');
    const socket = await port.connect();
    send(socket, heartbeat(1));
    await hear(socket, 10);
    port.pass(30_000);
    expect(socket.closed).toBe(false);
    port.pass(1000);
    await once(socket, 'close');
    expect(await port.closed('noFirstFrame')).toBe(1);
  });

  it('closes who feeds a frame byte by byte, however busily', async () => {
    port = await Port.open();
    const socket = await port.connect();
    send(socket, heartbeat(1));
    await until(() => port.journal.pending === 1);
    port.journal.sync();
    await hear(socket, 10);
    const frame = jt808Frame(0x0200, PHONE, 2, Buffer.alloc(200, 1));
    const closed = once(socket, 'close');
    for (let byte = 0; byte < 200 && !socket.closed; byte++) {
      send(socket, frame.slice(byte * 2, byte * 2 + 2));
      await new Promise((resolve) => setImmediate(resolve));
      port.pass(1000);
    }
    await closed;
    expect(await port.closed('slowFrame')).toBe(1);
  });

  it('closes a silent connection after its time, and not one that goes on talking', async () => {
    port = await Port.open('open', { idleMs: 60_000 });
    const [silent, talking] = [await port.connect(), await port.connect()];
    const talk = async (socket: Socket, phone: string, serial: number) => {
      send(socket, jt808Frame(0x0002, phone, serial, Buffer.alloc(0)));
      await until(() => port.journal.pending === 1);
      port.journal.sync();
      await hear(socket, 10);
    };
    await talk(silent, PHONE, 1);
    await talk(talking, '13900000001', 1);
    port.pass(40_000);
    await talk(talking, '13900000001', 2);
    port.pass(21_000);
    await once(silent, 'close');
    expect(await port.closed('idle')).toBe(1);
    expect(talking.closed).toBe(false);
  });

  it('closes after too many bad frames in a row, and counts anew after a good one', async () => {
    port = await Port.open();
    const socket = await port.connect();
    send(socket, broken(1).repeat(4) + heartbeat(2) + broken(3).repeat(4));
    await until(async () => (await port.faults()) === 8);
    expect(await port.closed('badFrames')).toBe(0);
    send(socket, broken(4));
    await once(socket, 'close');
    expect(await port.closed('badFrames')).toBe(1);
  });

  it('takes rubbish for one bad piece, however the line cuts it up', async () => {
    port = await Port.open();
    const socket = await port.connect();
    for (const byte of Buffer.alloc(40, 0x41)) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    send(socket, heartbeat(1));
    await until(() => port.journal.pending === 1);
    expect(await port.closed('badFrames')).toBe(0);
    send(socket, `7e${'41'.repeat(40_000)}`);
    await once(socket, 'close');
    expect(await port.closed('badFrames')).toBe(1);
  });

  it('takes a sound frame with a useless body for no bad frame', async () => {
    port = await Port.open();
    const socket = await port.connect();
    const cut = (serial: number) => jt808Frame(0x0200, PHONE, serial, Buffer.of(1, 2, 3));
    send(socket, [1, 2, 3, 4, 5, 6, 7].map(cut).join(''));
    await until(async () => (await port.faults()) === 7);
    send(socket, heartbeat(8));
    await until(() => port.journal.pending === 1);
    expect(await port.closed('badFrames')).toBe(0);
  });

  it('asks for parts that do not come', async () => {
    port = await Port.open();
    const socket = await port.connect();
    for (const index of [1, 3]) {
      send(socket, jt808Part(0x0704, PHONE, 99 + index, [index, 3], Buffer.of(index)));
    }
    const isPart = (e: Entry) => e.kind === 'message' && e.name === 'part';
    await until(() => port.journal.entries.filter(isPart).length === 2);
    while (port.journal.pending > 0) port.journal.sync();
    const answers = await hear(socket, 2 * 20);
    expect(answers).toContain(jt808Ack(PHONE, 0, 100, 0x0704, 0));
    port.now += 10_000;
    port.pass(1000);
    const request = jt808Frame(0x8003, PHONE, 2, Buffer.from('0064010002', 'hex'));
    expect(await hear(socket, request.length / 2)).toBe(request);
  });

  it('closes who speaks another protocol, after 4096 bytes or the time for a first frame', async () => {
    port = await Port.open('open', { maxBadFrames: 1000 });
    const [browser, patient] = [await port.connect(), await port.connect()];
    const request = Buffer.from(`GET /${'a'.repeat(400)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    patient.write(request);
    for (let sent = 0; sent < 4096 + request.length; sent += request.length) browser.write(request);
    await once(browser, 'close');
    expect(await port.closed('badFrames')).toBe(1);
    expect(patient.closed).toBe(false);
    port.pass(32_000);
    await once(patient, 'close');
    expect(await port.closed('noFirstFrame')).toBe(1);
  });

  it('closes who makes it hold most when it holds too much, and nobody else', async () => {
    port = await Port.open('open', { maxHeldBytes: 8000 });
    const [greedy, modest] = [await port.connect(), await port.connect()];
    send(modest, heartbeat(1).slice(0, 20));
    for (let serial = 0; serial < 12; serial++) send(greedy, partOfMany(serial));
    await once(greedy, 'close');
    expect(await port.closed('memory')).toBe(1);
    send(modest, heartbeat(1).slice(20));
    const isBeat = (e: Entry) => e.kind === 'message' && e.name === 'heartbeat';
    await until(() => port.journal.entries.some(isBeat));
    expect(modest.closed).toBe(false);
  });

  it('lets a flood wait for its turn, and loses nothing of it', async () => {
    port = await Port.open();
    const [flood, other] = [await port.connect(), await port.connect()];
    const all = Array.from({ length: 3000 }, (_, serial) => heartbeat(serial)).join('');
    send(flood, all);
    send(other, jt808Frame(0x0002, '13900000001', 1, Buffer.alloc(0)));
    // Beside the beats, that two devices are connected.
    await until(() => port.journal.entries.length === 3000 + 1 + 2);
    const beats = port.journal.entries.flatMap((e) =>
      e.kind === 'message' && e.name === 'heartbeat' && e.device.id === PHONE
        ? [Buffer.from(e.raw).toString('hex')]
        : [],
    );
    expect(beats.join('')).toBe(all);
  });

  it('closes who does not read its answers, after a time', async () => {
    port = await Port.open();
    const socket = await port.connect();
    socket.pause();
    let serial = 0;
    const beats = () =>
      Buffer.from(Array.from({ length: 500 }, () => heartbeat(serial++ & 0xffff)).join(''), 'hex');
    // Until the buffers on the way are full and it is read no more.
    let before = -1;
    while (before !== port.journal.entries.length) {
      before = port.journal.entries.length;
      socket.write(beats());
      for (let i = 0; i < 50; i++) {
        while (port.journal.pending > 0) port.journal.sync();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    port.pass(59_000);
    expect(await port.closed('answersUnread')).toBe(0);
    port.pass(3000);
    await until(async () => (await port.closed('answersUnread')) === 1);
  });

  it('takes nobody for late whom it did not read itself', async () => {
    port = await Port.open();
    const socket = await port.connect();
    port.hasRoom = false;
    send(socket, heartbeat(1) + heartbeat(2).slice(0, 10));
    await until(() => port.journal.pending === 1);
    port.pass(3_600_000);
    expect(socket.closed).toBe(false);
    port.giveRoom();
    port.pass(1000);
    send(socket, heartbeat(2).slice(10));
    await until(() => port.journal.pending === 2);
  });

  it('takes nobody for late after it was stalled itself', async () => {
    port = await Port.open();
    const socket = await port.connect();
    port.stall(3_600_000);
    expect(await port.closed('noFirstFrame')).toBe(0);
    port.pass(1000);
    await once(socket, 'close');
    expect(await port.closed('noFirstFrame')).toBe(1);
  });

  it('stops reading while the journal has no room, and goes on when it has', async () => {
    port = await Port.open();
    const socket = await port.connect();
    port.hasRoom = false;
    send(socket, heartbeat(1));
    await until(() => port.journal.pending === 1);
    send(socket, heartbeat(2));
    const other = await port.connect();
    send(other, jt808Frame(0x0002, '13900000001', 1, Buffer.alloc(0)));
    await until(() => port.journal.pending === 2);
    port.giveRoom();
    await until(() => port.journal.pending === 3);
  });

  it('takes no more connections than allowed', async () => {
    port = await Port.open('open', { maxConnections: 1 });
    const first = await port.connect();
    const second = await port.connect();
    await once(second, 'close');
    expect(first.closed).toBe(false);
    expect(await port.closed('tooManyConnections')).toBe(1);
  });

  it('closes the older of two connections of one device, and says that it was superseded', async () => {
    port = await Port.open();
    const old = await port.connect();
    send(old, heartbeat(1));
    await until(() => port.journal.pending === 1);
    const young = await port.connect();
    send(young, heartbeat(1));
    await once(old, 'close');
    expect(await port.closed('superseded')).toBe(1);
    expect(young.closed).toBe(false);
  });

  it('answers what it has read before it closes', async () => {
    port = await Port.open();
    const socket = await port.connect();
    send(socket, heartbeat(1));
    await until(() => port.journal.pending === 1);
    const closing = port.intake.close();
    const answer = hear(socket, ack(0, 1).length / 2);
    port.journal.sync();
    expect(await answer).toBe(ack(0, 1));
    socket.end();
    await closing;
    expect(port.journal.entries.at(-1)).toMatchObject({ name: 'disconnected' });
  });
});
