import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigEntry, DeviceRef } from '../journal/record.ts';
import { ConfigLog } from './config-log.ts';
import { openDatabase, type Records } from './database.ts';
import { DeviceRegistry, type DeviceRegistryOptions } from './devices.ts';
import { Subjects } from './subjects.ts';

let db: Records;
let log: ConfigLog;
let registry: DeviceRegistry;
let published: ConfigEntry[];
let time: number;
const open = (over: Partial<DeviceRegistryOptions> = {}) => {
  const onError = (error: unknown) => {
    throw error;
  };
  return DeviceRegistry.open({ db, log, now: () => time, onError, ...over });
};
beforeEach(async () => {
  db = await openDatabase(':memory:');
  time = 1_795_404_000_000;
  published = [];
  const publish = async (entries: readonly ConfigEntry[]) => published.push(...entries);
  log = new ConfigLog({ db, publish, now: () => time, onError: () => undefined });
  registry = await open();
});
afterEach(async () => {
  await registry.close();
  await log.close();
  await db.destroy();
});
const truck = (id: string): DeviceRef => ({ protocol: 'jt808', id });
const draft = (id: string) =>
  ({ ...truck(id), kind: 'vehicle', name: `沪A·${id}`, group: null }) as const;

describe('the device registry', () => {
  it('admits a stranger at once and writes it behind, also for the journal', async () => {
    registry.createPending(truck('1'), '2019');
    expect(registry.find(truck('1'))).toMatchObject({
      ...{ admission: 'pending', kind: 'vehicle', name: '1', edition: '2019', slot: 0 },
    });
    expect(published).toEqual([]);
    await registry.flush();
    expect(published).toMatchObject([{ what: 'device', id: 'jt808:1', value: { name: '1' } }]);
    expect((await open()).find(truck('1'))?.admission).toBe('pending');
  });

  it('admits no more strangers than its bound, whoever sends them', async () => {
    const small = await open({ maxPending: 2 });
    for (const id of ['1', '2', '3']) small.createPending(truck(id), null);
    expect(small.find(truck('3'))).toBeUndefined();
    // An operator's word makes room.
    await small.update(truck('1'), 1, { admission: 'known' });
    small.createPending(truck('3'), null);
    expect(small.find(truck('3'))).toBeDefined();
    await small.close();
  });

  it('remembers who knocks, and forgets the one unseen longest', async () => {
    const small = await open({ maxKnocking: 2 });
    for (const id of ['1', '2', '1', '3']) small.noteKnocking(truck(id), null);
    expect([...small.all()].map((e) => e.id)).toEqual(['1', '3']);
    await small.flush();
    expect([...(await open()).all()].map((e) => e.id)).toEqual(['1', '3']);
    expect(published).toEqual([]);
    await small.close();
  });

  it('gives every admitted device a slot of its own, and a knocking one none before it is entered', async () => {
    registry.createPending(truck('1'), null);
    registry.noteKnocking(truck('2'), null);
    expect(registry.find(truck('2'))?.slot).toBe(-1);
    await registry.create(draft('2'));
    await registry.create(draft('3'));
    expect([...registry.all()].map((e) => e.slot)).toEqual([0, 1, 2]);
  });

  it('writes the word of an operator before it counts, with its revision', async () => {
    const created = await registry.create(draft('1'));
    expect(created).toMatchObject({
      ok: true,
      value: { admission: 'known', name: '沪A·1', rev: 1 },
    });
    expect(await registry.create(draft('1'))).toEqual({ ok: false, code: 'exists', path: 'id' });
    const renamed = await registry.update(truck('1'), 1, { name: '新' });
    expect(renamed).toMatchObject({ ok: true, value: { name: '新', group: null, rev: 2 } });
    expect(await registry.update(truck('1'), 1, {})).toEqual({ ok: false, code: 'conflict' });
    expect(await registry.update(truck('9'), 1, {})).toEqual({ ok: false, code: 'notFound' });
    expect(published.map((e) => (e.value as { name: string }).name)).toEqual(['沪A·1', '新']);
    expect((await open()).find(truck('1'))).toMatchObject({ name: '新', rev: 2 });
  });

  it('knows whose dialect a device speaks, of its own family only', async () => {
    const made = await registry.create({ ...draft('1'), model: 'gps51', lenient: true });
    expect(made).toMatchObject({ ok: true, value: { model: 'gps51', lenient: true } });
    const foreign = { ok: false, code: 'unknownReference', path: 'model' };
    expect(await registry.update(truck('1'), 1, { model: 'LL301' })).toEqual(foreign);
    expect(await registry.create({ ...draft('2'), model: 'LL301' })).toEqual(foreign);
    const named = await registry.update(truck('1'), 1, { name: 'x' });
    expect(named).toMatchObject({ ok: true, value: { model: 'gps51', lenient: true } });
    expect((await open()).find(truck('1'))).toMatchObject({ model: 'gps51', lenient: true });
    await registry.update(truck('1'), 2, { model: null, lenient: false });
    expect((await open()).find(truck('1'))).toMatchObject({ model: null, lenient: false });
  });

  it('lets only one of two edits of the same revision win', async () => {
    await registry.create(draft('1'));
    const edits = await Promise.all(
      ['a', 'b', 'c'].map((name) => registry.update(truck('1'), 1, { name })),
    );
    expect(edits.map((e) => e.ok)).toEqual([true, false, false]);
    expect(registry.find(truck('1'))?.name).toBe('a');
  });

  it('keeps what the intake notes while an operator edits', async () => {
    registry.createPending(truck('1'), null);
    const editing = registry.update(truck('1'), 1, { name: 'x' });
    registry.touch(truck('1'), time + 5000, '2013');
    await editing;
    await registry.flush();
    expect((await open()).find(truck('1'))).toMatchObject({
      ...{ name: 'x', lastSeenTime: time + 5000, edition: '2013' },
    });
  });

  it('never lets an older frame take back when it was seen', () => {
    registry.createPending(truck('1'), null);
    registry.touch(truck('1'), time, null);
    registry.touch(truck('1'), time - 5000, null);
    expect(registry.find(truck('1'))?.lastSeenTime).toBe(time);
  });

  it('forgets a device for the journal too, and takes it for a stranger when it comes back', async () => {
    await registry.create(draft('1'));
    const told: unknown[] = [];
    registry.onChange(({ removed }) => told.push(...removed));
    expect(await registry.remove(truck('1'), 1)).toEqual({ ok: true, value: null });
    expect(told).toEqual([truck('1')]);
    expect(published.at(-1)).toMatchObject({ id: 'jt808:1', value: null });
    registry.createPending(truck('1'), null);
    expect(registry.find(truck('1'))).toMatchObject({ admission: 'pending', name: '1' });
  });

  it('tells apart one id in two families', async () => {
    registry.createPending(truck('1'), null);
    registry.createPending({ protocol: 'mqtt', id: '1' }, null);
    expect(registry.families('1')).toEqual(['jt808', 'mqtt']);
    expect(registry.find({ protocol: 'mqtt', id: '1' })?.kind).toBe('badge');
    expect(registry.hasKnown('mqtt', '1')).toBe(false);
  });

  it('answers every register of a terminal with one code, which no other terminal has', async () => {
    const code = registry.setAuthCode(truck('1'));
    expect(code).toMatch(/^[0-9a-z]{16}$/);
    expect((await open()).setAuthCode(truck('1'))).toBe(code);
    expect(registry.verifyAuth(truck('1'), code)).toBe(true);
    for (const wrong of ['', code.slice(1), `${code}0`, registry.setAuthCode(truck('2'))]) {
      expect(registry.verifyAuth(truck('1'), wrong)).toBe(false);
    }
    expect(registry.verifyAuth({ protocol: 'mqtt', id: '1' }, code)).toBe(false);
  });
});

describe('subjects', () => {
  it('pass a device on from one to another, and the journal hears who carries it', async () => {
    const subjects = new Subjects(db, log, registry, () => time);
    await registry.create(draft('1'));
    const first = await subjects.create({ name: '甲', kind: 'person', device: truck('1') });
    const second = await subjects.create({ name: '乙', kind: 'person', device: truck('1') });
    expect([first.ok, second.ok]).toEqual([true, true]);
    expect(registry.find(truck('1'))?.subject).toBe('乙');
    const carried = published.map((e) => (e.value as { subject: string | null }).subject);
    expect(carried).toEqual([null, '甲', '乙']);
    const all = await subjects.list(10, null);
    expect(all.map((s) => [s.name, s.device])).toEqual([
      ['乙', truck('1')],
      ['甲', null],
    ]);
    const bindings = await db.selectFrom('bindings').selectAll().execute();
    expect(bindings.map((b) => b.toTime === null)).toEqual([false, true]);
    expect((await open()).find(truck('1'))?.subject).toBe('乙');
  });
});
