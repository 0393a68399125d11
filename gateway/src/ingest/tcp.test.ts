import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jt808Ack, jt808Frame } from '../e2e/frames.ts';
import { createMetrics } from '../metrics.ts';
import { Addresses } from './addresses.ts';
import { type AdmissionMode, Gate } from './gate.ts';
import { Intake } from './intake.ts';
import type { IntakeLimits } from './limits.ts';
import { PlainRegistry, SlowJournal, wideLimits } from './messages.test-support.ts';
import { Sessions } from './session.ts';
import { TcpIntake } from './tcp.ts';
import { Turns } from './turns.ts';

const PHONE = '13912345678';
const heartbeat = (serial: number) => jt808Frame(0x0002, PHONE, serial, Buffer.alloc(0));
const ack = (ours: number, serial: number) => jt808Ack(PHONE, ours, serial, 0x0002, 0);
/** A frame with a wrong checksum. */
const broken = (serial: number) =>
  heartbeat(serial).replace(/..7e$/, (tail) => (tail === '007e' ? '017e' : '007e'));

/** The first of many sub-packages, each time of another set. */
function partOfMany(serial: number): string {
  const part = Buffer.alloc(500, 1);
  part.writeUInt16BE(200 + serial, 0);
  part.writeUInt16BE(1, 2);
  const content = Buffer.from(jt808Frame(0x0704, '13900000001', serial, part).slice(2, -4), 'hex');
  content.writeUInt16BE(0x2000 | (part.length - 4), 2);
  return `7e${content.toString('hex')}${content
    .reduce((x, b) => x ^ b, 0)
    .toString(16)
    .padStart(2, '0')}7e`;
}

/** A port whose journal, room and clock are the test's. The sweep of deadlines runs once a second of that clock. */
class Port {
  readonly journal = new SlowJournal();
  readonly metrics = createMetrics();
  readonly errors: unknown[] = [];
  readonly #sockets: Socket[] = [];
  readonly #roomListeners: (() => void)[] = [];
  hasRoom = true;
  bans = 0;
  #at = 0;
  #port = 0;
  readonly intake: TcpIntake;

  constructor(mode: AdmissionMode, over: Partial<IntakeLimits>) {
    const sessions = new Sessions(1);
    const { journal, metrics, errors } = this;
    const port = this;
    const limits = { ...wideLimits, ...over };
    const monotonic = () => this.#at;
    const room = {
      get hasRoom() {
        return port.hasRoom;
      },
      onRoom: (listener: () => void) => this.#roomListeners.push(listener),
    };
    this.intake = new TcpIntake({
      ...{ prefer: 'jt808', sessions, metrics, now: () => 1_795_404_000_000 },
      intake: new Intake({
        ...{ journal, gate: new Gate(new PlainRegistry(), mode), sessions, metrics },
        ...{ liveMaxAgeMs: 300_000, onFault: () => undefined },
      }),
      ...{ journal: room, limits, monotonic, liveMaxAgeMs: 300_000 },
      turns: new Turns({ journal: room, monotonic }),
      addresses: new Addresses({ limits, monotonic, onBan: () => this.bans++ }),
      onUnexpected: (error) => errors.push(error),
    });
  }

  static async open(
    mode: AdmissionMode = 'open',
    limits: Partial<IntakeLimits> = {},
  ): Promise<Port> {
    const port = new Port(mode, limits);
    port.#port = await port.intake.listen(0, '127.0.0.1');
    return port;
  }

  async connect(): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    // A reset is one way to be closed; 'close' follows.
    socket.on('error', () => undefined);
    this.#sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  /** Lets the clock run, second by second, as a process that is not stalled sees it. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 1000) {
      this.#at += 1000;
      vi.advanceTimersByTime(1000);
    }
  }
  /** The process sees nothing of this time until it is over. */
  stall(ms: number): void {
    this.#at += ms;
    vi.advanceTimersByTime(1000);
  }
  giveRoom(): void {
    this.hasRoom = true;
    for (const listener of this.#roomListeners.splice(0)) listener();
  }

  async closed(reason: string): Promise<number> {
    const { values } = await this.metrics.closed.get();
    return values.find((v) => v.labels.reason === reason)?.value ?? 0;
  }
  async faults(): Promise<number> {
    return (await this.metrics.faults.get()).values.reduce((sum, v) => sum + v.value, 0);
  }
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    while (this.journal.pending > 0) this.journal.sync();
    await this.intake.close();
    expect(this.errors).toEqual([]);
  }
}

const send = (socket: Socket, hex: string) => socket.write(Buffer.from(hex, 'hex'));
/** The next bytes of the answer, as hex. */
async function hear(socket: Socket, bytes: number): Promise<string> {
  let got = Buffer.alloc(0);
  while (got.length < bytes) got = Buffer.concat([got, (await once(socket, 'data'))[0] as Buffer]);
  return got.toString('hex');
}
/** Waits for what the other end of a real socket does; each turn lets it run. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

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

  it('closes who makes it hold most when it holds too much, and nobody else', async () => {
    port = await Port.open('open', { maxHeldBytes: 8000 });
    const [greedy, modest] = [await port.connect(), await port.connect()];
    send(modest, heartbeat(1).slice(0, 20));
    for (let serial = 0; serial < 12; serial++) send(greedy, partOfMany(serial));
    await once(greedy, 'close');
    expect(await port.closed('memory')).toBe(1);
    send(modest, heartbeat(1).slice(20));
    await until(() => port.journal.entries.length === 2);
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
