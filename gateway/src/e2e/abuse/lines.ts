import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { jt808Frame, locationBody } from '../frames.ts';

/** One general answer 0x8001, as far as tests look at it. */
export interface Answer {
  readonly serial: number;
  readonly result: number;
}

const ANSWER_MS = 10_000;

/** The contents between the flags of a JT/T 808 stream, unescaped: header, body and check code. */
export class ContentReader {
  readonly #take: (content: Buffer) => void;
  #pending: Buffer = Buffer.alloc(0);

  constructor(take: (content: Buffer) => void) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const from = this.#pending.indexOf(0x7e);
      const to = from < 0 ? -1 : this.#pending.indexOf(0x7e, from + 1);
      if (to < 0) return;
      const content = unescaped(this.#pending.subarray(from + 1, to));
      this.#pending = this.#pending.subarray(to + 1);
      this.#take(content);
    }
  }
}

/** The general answer in `content`, null for any other message. */
export function generalAnswer(content: Buffer): Answer | null {
  if (content.length < 17 || content.readUInt16BE(0) !== 0x8001) return null;
  return { serial: content.readUInt16BE(12), result: content[16] ?? -1 };
}

/** A raw connection that keeps the general answers it hears. */
export class Line {
  readonly socket: Socket;
  readonly answers: Answer[] = [];
  /** All that was heard, as hex. */
  heard = '';
  /** Resolves once the connection is over, in whatever way. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    const reader = new ContentReader((content) => {
      const answer = generalAnswer(content);
      if (answer !== null) this.answers.push(answer);
    });
    socket.on('data', (chunk) => {
      this.heard += chunk.toString('hex');
      reader.push(chunk);
    });
  }

  /** @param from one of the loopback addresses */
  static async open(port: number, from = '127.0.0.1'): Promise<Line> {
    const socket = connect({ host: '127.0.0.1', port, localAddress: from, noDelay: true });
    await once(socket, 'connect');
    return new Line(socket);
  }

  /** Resolves once so many general answers came. @throws when the connection ends, or they take over ten seconds */
  async answered(count: number): Promise<void> {
    const timeout = setTimeout(() => this.socket.destroy(), ANSWER_MS);
    const heard = () => new Promise((resolve) => this.socket.once('data', resolve));
    while (this.answers.length < count && !this.socket.destroyed)
      await Promise.race([heard(), this.closed]);
    clearTimeout(timeout);
    if (this.answers.length < count)
      throw new Error(
        `${this.answers.length} of ${count} answers, heard ${this.heard.slice(-200)}`,
      );
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

/** Puts a right check code, escapes and flags around header and body. */
export function sealed(content: Buffer): string {
  const sum = content.reduce((x, byte) => x ^ byte, 0);
  const plain = Buffer.concat([content, Uint8Array.of(sum)]);
  const needsEscapes = plain.includes(0x7e) || plain.includes(0x7d);
  const escaped = needsEscapes
    ? [...plain].flatMap((byte) => (byte === 0x7e ? [0x7d, 2] : byte === 0x7d ? [0x7d, 1] : [byte]))
    : plain;
  return `7e${Buffer.from(escaped).toString('hex')}7e`;
}

/** Part `index` of `total` of a message, with a body of so many bytes. @see JT/T 808, package item */
export function part(
  phone: string,
  serial: number,
  total: number,
  index: number,
  bytes = 20,
): string {
  const content = Buffer.alloc(16 + bytes, 1);
  content.writeUInt16BE(0x0704, 0);
  content.writeUInt16BE(0x2000 | bytes, 2);
  content.write(phone.padStart(12, '0'), 4, 'hex');
  content.writeUInt16BE(serial, 10);
  content.writeUInt16BE(total, 12);
  content.writeUInt16BE(index, 14);
  return sealed(content);
}

/** The report number `n` of a device: each a second later and a little further on. */
export const report = (
  phone: string,
  serial: number,
  time: Date,
  latitude = 31.2,
  longitude = 121.4,
): string =>
  jt808Frame(
    0x0200,
    phone,
    serial,
    locationBody({ time, latitude, longitude, speedKmh: 30, courseDeg: 90 }),
  );

/** A heartbeat. */
export const beat = (phone: string, serial: number): string =>
  jt808Frame(0x0002, phone, serial, Buffer.alloc(0));

/** What a flood has to show. */
export interface Flooded {
  /** Handed to the kernel. */
  readonly bytes: number;
  readonly connections: number;
}

/**
 * Writes `bytes` again and again on `sockets` connections from a thread of its own; who is closed comes again.
 * @param mostBytesS no more than so many a second in all
 */
export async function flood(
  port: number,
  bytes: Uint8Array,
  sockets: number,
  ms: number,
  mostBytesS = Number.POSITIVE_INFINITY,
): Promise<Flooded> {
  const worker = new Worker(
    `const { workerData: { port, bytes, sockets, mostBytesS }, parentPort } = require('node:worker_threads');
     const { connect } = require('node:net');
     const started = performance.now();
     let written = 0, connections = 0;
     const isAhead = () => written > ((performance.now() - started) / 1000 + 0.1) * mostBytesS;
     function come() {
       const socket = connect(port, '127.0.0.1');
       const feed = () => {
         while (!socket.destroyed && !isAhead()) {
           const goesOn = socket.write(bytes);
           written += bytes.length;
           if (!goesOn) return;
         }
         if (!socket.destroyed) setTimeout(feed, 5);
       };
       socket.on('connect', () => { connections++; feed(); }).on('drain', feed).on('error', () => {}).resume();
       socket.on('close', () => setImmediate(come));
     }
     for (let i = 0; i < sockets; i++) come();
     parentPort.on('message', () => parentPort.postMessage({ bytes: written, connections }));`,
    { eval: true, workerData: { port, bytes, sockets, mostBytesS } },
  );
  await new Promise((resolve) => setTimeout(resolve, ms));
  const told = once(worker, 'message') as Promise<[Flooded]>;
  worker.postMessage('how much');
  const [flooded] = await told;
  await worker.terminate();
  return flooded;
}

/** Opens `count` bare sockets, some at a time. @param addresses taken in turn, for their port numbers */
export async function openMany(
  port: number,
  count: number,
  addresses: readonly string[] = ['127.0.0.1'],
): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const dial = async (): Promise<void> => {
    while (sockets.length < count) {
      const localAddress = addresses[sockets.length % addresses.length];
      const socket = connect({ host: '127.0.0.1', port, ...(localAddress && { localAddress }) });
      sockets.push(socket);
      socket.on('error', () => undefined).resume();
      await once(socket, 'connect');
    }
  };
  await Promise.all(Array.from({ length: 64 }, dial));
  return sockets;
}
