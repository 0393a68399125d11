import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConsumerRunner } from './consumer.ts';
import type { JournalSource } from './journal.ts';

const source = {
  durableSeq: 7,
  waitFor: (_seq: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
} as unknown as JournalSource;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A consumer that fails so many times before it can say where it is. @param random the runner's dice */
function failing(times: number, random: () => number, cursor = 7) {
  const waits: number[] = [];
  let left = times;
  const consumer = {
    name: 'store-away',
    cursor: async () => {
      if (left-- > 0) throw new Error('away');
      return cursor;
    },
    apply: async () => undefined,
  };
  const runner = new ConsumerRunner(source, consumer, {
    ...{ maxRecords: 10, lingerMs: 0, random },
    onError: (_name, _error, _tries, waitMs) => waits.push(waitMs),
  });
  return { runner, waits };
}

describe('a consumer that fails', () => {
  it('is tried again after waits that double up to a bound, and says why meanwhile', async () => {
    const { runner, waits } = failing(9, () => 1);
    const started = runner.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(runner.lastError).toBe('away');
    await vi.advanceTimersByTimeAsync(100_000);
    await started;
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]);
    expect(runner.lastError).toBeNull();
    expect(runner.applied).toBe(7);
    await runner.stop();
  });

  it('waits between half and all of that, so that many do not come back at once', async () => {
    const dice = [0, 0.5, 1];
    const { runner, waits } = failing(3, () => dice.shift() ?? 0);
    const started = runner.start();
    await vi.advanceTimersByTimeAsync(2000);
    await started;
    expect(waits).toEqual([100, 300, 800]);
    await runner.stop();
  });

  it('can be stopped while it waits', async () => {
    const { runner, waits } = failing(Number.POSITIVE_INFINITY, () => 1);
    const started = runner.start();
    await vi.advanceTimersByTimeAsync(60_000);
    await runner.stop();
    await started;
    const tries = waits.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(waits).toHaveLength(tries);
  });

  it('that is ahead of the journal is refused: it belongs to another', async () => {
    const { runner } = failing(0, () => 1, 8);
    await expect(runner.start()).rejects.toThrow(/do not belong together/);
  });
});
