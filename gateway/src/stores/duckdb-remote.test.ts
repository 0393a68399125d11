import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConsumerOptions } from '../journal/consumer.ts';
import { sampleEntry, samplePosition } from '../journal/entries.test-support.ts';
import { Journal } from '../journal/journal.ts';
import type { PositionEntry } from '../journal/record.ts';
import { startDuckdb } from './duckdb-remote.ts';
import type { Store, StoreFollower } from './store.ts';

const van = { protocol: 'jt808', id: '13912345678' } as const;
const noon = 1_795_404_000_000;
const whole = { device: van, from: 0, to: 9e12, limit: 100_000 };
const batch: ConsumerOptions = { maxRecords: 500, lingerMs: 5, random: Math.random };

let folder: string;
let journal: Journal;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duckdb-'));
  journal = await openJournal('journal');
  store = await openStore();
});
afterEach(async () => {
  await store.close();
  await journal.close();
  await rm(folder, { recursive: true, force: true });
});

const openJournal = (name: string) =>
  Journal.open({ directory: join(folder, name), dataDirId: new Uint8Array(16), segmentBytes: 1e5 });
const openStore = () => startDuckdb({ path: join(folder, 'tracks.duckdb'), memoryLimitMb: 128 });
const follow = async (options = batch): Promise<StoreFollower> => {
  const follower = store.follow?.(journal, options);
  if (follower === undefined) throw new Error('the store does not follow');
  await follower.start();
  return follower;
};
const positions = (from: number, count: number): PositionEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    ...sampleEntry(from + i, { device: van, receivedTime: noon + from + i }),
    position: samplePosition(0, { fixTime: noon + (from + i) * 1000 }),
  }));
const stored = async () => (await store.track(whole)).columns.length;

describe('the store in its own thread', () => {
  it('reads the journal by itself, what was there and what comes, over segments', async () => {
    await journal.append(positions(0, 1500));
    const follower = await follow();
    await journal.append([{ kind: 'tick', receivedTime: noon }, ...positions(1500, 700)]);
    await follower.drained();
    expect(follower).toMatchObject({ name: 'store-duckdb', applied: 2201, lastError: null });
    expect(await stored()).toBe(2200);
    expect(await store.cursor()).toBe(2201);
    await follower.stop();
  });

  it('goes on where it was after a restart', async () => {
    const first = await follow();
    await journal.append(positions(0, 300));
    await first.drained();
    await first.stop();
    await store.close();
    await journal.append(positions(300, 300));
    store = await openStore();
    const told: number[] = [];
    const second = await follow({ ...batch, onApplied: (_n, _s, records) => told.push(records) });
    await second.drained();
    expect(await stored()).toBe(600);
    expect(told.reduce((a, b) => a + b, 0)).toBe(300);
    await second.stop();
  });

  it('stops in the midst without waiting for more, and applies nothing afterwards', async () => {
    const follower = await follow();
    await journal.append(positions(0, 100));
    await follower.drained();
    await follower.stop();
    await journal.append(positions(100, 100));
    await follower.drained();
    expect(await store.cursor()).toBe(100);
  });

  it('is started anew when its thread dies, and loses and doubles nothing', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    const errors: unknown[] = [];
    const follower = await follow({ ...batch, onError: (_name, error) => errors.push(error) });
    const thread = posted.mock.contexts.at(-1) as Worker;
    posted.mockRestore();
    await journal.append(positions(0, 700));
    await follower.drained();
    void journal.append(positions(700, 700));
    await thread.terminate();
    await journal.append(positions(1400, 700));
    await follower.drained();
    expect(errors).not.toEqual([]);
    expect(follower.lastError).toBeNull();
    expect(await stored()).toBe(2100);
    await follower.stop();
  });

  it('does not follow a journal that ends before what it has', async () => {
    await store.write([], 50);
    await expect(follow()).rejects.toThrow(/do not belong together/);
  });

  it('says what its thread says: the code, the path and the cause', async () => {
    await expect(openStore()).rejects.toMatchObject({ name: 'StoreError', code: 'storeInUse' });
    await expect(store.track({ ...whole, cursor: 'x' })).rejects.toMatchObject({
      code: 'badCursor',
    });
  });
});
