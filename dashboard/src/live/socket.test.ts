import type { Alarm, AlarmsSince, Hello } from '@xunji/gateway/wire';
import { beforeEach, expect, test } from 'vitest';
import { LiveClient, type LiveEvents, type LiveSocket, median } from './socket.ts';

type Listener = (...args: never[]) => void;
interface Call {
  event: string;
  args: unknown[];
}

class FakeSocket implements LiveSocket {
  connected = false;
  connects = 0;
  calls: Call[] = [];
  #listeners = new Map<string, Listener[]>();
  connect(): void {
    this.connects += 1;
  }
  disconnect(): void {
    this.connected = false;
  }
  on(event: string, listener: Listener): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }
  emit(event: string, ...args: unknown[]): void {
    this.calls.push({ event, args });
  }
  say(event: string, payload?: unknown): void {
    for (const l of this.#listeners.get(event) ?? []) (l as (p: unknown) => void)(payload);
  }
  open(): void {
    this.connected = true;
    this.say('connect');
  }
  close(): void {
    this.connected = false;
    this.say('disconnect');
  }
  /** Answers the oldest unanswered call of that name and returns its payload. */
  answer(event: string, reply: object): unknown {
    const at = this.calls.findIndex((c) => c.event === event);
    const call = this.calls.splice(at, 1)[0];
    if (at < 0 || call === undefined) throw new Error(`no call of ${event}`);
    (call.args[1] as (r: object) => void)({ ok: true, ...reply });
    return call.args[0];
  }
  count(event: string): number {
    return this.calls.filter((c) => c.event === event).length;
  }
}

const hello = (boot: string, alarmSeq: number): Hello => ({
  v: 1,
  boot,
  now: 1_000_000,
  user: { id: 'u', username: 'u', role: 'dispatcher', displayName: 'U' },
  thresholds: {
    vehicle: { staleMs: 60_000, offlineMs: 600_000, movingKmh: 5 },
    badge: { staleMs: 60_000, offlineMs: 600_000, movingKmh: 2 },
  },
  rateMs: 1000,
  alarmSeq,
  build: 'b',
});
const alarm = (id: string): Alarm => ({ id, rev: 1 }) as Alarm;
const since = (seqs: number[], next: number, more = false): AlarmsSince => ({
  items: seqs.map((seq) => ({ seq, op: 'new', alarm: alarm(`a${seq}`) })),
  next,
  more,
  counts: { critical: 0, high: 0, medium: 0, low: 0 },
});

let now: number;
let timers: { at: number; run: () => void }[];
let socket: FakeSocket;
let heard: string[];
let client: LiveClient;
const pass = (ms: number): void => {
  now += ms;
  for (const t of timers.filter((x) => x.at <= now)) {
    timers = timers.filter((x) => x !== t);
    t.run();
  }
};
const events: LiveEvents = {
  hello: (h, changed, first) => heard.push(`hello ${h.boot} ${changed} ${first}`),
  snap: (p) => heard.push(`snap ${p.id} ${p.seq}`),
  delta: (p) => heard.push(`delta ${p.id} ${p.seq}`),
  alarm: (a, caughtUp) => heard.push(`alarm ${a.seq}${caughtUp ? ' caught up' : ''}`),
  caughtUp: (awayMs) => heard.push(`back after ${awayMs}`),
  meta: () => heard.push('meta'),
  notice: (n) => heard.push(`notice ${n.code}`),
  refused: (code) => heard.push(`refused ${code}`),
};
beforeEach(() => {
  now = 500_000;
  timers = [];
  heard = [];
  socket = new FakeSocket();
  const env = {
    now: () => now,
    random: () => 0.5,
    later: (ms: number, run: () => void) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((t) => t !== timer);
      };
    },
  };
  client = new LiveClient(socket, env, events);
});
const up = (alarmSeq = 10): void => {
  client.start();
  socket.open();
  socket.answer('hello', hello('b1', alarmSeq));
  socket.answer('alarms.since', since([], alarmSeq));
};

test('says hello, subscribes and asks for missed alarms once connected', () => {
  client.subscribe('all', { all: true });
  up();
  expect(socket.answer('sub', { seq: 1, count: 0, truncated: false })).toEqual({
    id: 'all',
    scope: { all: true },
    want: 'points',
  });
  expect(heard).toEqual(['hello b1 false true', 'back after 0']);
  expect(client.state.kind).toBe('up');
});

test('a gap in the sequence of deltas subscribes again; repeats are ignored', () => {
  client.subscribe('all', { all: true });
  up();
  socket.say('delta', { id: 'all', seq: 1, t0: 0, rows: [], gone: [] });
  socket.say('snap', { id: 'all', seq: 4, part: 0, parts: 1, t0: 0, rows: [] });
  socket.say('delta', { id: 'all', seq: 4, t0: 0, rows: [], gone: [] });
  socket.say('delta', { id: 'all', seq: 5, t0: 0, rows: [], gone: [] });
  expect(heard.slice(2)).toEqual(['snap all 4', 'delta all 5']);
  const asked = socket.count('sub');
  socket.say('delta', { id: 'all', seq: 7, t0: 0, rows: [], gone: [] });
  expect(socket.count('sub')).toBe(asked + 1);
  socket.say('delta', { id: 'all', seq: 8, t0: 0, rows: [], gone: [] });
  expect(heard).toHaveLength(4);
});

test('a `prev` that does not match asks for what is missing, and each alarm comes once, in order', () => {
  up();
  socket.say('alarm', { seq: 11, prev: 10, op: 'new', alarm: alarm('a11') });
  socket.say('alarm', { seq: 11, prev: 10, op: 'new', alarm: alarm('a11') });
  socket.say('alarm', { seq: 14, prev: 13, op: 'new', alarm: alarm('a14') });
  socket.say('alarm', { seq: 15, prev: 14, op: 'new', alarm: alarm('a15') });
  expect(socket.answer('alarms.since', since([12], 12, true))).toEqual({ seq: 11, limit: 500 });
  expect(socket.answer('alarms.since', since([13, 14], 14))).toEqual({ seq: 12, limit: 500 });
  expect(heard.slice(2)).toEqual([
    'alarm 11',
    'alarm 12 caught up',
    'alarm 13 caught up',
    'alarm 14 caught up',
    'alarm 15',
  ]);
});

test('comes back with its boot and last alarm, and tells how long it was away', () => {
  client.subscribe('all', { all: true });
  up();
  socket.say('alarm', { seq: 11, prev: 10, op: 'new', alarm: alarm('a11') });
  socket.close();
  expect(client.state).toEqual({ kind: 'down', since: now, retryAt: now + 1000 });
  pass(1000);
  expect(socket.connects).toBe(2);
  socket.say('connect_error', { message: 'xhr poll error' });
  pass(2000);
  expect(socket.connects).toBe(3);
  socket.calls = [];
  socket.open();
  expect(socket.answer('hello', hello('b1', 20))).toMatchObject({ boot: 'b1', alarmSeq: 11 });
  expect(socket.count('sub')).toBe(1);
  expect(socket.answer('alarms.since', since([12, 20], 20))).toEqual({ seq: 11, limit: 500 });
  expect(heard.slice(-4)).toEqual([
    'hello b1 false false',
    'alarm 12 caught up',
    'alarm 20 caught up',
    'back after 3000',
  ]);
});

test('waits longer each time up to fifteen seconds, and not at all when told to retry', () => {
  up();
  socket.close();
  const waits: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    if (client.state.kind !== 'down') throw new Error('should be down');
    const wait = (client.state.retryAt ?? 0) - now;
    waits.push(wait);
    pass(wait);
    socket.say('connect_error', { message: 'refused' });
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
  const before = socket.connects;
  client.retry();
  expect(socket.connects).toBe(before + 1);
});

test('a new boot is told, so that slots are thrown away', () => {
  up();
  socket.close();
  socket.open();
  socket.answer('hello', hello('b2', 10));
  expect(heard.at(-1)).toBe('hello b2 true false');
});

test('answers that belong to an earlier connection change nothing', () => {
  client.start();
  socket.open();
  const stale = socket.calls[0]?.args[1] as (r: object) => void;
  socket.close();
  stale({ ok: true, ...hello('old', 3) });
  expect(heard).toEqual([]);
  expect(client.state.kind).toBe('down');
});

test('the clock offset is the median of five answers', () => {
  up();
  for (const skew of [5000, 5100, 90_000, 4900, 5050]) {
    socket.answer('time', { t: now, now: now + skew });
  }
  expect(client.offsetMs).toBe(5050);
  expect(client.now()).toBe(now + 5050);
  expect(median([])).toBe(0);
});

test('an acknowledgement resolves with the alarm, with the conflict, or with offline', async () => {
  up();
  const ok = client.acknowledge({ id: 'a', rev: 3 }, 'seen');
  expect(socket.answer('alarm.ack', { alarm: alarm('a') })).toEqual({
    id: 'a',
    rev: 3,
    note: 'seen',
  });
  expect(await ok).toMatchObject({ ok: true });
  const clash = client.acknowledge({ id: 'a', rev: 3 });
  socket.answer('alarm.ack', { ok: false, code: 'conflict', alarm: alarm('a') });
  expect(await clash).toMatchObject({ ok: false, code: 'conflict', alarm: { id: 'a' } });
  socket.close();
  expect(await client.acknowledge({ id: 'a', rev: 3 })).toEqual({ ok: false, code: 'offline' });
});
