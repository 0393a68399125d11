/** A seeded source of chance: the same seed gives the same sequence on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  between(min: number, max: number): number;
  /** Whole number, both ends included. */
  int(min: number, max: number): number;
  chance(probability: number): boolean;
  /** Standard normal. */
  gauss(): number;
  pick<T>(list: readonly T[]): T;
  /** An independent source; the same label gives the same one, however much of this one is used up. */
  fork(label: string): Random;
}

/** @param seed any text or number; numbers and their decimal text are the same seed */
export function seeded(seed: string | number): Random {
  const origin = fnv1a(String(seed));
  let state = origin;
  const next = (): number => {
    // mulberry32: 32 bits of state are plenty for a few million draws.
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return {
    next,
    between: (min, max) => min + (max - min) * next(),
    int: (min, max) => min + Math.floor((max - min + 1) * next()),
    chance: (probability) => next() < probability,
    // Box-Muller; 1 - next() keeps the logarithm finite.
    gauss: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: <T>(list: readonly T[]): T => {
      const index = Math.floor(list.length * next());
      if (index >= list.length) throw new RangeError('nothing to pick from');
      return list[index] as T;
    },
    fork: (label) => seeded(`${origin}/${label}`),
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
