import type {
  Ack,
  Alarm,
  AlarmMessage,
  AlarmsSince,
  ClientToServer,
  Hello,
  LiveScope,
  ServerToClient,
} from '@xunji/gateway/wire';
import { LIVE_VERSION } from '@xunji/gateway/wire';
import { createTopic, type Topic } from '../topic.ts';

/** The part of a socket.io client this page uses; tests hand in their own. Reconnection is ours, not the socket's. */
export interface LiveSocket {
  readonly connected: boolean;
  connect(): unknown;
  disconnect(): unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
}

/** Time and chance, handed in. */
export interface Surroundings {
  /** Ms UTC by this computer's own clock. */
  readonly now: () => number;
  /** Runs something later; the result cancels it. */
  readonly later: (ms: number, run: () => void) => () => void;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
}

/** What the client tells the page. */
export interface LiveEvents {
  readonly hello: (h: Hello, bootChanged: boolean, first: boolean) => void;
  readonly snap: (p: Parameters<ServerToClient['snap']>[0]) => void;
  readonly delta: (p: Parameters<ServerToClient['delta']>[0]) => void;
  readonly alarm: (change: Pick<AlarmMessage, 'seq' | 'op' | 'alarm'>, caughtUp: boolean) => void;
  /** Nothing is missing any more; `awayMs` is 0 at the first connection. */
  readonly caughtUp: (awayMs: number) => void;
  readonly meta: (p: Parameters<ServerToClient['meta']>[0]) => void;
  readonly notice: (p: Parameters<ServerToClient['notice']>[0]) => void;
  /** The server refused: `unauthorized`, `forbidden`, `version` or another code. */
  readonly refused: (code: string) => void;
}

export type LinkState =
  | { readonly kind: 'connecting'; readonly since: number }
  | { readonly kind: 'up'; readonly since: number }
  | { readonly kind: 'down'; readonly since: number; readonly retryAt: number | null };

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;
const PAGE = 500;
const CLOCK_SAMPLES = 5;
const CLOCK_EVERY_MS = 60_000;

interface Subscription {
  readonly scope: LiveScope;
  /** The last batch seen; null until the snapshot's first part came. */
  seq: number | null;
}

/** The middle value; 0 of none. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

/**
 * One live connection for the life of the page: says hello, subscribes, catches up on alarms and comes back by
 * itself after a break (1 s doubling to 15 s with jitter, at once on `retry`). Positions may be lost, alarms not.
 */
export class LiveClient {
  readonly link: Topic = createTopic();
  state: LinkState;
  /** Add to this computer's clock to get the server's, ms. */
  offsetMs = 0;
  /** When the last message came, ms UTC by this computer's clock; 0 before the first. */
  lastFrame = 0;
  #boot: string | undefined;
  #alarmSeq: number | undefined;
  #subs = new Map<string, Subscription>();
  #socket: LiveSocket;
  #env: Surroundings;
  #tell: LiveEvents;
  #ready = false;
  #catching = false;
  #held: AlarmMessage[] = [];
  #attempt = 0;
  #retry: (() => void) | null = null;
  #clockTimer: (() => void) | null = null;
  #lostAt = 0;
  #stopped = true;
  #life = 0;

  constructor(socket: LiveSocket, env: Surroundings, tell: LiveEvents) {
    this.#socket = socket;
    this.#env = env;
    this.#tell = tell;
    this.state = { kind: 'connecting', since: env.now() };
    const on = <E extends keyof ServerToClient>(event: E, run: ServerToClient[E]): void => {
      socket.on(event, ((p: never) => {
        if (!this.#ready) return;
        this.lastFrame = this.#env.now();
        (run as (p: never) => void)(p);
      }) as (...args: never[]) => void);
    };
    socket.on('connect', () => this.#greet());
    socket.on('disconnect', () => this.#lost());
    socket.on('connect_error', ((e: { message?: string; data?: { code?: string } }) => {
      const code = e.data?.code ?? e.message ?? '';
      if (/unauthor|forbidden/i.test(code)) this.#tell.refused(code);
      this.#lost();
    }) as (...args: never[]) => void);
    on('snap', (p) => {
      const sub = this.#subs.get(p.id);
      if (sub === undefined) return;
      sub.seq = Math.max(sub.seq ?? p.seq, p.seq);
      this.#tell.snap(p);
    });
    on('delta', (p) => {
      const sub = this.#subs.get(p.id);
      if (sub === undefined || sub.seq === null || p.seq <= sub.seq) return;
      if (p.seq !== sub.seq + 1) {
        this.#send(p.id, sub);
        return;
      }
      sub.seq = p.seq;
      this.#tell.delta(p);
    });
    on('alarm', (p) => this.#alarm(p));
    on('meta', (p) => this.#tell.meta(p));
    on('notice', (p) => this.#tell.notice(p));
  }

  /** Connects, and stays connected until `stop`. */
  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#set({ kind: 'connecting', since: this.#env.now() });
    this.#socket.connect();
  }

  /** Leaves for good: log-out, or the session ended. */
  stop(): void {
    this.#stopped = true;
    this.#ready = false;
    this.#retry?.();
    this.#retry = null;
    this.#clockTimer?.();
    this.#clockTimer = null;
    this.#socket.disconnect();
  }

  /** Tries again now instead of at the end of the wait. */
  retry(): void {
    if (this.#stopped || this.#socket.connected || this.state.kind !== 'down') return;
    this.#retry?.();
    this.#retry = null;
    this.#set({ kind: 'down', since: this.state.since, retryAt: null });
    this.#socket.connect();
  }

  /** The server's clock, ms UTC. */
  now(): number {
    return this.#env.now() + this.offsetMs;
  }

  /** Adds or replaces a subscription; sent again after each reconnect. */
  subscribe(id: string, scope: LiveScope): void {
    const sub: Subscription = { scope, seq: null };
    this.#subs.set(id, sub);
    if (this.#ready) this.#send(id, sub);
  }

  /** Ends a subscription. */
  unsubscribe(id: string): void {
    if (!this.#subs.delete(id)) return;
    if (this.#ready) this.#socket.emit('unsub', { id }, () => undefined);
  }

  /** Acknowledges an alarm; resolves with the alarm as it is now, or the code of the refusal. */
  acknowledge(
    alarm: Pick<Alarm, 'id' | 'rev'>,
    note?: string,
  ): Promise<{ ok: true; alarm: Alarm } | { ok: false; code: string; alarm?: Alarm }> {
    if (!this.#ready) return Promise.resolve({ ok: false, code: 'offline' });
    const request: Parameters<ClientToServer['alarm.ack']>[0] = { id: alarm.id, rev: alarm.rev };
    if (note !== undefined && note !== '') request.note = note;
    return new Promise((resolve) => {
      const life = this.#life;
      const giveUp = this.#env.later(10_000, () => resolve({ ok: false, code: 'timeout' }));
      this.#socket.emit(
        'alarm.ack',
        request,
        (r: Ack<{ alarm: Alarm }> | { ok: false; code: 'conflict'; alarm: Alarm }) => {
          giveUp();
          if (life !== this.#life) resolve({ ok: false, code: 'offline' });
          else if (r.ok) resolve(r);
          else resolve({ ok: false, code: r.code, ...('alarm' in r ? { alarm: r.alarm } : {}) });
        },
      );
    });
  }

  #set(state: LinkState): void {
    this.state = state;
    this.link.emit();
  }

  #greet(): void {
    const life = ++this.#life;
    const hello: Parameters<ClientToServer['hello']>[0] = { v: LIVE_VERSION, locale: 'en' };
    if (this.#boot !== undefined) hello.boot = this.#boot;
    if (this.#alarmSeq !== undefined) hello.alarmSeq = this.#alarmSeq;
    this.#socket.emit('hello', hello, (r: Ack<Hello>) => {
      if (life !== this.#life) return;
      if (!r.ok) {
        this.#tell.refused(r.code);
        this.#socket.disconnect();
        return;
      }
      const first = this.#boot === undefined;
      const changed = !first && r.boot !== this.#boot;
      const awayMs = first || this.#lostAt === 0 ? 0 : this.#env.now() - this.#lostAt;
      this.#boot = r.boot;
      this.offsetMs = r.now - this.#env.now();
      this.lastFrame = this.#env.now();
      this.#ready = true;
      this.#attempt = 0;
      this.#lostAt = 0;
      this.#alarmSeq ??= r.alarmSeq;
      this.#tell.hello(r, changed, first);
      this.#set({ kind: 'up', since: this.#env.now() });
      for (const [id, sub] of this.#subs) this.#send(id, sub);
      this.#catchUp(life, () => this.#tell.caughtUp(awayMs));
      this.#measureClock(life, []);
    });
  }

  #send(id: string, sub: Subscription): void {
    sub.seq = null;
    this.#socket.emit(
      'sub',
      { id, scope: sub.scope, want: 'points' },
      (r: Ack<{ seq: number; count: number; truncated: boolean }>) => {
        if (!r.ok) this.#tell.refused(r.code);
      },
    );
  }

  #alarm(message: AlarmMessage): void {
    if (this.#catching) {
      this.#held.push(message);
      return;
    }
    const seq = this.#alarmSeq ?? message.prev;
    if (message.seq <= seq) return;
    if (message.prev > seq) {
      this.#held.push(message);
      this.#catchUp(this.#life, () => undefined);
      return;
    }
    this.#alarmSeq = message.seq;
    this.#tell.alarm(message, false);
  }

  #catchUp(life: number, done: () => void): void {
    this.#catching = true;
    this.#socket.emit(
      'alarms.since',
      { seq: this.#alarmSeq ?? 0, limit: PAGE },
      (r: Ack<AlarmsSince>) => {
        if (life !== this.#life) return;
        if (r.ok) {
          for (const item of r.items) {
            if (item.seq <= (this.#alarmSeq ?? -1)) continue;
            this.#alarmSeq = item.seq;
            this.#tell.alarm(item, true);
          }
          this.#alarmSeq = Math.max(this.#alarmSeq ?? r.next, r.next);
          if (r.more) {
            this.#catchUp(life, done);
            return;
          }
        } else this.#tell.refused(r.code);
        this.#catching = false;
        // What came meanwhile; its gaps were closed by the answer, so `prev` no longer matters.
        for (const message of this.#held.splice(0)) {
          if (message.seq <= (this.#alarmSeq ?? -1)) continue;
          this.#alarmSeq = message.seq;
          this.#tell.alarm(message, false);
        }
        done();
      },
    );
  }

  #measureClock(life: number, samples: number[]): void {
    const t = this.#env.now();
    this.#socket.emit('time', { t }, (r: Ack<{ t: number; now: number }>) => {
      if (life !== this.#life || !r.ok) return;
      const back = this.#env.now();
      this.lastFrame = back;
      samples.push(r.now - (t + back) / 2);
      if (samples.length < CLOCK_SAMPLES) {
        this.#measureClock(life, samples);
        return;
      }
      this.offsetMs = median(samples);
      this.link.emit();
      this.#clockTimer?.();
      this.#clockTimer = this.#env.later(CLOCK_EVERY_MS, () => this.#measureClock(life, []));
    });
  }

  #lost(): void {
    this.#life += 1;
    this.#ready = false;
    this.#catching = false;
    this.#held = [];
    this.#clockTimer?.();
    this.#clockTimer = null;
    if (this.#stopped) return;
    const now = this.#env.now();
    if (this.#lostAt === 0) this.#lostAt = now;
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempt);
    this.#attempt += 1;
    const waitMs = Math.round(wait * (0.8 + 0.4 * this.#env.random()));
    this.#retry?.();
    this.#retry = this.#env.later(waitMs, () => this.retry());
    this.#set({ kind: 'down', since: this.#lostAt, retryAt: now + waitMs });
  }
}
