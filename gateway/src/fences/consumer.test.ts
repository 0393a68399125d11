import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seeded } from '../journal/entries.test-support.ts';
import type { JournalRecord } from '../journal/record.ts';
import { type FactSink, FenceConsumer } from './consumer.ts';
import type { Fact } from './facts.ts';
import { badge, car, circle, Diary, factsOf, square, T0 } from './tracks.test-support.ts';

/** Keeps facts as the desk does: those taken before passed over, and lost with the power until they are settled. */
class RecordingSink implements FactSink {
  kept: Fact[] = [];
  takenSeq = 0;
  settledSeq = 0;
  tries = 0;
  /** The tries that fail, after or before the work is done. */
  failures = new Map<number, 'before' | 'after'>();
  /** What a restart loses unless the snapshot holds it. */
  memory = 0;

  async take(facts: readonly Fact[], records: readonly JournalRecord[], upTo: number) {
    const failure = this.failures.get(++this.tries);
    if (failure === 'before') throw new Error('the database is away');
    this.kept.push(...facts.filter((f) => f.seq > this.takenSeq));
    this.takenSeq = Math.max(this.takenSeq, upTo);
    this.memory = Math.max(this.memory, records.at(-1)?.seq ?? 0);
    if (failure === 'after') throw new Error('the answer got lost');
  }
  async settled() {
    this.settledSeq = this.takenSeq;
  }
  losePower(): void {
    this.kept = this.kept.filter(({ seq }) => seq <= this.settledSeq);
    this.takenSeq = this.settledSeq;
  }
  save(): unknown {
    return { memory: this.memory };
  }
  restore(saved: unknown): void {
    this.memory = (saved as { memory: number }).memory;
  }
}

let directory: string;
let files = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xunji-fences-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
const snapshotPath = () => join(directory, `fences-${++files}.json`);

const noError = (error: unknown): never => {
  throw error;
};
let time = T0;
const open = (path: string, sink: FactSink, onError: (e: unknown) => void = noError) =>
  FenceConsumer.open({ path, sink, now: () => time, onError, snapshotEveryMs: 1000 });

/** Two devices go in and out; a fence moves, another goes; alarms come and go. */
function story(): JournalRecord[] {
  const diary = new Diary().fence(square(), circle('c', 300, 0, 80), circle('d', -300, 0, 80));
  diary.device(badge, { kind: 'badge', name: 'B-1', subject: '张伟' });
  for (let s = 0; s < 4000; s += 10) {
    const swing = 400 * Math.sin(s / 300);
    diary.fix(s, swing, 0).fix(s, -swing, 20, {
      device: car,
      alarms: s % 700 < 60 ? ['sos'] : [],
    });
    if (s % 50 === 0) diary.tick(s);
    if (s === 1500) diary.fence(circle('c', 320, 0, 80));
    if (s === 2500) diary.noFence('d');
  }
  return diary.records;
}

describe('the consumer of the journal', () => {
  it('loses and doubles no fact wherever it is cut, stopped or failed', async () => {
    const records = story();
    const whole = factsOf(records);
    expect(whole.length).toBeGreaterThan(40);
    for (let seed = 1; seed <= 25; seed++) {
      const random = seeded(seed);
      const path = snapshotPath();
      const sink = new RecordingSink();
      for (let i = 0; i < 8; i++) {
        const failure = random() < 0.5 ? 'before' : 'after';
        sink.failures.set(1 + Math.floor(random() * 20), failure);
      }
      let consumer = await open(path, sink);
      let cursor = await consumer.cursor();
      while (cursor < records.length) {
        const batch = records.slice(cursor, cursor + 1 + Math.floor(random() * 120));
        time += random() * 700;
        // As the runner does: the same batch until it succeeds.
        for (let failed = true; failed; ) {
          failed = await consumer.apply(batch).then(
            () => false,
            () => true,
          );
        }
        cursor += batch.length;
        if (random() < 0.2) {
          // A crash: what the snapshot holds is all that is left, and the journal is read from there.
          sink.memory = 0;
          if (random() < 0.5) sink.losePower();
          consumer = await open(path, sink);
          cursor = await consumer.cursor();
          expect(sink.memory, `seed ${seed}`).toBe(cursor);
        }
      }
      expect(sink.kept, `seed ${seed}`).toEqual(whole);
    }
  });

  it('tells its facts and what it left aside once, failed tries or not', async () => {
    const records = story();
    const sink = new RecordingSink();
    sink.failures.set(1, 'before').set(2, 'before');
    const told: Fact[] = [];
    const consumer = await FenceConsumer.open({
      ...{ path: snapshotPath(), sink, now: () => time, onError: noError },
      onFact: (fact) => told.push(fact),
    });
    await expect(consumer.apply(records)).rejects.toThrow('away');
    await expect(consumer.apply(records)).rejects.toThrow('away');
    await consumer.apply(records);
    expect(told).toEqual(sink.kept);
    expect(told).toEqual(factsOf(records));
  });

  it.each([1, -1])('saves at once when the clock of the server is set by %i h', async (hours) => {
    const records = story();
    const consumer = await open(snapshotPath(), new RecordingSink());
    await consumer.apply(records.slice(0, 100));
    expect(await consumer.cursor()).toBe(0);
    time += hours * 3_600_000;
    await consumer.apply(records.slice(100, 200));
    expect(await consumer.cursor()).toBe(200);
    await consumer.apply(records.slice(200, 300));
    expect(await consumer.cursor()).toBe(200);
  });

  it('moves its cursor by a snapshot only, and never past what the sink has not taken', async () => {
    const records = story();
    const sink = new RecordingSink();
    const consumer = await open(snapshotPath(), sink);
    await consumer.apply(records.slice(0, 300));
    expect(await consumer.cursor()).toBe(0);
    await consumer.save();
    expect(await consumer.cursor()).toBe(300);
    sink.failures.set(2, 'before');
    await expect(consumer.apply(records.slice(300))).rejects.toThrow('away');
    await consumer.save();
    expect(await consumer.cursor()).toBe(300);
  });

  it('goes on judging while its snapshot cannot be written', async () => {
    const records = story();
    const sink = new RecordingSink();
    const path = join(directory, 'absent', 'fences.json');
    const consumer = await open(path, sink);
    time += 1001;
    await expect(consumer.apply(records.slice(0, 500))).rejects.toThrow('ENOENT');
    // The runner tries the batch again, and comes to the next.
    await consumer.apply(records.slice(0, 500));
    await consumer.apply(records.slice(500));
    expect(sink.kept).toEqual(factsOf(records));
    expect(await consumer.cursor()).toBe(0);
  });

  it('lets others have their turn while it saves a large fleet', async () => {
    const diary = new Diary().fence(square());
    for (let i = 0; i < 5000; i++) {
      diary.fix(i, 0, 0, { device: { protocol: 'jt808', id: String(13_900_000_000 + i) } });
    }
    const path = snapshotPath();
    time = T0;
    const consumer = await open(path, new RecordingSink());
    await consumer.apply(diary.records);
    let turns = 0;
    let isSaving = true;
    const count = () => {
      turns++;
      if (isSaving) setImmediate(count);
    };
    setImmediate(count);
    await consumer.save();
    isSaving = false;
    expect(turns).toBeGreaterThan(15);
    const again = await open(path, new RecordingSink());
    expect(await again.cursor()).toBe(diary.records.length);
  });

  it('reads the journal from its beginning when the snapshot is no use, and says why', async () => {
    const records = story();
    for (const text of ['', '{"version":2', '{"version":1}', '{"version":2,"engine":{}}']) {
      const path = snapshotPath();
      await writeFile(path, text);
      const errors: unknown[] = [];
      const sink = new RecordingSink();
      const consumer = await open(path, sink, (error) => errors.push(error));
      expect(errors).toHaveLength(1);
      expect(await consumer.cursor()).toBe(0);
      await consumer.apply(records);
      expect(sink.kept).toEqual(factsOf(records));
    }
  });
});
