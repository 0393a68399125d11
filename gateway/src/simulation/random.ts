import { seeded } from '../journal/entries.test-support.ts';

/** Everything a seed decides, drawn in order. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  chance(probability: number): boolean;
  between(low: number, high: number): number;
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number;
  pick<T>(list: readonly T[]): T;
  /** A stream of its own, so that one part of a run draws the same whatever the others do. */
  fork(): Random;
}

/** @param seed any whole number */
export function randomOf(seed: number): Random {
  const next = seeded(seed);
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    between: (low, high) => low + next() * (high - low),
    pick: (list) => {
      if (list.length === 0) throw new RangeError('nothing to pick from');
      return list[below(list.length)] as (typeof list)[number];
    },
    fork: () => randomOf(below(0x1_0000_0000)),
  };
}
