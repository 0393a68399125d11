import { describe, expect, it } from 'vitest';
import { tempDataDir } from './harness.ts';
import { type Outage, storeOutage } from './store-outages.ts';

describe.each<Outage>(['stopped', 'frozen'])('while InfluxDB is %s', (outage) => {
  it('devices are answered, the delay is said, and afterwards every fix is there once', async () => {
    const dir = await tempDataDir();
    const plan = { dataDir: dir.path, outage, seconds: 6, terminals: 30, everyMs: 200 };
    const report = await storeOutage(plan);
    expect(report.answered).toBeGreaterThan(plan.terminals);
    expect(report.away.behindRecords).toBeGreaterThan(plan.terminals);
    expect(report.away.behindS).toBeGreaterThanOrEqual(1);
    // A request that hangs has not failed yet.
    if (outage === 'stopped') expect(report.away).toMatchObject({ state: 'failing' });
    expect(report.back).toMatchObject({ state: 'ok', error: null, behindRecords: 0 });
    expect(report.found).toMatchObject({ lost: [], doubled: [], invented: [] });
    await dir.remove();
  });
});
