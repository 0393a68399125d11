import { once } from 'node:events';
import type { Socket as NetSocket } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOW, startWeb, type Web } from '../http/web.test-support.ts';
import { samplePosition } from '../journal/entries.test-support.ts';
import type { DeviceRef } from '../journal/record.ts';
import { createLogger } from '../logger.ts';
import { type LiveRow, type Role, rowFlag } from '../wire.ts';
import { LiveServer } from './live.ts';
import { sampleAlarm } from './plain-desk.test-support.ts';

let web: Web;
let live: LiveServer;
let clock: number;
const clients: Socket[] = [];

beforeEach(async () => {
  web = await startWeb();
  clock = 0;
  live = await LiveServer.open(web.server, {
    ...{ sessions: web.sessions, devices: web.devices, latest: web.latest, desk: web.desk },
    ...{ site: { boot: 'boot-1', build: 'test' }, logger: createLogger('silent') },
    ...{ now: () => NOW, monotonic: () => clock, rateMs: 10 },
  });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  live.close();
  await web.close();
});

function open(headers: Record<string, string>): Socket {
  const client = io(web.base, {
    ...{ path: '/live', transports: ['websocket'], reconnection: false, forceNew: true },
    extraHeaders: headers,
  });
  clients.push(client);
  return client;
}
/** Connected as somebody with this role, and greeted. */
async function join(role: Role): Promise<Socket> {
  const client = open({ cookie: await web.cookieOf(role) });
  await once(client as never, 'connect');
  expect(await client.emitWithAck('hello', { v: 1, locale: 'zh-CN' })).toMatchObject({ ok: true });
  return client;
}
const refusal = async (client: Socket) => {
  const [error] = (await once(client as never, 'connect_error')) as [Error & { data?: unknown }];
  return [error.message, error.data];
};
/** The next message of this name. */
const next = async <T>(client: Socket, event: string): Promise<T> =>
  ((await once(client as never, event)) as [T])[0];
interface Batch {
  id: string;
  seq: number;
  t0: number;
  rows: LiveRow[];
  gone: number[];
}
/** Subscribes and gives the acknowledgement and the parts of the snapshot. */
async function subscribe(client: Socket, id: string, scope: object) {
  const parts: Batch[] = [];
  const whole = new Promise<void>((resolve) => {
    const hear = (part: Batch & { parts: number }) => {
      if (part.id !== id) return;
      parts.push(part);
      if (parts.length === part.parts) {
        client.off('snap', hear);
        resolve();
      }
    };
    client.on('snap', hear);
  });
  const ack = await client.emitWithAck('sub', { id, scope, want: 'points' });
  if (ack.ok) await whole;
  return { ack, parts, rows: parts.flatMap((p) => p.rows) };
}
const vehicle = (id: string): DeviceRef => ({ protocol: 'jt808', id });
const at = (n: number, latitude: number, longitude: number) =>
  samplePosition(0, { fixTime: NOW + n, latitude, longitude });
const slotOf = (device: DeviceRef) => web.devices.find(device)?.slot ?? -1;

describe('the way in', () => {
  it('is closed to who has no session, with a code and without a line left open', async () => {
    for (const cookie of ['', 'xunji_session=guess']) {
      const client = open({ cookie });
      expect(await refusal(client)).toEqual(['unauthorized', { code: 'unauthorized' }]);
    }
    expect(live.size).toBe(0);
    while (web.server.listening && (await connections()) > 0) await turn();
  });

  it.each<Role>(['auditor', 'subject'])('is closed to the role %s', async (role) => {
    const client = open({ cookie: await web.cookieOf(role) });
    expect(await refusal(client)).toEqual(['forbidden', { code: 'forbidden' }]);
  });

  it('is closed to pages of another origin, whoever looks at them', async () => {
    const cookie = await web.cookieOf('admin');
    await refusal(open({ cookie, origin: 'https://evil.example' }));
    expect(live.size).toBe(0);
    await once(open({ cookie, origin: web.base }) as never, 'connect');
  });

  it('begins with hello, in the version spoken here', async () => {
    const client = open({ cookie: await web.cookieOf('wall') });
    await once(client as never, 'connect');
    const early = await client.emitWithAck('time', { t: 1 });
    expect(early).toMatchObject({ ok: false, code: 'helloFirst' });
    const old = await client.emitWithAck('hello', { v: 0, locale: 'en' });
    expect(old).toMatchObject({ ok: false, code: 'version' });
    expect(await client.emitWithAck('hello', { v: 1, locale: 'en' })).toEqual({
      ...{ ok: true, v: 1, boot: 'boot-1', now: NOW, rateMs: 10, alarmSeq: 0, build: 'test' },
      user: expect.objectContaining({ username: 'wall', role: 'wall' }),
      thresholds: expect.objectContaining({
        vehicle: { staleMs: 60_000, offlineMs: 600_000, movingKmh: 5 },
      }),
    });
    expect(await client.emitWithAck('time', { t: 5 })).toEqual({ ok: true, t: 5, now: NOW });
  });

  it('ends with the session', async () => {
    const client = await join('admin');
    const gone = once(client as never, 'disconnect');
    const [, token = ''] = (await web.cookieOf('admin')).split('=');
    await web.sessions.end(token);
    await gone;
    expect(await refusal(open({ cookie: `xunji_session=${token}` }))).toContain('unauthorized');
  });
});

describe('positions', () => {
  it('come as a snapshot after the acknowledgement, then as what changed', async () => {
    await web.report(vehicle('1'), { position: at(0, 31.2, 121.4) });
    const client = await join('wall');
    const { ack, parts, rows } = await subscribe(client, 'map', { all: true });
    expect(ack).toEqual({ ok: true, seq: 1, count: 1, truncated: false });
    expect(parts).toMatchObject([{ id: 'map', seq: 1, part: 0, parts: 1, t0: NOW }]);
    const flags = rowFlag.online | rowFlag.valid | rowFlag.ignition | rowFlag.moving;
    expect(rows).toEqual([[0, 121_400_000, 31_200_000, 523, 126, flags, 0]]);

    const delta = next<Batch>(client, 'delta');
    await web.report(vehicle('2'), { position: at(1000, 31.3, 121.5) });
    expect(await delta).toEqual({
      ...{ id: 'map', seq: 2, t0: NOW, gone: [] },
      rows: [[1, 121_500_000, 31_300_000, 523, 126, flags, 1000]],
    });
  });

  it('of an empty fleet are one empty part, so that old rows are dropped', async () => {
    const { ack, parts } = await subscribe(await join('wall'), 'map', { all: true });
    expect(ack.count).toBe(0);
    expect(parts).toMatchObject([{ part: 0, parts: 1, rows: [] }]);
  });

  it('go on counting when a subscription is replaced', async () => {
    await web.report(vehicle('1'));
    const client = await join('wall');
    await subscribe(client, 'map', { all: true });
    const again = await subscribe(client, 'map', { devices: ['jt808:1'] });
    expect(again.ack.seq).toBe(2);
    expect(again.parts[0]?.seq).toBe(2);
  });

  it('of a view name what entered and what left it', async () => {
    await web.report(vehicle('in'), { position: at(0, 31.2, 121.4) });
    await web.report(vehicle('out'), { position: at(0, 40, 121.4) });
    const client = await join('wall');
    const bbox = [121, 31, 122, 32];
    const { rows } = await subscribe(client, 'map', { bbox, zoom: 12 });
    expect(rows.map(([slot]) => slot)).toEqual([slotOf(vehicle('in'))]);
    const delta = next<Batch>(client, 'delta');
    await Promise.all([
      web.report(vehicle('in'), { position: at(1, 33, 121.4) }),
      web.report(vehicle('out'), { position: at(1, 31.5, 121.4) }),
    ]);
    const { rows: entered, gone } = await delta;
    expect(entered.map(([slot]) => slot)).toEqual([slotOf(vehicle('out'))]);
    expect(gone).toEqual([slotOf(vehicle('in'))]);
  });

  it('of a view over the antimeridian are those on both sides', async () => {
    const places = { west: 179, east: -179, far: 0 };
    for (const [id, longitude] of Object.entries(places)) {
      await web.report(vehicle(id), { position: at(0, 10, longitude) });
    }
    const { rows } = await subscribe(await join('wall'), 'map', {
      bbox: [170, 0, -170, 20],
      zoom: 3,
    });
    expect(rows.map(([, lon]) => lon)).toEqual([179_000_000, -179_000_000]);
  });

  it('are of the groups or devices one asks for', async () => {
    await web.report(vehicle('1'));
    await web.report({ protocol: 'mqtt', id: '1' });
    await web.devices.create({ ...vehicle('2'), kind: 'vehicle', name: '2', group: '环卫' });
    await web.report(vehicle('2'));
    const client = await join('wall');
    const slots = async (id: string, scope: object) =>
      (await subscribe(client, id, scope)).rows.map(([slot]) => slot).sort();
    expect(await slots('a', { groups: ['环卫'] })).toEqual([slotOf(vehicle('2'))]);
    expect(await slots('b', { devices: ['jt808:1'] })).toEqual([slotOf(vehicle('1'))]);
    expect(await slots('c', { devices: ['1'] })).toHaveLength(2);
  });

  it('of a forgotten device are gone, and its name is taken back', async () => {
    await web.devices.create({ ...vehicle('1'), kind: 'vehicle', name: '1', group: null });
    await web.report(vehicle('1'));
    const slot = slotOf(vehicle('1'));
    const client = await join('wall');
    await subscribe(client, 'map', { all: true });
    const heard = Promise.all([next<Batch>(client, 'delta'), next(client, 'meta')]);
    await web.devices.remove(vehicle('1'), 1);
    const [delta, meta] = await heard;
    expect([delta.rows, delta.gone]).toEqual([[], [slot]]);
    expect(meta).toMatchObject({ devices: [], removed: [{ protocol: 'jt808', id: '1' }] });
  });

  it('carry the level of the worst open alarm as soon as it is raised', async () => {
    await web.report(vehicle('13912345678'));
    const client = await join('wall');
    await subscribe(client, 'map', { all: true });
    const delta = next<Batch>(client, 'delta');
    web.desk.change(['new', sampleAlarm(1)]);
    const [row] = (await delta).rows;
    expect(((row?.[5] ?? 0) & rowFlag.alarmMask) >> rowFlag.alarmShift).toBe(4);
  });

  it('to who does not read are kept back, newest only; after 30 s the line is cut', async () => {
    const fleet = Array.from({ length: 4000 }, (_, i) => vehicle(String(i)));
    for (const device of fleet) await web.report(device);
    const client = await join('wall');
    await subscribe(client, 'map', { all: true });
    const { transport } = client.io.engine as unknown as {
      transport: { ws: { _socket: NetSocket } };
    };
    const line = transport.ws._socket;
    let round = 0;
    const moveAll = async () => {
      round++;
      for (const device of fleet) await web.report(device, { position: at(round, 31.2, 121.4) });
      await new Promise((resolve) => setTimeout(resolve, 12));
    };
    /** Until the buffers of both ends are full. */
    const clog = async () => {
      line.pause();
      for (let rounds = 0; rounds < 5; rounds = live.stuck === 1 ? rounds + 1 : 0) await moveAll();
    };
    await clog();
    const clogged = round;
    for (let more = 0; more < 20; more++) await moveAll();
    const newest = new Promise<number>((resolve) => {
      client.on('delta', ({ rows, seq }: Batch) => {
        if (rows.some((row) => row[6] === round)) resolve(seq);
      });
    });
    line.resume();
    // The snapshot, what went before, and one batch for all that came while the line was stuck.
    expect(await newest).toBeLessThanOrEqual(1 + clogged + 2);

    await clog();
    expect(live.size).toBe(1);
    clock += 30_000;
    while (live.size > 0) await turn();
    line.resume();
  });
});

describe('alarms', () => {
  it('come at once, each with the seq before it', async () => {
    const client = await join('dispatcher');
    const heard: unknown[] = [];
    client.on('alarm', (a) => heard.push([a.seq, a.prev, a.op, a.alarm.id]));
    web.desk.change(['new', sampleAlarm(1)], ['new', sampleAlarm(2)]);
    web.desk.change(['clear', sampleAlarm(1, { condition: 'cleared' })]);
    while (heard.length < 3) await turn();
    expect(heard).toEqual([
      [1, 0, 'new', 'alarm-1'],
      [2, 1, 'new', 'alarm-2'],
      [3, 2, 'clear', 'alarm-1'],
    ]);
  });

  it('raised while hello is being answered are neither lost nor told twice', async () => {
    web.desk.change(['new', sampleAlarm(1)]);
    const client = open({ cookie: await web.cookieOf('dispatcher') });
    await once(client as never, 'connect');
    const heard: number[][] = [];
    client.on('alarm', (a) => heard.push([a.prev, a.seq]));
    const release = web.desk.hold();
    const hello = client.emitWithAck('hello', { v: 1, locale: 'en' });
    // Answered one after the other: by now the server is waiting for the desk.
    expect(await client.emitWithAck('time', { t: 0 })).toMatchObject({ code: 'helloFirst' });
    web.desk.change(['new', sampleAlarm(2)]);
    release();
    expect((await hello).alarmSeq).toBe(1);
    web.desk.change(['new', sampleAlarm(3)]);
    while (heard.length < 2) await turn();
    expect(heard).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  it('missed meanwhile are given page by page, with counts', async () => {
    for (let i = 1; i <= 5; i++) web.desk.change(['new', sampleAlarm(i)]);
    const client = await join('wall');
    const page = await client.emitWithAck('alarms.since', { seq: 1, limit: 3 });
    expect(page).toMatchObject({ ok: true, next: 4, more: true, counts: { critical: 5 } });
    expect(page.items.map((i: { seq: number }) => i.seq)).toEqual([2, 3, 4]);
    const rest = await client.emitWithAck('alarms.since', { seq: 4, limit: 500 });
    expect(rest).toMatchObject({ next: 5, more: false });
    const over = await client.emitWithAck('alarms.since', { seq: 0, limit: 501 });
    expect(over).toMatchObject({
      ok: false,
      code: 'badInput',
      message: expect.stringContaining('limit'),
    });
  });

  it('are acknowledged by those who may, and whoever comes later sees who was first', async () => {
    web.desk.change(['new', sampleAlarm(1)]);
    const [dispatcher, wall] = [await join('dispatcher'), await join('wall')];
    const request = { id: 'alarm-1', rev: 1, note: '已电话联系' };
    expect(await wall.emitWithAck('alarm.ack', request)).toMatchObject({ code: 'forbidden' });
    const told = next<{ op: string }>(wall, 'alarm');
    const acked = await dispatcher.emitWithAck('alarm.ack', request);
    expect(acked).toMatchObject({ ok: true, alarm: { acknowledgedBy: 'dispatcher', rev: 2 } });
    expect((await told).op).toBe('ack');
    const late = await dispatcher.emitWithAck('alarm.ack', request);
    expect(late).toMatchObject({ ok: false, code: 'conflict', alarm: { rev: 2 } });
    const none = await dispatcher.emitWithAck('alarm.ack', { id: 'none', rev: 1 });
    expect(none).toMatchObject({ ok: false, code: 'notFound' });
  });
});

describe('news of the house', () => {
  it('are names that changed, once in a batch', async () => {
    const client = await join('wall');
    const meta = next(client, 'meta');
    await web.devices.create({ ...vehicle('1'), kind: 'vehicle', name: '沪A·1', group: null });
    expect(await meta).toMatchObject({
      rev: 1,
      devices: [{ id: '1', name: '沪A·1' }],
      removed: [],
    });
  });

  it('are fences that changed', async () => {
    const client = await join('wall');
    const notice = next(client, 'notice');
    live.configured([{ what: 'rule' }]);
    live.configured([{ what: 'fence' }, { what: 'fence' }]);
    expect(await notice).toEqual({ level: 'info', code: 'fences' });
  });

  it('are what is degraded, also to those who come later, until it is over', async () => {
    live.degraded({ code: 'storeBehind', value: 12 });
    const client = open({ cookie: await web.cookieOf('wall') });
    await once(client as never, 'connect');
    const first = next(client, 'notice');
    await client.emitWithAck('hello', { v: 1, locale: 'en' });
    expect(await first).toEqual({ level: 'warning', code: 'storeBehind', value: 12 });
    const second = next(client, 'notice');
    live.degraded({ code: 'storeBehind', value: 0 });
    expect(await second).toEqual({ level: 'info', code: 'storeBehind', value: 0 });
  });
});

describe('commands', () => {
  const change = (n: number, state: 'sent' | 'answered') => ({
    ...{ id: String(n), device: '13912345678', protocol: 'jt808' as const, name: 'text' },
    ...{ state, result: state === 'sent' ? null : ('done' as const) },
  });

  it('are told by their newest state, to those who may read them', async () => {
    const client = await join('manager');
    const wall = await join('wall');
    const heard: string[] = [];
    wall.onAny((event: string) => heard.push(event));
    const told = next(client, 'commands');
    live.commanded(change(1, 'sent'));
    live.commanded(change(2, 'sent'));
    live.commanded(change(1, 'answered'));
    expect(await told).toEqual({ items: [change(1, 'answered'), change(2, 'sent')], more: false });
    expect(heard).not.toContain('commands');
  });

  it('are counted no further than a message holds', async () => {
    const client = await join('admin');
    const told = next<{ items: unknown[]; more: boolean }>(client, 'commands');
    for (let n = 0; n < 1000; n++) live.commanded(change(n, 'sent'));
    const { items, more } = await told;
    expect([items.length, more]).toEqual([200, true]);
  });
});

describe('limits', () => {
  it('are four subscriptions', async () => {
    const client = await join('wall');
    for (const id of ['a', 'b', 'c', 'd']) {
      expect((await subscribe(client, id, { all: true })).ack.ok).toBe(true);
    }
    const fifth = await client.emitWithAck('sub', {
      id: 'e',
      scope: { all: true },
      want: 'points',
    });
    expect(fifth).toMatchObject({ ok: false, code: 'tooManySubscriptions' });
    expect(await client.emitWithAck('unsub', { id: 'a' })).toEqual({ ok: true });
    expect((await subscribe(client, 'e', { all: true })).ack.ok).toBe(true);
  });

  it('are 20 calls a second; who never stops is closed', async () => {
    const client = await join('wall');
    const time = () => client.emitWithAck('time', { t: 0 });
    const answers = await Promise.all(Array.from({ length: 25 }, time));
    expect(answers.filter((a) => a.ok)).toHaveLength(19);
    expect(answers.at(-1)).toMatchObject({ code: 'tooManyCalls' });
    clock += 100;
    expect([await time(), await time(), await time()].map((a) => a.ok)).toEqual([
      true,
      true,
      false,
    ]);
    const closed = once(client as never, 'disconnect');
    for (let i = 0; i < 201; i++) client.emit('time', { t: 0 }, () => undefined);
    await closed;
  });

  it('are 64 KB a message', async () => {
    const client = await join('wall');
    const closed = once(client as never, 'disconnect');
    client.emit('hello', { v: 1, locale: 'x'.repeat(65 << 10) }, () => undefined);
    await closed;
    await join('wall');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a number', 5],
    ['a scope of two kinds', { id: 'm', scope: { all: true, groups: [] }, want: 'points' }],
    ['a latitude of 91', { id: 'm', scope: { bbox: [0, 0, 1, 91], zoom: 3 }, want: 'points' }],
    ['a prototype', JSON.parse('{"__proto__":{"id":"m"},"want":"points"}')],
  ])('are what a call may hold: %s is refused', async (_what, payload) => {
    const client = await join('wall');
    expect(await client.emitWithAck('sub', payload)).toMatchObject({ ok: false, code: 'badInput' });
  });

  it('are the calls there are', async () => {
    const client = await join('wall');
    for (const call of ['nothing', 'constructor', '__proto__']) {
      expect(await client.emitWithAck(call, {})).toMatchObject({ ok: false, code: 'unknownCall' });
    }
    // Without a way to answer, a call is none.
    client.emit('sub', { id: 'a', scope: { all: true }, want: 'points' });
    client.emit('hello');
    expect(await client.emitWithAck('time', { t: 1 })).toMatchObject({ ok: true });
  });
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const connections = () =>
  new Promise<number>((resolve, reject) =>
    web.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
