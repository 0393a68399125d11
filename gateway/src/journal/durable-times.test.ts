import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DurableTimes } from './durable-times.ts';

describe('durable times', () => {
  it('gives each record the time of its group, as far back as groups are kept', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 6000 });
    fc.assert(
      fc.property(sizes, fc.nat(1000), (groups, first) => {
        const times = new DurableTimes();
        const expected: [number, number][] = [];
        let seq = first;
        for (const [i, size] of groups.entries()) {
          for (let k = 0; k < size; k++) expected.push([++seq, i]);
          times.add(seq, size, i);
        }
        const kept = Math.max(0, groups.length - 4095);
        for (const [at, time] of expected) expect(times.of(at)).toBe(time < kept ? null : time);
        expect(times.of(seq + 1)).toBeNull();
      }),
      { numRuns: 20 },
    );
  });

  it('knows nothing of what was synced before it looked', () => {
    const times = new DurableTimes();
    expect(times.of(1)).toBeNull();
    times.add(5, 2, 100);
    expect([3, 4, 5, 6].map((seq) => times.of(seq))).toEqual([null, 100, 100, null]);
  });
});
