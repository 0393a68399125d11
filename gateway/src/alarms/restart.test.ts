import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FenceConsumer } from '../fences/consumer.ts';
import { circle, Diary, square, T0 } from '../fences/tracks.test-support.ts';
import { seeded } from '../journal/entries.test-support.ts';
import type { DeviceRef, JournalRecord } from '../journal/record.ts';
import { openDatabase, type Records } from '../records/database.ts';
import type { Rule } from '../wire.ts';
import { openAlarmDesk } from './desk.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xunji-fences-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const rule = (id: string, type: Rule['type'], severity: Rule['severity']): Rule => ({
  ...{ id, name: id, type, severity, fences: ['hall', 'yard', 'gate'] },
  ...{ params: {}, enabled: true, rev: 1 },
});

/** Half a day of eight devices around three fences: edits, alarms of their own, late, repeated and older fixes. */
function story(seed: number): readonly JournalRecord[] {
  const random = seeded(seed);
  const hall = square('hall', { profile: 'lenient' });
  const diary = new Diary()
    .fence(hall, circle('yard', 150, 50, 120), circle('gate', -150, 0, 60))
    .rule(rule('leaving', 'exit', 'high'))
    .rule(rule('coming', 'enter', 'low'));
  const walkers = Array.from({ length: 8 }, (_, i) => ({
    device: {
      protocol: (['mqtt', 'jt808', 'gt06'] as const)[i % 3] ?? 'mqtt',
      id: `device-${i}`,
    } satisfies DeviceRef,
    x: 0,
    y: 0,
    alarmFor: 0,
  }));
  for (let s = 0; s < 5400; s += 15) {
    if (s % 60 === 0) diary.tick(s);
    if (s === 1500) diary.fence(circle('yard', 100, 50, 140));
    if (s === 2400) diary.rule({ ...rule('leaving', 'exit', 'critical'), rev: 2 });
    if (s === 3300) diary.noFence('gate');
    if (s === 4200) diary.noRule('coming');
    for (const walker of walkers) {
      // Back towards the middle, so that they come and go.
      walker.x += (random() - 0.5) * 120 - walker.x * 0.05;
      walker.y += (random() - 0.5) * 120 - walker.y * 0.05;
      if (random() < 0.01) walker.alarmFor = 1 + Math.floor(random() * 4);
      const alarms =
        walker.alarmFor-- > 0 ? ([random() < 0.5 ? 'sos' : 'lowBattery', 'powerCut'] as const) : [];
      const older = random() < 0.05 ? 40 : 0;
      const options = { device: walker.device, alarms, late: random() < 0.1 };
      diary.fix(s - older, walker.x, walker.y, options);
      if (random() < 0.03) diary.fix(s - older, walker.x, walker.y, options);
    }
  }
  return diary.records;
}

/** What the desk's tables say in the end, our own clock apart. */
async function outcome(db: Records) {
  const alarms = await db.selectFrom('alarms').selectAll().orderBy('id').execute();
  const changes = await db
    .selectFrom('alarm_changes')
    .select(['seq', 'op', 'alarmId', 'alarm'])
    .orderBy('seq')
    .execute();
  return {
    alarms: alarms.map(({ times, ...alarm }) => ({ ...alarm, fix: fixOf(times) })),
    events: await db.selectFrom('events').selectAll().orderBy('id').execute(),
    changes: changes.map((change) => {
      const { times, ...alarm } = JSON.parse(change.alarm);
      return { ...change, alarm, fix: times.fixTime };
    }),
    seq: (await db.selectFrom('desk_state').select('changeSeq').executeTakeFirstOrThrow())
      .changeSeq,
  };
}

const fixOf = (times: string | null): unknown => JSON.parse(times ?? '{}').fix;

interface Life {
  readonly batch: () => number;
  /** Whether the process dies after a batch, or within it, before or after its transaction. */
  readonly fate: () => 'lives' | 'diesAfter' | 'diesBeforeCommit' | 'diesAfterCommit';
  readonly snapshotEveryMs: number;
}

/** Reads the whole story, opening everything anew after each death. */
async function run(records: readonly JournalRecord[], path: string, life: Life) {
  const db = await openDatabase(':memory:');
  let time = T0;
  let deaths = 0;
  const now = () => time;
  const onError = (error: unknown) => {
    throw error;
  };
  const start = async () => {
    const desk = await openAlarmDesk({ db, now, onError });
    let fate: ReturnType<Life['fate']> = 'lives';
    const sink: typeof desk = Object.assign(Object.create(desk) as typeof desk, {
      take: async (...args: Parameters<typeof desk.take>) => {
        if (fate === 'diesBeforeCommit') throw new Error('killed');
        await desk.take(...args);
        if (fate === 'diesAfterCommit') throw new Error('killed');
      },
      settled: () => desk.settled(),
      save: () => desk.save(),
      restore: (saved: unknown) => desk.restore(saved),
    });
    const { snapshotEveryMs } = life;
    const consumer = await FenceConsumer.open({ path, sink, now, onError, snapshotEveryMs });
    return {
      consumer,
      meet: (next: typeof fate) => {
        fate = next;
      },
    };
  };
  let { consumer, meet } = await start();
  let at = await consumer.cursor();
  while (at < records.length) {
    const batch = records.slice(at, at + life.batch());
    const fate = life.fate();
    meet(fate);
    time += 1000;
    const applied = consumer.apply(batch);
    if (fate === 'lives' || fate === 'diesAfter') await applied;
    else await expect(applied).rejects.toThrow('killed');
    at += batch.length;
    if (fate === 'lives') continue;
    deaths++;
    ({ consumer, meet } = await start());
    at = await consumer.cursor();
  }
  const result = await outcome(db);
  await db.destroy();
  return { result, deaths };
}

describe('fences and alarms', () => {
  it('come to the same whatever the batches and wherever the process is killed', async () => {
    for (const seed of [1, 2, 3]) {
      const records = story(seed);
      const whole = await run(records, join(dir, `whole-${seed}`), {
        ...{ batch: () => 1, fate: () => 'lives', snapshotEveryMs: 1e12 },
      });
      const random = seeded(seed * 7919);
      const fates = ['diesAfter', 'diesBeforeCommit', 'diesAfterCommit'] as const;
      const killed = await run(records, join(dir, `killed-${seed}`), {
        batch: () => 1 + Math.floor(random() * 250),
        fate: () => (random() < 0.3 ? (fates[Math.floor(random() * 3)] ?? 'lives') : 'lives'),
        snapshotEveryMs: 3000,
      });
      expect(killed.result, `seed ${seed}`).toEqual(whole.result);
      expect(killed.deaths, `seed ${seed}`).toBeGreaterThan(3);
      const ops = new Set(whole.result.changes.map((c) => c.op));
      expect([...ops].sort(), `seed ${seed}`).toEqual(['clear', 'count', 'new', 'reopen']);
      expect(whole.result.events.length).toBeGreaterThan(30);
    }
  }, 60_000);

  it('raise a supply cut of a device that fell silent with it, though the process died meanwhile', async () => {
    const diary = new Diary()
      .fix(0, 0, 0, { alarms: ['powerCut'] })
      .tick(5)
      .tick(10)
      .tick(15);
    const life: Life = { batch: () => 1, fate: () => 'diesAfter', snapshotEveryMs: 0 };
    const { result, deaths } = await run(diary.records, join(dir, 'fences.json'), life);
    expect(deaths).toBe(4);
    expect(result.changes.map((c) => c.op)).toEqual(['new']);
    expect(result.alarms).toMatchObject([
      { type: 'powerCut', occurredTime: T0, confirmedTime: T0 + 15_000 },
    ]);
  });

  it('start from the beginning when the snapshot cannot be read, and raise nothing twice', async () => {
    const records = story(5);
    const path = join(dir, 'fences.json');
    const db = await openDatabase(':memory:');
    const errors: unknown[] = [];
    const options = { now: () => T0, onError: (error: unknown) => errors.push(error) };
    const first = await FenceConsumer.open({
      ...{ ...options, path, sink: await openAlarmDesk({ db, ...options }) },
    });
    await first.apply(records);
    await first.save();
    expect(await first.cursor()).toBe(records.length);
    const before = await outcome(db);
    await writeFile(path, '{"version":1,"engine":{"seq":');
    const second = await FenceConsumer.open({
      ...{ ...options, path, sink: await openAlarmDesk({ db, ...options }) },
    });
    expect(errors).toHaveLength(1);
    expect(await second.cursor()).toBe(0);
    await second.apply(records);
    expect(await outcome(db)).toEqual(before);
    await second.save();
    expect(await second.cursor()).toBe(records.length);
    await db.destroy();
  });
});
