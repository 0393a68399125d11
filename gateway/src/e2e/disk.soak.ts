import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { startInfluxd } from '../stores/influxd.test-support.ts';
import { canMount, limitedDisk, smallDisk } from './disks.ts';
import { eventually, startGateway } from './harness.ts';
import { type Family, terminals } from './terminals.ts';
import { audit } from './tracks.ts';

const SEGMENTS = 5;
/** Segments are looked through each minute. */
const TRIM_MS = 65_000;
const START_TIME = Math.floor(Date.now() / 1000) * 1000 - 20 * 86_400_000;

const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of after.splice(0).reverse()) await undo();
});

it('a full disk lets go of no segment that a store has still to read, and of all that none has', async () => {
  const disk = (await canMount()) ? await smallDisk(96) : await limitedDisk();
  after.push(() => disk.remove());
  const influxd = await startInfluxd();
  after.push(() => influxd.stop());
  const gateway = await startGateway(disk.path, {
    ...{ XUNJI_LOG_LEVEL: 'error', XUNJI_JOURNAL_SEGMENT_MB: '1', XUNJI_JOURNAL_KEEP_DAYS: '0' },
    ...{ XUNJI_SNAPSHOT_S: '1', XUNJI_STORE: 'influx,duckdb', XUNJI_INFLUX_URL: influxd.url },
  });
  after.push(() => gateway.process.exitCode ?? gateway.kill());
  disk.use(gateway.process.pid ?? 0);
  const segments = async () =>
    (await readdir(join(disk.path, 'journal'))).filter((name) => name.endsWith('.journal')).sort();
  const families: readonly Family[] = ['jt808', 'gt06', 'mqtt'];
  const fleet = families.flatMap((family) =>
    terminals(family, 4, { startTime: START_TIME, window: 4, everyMs: 0 }),
  );
  await influxd.halt();
  await Promise.all(fleet.map((terminal) => terminal.connect(gateway.ports)));
  await eventually(async () => (await segments()).length >= SEGMENTS, 300_000, 'some segments');
  await disk.fill();
  const stalled = async () => (await gateway.metric('xunji_journal_stalled')) === 1;
  await eventually(stalled, 30_000, 'the stall');
  const full = await segments();
  await sleep(TRIM_MS);
  expect(await segments()).toEqual(expect.arrayContaining(full));

  await disk.free();
  for (const terminal of fleet) terminal.rest();
  await eventually(async () => fleet.every(({ waiting }) => waiting === 0), 60_000, 'all answers');
  await influxd.resume();
  await eventually(
    async () => (await gateway.metric('xunji_consumer_lag_records')) === 0,
    300_000,
    'the stores to catch up',
  );
  await eventually(
    async () => (await segments()).length === 1,
    TRIM_MS * 2,
    'the end of what all have read',
  );
  const found = await audit(gateway, fleet, START_TIME);
  console.log(
    `full disk and store away: ${full.length} segments kept, ${found.acknowledged} acknowledged positions, ` +
      `${found.lost.length} lost, ${found.doubled.length} doubled in InfluxDB`,
  );
  expect(found).toMatchObject({ lost: [], doubled: [], invented: [] });
  for (const terminal of fleet) terminal.leave();
  expect(await gateway.stop()).toBe(0);
});
