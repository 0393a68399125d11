import { describe, expect, it } from 'vitest';
import type { Defect } from './gateway.ts';
import { replaceNode } from './node.ts';
import type { Report } from './run.ts';

replaceNode();
const { simulate } = await import('./run.ts');

const { SEED } = process.env;
const seeds =
  SEED === undefined ? Array.from({ length: 20 }, (_, i) => i + 1) : [Number.parseInt(SEED, 10)];

/** Small, with power cuts: what a proof of one broken promise needs. */
const small = { terminals: 25, lastFixMs: 120_000, powerCuts: true };

const said = ({ seed, recent }: Report) =>
  `SEED=${seed} repeats it. Last of all:\n${recent.slice(-30).join('\n')}`;

/** The first broken promises that a gateway with `defect` is caught at. */
async function caught(defect: Defect, within: number): Promise<readonly string[]> {
  for (let seed = 1; seed <= within; seed++) {
    const { wrongs } = await simulate({ seed, defect, scope: small });
    if (wrongs.length > 0) return wrongs;
  }
  return [];
}

describe('the gateway on a simulated machine', () => {
  it.each(seeds)('keeps every promise with seed %i', { timeout: 60_000 }, async (seed) => {
    const report = await simulate({ seed });
    expect(report.wrongs, said(report)).toEqual([]);
    // A run in which nothing happens shows nothing.
    expect(report.acked, said(report)).toBeGreaterThan(200);
  });

  it('lives the same life twice with one seed', { timeout: 60_000 }, async () => {
    const first = await simulate({ seed: 7 });
    const second = await simulate({ seed: 7 });
    const other = await simulate({ seed: 8 });
    expect(second).toEqual(first);
    expect(other.hash).not.toBe(first.hash);
  });
});

describe('a gateway that breaks its promise on a simulated machine', () => {
  it.each<[string, Defect, number, RegExp]>([
    ['does not sync its data', 'noDataSync', 3, /./],
    ['does not sync its directory', 'noDirectorySync', 10, /./],
    ['answers before the sync', 'answersBeforeSync', 10, /I1: .* was acknowledged/],
    [
      'moves the cursor before the store writes',
      'cursorBeforeStore',
      20,
      /I1: .* was acknowledged/,
    ],
    ['saves a snapshot before its alarms', 'snapshotBeforeCommits', 20, /event .* is missing/],
    ['tells facts twice', 'factsTwice', 3, /event .* did not happen, or twice/],
  ])('is caught when it %s', { timeout: 60_000 }, async (_what, defect, within, saying) => {
    const wrongs = await caught(defect, within);
    expect(wrongs.join('\n')).toMatch(saying);
  });
});
