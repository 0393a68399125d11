import type { Connection, Fault, Message, Verdict } from '@xunji/protocols';
import { samplePosition } from '../journal/entries.test-support.ts';
import type { Entry } from '../journal/record.ts';
import type { Registry } from './gate.ts';
import type { Appender } from './intake.ts';
import type { IntakeLimits } from './limits.ts';

/** A JT/T 808 location report; `n` makes its position and serial distinct. */
export function sampleReport(n: number, over: Partial<Message> = {}): Message {
  return {
    kind: 'message',
    protocol: 'jt808',
    id: '0x0200',
    name: 'locationReport',
    device: '13912345678',
    edition: '2013',
    serial: n,
    fields: { n },
    positions: [samplePosition(n)],
    intent: 'report',
    raw: Uint8Array.of(0x7e, n, 0x7e),
    ...over,
  };
}

/** A sound message without positions. */
export const sampleHeartbeat = (n: number, over: Partial<Message> = {}): Message =>
  sampleReport(n, { id: '0x0002', name: 'heartbeat', intent: 'keepalive', positions: [], ...over });

/** Three bytes that could not be used. */
export const sampleFault = (over: Partial<Fault> = {}): Fault => ({
  ...{ kind: 'fault', protocol: 'jt808', code: 'badChecksum', offset: 0, bytes: 3 },
  ...over,
});

/** A connection whose answers are two bytes: the message's serial and what was decided. */
export const echo: Pick<Connection, 'reply'> = {
  reply: (message: Message, verdict: Verdict) =>
    Uint8Array.of(message.serial, verdict.result.length),
};

/** A journal that makes nothing durable before the test says so, in order. */
export class SlowJournal implements Appender {
  readonly entries: Entry[] = [];
  readonly #waiting: (() => void)[] = [];

  append(entries: readonly Entry[]): Promise<number> {
    this.entries.push(...entries);
    return new Promise((resolve) => this.#waiting.push(() => resolve(this.entries.length)));
  }

  /** Appends not yet durable. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** The oldest append becomes durable. */
  sync(): void {
    this.#waiting.shift()?.();
  }
}

/** A registry over a map; auth codes are `code-ID`. */
export class PlainRegistry implements Registry {
  readonly admissions = new Map<string, 'known' | 'pending' | 'knocking'>();
  readonly touched: string[] = [];
  readonly editions = new Map<string, string | null>();
  /** What records say of how frames are read, by id. */
  readonly profiles = new Map<string, { model: string | null; lenient: boolean }>();
  maxPending = Number.POSITIVE_INFINITY;

  find({ id }: { id: string }) {
    const admission = this.admissions.get(id);
    const lastSeenTime = this.touched.includes(id) ? 1 : null;
    const edition = this.editions.get(id) ?? null;
    const profile = this.profiles.get(id) ?? {};
    return admission === undefined ? undefined : { admission, lastSeenTime, edition, ...profile };
  }
  createPending({ id }: { id: string }): void {
    const pending = [...this.admissions.values()].filter((a) => a === 'pending').length;
    if (pending < this.maxPending) this.admissions.set(id, 'pending');
  }
  noteKnocking({ id }: { id: string }): void {
    this.admissions.set(id, 'knocking');
  }
  setAuthCode({ id }: { id: string }): string {
    return `code-${id}`;
  }
  verifyAuth({ id }: { id: string }, code: string): boolean {
    return code === `code-${id}`;
  }
  touch({ id }: { id: string }, _receivedTime?: number, edition: string | null = null): void {
    this.editions.set(id, edition);
    this.touched.push(id);
  }
  hasKnown(_protocol: string, idPrefix: string): boolean {
    return [...this.admissions].some(([id, a]) => a === 'known' && id.startsWith(idPrefix));
  }
}

/** Limits that stand in nobody's way. */
export const wideLimits: IntakeLimits = {
  ...{ maxConnections: 100, maxConnectionsPerAddress: 100, maxStrangers: 100 },
  ...{ firstFrameMs: 30_000, frameMs: 15_000, idleMs: 900_000 },
  ...{ maxBadFrames: 5, maxBadFramesPerMinute: 1000, banAfter: 0, banMs: 60_000 },
  ...{ maxHeldBytes: 1 << 20, maxPartsBytes: 1 << 20, udpRate: 1000 },
  ...{ mqttPacketBytes: 64 << 10, mqttRate: 1000, mqttInflight: 10 },
};
