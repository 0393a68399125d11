import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Latencies } from './latency.ts';
import { Pending } from './pending.ts';

describe('latencies', () => {
  it('gives quantiles within one percent of the sorted list', () => {
    const ms = fc.double({ min: 0.02, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(ms, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (list, p) => {
          const latencies = new Latencies();
          for (const one of list) latencies.add(one);
          const sorted = list.toSorted((a, b) => a - b);
          const exact = sorted[Math.ceil(list.length * p) - 1] ?? 0;
          expect(latencies.count).toBe(list.length);
          expect(latencies.quantile(p)).toBeGreaterThanOrEqual(exact * 0.99 - 0.01);
          expect(latencies.quantile(p)).toBeLessThanOrEqual(exact * 1.011 + 0.01);
          expect(latencies.maxMs).toBeCloseTo(sorted.at(-1) ?? 0, 1);
        },
      ),
    );
  });

  it('is all zero without any', () => {
    const none = new Latencies();
    expect([none.quantile(0.99), none.maxMs, none.count]).toEqual([0, 0, 0]);
  });
});

describe('what waits for an answer', () => {
  it('is found by its key whatever the order of answers, once, and counted', () => {
    const keys = fc.uniqueArray(fc.nat(0xffff), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(keys, fc.infiniteStream(fc.boolean()), (list, backlog) => {
        const pending = new Pending();
        const isBacklog = list.map(() => backlog.next().value === true);
        for (const [i, key] of list.entries()) pending.add(key, i, i * 2, 3, isBacklog[i]);
        expect(pending.reports).toBe(list.length * 3);
        for (const [i, key] of [...list.entries()].reverse()) {
          const expected = { sentAt: i, from: i * 2, count: 3, isBacklog: isBacklog[i] };
          expect(pending.take(key)).toEqual(expected);
          expect(pending.take(key)).toBeNull();
        }
        expect(pending.reports).toBe(0);
      }),
    );
  });

  it('is given up when the line is lost', () => {
    const pending = new Pending();
    pending.add(7, 0, 0, 5);
    expect(pending.clear()).toBe(5);
    expect(pending.take(7)).toBeNull();
    expect(pending.reports).toBe(0);
  });
});
