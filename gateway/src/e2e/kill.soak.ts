import { describe, it } from 'vitest';
import { tempDataDir } from './harness.ts';
import { expectKept, killAgainAndAgain } from './kills.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 200);
/** Then the next begins, so that reading all tracks at the end stays short. */
const SEEDS_PER_DIRECTORY = 50;
const TERMINALS = 8;

describe('kill -9 under load', () => {
  for (let first = 1; first <= SEEDS; first += SEEDS_PER_DIRECTORY) {
    const seeds = Math.min(SEEDS_PER_DIRECTORY, SEEDS - first + 1);
    it(`keeps every acknowledged position exactly once, seeds ${first} to ${first + seeds - 1}`, async () => {
      const dir = await tempDataDir();
      const startTime = Math.floor(Date.now() / 1000) * 1000 - 25 * 86_400_000;
      const plan = { dataDir: dir.path, firstSeed: first, seeds, terminals: TERMINALS, startTime };
      await expectKept(dir.path, await killAgainAndAgain(plan), startTime);
      await dir.remove();
    });
  }
});
