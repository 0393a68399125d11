import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startInfluxd } from '../stores/influxd.test-support.ts';
import { startGateway, tempDataDir } from './harness.ts';
import { acknowledgedIn, faultyStore, keptOf, runLoad } from './load.ts';

describe('a gateway whose InfluxDB fails, is slow and loses answers', () => {
  it('acknowledges all the same, and stores everything once when it is well again', async () => {
    const dir = await tempDataDir();
    const influxd = await startInfluxd();
    const seed = 20_261_123;
    const store = await faultyStore(influxd.url, seed);
    const gateway = await startGateway(dir.path, {
      ...{ XUNJI_LOG_LEVEL: 'error', XUNJI_STORE: 'influx', XUNJI_INFLUX_URL: store.url },
    });
    try {
      const log = join(dir.path, 'acknowledged.log');
      const result = await runLoad([
        ...['--port', String(gateway.ports.jt808), '--sockets', '20', '--rate', '200'],
        ...['--seconds', '5', '--warmup', '0', '--log', log],
      ]);
      const lag = await gateway.metric('xunji_consumer_lag_records', 'store');
      const faults = await store.pass();
      const from = performance.now();
      const kept = await keptOf(gateway, await acknowledgedIn(log), 3_600_000);
      console.log(
        `faulty store, seed ${seed}: ${JSON.stringify(faults)}; acknowledgements p99 ${result.p99Ms} ms; ` +
          `${lag} records behind, caught up after ${Math.round(performance.now() - from)} ms; ` +
          `${kept.acknowledged} acknowledged, ${kept.lost.length} lost, ${kept.doubled.length} doubled`,
      );
      expect(result).toMatchObject({ refused: 0, broken: 0, unanswered: 0, linesLost: 0 });
      expect(kept.acknowledged).toBeGreaterThan(500);
      expect(kept).toMatchObject({ lost: [], doubled: [] });
      expect((faults['error'] ?? 0) + (faults['refuse'] ?? 0)).toBeGreaterThan(0);
    } finally {
      await gateway.stop();
      store.stop();
      await influxd.stop();
      await dir.remove();
    }
  });
});
