import { connect, type Socket } from 'node:net';
import { connect as connectMqtt, type MqttClient } from 'mqtt';
import { type Fix, gt06Frame, gt06Position, jt808Frame, locationBody } from './frames.ts';
import type { Ports } from './harness.ts';

/*
 * Terminals as fleets have them: each fix stays in the terminal's memory until it is acknowledged in the way of its
 * protocol, and is sent again over the next connection until then. Every fix of a terminal is at a place of its own, so
 * that a track says which fixes it holds, and how often.
 */

/** Of place and device time: 3.3 m a second. GT06 resolves a sixth of it. */
const STEP = 3e-5;
const PER_ROW = 20_000;
const ROW = 1e-3;
/** The south-western end of the first row, degrees. */
const SOUTH = 31;
const WEST = 121.2;

/** Fix number `n` of a terminal that drives up and down, a second and a step further each. */
function fixOf(n: number, startTime: number): Fix {
  const row = Math.floor(n / PER_ROW);
  const along = row % 2 === 0 ? n % PER_ROW : PER_ROW - 1 - (n % PER_ROW);
  return {
    time: new Date(startTime + n * 1000),
    latitude: Math.round((SOUTH + along * STEP) * 1e6) / 1e6,
    longitude: Math.round((WEST + row * ROW) * 1e6) / 1e6,
    speedKmh: 12,
    courseDeg: row % 2 === 0 ? 0 : 180,
  };
}

/** The number of the fix at a stored place. */
export function numberOf(place: { readonly latitude: number; readonly longitude: number }): number {
  const row = Math.round((place.longitude - WEST) / ROW);
  const along = Math.round((place.latitude - SOUTH) / STEP);
  return row * PER_ROW + (row % 2 === 0 ? along : PER_ROW - 1 - along);
}

/** Bands across the way of every terminal, 667 m of each 1.67 km: a fix in five hundred enters, another leaves. */
export function bands(count: number): object[] {
  return Array.from({ length: count }, (_, i) => {
    const [south, north] = [SOUTH + 0.005 + i * 0.015, SOUTH + 0.011 + i * 0.015];
    const [west, east] = [WEST - 0.05, WEST + 0.15];
    const ring = [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ];
    return {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [ring] },
      properties: { name: `band ${i}`, kind: 'zone' },
    };
  });
}

export type Family = 'jt808' | 'gt06' | 'mqtt';

export interface TerminalOptions {
  readonly id: string;
  /** Device time of its fix number 0, whole seconds, ms UTC. */
  readonly startTime: number;
  /** Messages that may be unanswered. */
  readonly window: number;
  /** Ms between two messages; 0 = as fast as it is answered. */
  readonly everyMs: number;
}

/** What one message carried, by its own number. */
interface Sent {
  readonly fixes: readonly number[];
  readonly at: number;
}

/** One terminal and its memory. */
export abstract class Terminal {
  readonly id: string;
  abstract readonly family: Family;
  /** Numbers of acknowledged fixes. */
  readonly acknowledged = new Set<number>();
  /** How many fixes it has made. */
  made = 0;
  /** Messages the gateway said no to. */
  refused = 0;
  /** Ends of connections that it did not want. */
  cutOff = 0;
  /** Ms from message to answer, taken away by who measures. */
  latencies: number[] = [];
  protected readonly options: TerminalOptions;
  readonly #unanswered = new Map<number, Sent>();
  #again: number[] = [];
  #message = 0;
  #isOpen = false;
  #isResting = false;
  #nextAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed: () => void = () => undefined;
  /** Settles when the present connection is over. */
  over: Promise<void> = Promise.resolve();

  constructor(options: TerminalOptions) {
    this.id = options.id;
    this.options = options;
  }

  /** Connects and sends: first what was not acknowledged before. Rejects when nobody listens. */
  async connect(ports: Ports): Promise<void> {
    this.over = new Promise((resolve) => {
      this.#closed = resolve;
    });
    await this.open(ports);
    this.#isOpen = true;
    this.#nextAt = performance.now();
    this.#fill();
  }

  /** Ends the connection as it is. */
  abstract leave(): void;

  get isOpen(): boolean {
    return this.#isOpen;
  }
  /** Fixes that wait for their acknowledgement. */
  get waiting(): number {
    return this.made - this.acknowledged.size;
  }

  /** Makes no more fixes; those it has are still sent and waited for. */
  rest(): void {
    this.#isResting = true;
  }
  resume(): void {
    this.#isResting = false;
    if (this.#isOpen) this.#fill();
  }

  protected abstract open(ports: Ports): Promise<void>;
  /** Sends the fixes as message `number`; `answered(number)` follows, or the end of the connection. */
  protected abstract send(number: number, fixes: readonly Fix[]): void;
  /** How many fixes message `number` carries. */
  protected abstract size(number: number): number;

  protected answered(number: number): void {
    const sent = this.#unanswered.get(number);
    if (sent === undefined) return;
    this.#unanswered.delete(number);
    for (const n of sent.fixes) this.acknowledged.add(n);
    this.latencies.push(performance.now() - sent.at);
    this.#fill();
  }

  protected ended(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.cutOff++;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#again = [...this.#unanswered.values()].flatMap(({ fixes }) => fixes).concat(this.#again);
    this.#unanswered.clear();
    this.#closed();
  }

  #fill(): void {
    const { window, everyMs, startTime } = this.options;
    while (this.#isOpen && this.#unanswered.size < window) {
      const wait = this.#nextAt - performance.now();
      if (everyMs > 0 && wait > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = null;
          this.#fill();
        }, wait);
        return;
      }
      const number = this.#message;
      const fixes = this.#again.splice(0, this.size(number));
      if (fixes.length === 0) {
        if (this.#isResting) return;
        for (let i = this.size(number); i > 0; i--) fixes.push(this.made++);
      }
      this.#message++;
      this.#nextAt = Math.max(this.#nextAt + everyMs, performance.now() - everyMs);
      this.#unanswered.set(number, { fixes, at: performance.now() });
      this.send(
        number,
        fixes.map((n) => fixOf(n, startTime)),
      );
    }
  }
}

const opened = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });

/** JT/T 808: a report or, each tenth message, a batch 0x0704; acknowledged by the general answer with its serial. */
class Jt808Terminal extends Terminal {
  readonly family = 'jt808';
  #socket: Socket | null = null;
  #pending: Buffer = Buffer.alloc(0);
  /** The message whose answer is due for a serial. */
  readonly #serials = new Map<number, number>();

  leave(): void {
    this.#socket?.destroy();
  }

  protected async open({ jt808 }: Ports): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: jt808, noDelay: true });
    this.#socket = socket;
    this.#pending = Buffer.alloc(0);
    this.#serials.clear();
    socket.on('error', () => undefined);
    socket.on('close', () => this.ended());
    socket.on('data', (chunk) => this.#heard(chunk));
    await opened(socket);
  }

  protected size(number: number): number {
    return number % 10 === 9 ? 3 : 1;
  }

  protected send(number: number, fixes: readonly Fix[]): void {
    const serial = number & 0xffff;
    this.#serials.set(serial, number);
    const bodies = fixes.map(locationBody);
    const [only] = bodies;
    const isBatch = bodies.length > 1 || only === undefined;
    const body = isBatch
      ? Buffer.concat([
          Buffer.of(0, bodies.length, 1),
          ...bodies.flatMap((b) => [Buffer.of(b.length >> 8, b.length & 255), b]),
        ])
      : only;
    const frame = jt808Frame(isBatch ? 0x0704 : 0x0200, this.id, serial, body);
    this.#socket?.write(Buffer.from(frame, 'hex'));
  }

  #heard(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const from = this.#pending.indexOf(0x7e);
      const to = from < 0 ? -1 : this.#pending.indexOf(0x7e, from + 1);
      if (to < 0) return;
      const escaped = this.#pending.subarray(from + 1, to).toString('latin1');
      this.#pending = this.#pending.subarray(to + 1);
      const content = Buffer.from(
        escaped.replaceAll('\x7d\x02', '\x7e').replaceAll('\x7d\x01', '\x7d'),
        'latin1',
      );
      if (content.length < 17 || content.readUInt16BE(0) !== 0x8001) continue;
      const serial = content.readUInt16BE(12);
      const number = this.#serials.get(serial);
      this.#serials.delete(serial);
      if (number === undefined || content[16] !== 0) this.refused++;
      else this.answered(number);
    }
  }
}

/** GT06: positions have no answer; that of the heartbeat behind them acknowledges what came before it. */
class Gt06Terminal extends Terminal {
  readonly family = 'gt06';
  #socket: Socket | null = null;
  #pending: Buffer = Buffer.alloc(0);
  #serial = 0;
  readonly #heartbeats = new Map<number, number>();

  leave(): void {
    this.#socket?.destroy();
  }

  protected async open({ gt06 }: Ports): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: gt06, noDelay: true });
    this.#socket = socket;
    this.#pending = Buffer.alloc(0);
    this.#heartbeats.clear();
    socket.on('error', () => undefined);
    socket.on('close', () => this.ended());
    socket.on('data', (chunk) => this.#heard(chunk));
    await opened(socket);
    const login = gt06Frame(0x01, Buffer.from(this.id.padStart(16, '0'), 'hex'), this.#next());
    socket.write(Buffer.from(login, 'hex'));
  }

  protected size(): number {
    return 3;
  }

  protected send(number: number, fixes: readonly Fix[]): void {
    const frames = fixes.map((fix) => {
      const content = gt06Position(fix);
      // Uploaded later than measured: its time is taken as it is.
      content[content.length - 1] = 1;
      return gt06Frame(0x22, content, this.#next());
    });
    const serial = this.#next();
    this.#heartbeats.set(serial, number);
    frames.push(gt06Frame(0x13, Buffer.from('4604040002', 'hex'), serial));
    this.#socket?.write(Buffer.from(frames.join(''), 'hex'));
  }

  #next(): number {
    this.#serial = (this.#serial + 1) & 0xffff;
    return this.#serial;
  }

  #heard(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    // All that it hears are short frames without content: ten bytes.
    while (this.#pending.length >= 10) {
      const type = this.#pending[3];
      const serial = this.#pending.readUInt16BE(4);
      this.#pending = this.#pending.subarray(10);
      if (type !== 0x13) continue;
      const number = this.#heartbeats.get(serial);
      this.#heartbeats.delete(serial);
      if (number === undefined) this.refused++;
      else this.answered(number);
    }
  }
}

/** MQTT: batches in our own JSON with QoS 1; the PUBACK acknowledges. */
class MqttTerminal extends Terminal {
  readonly family = 'mqtt';
  #client: MqttClient | null = null;

  leave(): void {
    this.#client?.end(true);
  }

  protected async open({ mqtt }: Ports): Promise<void> {
    const client = connectMqtt(`mqtt://127.0.0.1:${mqtt}`, {
      ...{ clientId: this.id, reconnectPeriod: 0, keepalive: 60, connectTimeout: 10_000 },
    });
    this.#client = client;
    client.on('close', () => this.ended());
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(new Error('closed before it was connected')));
    });
    client.on('error', () => undefined);
  }

  protected size(): number {
    return 2;
  }

  protected send(number: number, fixes: readonly Fix[]): void {
    const batch = fixes.map((fix) => ({
      ...{ v: 1, ts: fix.time.getTime(), lat: fix.latitude, lon: fix.longitude },
      ...{ spd: fix.speedKmh, crs: fix.courseDeg, sat: 9, buf: true },
    }));
    const payload = JSON.stringify({ v: 1, batch });
    this.#client?.publish(`trk/v1/${this.id}/pos`, payload, { qos: 1 }, (error) => {
      if (error == null) this.answered(number);
    });
  }
}

const makers: Record<Family, new (options: TerminalOptions) => Terminal> = {
  ...{ jt808: Jt808Terminal, gt06: Gt06Terminal, mqtt: MqttTerminal },
};
const names: Record<Family, (index: number) => string> = {
  jt808: (index) => String(13_600_000_000 + index),
  gt06: (index) => String(868_000_000_000_000 + index),
  mqtt: (index) => `badge-${index}`,
};

/** `count` terminals of a family, none connected yet. */
export function terminals(
  family: Family,
  count: number,
  options: Omit<TerminalOptions, 'id'>,
): Terminal[] {
  return Array.from(
    { length: count },
    (_, index) => new makers[family]({ ...options, id: names[family](index) }),
  );
}
