import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conflator } from './conflate.ts';

const seen = (row: number) => ({ in: true, row }) as const;
const out = { in: false } as const;

describe('a conflated subscription', () => {
  it('is told the newest of a device, once, however often it moved', () => {
    const conflator = new Conflator();
    for (let i = 0; i < 1000; i++) conflator.mark(7);
    expect(conflator.size).toBe(1);
    expect(conflator.take(() => seen(42))).toEqual({ rows: [42], gone: [] });
    expect(conflator.take(() => seen(43))).toEqual({ rows: [], gone: [] });
  });

  it('is told that a device left only if it has been shown', () => {
    const conflator = new Conflator();
    conflator.mark(1);
    expect(conflator.take(() => out)).toEqual({ rows: [], gone: [] });
    conflator.reset([1, 2]);
    conflator.mark(1);
    conflator.mark(1);
    expect(conflator.take(() => out)).toEqual({ rows: [], gone: [1] });
    conflator.mark(1);
    expect(conflator.take(() => out)).toEqual({ rows: [], gone: [] });
  });

  it('leaves the subscriber with exactly what is in scope, whatever it skipped', () => {
    const step = fc.record({
      slot: fc.nat(5),
      row: fc.option(fc.nat(99), { nil: null }),
      flush: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const world = new Map<number, number | null>();
        const map = new Map<number, number>();
        const conflator = new Conflator();
        const flush = () => {
          const { rows, gone } = conflator.take((slot) => {
            const row = world.get(slot) ?? null;
            return row === null ? out : { in: true, row: [slot, row] as const };
          });
          for (const [slot, row] of rows) map.set(slot, row);
          for (const slot of gone) expect(map.delete(slot)).toBe(true);
        };
        for (const { slot, row, flush: now } of steps) {
          world.set(slot, row);
          conflator.mark(slot);
          if (now) flush();
        }
        flush();
        expect(map).toEqual(new Map([...world].filter(([, row]) => row !== null)));
      }),
    );
  });
});
