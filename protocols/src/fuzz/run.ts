import type { Case, Find, Seeds } from './case.ts';
import { minimise } from './minimise.ts';
import { makeCase } from './mutate.ts';
import { Random } from './random.ts';

/** Characters of a failure that are told. */
const MAX_TOLD = 2000;

/** What a run did. */
export interface RunResult {
  readonly cases: number;
  /** Null when no promise was broken. */
  readonly find: Find | null;
}

/**
 * Tries cases until one breaks a promise or there is no more time; what breaks one comes back as small as it gets.
 * @param seed decides every case: the same number, seeds and code try the same cases in the same order
 * @param failureOf what a case breaks, null for nothing
 */
export function run(
  seed: number,
  seeds: Seeds,
  failureOf: (input: Case) => string | null,
  isOver: () => boolean,
): RunResult {
  let cases = 0;
  for (; !isOver(); cases++) {
    const input = makeCase(new Random(seed ^ Math.imul(cases + 1, 0x9e3779b1)), seeds);
    if (failureOf(input) === null) continue;
    const smallest = minimise(input, failureOf);
    return {
      cases: cases + 1,
      find: { failure: (failureOf(smallest) ?? '').slice(0, MAX_TOLD), case: smallest },
    };
  }
  return { cases, find: null };
}
