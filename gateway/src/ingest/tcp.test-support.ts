import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, vi } from 'vitest';
import { jt808Ack, jt808Frame } from '../e2e/frames.ts';
import { createMetrics } from '../metrics.ts';
import { Addresses } from './addresses.ts';
import { type AdmissionMode, Gate } from './gate.ts';
import { Intake } from './intake.ts';
import type { IntakeLimits } from './limits.ts';
import { PlainRegistry, SlowJournal, wideLimits } from './messages.test-support.ts';
import { profilesOf } from './profiles.ts';
import { Sessions } from './session.ts';
import { TcpIntake } from './tcp.ts';
import { Turns } from './turns.ts';

export const PHONE = '13912345678';
export const heartbeat = (serial: number) => jt808Frame(0x0002, PHONE, serial, Buffer.alloc(0));
export const ack = (ours: number, serial: number) => jt808Ack(PHONE, ours, serial, 0x0002, 0);
/** A frame with a wrong checksum. */
export const broken = (serial: number) =>
  heartbeat(serial).replace(/..7e$/, (tail) => (tail === '007e' ? '017e' : '007e'));

/** The first of many sub-packages, each time of another set. */
export function partOfMany(serial: number): string {
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
export class Port {
  readonly journal = new SlowJournal();
  readonly metrics = createMetrics();
  readonly errors: unknown[] = [];
  readonly #sockets: Socket[] = [];
  readonly #roomListeners: (() => void)[] = [];
  hasRoom = true;
  bans = 0;
  now = 1_795_404_000_000;
  readonly registry = new PlainRegistry();
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
      ...{ prefer: 'jt808', sessions, metrics, now: () => this.now },
      profileOf: profilesOf(this.registry),
      intake: new Intake({
        ...{ journal, gate: new Gate(this.registry, mode), sessions, metrics },
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

export const send = (socket: Socket, hex: string) => socket.write(Buffer.from(hex, 'hex'));
/** The next bytes of the answer, as hex. */
export async function hear(socket: Socket, bytes: number): Promise<string> {
  let got = Buffer.alloc(0);
  while (got.length < bytes) got = Buffer.concat([got, (await once(socket, 'data'))[0] as Buffer]);
  return got.toString('hex');
}
/** Waits for what the other end of a real socket does; each turn lets it run. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
