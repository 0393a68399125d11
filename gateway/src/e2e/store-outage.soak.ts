import { describe, expect, it } from 'vitest';
import { tempDataDir } from './harness.ts';
import { type Outage, storeOutage } from './store-outages.ts';

/** Of each outage; ten minutes unless said otherwise. */
const SECONDS = Number(process.env['SECONDS'] ?? 600);
const P99_MS = 1000;
const CATCH_UP = 5;

describe.each<Outage>(['stopped', 'frozen'])('InfluxDB %s', (outage) => {
  it('delays no answer, and what came meanwhile is caught up five times as fast as it came', async () => {
    const dir = await tempDataDir();
    const plan = { dataDir: dir.path, outage, seconds: SECONDS, terminals: 500, everyMs: 1000 };
    const report = await storeOutage(plan);
    const { away, found } = report;
    console.log(
      `InfluxDB ${outage} for ${SECONDS} s: ${report.answered} answers meanwhile, p99 ${report.p99Ms.toFixed(0)} ms ` +
        `(before: ${report.healthyP99Ms.toFixed(0)} ms); ` +
        `${away.behindRecords} records behind, caught up at ${report.catchUp.toFixed(1)} x the live rate; ` +
        `${found.acknowledged} acknowledged, ${found.lost.length} lost, ${found.doubled.length} doubled`,
    );
    expect(found).toMatchObject({ lost: [], doubled: [], invented: [] });
    // A machine that is too slow without an outage shows nothing about the outage.
    expect(report.p99Ms).toBeLessThan(Math.max(P99_MS, report.healthyP99Ms * 2));
    expect(report.catchUp).toBeGreaterThan(CATCH_UP);
    await dir.remove();
  });
});
