import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gt06Frame, jt808Ack, jt808Frame } from '../e2e/frames.ts';
import { ack, broken, hear, heartbeat, PHONE, Port, send, until } from './tcp.test-support.ts';

let port: Port;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  await port.close();
  vi.useRealTimers();
});

describe('a device port under abuse', () => {
  it('turns an address away whose connections send rubbish, and counts who comes meanwhile', async () => {
    port = await Port.open('known', { banAfter: 3 });
    for (let n = 0; n < 3; n++) {
      const socket = await port.connect();
      send(socket, heartbeat(0) + broken(1).repeat(5));
      await once(socket, 'close');
    }
    expect(port.bans).toBe(1);
    await once(await port.connect(), 'close');
    expect(await port.closed('banned')).toBe(1);
    port.pass(61_000);
    const back = await port.connect();
    send(back, heartbeat(1));
    await hear(back, 10);
  });

  it('never turns an address away from which an admitted device is heard', async () => {
    port = await Port.open('open', { banAfter: 3 });
    const good = await port.connect();
    send(good, heartbeat(1));
    await until(() => port.journal.pending === 1);
    port.pass(1000);
    for (let n = 0; n < 9; n++) {
      const socket = await port.connect();
      send(socket, heartbeat(0) + broken(1).repeat(5));
      await once(socket, 'close');
    }
    expect(port.bans).toBe(0);
  });

  it('closes who shows wrong auth codes again and again', async () => {
    port = await Port.open('strict');
    port.registry.admissions.set(PHONE, 'known');
    const socket = await port.connect();
    const guess = (serial: number) =>
      jt808Frame(0x0102, PHONE, serial, Buffer.from(`guess-${serial}`));
    for (let serial = 0; serial < 4; serial++) {
      send(socket, guess(serial));
      await hear(socket, 20);
    }
    send(socket, guess(4));
    await once(socket, 'close');
    expect(await port.closed('wrongAuthCode')).toBe(1);
    const device = await port.connect();
    send(device, jt808Frame(0x0102, PHONE, 9, Buffer.from(`code-${PHONE}`)));
    await until(() => port.journal.pending === 1);
    port.journal.sync();
    expect(await hear(device, 20)).toBe(jt808Ack(PHONE, 0, 9, 0x0102, 0));
  });

  it('keeps a GT06 tracker that nobody entered, as long as there are few of them', async () => {
    port = await Port.open('known', { maxStrangers: 1 });
    const logIn = (imei: string) => gt06Frame(0x01, Buffer.from(`0${imei}`, 'hex'), 1);
    const first = await port.connect();
    send(first, logIn('867000000000017'));
    await hear(first, 10);
    port.pass(60_000);
    send(first, gt06Frame(0x13, Buffer.from('4504040002', 'hex'), 2));
    await hear(first, 10);
    const second = await port.connect();
    send(second, logIn('867000000000025'));
    await hear(second, 10);
    port.pass(32_000);
    await until(() => first.closed || second.closed);
    expect(await port.closed('noFirstFrame')).toBeGreaterThan(0);
  });

  it.each([
    ['GT02A', '686825266a0358688000000158001100'],
    ['ZX303', '78780a010123456789012345010d0a'],
  ])('closes a box that only looks like GT06, and bans nobody for it: %s', async (_, hex) => {
    port = await Port.open('open', { banAfter: 1 });
    const box = await port.connect();
    send(box, hex);
    await once(box, 'close');
    expect(await port.closed('unsupportedVariant')).toBe(1);
    expect(port.bans).toBe(0);
  });

  it('answers the last word of a device also when it had to wait for its turn', async () => {
    port = await Port.open();
    const socket = await port.connect();
    const all = Array.from({ length: 200 }, (_, serial) => heartbeat(serial)).join('');
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('hex');
    });
    socket.end(Buffer.from(all, 'hex'));
    await until(() => {
      while (port.journal.pending > 0) port.journal.sync();
      return socket.closed;
    });
    expect(heard).toBe(Array.from({ length: 200 }, (_, n) => ack(n, n)).join(''));
  });

  it('takes nobody for late whose bytes came while it was blocked for two seconds', async () => {
    port = await Port.open('open', { idleMs: 30_000 });
    const devices = await Promise.all(Array.from({ length: 20 }, () => port.connect()));
    const talk = (socket: Socket, n: number, serial: number) =>
      send(socket, jt808Frame(0x0002, String(13_900_000_000 + n), serial, Buffer.alloc(0)));
    for (const [n, socket] of devices.entries()) talk(socket, n, 1);
    await until(() => port.journal.entries.length === 40);
    port.pass(29_000);
    for (const [n, socket] of devices.entries()) talk(socket, n, 2);
    // They are on the way while nothing runs here; the deadlines are looked at before anything is read.
    port.stall(2000);
    await until(() => port.journal.entries.length === 60);
    expect(await port.closed('idle')).toBe(0);
    expect(devices.some((socket) => socket.closed)).toBe(false);
  });

  it('closes nobody when the clock of the day is set an hour on or back', async () => {
    port = await Port.open('open', { idleMs: 60_000 });
    const socket = await port.connect();
    for (const [serial, step] of [0, 3_600_000, -3_600_000].entries()) {
      port.now += step;
      send(socket, heartbeat(serial));
      await until(() => port.journal.pending > 0);
      while (port.journal.pending > 0) port.journal.sync();
      expect(await hear(socket, ack(serial, serial).length / 2)).toBe(ack(serial, serial));
      port.pass(30_000);
    }
    expect(socket.closed).toBe(false);
  });
});
