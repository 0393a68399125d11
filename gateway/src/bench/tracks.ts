import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Position } from '@xunji/protocols';
import { type DuckdbStore, openDuckdb } from '../stores/duckdb.ts';
import { Engine } from '../stores/duckdb-engine.ts';
import { daySums } from '../stores/duckdb-heat.ts';
import {
  DAY_MS,
  liveSchema,
  liveTable,
  sealedSchema,
  sealedTable,
} from '../stores/duckdb-schema.ts';
import type { StoredEntry } from '../stores/store.ts';

/*
 * The DuckDB track store alone: a month of a fleet in one city. Most positions are made inside the engine, as sealed
 * days; the last day is sealed by the store, and what comes after it goes through the store's own `write`. Prints one
 * JSON line. POSITIONS=100000000 for the large form (some 3 GB of disk, some minutes), MEMORY_MB, DIR.
 */
const days = 30;
const fixesPerDay = 3333;
const intervalMs = 25_900;
const reads = 40;
const heats = 7;
const positions = Number(process.env['POSITIONS'] ?? 10_000_000);
const memoryLimitMb = Number(process.env['MEMORY_MB'] ?? 256);
const devices = Math.max(1, Math.round(positions / days / fixesPerDay));
const firstDay = 20_740;
const written = Math.min(500_000, positions / 10);
const batchRows = 10_000;

const key = (device: number): string => `jt808:139${String(device).padStart(8, '0')}`;
const folder = await mkdtemp(join(process.env['DIR'] ?? tmpdir(), 'tracks-'));
const path = join(folder, 'tracks.duckdb');

/** Vehicles circle about places of their own, some 10 km around the middle of the city. */
const latitude = (n: string, i: string) =>
  `round(31.2 + 0.09 * sin(${n} * 1.7) + 0.02 * sin(${i} / (200.0 + ${n} % 37)), 6)`;
const longitude = (n: string, i: string) =>
  `round(121.4 + 0.09 * cos(${n} * 2.3) + 0.02 * cos(${i} / (170.0 + ${n} % 41)), 6)`;

async function seed(): Promise<number> {
  const from = performance.now();
  const engine = await Engine.open({ path, memoryLimitMb, threads: 1, exportFolder: folder });
  const db = engine.writer;
  await db.run(`INSERT INTO devices SELECT i + 1, 'jt808:139' || lpad(i::VARCHAR, 8, '0'), NULL
    FROM range(${devices}) t(i)`);
  await db.run(`INSERT INTO state VALUES ('boundary', ${firstDay + days - 1})`);
  const last = firstDay + days - 1;
  for (let day = firstDay; day <= last; day++) {
    const rows = devices * fixesPerDay;
    const order =
      day === last
        ? `x // ${devices} AS i, x % ${devices} AS n`
        : `x % ${fixesPerDay} AS i, x // ${fixesPerDay} AS n`;
    const at = `epoch_ms(${day * DAY_MS} + i * ${intervalMs} + (n * 7919) % ${intervalMs})`;
    const table = day === last ? liveTable(day) : sealedTable(day, 1);
    await db.run(day === last ? liveSchema(day) : sealedSchema(table));
    await db.run(`
      INSERT INTO ${table}
      SELECT n + 1, ${at}, (hash(n, i, ${day}) % (1::UBIGINT << 52))::BIGINT,
        ${(day - firstDay) * rows} + i * ${devices} + n, ${at} + INTERVAL 700 MILLISECOND, true,
        ${latitude('n', 'i')}, ${longitude('n', 'i')}, (hash(i) % 30)::DOUBLE,
        (hash(n, i) % 800) / 10.0, (hash(i, n) % 360)::DOUBLE, 8.0 + hash(n + i) % 9, NULL,
        round(n * 100 + i * 0.2, 1), NULL, hash(n, i // 100) % 3 > 0, 'gnss', false, NULL, NULL, NULL
        ${day === last ? '' : `, ${intervalMs}`}
      FROM (SELECT ${order} FROM range(${rows}) r(x))`);
    if (day !== last) await db.run(`INSERT INTO heat ${daySums(day, table)}`);
  }
  await engine.close();
  return performance.now() - from;
}

/** Positions of the day after the month, in the order they would arrive in. */
function batch(from: number): StoredEntry[] {
  return Array.from({ length: batchRows }, (_, k) => {
    const x = from + k;
    const fixTime = (firstDay + days) * DAY_MS + Math.floor(x / devices) * 1000;
    // Plain literals, as the journal's reader makes them: spread ones are several times slower to read.
    const position: Position = {
      fixTime,
      timeSource: 'device',
      valid: true,
      latitude: 31.2 + x / 1e7,
      longitude: 121.4,
      altitudeM: 7,
      speedKmh: 52.3,
      courseDeg: 126,
      satellites: 14,
      hdop: null,
      accuracyM: null,
      mileageKm: 1234.5,
      batteryPercent: null,
      ignition: true,
      source: 'gnss',
      buffered: false,
      alarms: [],
      flags: [],
      extras: {},
    };
    return {
      kind: 'position',
      device: { protocol: 'jt808', id: key(x % devices).slice(6) },
      receivedTime: fixTime + 700,
      edition: null,
      epoch: 1,
      late: false,
      position,
      hash: (x * 2_654_435_761) % 2 ** 52,
      raw: new Uint8Array(),
      seq: positions + x + 1,
    };
  });
}

/** Positions a second by the wall, and microseconds of CPU a position. */
async function load(store: DuckdbStore): Promise<{ rate: number; cpuUs: number }> {
  let wallMs = 0;
  let cpuUs = 0;
  for (let at = 0; at < written; at += batchRows) {
    const records = batch(at);
    const from = performance.now();
    const cpu = process.cpuUsage();
    await store.write(records, positions + at + batchRows);
    const used = process.cpuUsage(cpu);
    wallMs += performance.now() - from;
    cpuUs += used.user + used.system;
  }
  return { rate: Math.round(written / (wallMs / 1000)), cpuUs: round(cpuUs / written) };
}

async function timed(count: number, work: (n: number) => Promise<number>) {
  const ms: number[] = [];
  let rows = 0;
  const cpu = process.cpuUsage();
  for (let n = 0; n < count; n++) {
    const from = performance.now();
    rows = await work(n);
    ms.push(performance.now() - from);
  }
  const used = process.cpuUsage(cpu);
  ms.sort((a, b) => a - b);
  const cpuMs = round((used.user + used.system) / 1000 / count);
  return { rows, cpuMs, p50Ms: round(ms[count >> 1] ?? 0), maxMs: round(ms.at(-1) ?? 0) };
}

const round = (value: number): number => Math.round(value * 100) / 100;

try {
  const seedMs = await seed();
  const store = await openDuckdb({ path, memoryLimitMb });
  const loaded = await load(store);
  // Noon of the day after makes the whole month due.
  const [noon] = batch(0);
  if (noon === undefined) throw new Error('no batch');
  const receivedTime = (firstDay + days) * DAY_MS + DAY_MS / 2 + 1;
  const sealFrom = performance.now();
  await store.write([{ ...noon, receivedTime, seq: 2 * positions }], 2 * positions);
  await store.upkeep();
  const sealMs = performance.now() - sealFrom;

  const device = (n: number) => ({
    protocol: 'jt808' as const,
    id: key((n * 7919) % devices).slice(6),
  });
  const deviceDay = await timed(reads, async (n) => {
    const from = (firstDay + ((n * 11) % days)) * DAY_MS;
    const query = { device: device(n), from, to: from + DAY_MS, limit: 100_000 };
    return (await store.track(query)).columns.length;
  });
  const openDay = await timed(reads, async (n) => {
    const from = (firstDay + days) * DAY_MS;
    const query = { device: device(n), from, to: from + DAY_MS, limit: 100_000 };
    return (await store.track(query)).columns.length;
  });
  const box = { south: 31, west: 121.2, north: 31.4, east: 121.6, cellM: 100, limit: 20_000 };
  const month = { from: firstDay * DAY_MS, to: (firstDay + days) * DAY_MS };
  const heat = await timed(heats, async () => {
    return (await store.heat({ ...box, ...month, metric: 'dwell' })).length;
  });
  const shifted = { from: month.from + DAY_MS / 3, to: month.to - DAY_MS / 3 };
  const heatByParts = await timed(heats, async () => {
    return (await store.heat({ ...box, ...shifted, metric: 'dwell' })).length;
  });
  await store.close();
  const bytes = (await stat(path)).size;
  const total = devices * fixesPerDay * days + written;
  process.stdout.write(
    `${JSON.stringify({
      ...{ positions: total, devices, seedS: round(seedMs / 1000), sealS: round(sealMs / 1000) },
      ...{
        loadPerSecond: loaded.rate,
        loadCpuUs: loaded.cpuUs,
        deviceDay,
        openDay,
        heat,
        heatByParts,
      },
      ...{ bytesPerPosition: round(bytes / total), fileMb: Math.round(bytes / 1e6) },
    })}\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
