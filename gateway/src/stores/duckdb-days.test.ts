import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleEntry, samplePosition, seeded } from '../journal/entries.test-support.ts';
import type { DeviceRef } from '../journal/record.ts';
import { type DuckdbOptions, type DuckdbStore, openDuckdb } from './duckdb.ts';
import { DAY_MS } from './duckdb-schema.ts';
import type { HeatQuery, StoredEntry } from './store.ts';

const day0 = 20_700;
const start = day0 * DAY_MS;
const ref = (n: number): DeviceRef => ({ protocol: 'jt808', id: `1390000000${n}` });

let folder: string;
let path: string;
let store: DuckdbStore;
let seq = 0;
let options: Partial<DuckdbOptions> = {};
const open = async (over: Partial<DuckdbOptions> = options) => {
  options = over;
  store = await openDuckdb({ path, memoryLimitMb: 128, ...over });
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duckdb-'));
  path = join(folder, 'tracks.duckdb');
  seq = 0;
  await open({});
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const fix = (device: number, at: number, over: Partial<StoredEntry> = {}): StoredEntry => ({
  ...sampleEntry(1, { device: ref(device), receivedTime: at }),
  position: samplePosition(0, { fixTime: at, valid: true, latitude: 31, longitude: 121 }),
  hash: (at % 1e9) + 1,
  seq: ++seq,
  ...over,
});
const write = (records: StoredEntry[]) => store.write(records, seq);
/** Every ten minutes of a day, for three devices. */
const fullDay = (day: number): StoredEntry[] =>
  Array.from({ length: 144 * 3 }, (_, i) => fix(i % 3, day * DAY_MS + Math.floor(i / 3) * 600_000));
const times = async (device: number, from = 0, to = 9e12) => [
  ...(await store.track({ device: ref(device), from, to, limit: 100_000 })).columns.fixTime,
];
const everyTenMinutes = (day: number, days = 1) =>
  Array.from({ length: 144 * days }, (_, i) => day * DAY_MS + i * 600_000);
/** Names of the tables in the closed file, and rows of `late`. */
const tables = async () => {
  await store.close();
  const instance = await DuckDBInstance.create(path);
  const db = await instance.connect();
  const names = await db.runAndReadAll('SELECT table_name FROM duckdb_tables() ORDER BY 1');
  const late = await db.runAndReadAll('SELECT count(*)::INTEGER FROM late');
  db.closeSync();
  instance.closeSync();
  await open();
  return {
    days: names.getRows().flatMap(([n]) => (/^(live|day)_/.test(String(n)) ? [String(n)] : [])),
    late: late.getRows()[0]?.[0],
  };
};

describe('a finished day', () => {
  it('is sealed twelve hours later, and its track stays what it was', async () => {
    await write(fullDay(day0));
    await write(fullDay(day0 + 1).slice(0, 144 * 3 - 90));
    await store.upkeep();
    expect((await tables()).days).toEqual([`day_${day0}_1`, `live_${day0 + 1}`]);
    expect(await times(1)).toEqual([
      ...everyTenMinutes(day0),
      ...everyTenMinutes(day0 + 1).slice(0, 114),
    ]);
    expect(await times(1, start + 600_000, start + 1_800_000)).toEqual([
      start + 600_000,
      start + 1_200_000,
    ]);
  });

  it('takes late positions once, and is sealed anew when many have come', async () => {
    await store.close();
    await open({ foldRows: 50 });
    await write(fullDay(day0));
    await write([fix(0, (day0 + 1) * DAY_MS + DAY_MS / 2)]);
    await store.upkeep();
    const late = Array.from({ length: 100 }, (_, i) =>
      fix(1, start + i * 600_000 + 5000, { receivedTime: (day0 + 1) * DAY_MS + DAY_MS / 2 }),
    );
    const again = fullDay(day0);
    await write([...late, ...again]);
    await write([...again, ...late]);
    const whole = [...everyTenMinutes(day0), ...late.map((r) => r.position.fixTime)].sort(
      (a, b) => a - b,
    );
    expect(await times(1)).toEqual(whole);
    expect((await tables()).late).toBe(100);
    await write([fix(2, (day0 + 2) * DAY_MS + DAY_MS / 2)]);
    await store.upkeep();
    expect(await tables()).toMatchObject({ late: 0 });
    expect((await tables()).days).toContain(`day_${day0}_2`);
    expect(await times(1)).toEqual(whole);
    await write([...late, ...again]);
    expect(await times(1)).toEqual(whole);
  });

  it('that no device was late for stays as it is', async () => {
    await write(fullDay(day0));
    await write([fix(0, start + 3 * DAY_MS)]);
    await store.upkeep();
    await write([fix(0, start + 4 * DAY_MS)]);
    await store.upkeep();
    expect((await tables()).days).toContain(`day_${day0}_1`);
  });

  it('is forgotten after the days to keep, with its late positions and sums', async () => {
    await store.close();
    await open({ keepDays: 2 });
    await write([...fullDay(day0), fix(0, start - 90 * DAY_MS, { receivedTime: start })]);
    await write([fix(0, start + 2 * DAY_MS)]);
    await store.upkeep();
    expect(await times(1)).toHaveLength(144);
    await write([fix(0, start + 3 * DAY_MS + DAY_MS / 2)]);
    await store.upkeep();
    expect(await times(1)).toEqual([]);
    expect(await times(0)).toEqual([start + 2 * DAY_MS, start + 3 * DAY_MS + DAY_MS / 2]);
    expect(await tables()).toMatchObject({ late: 0 });
  });
});

describe('whatever comes in any order', () => {
  it('is there exactly once, over restarts and sealings', async () => {
    const seed = Number(process.env['SEED'] ?? 808);
    const random = seeded(seed);
    const expected = new Map<number, Set<number>>([0, 1, 2].map((n) => [n, new Set()]));
    let now = start;
    const sent: StoredEntry[] = [];
    for (let round = 0; round < 30; round++) {
      now += Math.floor(random() * DAY_MS * 0.4);
      const batch: StoredEntry[] = [];
      for (let i = 0; i < 60; i++) {
        const old = sent[Math.floor(random() * sent.length)];
        if (old !== undefined && random() < 0.3)
          batch.push({ ...old, seq: ++seq, receivedTime: now });
        else {
          const spread = random() < 0.2 ? 8 * DAY_MS : 60_000;
          const ahead = random() < 0.02 ? 400 * DAY_MS : 0;
          const at = Math.floor(now - random() * spread + ahead);
          batch.push(fix(Math.floor(random() * 3), at, { receivedTime: now }));
        }
      }
      sent.push(...batch);
      for (const r of batch) expected.get(Number(r.device.id.at(-1)))?.add(r.position.fixTime);
      await write(batch);
      if (random() < 0.3) await write(batch);
      if (random() < 0.5) await store.upkeep();
      if (random() < 0.2) {
        await store.close();
        await open({ foldRows: 20 });
      }
    }
    for (const [device, set] of expected) {
      expect(await times(device), `seed ${seed}`).toEqual([...set].sort((a, b) => a - b));
    }
  });

  it('is parked when it can be no position', async () => {
    const odd = fix(1, start);
    const broken = { ...odd, position: { ...odd.position, fixTime: Number.NaN } };
    await write([fix(0, start), broken, fix(0, start + 1)]);
    expect(store.parked()).toMatchObject({ total: 1, recent: [{ seq: odd.seq }] });
    expect(await times(0)).toHaveLength(2);
    expect(await store.cursor()).toBe(seq);
  });
});

describe('the heat of a box', () => {
  const box: HeatQuery = {
    ...{ south: 30, west: 120, north: 32, east: 122, from: start, to: start + 2 * DAY_MS },
    ...{ cellM: 100, metric: 'dwell', limit: 10 },
  };
  const at = (device: number, time: number, latitude: number) => ({
    ...fix(device, time),
    position: samplePosition(0, { fixTime: time, valid: true, latitude, longitude: 121.00001 }),
  });
  /** 60 s at one place, 200 s at another, an hour nothing. */
  const day = (day: number) =>
    [0, 1].flatMap((device) => [
      at(device, day * DAY_MS, 31.00001),
      at(device, day * DAY_MS + 60_000, 31.01001),
      at(device, day * DAY_MS + 260_000, 31.02001),
      at(device, day * DAY_MS + 3_860_000, 31.03001),
    ]);
  const shown = async (query: Partial<HeatQuery> = {}) => {
    const heat = await store.heat({ ...box, ...query });
    return Array.from({ length: heat.length }, (_, i) => [
      Math.floor((heat.latitude[i] ?? 0) * 100) / 100,
      heat.dwellS[i],
      heat.fixes[i],
      heat.deviceDays[i],
    ]);
  };

  it('is the same from positions and from the sums of sealed days', async () => {
    await write([...day(day0), ...day(day0 + 1)]);
    const expected = [
      [31.02, 1200, 4, 4],
      [31.01, 800, 4, 4],
      [31, 240, 4, 4],
      [31.03, 0, 4, 4],
    ];
    expect(await shown()).toEqual(expected);
    await write([fix(5, start + 3 * DAY_MS)]);
    await store.upkeep();
    expect((await tables()).days.slice(0, 2)).toEqual([`day_${day0}_1`, `day_${day0 + 1}_1`]);
    expect(await shown()).toEqual(expected);
    // Parts of both days, which the sums cannot tell.
    expect(await shown({ from: start + 1000, to: start + DAY_MS + 100_000 })).toEqual([
      [31.01, 800, 4, 4],
      [31.02, 600, 2, 2],
      [31, 120, 2, 2],
      [31.03, 0, 2, 2],
    ]);
  });

  it('shows the most first, says that there is more, and leaves out what lies outside', async () => {
    await write(day(day0));
    const heat = await store.heat({ ...box, limit: 2, metric: 'fixes' });
    expect(heat).toMatchObject({ length: 2, hasMore: true });
    expect(await shown({ south: 31.015 })).toHaveLength(2);
    expect(await shown({ west: 121.5 })).toEqual([]);
    expect((await store.heat({ ...box, cellM: 5000 })).length).toBeLessThan(4);
  });
});

describe('a copy of the tracks', () => {
  it('of a day is Parquet that others read', async () => {
    await write([...fullDay(day0), fix(9, start + 5, { receivedTime: start })]);
    const file = await store.exportDay(day0);
    const reader = await (await DuckDBInstance.create(':memory:')).connect();
    const rows = await reader.runAndReadAll(
      `SELECT device, count(*)::INTEGER, min(latitude) FROM '${file}' GROUP BY ALL ORDER BY 1`,
    );
    expect(rows.getRows()).toEqual([
      ...[0, 1, 2].map((n) => [`jt808:1390000000${n}`, 144, 31]),
      ['jt808:13900000009', 1, 31],
    ]);
    expect(await readdir(join(folder, 'exports'))).toHaveLength(1);
    await store.close();
    await open();
    expect(await readdir(join(folder, 'exports'))).toEqual([]);
  });

  it('made while it is written opens as a store of its own', async () => {
    await write(fullDay(day0));
    const later = write(fullDay(day0 + 1));
    const copy = join(folder, 'copy.duckdb');
    await store.backup(copy);
    await later;
    await store.close();
    store = await openDuckdb({ path: copy });
    expect([432, 864]).toContain(await store.cursor());
    expect(await times(2)).toHaveLength((await store.cursor()) / 3);
    await store.close();
    await open();
  });
});

describe('a file', () => {
  it('of the first layout is taken over with every position', async () => {
    await write(fullDay(day0));
    await store.close();
    const instance = await DuckDBInstance.create(path);
    const db = await instance.connect();
    await db.run(`
      CREATE TABLE live AS SELECT d.key AS device, p.* EXCLUDE (device) FROM live_${day0} p JOIN devices d ON d.id = p.device;
      CREATE TABLE cursors AS SELECT 'live' AS name, 432::BIGINT AS seq;
      DROP TABLE live_${day0}; DROP TABLE devices; DROP TABLE state; DROP TABLE late; DROP TABLE heat`);
    db.closeSync();
    instance.closeSync();
    await open();
    expect(await store.cursor()).toBe(432);
    expect(await times(2)).toEqual(everyTenMinutes(day0));
    await write(fullDay(day0));
    expect(await times(2)).toEqual(everyTenMinutes(day0));
  });

  it('of a later layout is refused and left alone', async () => {
    await store.close();
    const instance = await DuckDBInstance.create(path);
    const db = await instance.connect();
    await db.run("UPDATE state SET value = 99 WHERE name = 'layout'");
    db.closeSync();
    instance.closeSync();
    await expect(openDuckdb({ path })).rejects.toMatchObject({ code: 'storeNewer' });
    const again = await (await DuckDBInstance.create(path)).connect();
    await again.run("UPDATE state SET value = 2 WHERE name = 'layout'");
    again.closeSync();
    await open();
  });
});
