import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleEntry, seeded } from '../journal/entries.test-support.ts';
import { openDuckdb } from './duckdb.ts';
import { QueryGate } from './query-gate.ts';
import type { StoredEntry } from './store.ts';
import { timeRanges } from './time-ranges.ts';

const van = { protocol: 'jt808', id: '13912345678' } as const;
const batchOf = (from: number, size: number): StoredEntry[] =>
  Array.from({ length: size }, (_, i) => ({
    ...sampleEntry(from + i, { device: van }),
    seq: from + i,
  }));
/** Fails in the midst of appending. */
const unwritable = Object.defineProperty({}, 'level', {
  enumerable: true,
  get: () => {
    throw new Error('cannot be written');
  },
});
const whole = { device: van, from: 0, to: 4e12, limit: 100_000 };

describe('the DuckDB file', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'duckdb-'));
    path = join(folder, 'tracks.duckdb');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('has one owner in a process', async () => {
    const store = await openDuckdb({ path });
    await expect(openDuckdb({ path: join(folder, '.', 'tracks.duckdb') })).rejects.toMatchObject({
      code: 'storeInUse',
    });
    await store.write(batchOf(1, 3), 3);
    await store.close();
    const next = await openDuckdb({ path });
    expect((await next.track(whole)).columns).toHaveLength(3);
    await next.close();
  });

  it('has one owner among processes', async () => {
    const module = createRequire(import.meta.url).resolve('@duckdb/node-api');
    const script = join(folder, 'other.cjs');
    await writeFile(
      script,
      `const { DuckDBInstance } = require(${JSON.stringify(module)});
       DuckDBInstance.create(${JSON.stringify(path)}).then(() => process.exit(1), (e) => console.log(e.message));`,
    );
    const store = await openDuckdb({ path });
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    expect(stdout).toMatch(/lock on file/);
    await store.close();
  });

  it('tells a file that is no database', async () => {
    await writeFile(path, 'not a database at all, but long enough to be looked at'.repeat(200));
    await expect(openDuckdb({ path })).rejects.toMatchObject({ code: 'storeUnavailable' });
    await rm(path);
    await (await openDuckdb({ path })).close();
  });

  it('rolls a failed batch back as a whole and takes it when it is mended', async () => {
    const store = await openDuckdb({ path });
    const batch = batchOf(1, 1200);
    const broken = batch.map((r, i) =>
      i === 1100 ? { ...r, position: { ...r.position, extras: unwritable } } : r,
    );
    await expect(store.write(broken, 1200)).rejects.toMatchObject({ code: 'storeUnavailable' });
    expect(await store.cursor()).toBe(0);
    expect((await store.track(whole)).columns).toHaveLength(0);
    await store.write(batch, 1200);
    expect((await store.track(whole)).columns).toHaveLength(1200);
    await store.close();
  });

  it('finishes what is under way before it closes', async () => {
    const store = await openDuckdb({ path });
    const writing = store.write(batchOf(1, 2000), 2000);
    const reading = store.track(whole);
    await store.close();
    await writing;
    await reading;
    const next = await openDuckdb({ path });
    expect(await next.cursor()).toBe(2000);
    await next.close();
  });

  it('reads while it writes, many at once', async () => {
    const store = await openDuckdb({ path });
    await store.write(batchOf(1, 1000), 1000);
    const writes = [2, 3, 4].map((n) => store.write(batchOf(n * 1000, 1000), n * 1000 + 999));
    const reads = Array.from({ length: 12 }, () => store.track({ ...whole, limit: 500 }));
    for (const page of await Promise.all(reads)) expect(page.columns).toHaveLength(500);
    await Promise.all(writes);
    expect((await store.track(whole)).columns).toHaveLength(4000);
    await store.close();
  });
});

describe('the gate of queries', () => {
  it('lets two run, the others in order, and goes on after a fault', async () => {
    const gate = new QueryGate(2);
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const works = [0, 1, 2, 3].map((n) =>
      gate.run(async () => {
        started.push(n);
        await new Promise<void>((resolve) => finish.push(resolve));
        if (n === 0) throw new Error('fault');
      }),
    );
    const outcome = Promise.allSettled(works);
    await expect.poll(() => started).toEqual([0, 1]);
    finish[0]?.();
    await expect.poll(() => started).toEqual([0, 1, 2]);
    finish[2]?.();
    await expect.poll(() => started).toEqual([0, 1, 2, 3]);
    finish[1]?.();
    finish[3]?.();
    expect((await outcome).map((o) => o.status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    await gate.idle();
  });
});

describe('the time ranges of a batch', () => {
  const hour = 3_600_000;
  it('are one for fixes that lie close', () => {
    expect(timeRanges([3000, 1000, 2000], 8)).toEqual([{ from: 1000, to: 3000 }]);
  });
  it('leave out the gap before an upload of last week', () => {
    expect(timeRanges([100 * hour, 1, 100 * hour + 5, 2], 8)).toEqual([
      { from: 1, to: 2 },
      { from: 100 * hour, to: 100 * hour + 5 },
    ]);
  });
  it('are never more than allowed, cover every instant once and cut the widest gaps', () => {
    const random = seeded(3);
    const times = Array.from({ length: 500 }, () => Math.floor(random() ** 4 * 1e12));
    const ranges = timeRanges(times, 8);
    expect(ranges).toHaveLength(8);
    for (const t of times) expect(ranges.filter((r) => t >= r.from && t <= r.to)).toHaveLength(1);
    const narrowestCut = Math.min(...ranges.slice(1).map((r, i) => r.from - (ranges[i]?.to ?? 0)));
    const sorted = times.toSorted((a, b) => a - b);
    for (const r of ranges) {
      const inner = sorted.filter((t) => t >= r.from && t <= r.to);
      for (let i = 1; i < inner.length; i++) {
        expect((inner[i] ?? 0) - (inner[i - 1] ?? 0)).toBeLessThanOrEqual(narrowestCut);
      }
    }
  });
  it('are none for nothing', () => {
    expect(timeRanges([], 8)).toEqual([]);
  });
});
