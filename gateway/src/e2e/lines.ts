import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { jt808Frame, locationBody } from './frames.ts';

/** One general answer 0x8001, as far as tests look at it. */
export interface Answer {
  readonly serial: number;
  readonly result: number;
}

/** A raw connection that keeps the general answers it hears. */
export class Line {
  readonly socket: Socket;
  readonly answers: Answer[] = [];
  /** All that was heard, as hex. */
  heard = '';
  /** Resolves once the connection is over, in whatever way. */
  readonly closed: Promise<void>;
  #pending = Buffer.alloc(0);

  private constructor(socket: Socket, onAnswer: (answer: Answer) => void) {
    this.socket = socket;
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('data', (chunk) => {
      this.heard += chunk.toString('hex');
      this.#pending = Buffer.concat([this.#pending, chunk]);
      for (;;) {
        const from = this.#pending.indexOf(0x7e);
        const to = from < 0 ? -1 : this.#pending.indexOf(0x7e, from + 1);
        if (to < 0) return;
        const content = unescaped(this.#pending.subarray(from + 1, to));
        this.#pending = this.#pending.subarray(to + 1);
        if (content.length < 17 || content.readUInt16BE(0) !== 0x8001) continue;
        const answer = { serial: content.readUInt16BE(12), result: content[16] ?? -1 };
        this.answers.push(answer);
        onAnswer(answer);
      }
    });
  }

  static async open(
    port: number,
    onAnswer: (answer: Answer) => void = () => undefined,
  ): Promise<Line> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new Line(socket, onAnswer);
  }

  send(...hex: string[]): void {
    this.socket.write(Buffer.from(hex.join(''), 'hex'));
  }
}

function unescaped(escaped: Buffer): Buffer {
  const bytes: number[] = [];
  for (let i = 0; i < escaped.length; i++) {
    const byte = escaped[i] ?? 0;
    if (byte === 0x7d) bytes.push(escaped[++i] === 2 ? 0x7e : 0x7d);
    else bytes.push(byte);
  }
  return Buffer.from(bytes);
}

/** Puts a right check code and flags around header and body (nothing in it needs an escape). */
export function sealed(content: Buffer): string {
  const sum = content.reduce((x, byte) => x ^ byte, 0);
  return `7e${content.toString('hex')}${sum.toString(16).padStart(2, '0')}7e`;
}

/** Part `index` of `total` of a message. @see JT/T 808, package item */
export function part(phone: string, serial: number, total: number, index: number): string {
  const content = Buffer.alloc(16 + 20, 1);
  content.writeUInt16BE(0x0704, 0);
  content.writeUInt16BE(0x2000 | 20, 2);
  content.write(phone.padStart(12, '0'), 4, 'hex');
  content.writeUInt16BE(serial, 10);
  content.writeUInt16BE(total, 12);
  content.writeUInt16BE(index, 14);
  return sealed(content);
}

/** The report number `n` of a device: each a second later and a little further on. */
export const report = (phone: string, serial: number, time: Date): string =>
  jt808Frame(
    0x0200,
    phone,
    serial,
    locationBody({ time, latitude: 31.2, longitude: 121.4, speedKmh: 30, courseDeg: 90 }),
  );

/** Devices that do nothing wrong: each reports twice a second and expects its answer. */
export class Fleet {
  static readonly firstPhone = 13_700_000_000;
  readonly #lines: Line[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly acknowledged: number[] = [];
  #latencies: number[] = [];
  unanswered = 0;
  refused = 0;
  closed = 0;

  static async open(port: number, devices: number): Promise<Fleet> {
    const fleet = new Fleet();
    const start = Date.now() - 3_600_000;
    for (let i = 0; i < devices; i++) await fleet.#join(port, i, start);
    return fleet;
  }

  async #join(port: number, index: number, start: number): Promise<void> {
    const phone = String(Fleet.firstPhone + index);
    const sent = new Map<number, number>();
    this.acknowledged.push(0);
    const line = await Line.open(port, ({ serial, result }) => {
      const at = sent.get(serial);
      if (at === undefined || result !== 0) this.refused++;
      if (at === undefined || !sent.delete(serial)) return;
      this.unanswered--;
      this.acknowledged[index] = (this.acknowledged[index] ?? 0) + 1;
      this.#latencies.push(performance.now() - at);
    });
    line.socket.on('close', () => this.closed++);
    this.#lines.push(line);
    let serial = 0;
    const tell = () => {
      sent.set(serial, performance.now());
      this.unanswered++;
      line.send(report(phone, serial, new Date(start + serial * 1000)));
      serial++;
    };
    tell();
    this.#timers.push(setInterval(tell, 500));
  }

  /** Milliseconds that 99 of 100 answers came in since the last call; what has not come yet is not in it. */
  p99(): number {
    const sorted = this.#latencies.sort((a, b) => a - b);
    this.#latencies = [];
    return Math.round(sorted[Math.floor((sorted.length - 1) * 0.99)] ?? Number.POSITIVE_INFINITY);
  }

  /** No more reports; the lines stay. */
  rest(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
  leave(): void {
    this.rest();
    for (const line of this.#lines) line.socket.destroy();
  }
}

/** Writes `bytes` again and again on `sockets` connections from a thread of its own; who is closed comes again. */
export async function flood(
  port: number,
  bytes: Uint8Array,
  sockets: number,
  ms: number,
): Promise<void> {
  const worker = new Worker(
    `const { workerData: { port, bytes, sockets } } = require('node:worker_threads');
     const { connect } = require('node:net');
     function come() {
       const socket = connect(port, '127.0.0.1');
       const feed = () => { while (!socket.destroyed && socket.write(bytes)); };
       socket.on('connect', feed).on('drain', feed).on('error', () => {}).resume();
       socket.on('close', () => setImmediate(come));
     }
     for (let i = 0; i < sockets; i++) come();`,
    { eval: true, workerData: { port, bytes, sockets } },
  );
  await new Promise((resolve) => setTimeout(resolve, ms));
  await worker.terminate();
}
