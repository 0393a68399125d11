import { mkdtemp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Consumer, ConsumerRunner } from './consumer.ts';
import { sampleEntry, seeded } from './entries.test-support.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { type Damage, JournalReader } from './reader.ts';
import type { JournalRecord } from './record.ts';

let directory = '';
const dataDirId = new Uint8Array(16).fill(7);
const openJournal = (over: Partial<JournalOptions> = {}) =>
  Journal.open({ directory, dataDirId, retryMs: 20, ...over });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xunji-journal-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function readFrom(journal: Journal, after: number): Promise<JournalRecord[]> {
  const reader = new JournalReader(journal, after);
  const out: JournalRecord[] = [];
  for (;;) {
    const part = await reader.read(7);
    if (part.length === 0) break;
    out.push(...part);
  }
  await reader.close();
  return out;
}

describe('journal', () => {
  it('resolves appends once they are durable and gives the records back in order', async () => {
    const journal = await openJournal();
    const seqs = await Promise.all(
      [1, 2, 3].map((n) => journal.append([sampleEntry(n), sampleEntry(n + 10)])),
    );
    for (const [i, seq] of seqs.entries()) expect(seq).toBeGreaterThanOrEqual((i + 1) * 2);
    expect(journal.durableSeq).toBe(6);
    expect(await readFrom(journal, 2)).toEqual(
      [2, 12, 3, 13].map((n, i) => ({ ...sampleEntry(n), seq: i + 3 })),
    );
    await journal.close();
  });

  it('reads the same from the files after a restart as from memory before it, across segments', async () => {
    const first = await openJournal({ segmentBytes: 3000 });
    for (let n = 1; n <= 100; n++) await first.append([sampleEntry(n)]);
    const before = await readFrom(first, 0);
    await first.close();
    expect((await readdir(directory)).length).toBeGreaterThan(5);
    const second = await openJournal({ segmentBytes: 3000 });
    expect(second.durableSeq).toBe(100);
    expect(await readFrom(second, 0)).toEqual(before);
    expect(await readFrom(second, 57)).toEqual(before.slice(57));
    await second.append([sampleEntry(101)]);
    expect((await readFrom(second, 99)).map((r) => r.seq)).toEqual([100, 101]);
    await second.close();
  });

  it('cuts a torn tail, keeps it beside the journal and goes on', async () => {
    const first = await openJournal();
    for (let n = 1; n <= 5; n++) await first.append([sampleEntry(n)]);
    await first.close();
    const [name] = await readdir(directory);
    const path = join(directory, name as string);
    await truncate(path, (await stat(path)).size - 9);
    const second = await openJournal();
    expect(second.recovered.tornBytes).toBeGreaterThan(0);
    expect(second.durableSeq).toBe(4);
    expect((await readdir(directory)).some((n) => n.endsWith('.torn'))).toBe(true);
    await second.append([sampleEntry(6)]);
    expect((await readFrom(second, 0)).map((r) => r.seq)).toEqual([1, 2, 3, 4, 5]);
    await second.close();
  });

  it('steps over damage in the middle, tells it, and reads everything else', async () => {
    const first = await openJournal();
    for (let n = 1; n <= 50; n++) await first.append([sampleEntry(n)]);
    const [name] = await readdir(directory);
    const file = await open(join(directory, name as string), 'r+');
    await file.write(Buffer.from([0xff, 0xff, 0xff]), 0, 3, 1500);
    await file.close();
    const told: Damage[] = [];
    const reader = new JournalReader(
      {
        ...{ directory, identity: { dataDirId }, durableSeq: 50 },
        ...{ tail: () => null, waitFor: async () => undefined },
        onDamage: (damage) => told.push(damage),
      },
      0,
    );
    const seqs = (await reader.read(50)).map((r) => r.seq);
    expect(seqs).toHaveLength(49);
    const lost = [...Array(50).keys()].map((i) => i + 1).filter((seq) => !seqs.includes(seq));
    expect(told).toEqual([{ segment: name, from: lost[0], to: lost[0], why: 'damaged' }]);
    await reader.close();
    await first.close();
  });

  it('orders by sequence when the clock jumps back between and within groups and lives', async () => {
    const times = [9000, 500, 8000, 8000, 1, 70_000, 3];
    const entries = times.map((receivedTime, n) => sampleEntry(n, { receivedTime }));
    const first = await openJournal({ segmentBytes: 600 });
    for (const entry of entries.slice(0, 4)) await first.append([entry]);
    await first.close();
    const second = await openJournal({ segmentBytes: 600 });
    await second.append(entries.slice(4));
    const read = await readFrom(second, 0);
    expect(read.map((r) => r.receivedTime)).toEqual(times);
    expect(read.map((r) => r.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await second.close();
  });

  it('refuses the journal of another data directory', async () => {
    const first = await openJournal();
    await first.append([sampleEntry(1)]);
    await first.close();
    await expect(
      Journal.open({ directory, dataDirId: new Uint8Array(16).fill(8) }),
    ).rejects.toThrow('another data directory');
  });

  it('starts over a segment that a crash left without its head', async () => {
    const first = await openJournal();
    await first.append([sampleEntry(1)]);
    await first.close();
    await writeFile(join(directory, '0000000000000002.journal'), 'XUN');
    const second = await openJournal();
    expect(second.durableSeq).toBe(1);
    await second.append([sampleEntry(2)]);
    expect((await readFrom(second, 0)).map((r) => r.seq)).toEqual([1, 2]);
    await second.close();
  });

  it('removes whole segments that everybody has read, never the last', async () => {
    const journal = await openJournal({ segmentBytes: 3000 });
    for (let n = 1; n <= 60; n++) await journal.append([sampleEntry(n)]);
    const all = (await readdir(directory)).length;
    expect(await journal.trim(30, 0)).toEqual([]);
    const removed = await journal.trim(30, Number.POSITIVE_INFINITY);
    expect(removed.length).toBeGreaterThan(0);
    expect(removed.length).toBeLessThan(all);
    await journal.trim(60, Number.POSITIVE_INFINITY);
    expect((await readdir(directory)).length).toBe(1);
    await journal.close();
  });
});

describe('consumers', () => {
  /** Keeps what it was given, and fails when told to. */
  class Keeper implements Consumer {
    readonly name = 'keeper';
    readonly seqs: number[] = [];
    failures = 0;
    async cursor() {
      return this.seqs.at(-1) ?? 0;
    }
    async apply(records: readonly JournalRecord[]) {
      if (this.failures-- > 0) throw new Error('store is away');
      this.seqs.push(...records.map((r) => r.seq));
    }
  }

  it('gives a failing consumer every record once, in order, after it recovers', async () => {
    const journal = await openJournal({ tailRecords: 8 });
    const keeper = new Keeper();
    keeper.failures = 2;
    const tries: number[] = [];
    const runner = new ConsumerRunner(journal, keeper, {
      maxRecords: 10,
      lingerMs: 0,
      random: seeded(1),
      onError: (_name, _error, count) => tries.push(count),
    });
    await runner.start();
    for (let n = 1; n <= 95; n++) await journal.append([sampleEntry(n)]);
    await runner.drained();
    expect(keeper.seqs).toEqual(Array.from({ length: 95 }, (_, i) => i + 1));
    expect(tries).toEqual([1, 2]);
    expect(runner.lastError).toBeNull();
    await runner.stop();
    await journal.close();
  });

  it('refuses a consumer that is ahead of the journal', async () => {
    const journal = await openJournal();
    const runner = new ConsumerRunner(
      journal,
      { name: 'foreign', cursor: async () => 12, apply: async () => undefined },
      { maxRecords: 10, lingerMs: 0, random: seeded(1) },
    );
    await expect(runner.start()).rejects.toThrow('do not belong together');
    await journal.close();
  });

  it('gets past a damaged end and goes on with what comes after it', async () => {
    const first = await openJournal();
    for (let n = 1; n <= 5; n++) await first.append([sampleEntry(n)]);
    await first.close();
    const [name] = await readdir(directory);
    const path = join(directory, name as string);
    const file = await open(path, 'r+');
    await file.write(Buffer.from([0xff]), 0, 1, (await stat(path)).size - 2);
    await file.close();
    const told: Damage[] = [];
    const journal = await openJournal({ onDamage: (damage) => told.push(damage) });
    const keeper = new Keeper();
    const runner = new ConsumerRunner(journal, keeper, {
      ...{ maxRecords: 10, lingerMs: 0, random: seeded(1) },
    });
    await runner.start();
    await runner.drained();
    expect(keeper.seqs).toEqual([1, 2, 3, 4]);
    // Recovery and the consumer have met the same.
    expect(told).toEqual([{ segment: name, from: 5, to: 5, why: 'damaged' }]);
    expect(journal.damagedRecords).toBe(1);
    await journal.append([sampleEntry(6)]);
    await runner.drained();
    expect(keeper.seqs).toEqual([1, 2, 3, 4, 6]);
    await runner.stop();
    await journal.close();
  });
});
