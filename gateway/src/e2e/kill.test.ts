import { describe, it } from 'vitest';
import { tempDataDir } from './harness.ts';
import { expectKept, killAgainAndAgain } from './kills.ts';

const SEEDS = 15;
const TERMINALS = 4;
/** Beside a busy neighbour each start takes seconds. */
const TIMEOUT_MS = 300_000;

describe('kill -9 under load', () => {
  it(
    `keeps every acknowledged position exactly once, over ${SEEDS} seeds on one data directory`,
    async () => {
      const dir = await tempDataDir();
      const startTime = Math.floor(Date.now() / 1000) * 1000 - 25 * 86_400_000;
      const report = await killAgainAndAgain({
        ...{ dataDir: dir.path, firstSeed: 1, seeds: SEEDS, terminals: TERMINALS, startTime },
      });
      await expectKept(dir.path, report, startTime);
      await dir.remove();
    },
    TIMEOUT_MS,
  );
});
