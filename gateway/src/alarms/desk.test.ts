import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CrossingFact, DeviceAlarmFact, Fact } from '../fences/facts.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { AlarmChange } from '../live/desk.ts';
import { openDatabase, type Records } from '../records/database.ts';
import type { Alarm, Rule } from '../wire.ts';
import { type Desk, openAlarmDesk } from './desk.ts';

const T0 = 1_795_404_000_000;
const second = (s: number) => T0 + s * 1000;
const iso = (s: number) => new Date(second(s)).toISOString();
const badge = { protocol: 'mqtt', id: 'badge-7' } as const;

const about = (seq: number, s: number) => ({
  ...{ seq, device: badge, subject: '张伟', occurredTime: second(s) },
  ...{ confirmedTime: second(s + 60), receivedTime: second(s + 61), late: false },
  ...{ latitude: 31.2, longitude: 121.5, accuracyM: 5 },
});
const crossing = (
  kind: 'enter' | 'exit',
  seq: number,
  s: number,
  over: Partial<CrossingFact> = {},
): CrossingFact => ({
  ...about(seq, s),
  ...{ kind, fence: { id: 'f1', name: '一车间', rev: 1 } },
  ...over,
});
const stated = (
  kind: 'alarmOn' | 'alarmOff',
  alarm: DeviceAlarmFact['alarm'],
  seq: number,
  s: number,
  over: Partial<DeviceAlarmFact> = {},
): DeviceAlarmFact => ({ ...about(seq, s), kind, alarm, ...over });
const rule = (over: Partial<Rule> = {}): Rule => ({
  ...{ id: 'r1', name: '离开一车间', type: 'exit', fences: ['f1'], severity: 'high' },
  ...{ params: {}, enabled: true, rev: 1 },
  ...over,
});
const ruleRecord = (seq: number, value: Rule | null, id = value?.id ?? 'r1'): JournalRecord => ({
  ...{ kind: 'config', what: 'rule', seq, receivedTime: T0, id, revision: seq, value },
});
const tick = (seq: number, s: number): JournalRecord => ({
  ...{ kind: 'tick', seq, receivedTime: second(s) },
});

let db: Records;
let desk: Desk;
let told: AlarmChange[];
let clock: number;
const open = async () => {
  const opened = await openAlarmDesk({
    db,
    now: () => clock,
    onError: (error) => {
      throw error;
    },
  });
  opened.onChange((changes) => told.push(...changes));
  return opened;
};
beforeEach(async () => {
  db = await openDatabase(':memory:');
  told = [];
  clock = second(1000);
  desk = await open();
});
afterEach(() => db.destroy());

/** Hands over facts, each the only one of its batch. */
async function give(...facts: readonly Fact[]): Promise<void> {
  for (const fact of facts) await desk.take([fact], [], fact.seq);
}
const all = async () => (await desk.list({ state: 'all', limit: 500 })).items;
const only = async (): Promise<Alarm> => {
  const [alarm, ...more] = await all();
  expect(more).toEqual([]);
  if (alarm === undefined) throw new Error('no alarm was raised');
  return alarm;
};
const ops = () => told.map((c) => c.op);

describe('rules and crossings', () => {
  beforeEach(() => desk.take([], [ruleRecord(1, rule())], 1));

  it('raise one alarm with all that a person needs, and store the event', async () => {
    await give(crossing('exit', 10, 100));
    expect(await only()).toEqual({
      ...{ id: expect.any(String), rev: 1, type: 'exit', ruleName: '离开一车间', severity: 'high' },
      ...{ condition: 'active', handling: 'new', device: 'badge-7', protocol: 'mqtt' },
      ...{ subject: '张伟', fence: { id: 'f1', name: '一车间' } },
      ...{ latitude: 31.2, longitude: 121.5, occurredAt: iso(100), confirmedAt: iso(160) },
      ...{ raisedAt: iso(161), lastAt: iso(100), count: 1, late: false, acknowledgedBy: null },
      ...{ acknowledgedAt: null, note: null, clearedAt: null },
      times: {
        ...{ fixTime: iso(160), receivedTime: iso(161), openedTime: iso(1000) },
        ...{ durableTime: null, evaluatedTime: null },
      },
    });
    expect((await desk.events({ limit: 10 })).items).toEqual([
      {
        ...{ id: expect.any(String), type: 'exit', device: 'badge-7', protocol: 'mqtt' },
        ...{ subject: '张伟', fence: { id: 'f1', name: '一车间', rev: 1 }, alarm: null },
        ...{ occurredAt: iso(100), confirmedAt: iso(160), late: false },
        ...{ latitude: 31.2, longitude: 121.5, accuracyM: 5 },
      },
    ]);
    expect(told).toEqual([{ seq: 1, op: 'new', alarm: await only() }]);
  });

  it('keep the way of the report that opened the alarm, and of the one that opened it again', async () => {
    const way = (n: number) => ({ time: second(n), durableTime: (seq: number) => second(n - seq) });
    await desk.take([crossing('exit', 10, 100)], [], 10, way(900));
    const first = { durableTime: iso(890), evaluatedTime: iso(900), openedTime: iso(1000) };
    expect((await only()).times).toMatchObject(first);
    // A repeat is counted and opens nothing.
    await desk.take([crossing('exit', 11, 110)], [], 11, way(910));
    expect((await only()).times).toMatchObject(first);
    const { id, rev } = await only();
    await desk.ack(id, rev, 'wang', null);
    clock = second(1300);
    await desk.take([crossing('enter', 12, 120), crossing('exit', 13, 180)], [], 13, way(1200));
    expect((await only()).times).toMatchObject({
      ...{ durableTime: iso(1187), evaluatedTime: iso(1200), openedTime: iso(1300) },
    });
    expect(ops()).toEqual(['new', 'count', 'ack', 'clear', 'reopen']);
  });

  it('end the alarm when the device comes back, at the time it came', async () => {
    await give(crossing('exit', 10, 100), crossing('enter', 20, 400));
    expect(await only()).toMatchObject({
      ...{ condition: 'cleared', clearedAt: iso(400), handling: 'new', rev: 2 },
    });
    expect(ops()).toEqual(['new', 'clear']);
  });

  it('make one alarm of a hundred repeats', async () => {
    for (let i = 0; i < 100; i++) await give(crossing('exit', 10 + i, 100 + i));
    expect(await only()).toMatchObject({ count: 100, rev: 100, lastAt: iso(199) });
    expect(ops().filter((op) => op === 'new')).toHaveLength(1);
    expect((await desk.events({ limit: 500 })).items).toHaveLength(100);
  });

  it('keep devices, fences and rules apart', async () => {
    const both = rule({ id: 'r2', fences: ['f1', 'f2'], name: '夜间', severity: 'medium' });
    await desk.take([], [ruleRecord(11, both)], 11);
    await give(
      crossing('exit', 20, 100),
      crossing('exit', 21, 100, { device: { protocol: 'gt06', id: 'badge-7' } }),
      crossing('exit', 22, 100, { fence: { id: 'f2', name: '二车间', rev: 3 } }),
      crossing('enter', 23, 100, { fence: { id: 'f2', name: '二车间', rev: 3 } }),
    );
    const shown = (await all()).map((a) => `${a.ruleName} ${a.protocol} ${a.fence?.id}`).sort();
    expect(shown).toEqual(
      [
        ...['离开一车间 mqtt f1', '夜间 mqtt f1', '离开一车间 gt06 f1'],
        ...['夜间 gt06 f1', '夜间 mqtt f2'],
      ].sort(),
    );
    expect(await desk.counts()).toEqual({ critical: 0, high: 2, medium: 3, low: 0 });
    expect((await all()).filter((a) => a.condition === 'cleared')).toMatchObject([
      { ruleName: '夜间', fence: { id: 'f2' } },
    ]);
  });

  it('take effect at their place in the journal, not before and not after', async () => {
    const facts = [crossing('exit', 12, 100), crossing('exit', 14, 200), crossing('exit', 16, 300)];
    const records = [
      ruleRecord(11, rule({ enabled: false })),
      ruleRecord(13, rule({ severity: 'critical' })),
      ruleRecord(15, null),
    ];
    await desk.take(facts, records, 16);
    expect(await only()).toMatchObject({ severity: 'critical', count: 1, occurredAt: iso(200) });
  });

  it('that are disabled still let what they raised come to an end', async () => {
    await give(crossing('exit', 10, 100));
    await desk.take([], [ruleRecord(11, rule({ enabled: false }))], 11);
    await give(crossing('enter', 12, 200));
    expect(await only()).toMatchObject({ condition: 'cleared' });
  });

  it('end what they raised when they are deleted or turn to other fences, and only that', async () => {
    await desk.take([], [ruleRecord(2, rule({ id: 'r10', name: '夜间', severity: 'medium' }))], 2);
    await give(crossing('exit', 10, 100));
    await desk.take([], [ruleRecord(11, rule({ severity: 'low' }))], 11);
    expect((await all()).map((a) => a.condition)).toEqual(['active', 'active']);
    await desk.take([], [ruleRecord(12, rule({ fences: ['f2'] }))], 12);
    const shown = async () =>
      Object.fromEntries((await all()).map((a) => [a.ruleName, `${a.condition} ${a.handling}`]));
    expect(await shown()).toEqual({ 离开一车间: 'cleared new', 夜间: 'active new' });
    const night = (await all()).find((a) => a.ruleName === '夜间');
    await desk.ack(night?.id ?? '', night?.rev ?? 0, 'wang', null);
    await desk.take([], [ruleRecord(13, null, 'r10')], 13);
    expect(await shown()).toEqual({ 离开一车间: 'cleared new', 夜间: 'cleared closed' });
  });

  it('close what a fence raised when its outline is edited or it is deleted', async () => {
    await give(crossing('exit', 10, 100));
    await give({ kind: 'fenceChanged', seq: 11, receivedTime: second(300), fenceId: 'f2' });
    expect(await only()).toMatchObject({ handling: 'new' });
    await give({ kind: 'fenceChanged', seq: 12, receivedTime: second(300), fenceId: 'f1' });
    expect(await only()).toMatchObject({
      ...{ handling: 'closed', condition: 'cleared', clearedAt: iso(300) },
    });
  });
});

describe('alarms of devices', () => {
  it('need no rule; SOS is critical and a cut supply high', async () => {
    await give(stated('alarmOn', 'sos', 5, 50), stated('alarmOn', 'powerCut', 6, 51));
    expect(await all()).toMatchObject([
      { type: 'powerCut', severity: 'high', fence: null, ruleName: null },
      { type: 'sos', severity: 'critical', fence: null, ruleName: null },
    ]);
    expect((await desk.events({ limit: 10 })).items).toMatchObject([
      { type: 'deviceAlarm', alarm: 'powerCut', fence: null },
      { type: 'deviceAlarm', alarm: 'sos', fence: null },
    ]);
  });

  it('stand without a place', async () => {
    const nowhere = { latitude: null, longitude: null, accuracyM: null };
    await give(stated('alarmOn', 'sos', 5, 50, nowhere));
    expect(await only()).toMatchObject({ type: 'sos', latitude: null, longitude: null });
  });

  it('end when the device no longer states them; critical ones wait for a person', async () => {
    await give(stated('alarmOn', 'sos', 5, 50), stated('alarmOff', 'sos', 8, 80));
    expect(await only()).toMatchObject({ condition: 'cleared', handling: 'new' });
    expect(await desk.counts()).toMatchObject({ critical: 1 });
    expect((await desk.events({ limit: 10 })).items).toHaveLength(1);
  });

  it('that are hints only are events without an alarm', async () => {
    await give(
      stated('alarmOn', 'fatigueWarning', 5, 50),
      stated('alarmOff', 'fatigueWarning', 6, 60),
    );
    expect(await all()).toEqual([]);
    expect(told).toEqual([]);
    expect((await desk.events({ limit: 10 })).items).toMatchObject([{ alarm: 'fatigueWarning' }]);
  });

  it('of severity low close themselves a minute after their end, by the journal clock', async () => {
    await give(stated('alarmOn', 'lowBattery', 5, 50), stated('alarmOff', 'lowBattery', 6, 100));
    await desk.take([], [tick(7, 159)], 7);
    expect(await only()).toMatchObject({ handling: 'new', condition: 'cleared' });
    await desk.take([], [tick(8, 160)], 8);
    expect(await only()).toMatchObject({ handling: 'closed' });
    expect(ops()).toEqual(['new', 'clear', 'clear']);
  });

  it('close themselves at the same place however the journal is cut into batches', async () => {
    const facts = [
      stated('alarmOn', 'door', 5, 50),
      stated('alarmOff', 'door', 6, 100),
      stated('alarmOn', 'door', 9, 165),
    ];
    await desk.take(facts, [tick(7, 159), tick(8, 160), tick(10, 170)], 10);
    expect(ops()).toEqual(['new', 'clear', 'clear', 'reopen']);
    expect(await only()).toMatchObject({ handling: 'new', condition: 'active', count: 2 });
  });
});

describe('people', () => {
  beforeEach(async () => {
    await desk.take([], [ruleRecord(1, rule())], 1);
    await give(crossing('exit', 10, 100));
  });

  it('acknowledge with a note; the second one is shown who was first', async () => {
    const { id, rev } = await only();
    const first = await desk.ack(id, rev, 'wang', '已电话联系');
    expect(first).toMatchObject({
      ...{ ok: true },
      alarm: {
        ...{ handling: 'acknowledged', acknowledgedBy: 'wang', note: '已电话联系', rev: 2 },
        acknowledgedAt: iso(1000),
      },
    });
    expect(await desk.ack(id, rev, 'li', null)).toMatchObject({
      ...{ ok: false, code: 'conflict', alarm: { acknowledgedBy: 'wang', rev: 2 } },
    });
    expect(await desk.ack(id, 2, 'li', null)).toMatchObject({ ok: false, code: 'conflict' });
    expect(ops()).toEqual(['new', 'ack']);
  });

  it('acknowledge at the same moment, and exactly one of them is first', async () => {
    const { id, rev } = await only();
    const users = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(users.map((user) => desk.ack(id, rev, user, null)));
    expect(answers.filter((a) => a.ok)).toHaveLength(1);
    expect(told).toHaveLength(2);
  });

  it('close an alarm for good, and ten minutes later it is another one', async () => {
    const { id, rev } = await only();
    expect(await desk.clear(id, rev, 'wang', '误报')).toMatchObject({
      ...{ ok: true, alarm: { handling: 'closed', condition: 'cleared', note: '误报' } },
    });
    expect(await desk.clear(id, rev + 1, 'wang', null)).toMatchObject({ code: 'conflict' });
    expect((await desk.list({ state: 'open', limit: 10 })).items).toEqual([]);
    await give(crossing('exit', 20, 1599));
    expect(await only()).toMatchObject({ id, count: 2, handling: 'new' });
    await desk.clear(id, (await only()).rev, 'wang', null);
    await give(crossing('exit', 30, 1601));
    expect(await all()).toHaveLength(2);
  });

  it('are told of ids that are nobody', async () => {
    expect(await desk.ack('0', 1, 'wang', null)).toEqual({ ok: false, code: 'notFound' });
    expect(await desk.get('0')).toBeNull();
    const { id } = await only();
    expect(await desk.get(id)).toEqual(await only());
  });
});

describe('the change log', () => {
  beforeEach(() => desk.take([], [ruleRecord(1, rule())], 1));

  it('numbers every change of every alarm without holes, and gives them again', async () => {
    await give(crossing('exit', 10, 100), stated('alarmOn', 'sos', 11, 110));
    const [sos] = await all();
    if (sos === undefined) throw new Error('no alarm');
    await desk.ack(sos.id, sos.rev, 'wang', null);
    await give(crossing('enter', 12, 400));
    expect(told.map((c) => c.seq)).toEqual([1, 2, 3, 4]);
    expect(ops()).toEqual(['new', 'new', 'ack', 'clear']);
    expect(await desk.lastSeq()).toBe(4);
    expect(await desk.since(0, 500)).toEqual({ items: told, next: 4, more: false });
    expect(await desk.since(1, 2)).toEqual({ items: told.slice(1, 3), next: 3, more: true });
    expect(await desk.since(4, 2)).toEqual({ items: [], next: 4, more: false });
  });

  it('is told after the commit, and a listener that throws stops nobody', async () => {
    const errors: unknown[] = [];
    const other = await openAlarmDesk({ db, now: () => clock, onError: (e) => errors.push(e) });
    const seen: (number | undefined)[] = [];
    other.onChange(() => {
      throw new Error('page is gone');
    });
    const look = async (id = '') => seen.push((await other.get(id))?.rev);
    const stop = other.onChange(([change]) => void look(change?.alarm.id));
    await other.take([stated('alarmOn', 'sos', 11, 110)], [], 11);
    await expect.poll(() => seen).toEqual([1]);
    stop();
    await other.take([stated('alarmOff', 'sos', 12, 140)], [], 12);
    expect(errors).toHaveLength(2);
    expect(seen).toEqual([1]);
  });

  it('goes on with the same numbers after a restart, and takes no fact twice', async () => {
    const facts = [crossing('exit', 10, 100), stated('alarmOn', 'sos', 11, 110)];
    await desk.take(facts, [], 11);
    const before = { alarms: await all(), events: await desk.events({ limit: 10 }) };
    const saved = desk.save();
    desk = await open();
    desk.restore(JSON.parse(JSON.stringify(saved)));
    await desk.take(facts, [], 11);
    await give(...facts);
    expect({ alarms: await all(), events: await desk.events({ limit: 10 }) }).toEqual(before);
    await give(crossing('enter', 12, 300));
    expect(told.map((c) => c.seq)).toEqual([1, 2, 3]);
  });

  it('holds nothing of a batch that failed, which then is taken whole', async () => {
    const facts = [crossing('exit', 10, 100), stated('alarmOn', 'sos', 11, 110)];
    const broken = stated('alarmOn', 'fall', 12, 120, { latitude: Number.NaN });
    await expect(desk.take([...facts, broken], [], 12)).rejects.toMatchObject({
      code: 'badParameter',
    });
    expect(await all()).toEqual([]);
    expect(told).toEqual([]);
    expect(await desk.lastSeq()).toBe(0);
    await desk.take([...facts, { ...broken, latitude: 31 }], [], 12);
    expect(told.map((c) => c.seq)).toEqual([1, 2, 3]);
  });
});

describe('a large batch', () => {
  const many = Array.from({ length: 300 }, (_, i) =>
    // Three alarms a report: what one record says is never torn apart.
    stated(
      'alarmOn',
      (['sos', 'fall', 'door'] as const)[i % 3] ?? 'sos',
      10 + Math.floor(i / 3),
      i,
      {
        device: { protocol: 'mqtt', id: `badge-${Math.floor(i / 3)}` },
      },
    ),
  );

  it('lets others have their turn once it has taken its time', async () => {
    let time = 0;
    // Each part takes longer than a turn may.
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (time += 25));
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await desk.take(many, [], 200);
    isDone = true;
    clock.mockRestore();
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(told.map((c) => c.seq)).toEqual(many.map((_, i) => i + 1));
  });

  it('that fails half way goes on from the last whole record', async () => {
    const broken = many.map((f, i) => (i === 200 ? { ...f, latitude: Number.NaN } : f));
    await expect(desk.take(broken, [], 200)).rejects.toMatchObject({ code: 'badParameter' });
    expect(told.length).toBeGreaterThan(100);
    expect(told.length % 3).toBe(0);
    desk = await open();
    await desk.take(many, [], 200);
    expect(told.map((c) => c.seq)).toEqual(many.map((_, i) => i + 1));
    expect((await desk.events({ limit: 500 })).items).toHaveLength(300);
  });
});

describe('lists', () => {
  beforeEach(async () => {
    const devices = Array.from({ length: 25 }, (_, i) => `badge-${i}`);
    // Several at one instant: the page must not split them wrongly.
    await desk.take(
      devices.map((id, i) =>
        stated('alarmOn', 'sos', 10 + i, Math.floor(i / 4), { device: { protocol: 'mqtt', id } }),
      ),
      [],
      40,
    );
  });

  it('give alarms newest first, page by page, each once', async () => {
    const seen: Alarm[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<Desk['list']>> = await desk.list({
        ...{ state: 'open', limit: 6 },
        ...(cursor === null ? {} : { cursor }),
      });
      seen.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    expect(new Set(seen.map((a) => a.device)).size).toBe(25);
    expect(seen).toHaveLength(25);
    const times = seen.map((a) => a.raisedAt);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('give events of a time and of a device, newest first', async () => {
    const page = await desk.events({ from: second(1), to: second(3), limit: 100 });
    expect(page.items).toHaveLength(8);
    expect(page.items[0]?.occurredAt).toBe(iso(2));
    const first = await desk.events({ limit: 20 });
    const rest = await desk.events({ limit: 20, cursor: first.next ?? '' });
    expect(rest.next).toBeNull();
    expect(new Set([...first.items, ...rest.items].map((e) => e.id)).size).toBe(25);
    const device = { protocol: 'mqtt', id: 'badge-3' } as const;
    expect((await desk.events({ device, limit: 100 })).items).toMatchObject([
      { device: 'badge-3' },
    ]);
  });

  it('refuse a cursor that is none of theirs', async () => {
    for (const cursor of ['', 'x', Buffer.from('1 2 3').toString('base64url')]) {
      await expect(desk.list({ state: 'all', limit: 5, cursor })).rejects.toMatchObject({
        code: 'badCursor',
      });
    }
  });
});

describe('cost', () => {
  it('is nothing in the records while nothing happens', async () => {
    await desk.take([], [ruleRecord(1, rule()), tick(2, 10)], 2);
    let uses = 0;
    const { connection } = db;
    db.connection = (() => {
      uses++;
      return connection.call(db);
    }) as typeof connection;
    for (let i = 3; i < 500; i++) await desk.take([], [tick(i, i * 5)], i);
    expect(uses).toBe(0);
    await give(stated('alarmOn', 'sos', 600, 50));
    expect(uses).toBe(1);
  });
});
