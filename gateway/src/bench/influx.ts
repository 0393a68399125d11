import { Agent, request } from 'node:http';
import { sampleEntry } from '../journal/entries.test-support.ts';
import { openInflux } from '../stores/influx.ts';
import { LineWriter } from '../stores/influx-lines.ts';
import { startInfluxd } from '../stores/influxd.test-support.ts';
import type { Store, StoredEntry } from '../stores/store.ts';

/*
 * The InfluxDB store against a bare writer on the same influxd in the same run: the bare one posts prebuilt lines of
 * the same points, the same number at a time, as many in flight, and keeps no cursor. Then a device-day is read.
 * `node influx.js [POINTS]` prints one JSON object.
 */
const POINTS = Number(process.argv[2] ?? 60_000);
const ROUNDS = 3;
const BATCH = 10_000;
const POINTS_PER_REQUEST = 500;
const IN_FLIGHT = 3;
const DEVICES = 500;
const DAY_POINTS = 86_400;
const midnight = 1_795_392_000_000;

interface Taken {
  readonly perSecond: number;
  /** Of this process, us a point. */
  readonly cpuUs: number;
}

const recordOf = (seq: number, device: string, fixTime: number): StoredEntry => {
  const entry = sampleEntry(seq, { device: { protocol: 'jt808', id: device } });
  return { ...entry, seq, position: { ...entry.position, fixTime } };
};

async function timed(points: number, work: () => Promise<unknown>): Promise<Taken> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: Math.round((points / ms) * 1000), cpuUs: (user + system) / points };
}

async function writeAll(store: Store, records: readonly StoredEntry[]): Promise<void> {
  for (let at = 0; at < records.length; at += BATCH) {
    await store.write(records.slice(at, at + BATCH), Math.min(records.length, at + BATCH));
  }
}

async function postAll(url: string, database: string, bodies: readonly Buffer[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  let next = 0;
  const post = (body: Buffer) =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'content-length': body.length };
      const sent = request(`${url}/write?db=${database}&precision=ns`, {
        ...{ method: 'POST', agent, headers },
      });
      sent.on('error', reject).on('response', (response) => {
        response.resume().on('end', resolve);
        if (response.statusCode !== 204) reject(new Error(`status ${response.statusCode}`));
      });
      sent.end(body);
    });
  const sendRest = async () => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await post(body);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendRest));
  agent.destroy();
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const influxd = await startInfluxd();
try {
  const { url } = influxd;
  const open = (database: string) =>
    openInflux({ url, database, timeoutMs: 60_000 }, () => midnight);
  const records = Array.from({ length: POINTS }, (_, i) =>
    recordOf(i + 1, String(i % DEVICES), midnight + Math.floor(i / DEVICES) * 1000),
  );
  const bodies: Buffer[] = [];
  const writer = new LineWriter();
  for (let at = 0; at < POINTS; at += POINTS_PER_REQUEST) {
    bodies.push(Buffer.from(writer.lines(records.slice(at, at + POINTS_PER_REQUEST))));
  }
  const rounds: { bare: Taken; store: Taken }[] = [];
  // The first round warms both up and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const bareStore = await open(`bare${round}`);
    await bareStore.cursor();
    const store = await open(`store${round}`);
    await store.cursor();
    const runBare = () => timed(POINTS, () => postAll(url, `bare${round}`, bodies));
    const runStore = () => timed(POINTS, () => writeAll(store, records));
    const first = round % 2 === 0 ? await runBare() : await runStore();
    const second = round % 2 === 0 ? await runStore() : await runBare();
    const [bare, own] = round % 2 === 0 ? [first, second] : [second, first];
    if (round > 0) rounds.push({ bare, store: own });
    await Promise.all([bareStore.close(), store.close()]);
  }
  const day = await open('day');
  const dayRecords = Array.from({ length: DAY_POINTS }, (_, i) =>
    recordOf(i + 1, 'day', midnight + i * 1000),
  );
  await writeAll(day, dayRecords);
  const query = { from: midnight, to: midnight + 86_400_000, limit: 100_000 };
  const device = { protocol: 'jt808', id: 'day' } as const;
  const began = performance.now();
  const cpu = process.cpuUsage();
  const page = await day.track({ ...query, device });
  const { user, system } = process.cpuUsage(cpu);
  const dayReadMs = Math.round(performance.now() - began);
  await day.close();
  const figures = {
    storePerSecond: median(rounds.map((r) => r.store.perSecond)),
    barePerSecond: median(rounds.map((r) => r.bare.perSecond)),
    ratio: Number(median(rounds.map((r) => r.store.perSecond / r.bare.perSecond)).toFixed(2)),
    storeCpuUs: Number(median(rounds.map((r) => r.store.cpuUs)).toFixed(1)),
    bareCpuUs: Number(median(rounds.map((r) => r.bare.cpuUs)).toFixed(1)),
    dayRows: page.columns.length,
    dayReadMs,
    dayReadCpuMs: Math.round((user + system) / 1000),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await influxd.stop();
}
