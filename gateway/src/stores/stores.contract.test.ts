import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Position } from '@xunji/protocols';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sampleEntry, sampleMessage, samplePosition } from '../journal/entries.test-support.ts';
import type { DeviceRef, JournalRecord, PositionEntry } from '../journal/record.ts';
import type { TrackPosition } from '../wire.ts';
import { type StoreName, type StoreSettings, storeFactories } from './index.ts';
import { type InfluxProcess, startInfluxd } from './influxd.test-support.ts';
import type { Store, StoredEntry } from './store.ts';
import { storeConsumer } from './store-consumer.ts';
import { emptyPage, trackItems } from './track-columns.ts';

const van: DeviceRef = { protocol: 'jt808', id: '13912345678' };
const noon = 1_795_404_000_000;
const openEnd = noon + 86_400_000;

/** A record of `van`, `at` ms after noon. */
const record = (
  seq: number,
  at: number,
  position: Partial<Position> = {},
  entry: Partial<PositionEntry> = {},
): StoredEntry => ({
  ...sampleEntry(seq, { device: van, ...entry }),
  position: samplePosition(0, { fixTime: noon + at, ...position }),
  seq,
});

/** What a track shows of a record. */
const shown = (r: StoredEntry): TrackPosition => ({
  device: r.device.id,
  protocol: r.device.protocol,
  fixTime: new Date(r.position.fixTime).toISOString(),
  receivedTime: new Date(r.receivedTime).toISOString(),
  valid: r.position.valid,
  latitude: r.position.latitude,
  longitude: r.position.longitude,
  altitudeM: r.position.altitudeM,
  speedKmh: r.position.speedKmh,
  courseDeg: r.position.courseDeg,
  satellites: r.position.satellites,
  accuracyM: r.position.accuracyM,
  mileageKm: r.position.mileageKm,
  batteryPercent: r.position.batteryPercent,
  ignition: r.position.ignition,
  source: r.position.source,
  late: r.late,
  alarms: [...r.position.alarms],
  flags: [...r.position.flags],
  extras: { ...r.position.extras },
});

const track = async (store: Store, device = van, from = 0, to = openEnd) =>
  trackItems(device, (await store.track({ device, from, to, limit: 1000 })).columns);

const hostileIds = [
  '',
  ' ',
  'line\nbreak',
  'carriage\r\nreturn',
  'trailing\\',
  'trailing\\\\',
  'a,b',
  'a b=c',
  'a,device=other value=1',
  `'quoted"both\\'`,
  "'; DROP MEASUREMENT position; --",
  '$1 %0A %',
  'line%0Abreak',
  'NUL\0inside',
  'NUL',
  '巡迹-车辆🚛',
  'half \ud83d',
  'half \ud83e',
  '\u2028\u0085\t',
  '__proto__',
  'x'.repeat(2000),
];

let influxd: InfluxProcess;
let folder: string;
let count = 0;

beforeAll(async () => {
  influxd = await startInfluxd();
  folder = await mkdtemp(join(tmpdir(), 'stores-'));
}, 60_000);
afterAll(async () => {
  await influxd?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe.each(Object.keys(storeFactories) as StoreName[])('the %s store', (name) => {
  let settings: StoreSettings;
  let store: Store;
  const open = async () => {
    store = await storeFactories[name](settings);
  };
  const reopen = async () => {
    await store.close();
    await open();
  };

  beforeEach(async () => {
    count++;
    settings = {
      duckdb: { path: join(folder, `${count}.duckdb`), memoryLimitMb: 128 },
      influx: { url: influxd.url, database: `contract ${count}`, timeoutMs: 10_000 },
      now: () => noon,
    };
    await open();
  });
  afterEach(() => store.close());

  it('begins at sequence 0 with empty tracks', async () => {
    expect(await store.cursor()).toBe(0);
    expect(await store.track({ device: van, from: 0, to: openEnd, limit: 10 })).toEqual(emptyPage);
  });

  it('gives back every field as it was written', async () => {
    const full = record(
      1,
      1,
      {
        latitude: -31.230416123456788,
        longitude: 1e-7,
        altitudeM: -12.5,
        speedKmh: 0.1,
        courseDeg: 359.9,
        satellites: 14,
        accuracyM: 3.3,
        mileageKm: 1_234_567.8,
        batteryPercent: 87,
        ignition: false,
        source: 'fused',
        alarms: ['sos', 'powerCut'],
        flags: ['mocked', 'noDeviceTime'],
        extras: {
          signal: 31,
          text: `"quotes" 'apostrophes' \\' \\\\' \\ back\nslash, 青禾🚛 \0 half \ud83d`,
          on: true,
          tiny: -1.5e-300,
          "'key=,": '',
        },
      },
      { late: true, receivedTime: noon + 777 },
    );
    await store.write([full], 1);
    expect(await track(store)).toEqual([shown(full)]);
  });

  it('gives back nulls as nulls and keeps positions without a fix', async () => {
    const blank = record(1, 1, {
      valid: false,
      latitude: null,
      longitude: null,
      altitudeM: null,
      speedKmh: null,
      courseDeg: null,
      satellites: null,
      accuracyM: null,
      mileageKm: null,
      batteryPercent: null,
      ignition: null,
      flags: ['noFix'],
    });
    const impossible = record(2, 2, { valid: false, latitude: 116, longitude: -999 });
    await store.write([blank, impossible], 2);
    expect(await track(store)).toEqual([shown(blank), shown(impossible)]);
  });

  it('turns numbers no engine takes into null', async () => {
    const odd = record(1, 1, {
      latitude: Number.NaN,
      speedKmh: Number.POSITIVE_INFINITY,
      extras: { volts: Number.NaN, ok: 1 },
    });
    await store.write([odd], 1);
    expect(await track(store)).toEqual([
      { ...shown(odd), latitude: null, speedKmh: null, extras: { ok: 1 } },
    ]);
    expect(store.parked?.().total ?? 0).toBe(0);
  });

  it('orders by device time, whatever order fixes arrived in', async () => {
    const written = [5, 3, 4, 1, 2].map((n) => record(n, n * 1000));
    await store.write(written.slice(0, 2), 3);
    await store.write(written.slice(2), 5);
    expect((await track(store)).map((p) => p.fixTime)).toEqual(
      [1, 2, 3, 4, 5].map((n) => new Date(noon + n * 1000).toISOString()),
    );
  });

  it('includes from and excludes to, to the millisecond', async () => {
    await store.write(
      [999, 1000, 1999, 2000].map((at, i) => record(i + 1, at)),
      4,
    );
    const inside = await track(store, van, noon + 1000, noon + 2000);
    expect(inside.map((p) => Date.parse(p.fixTime) - noon)).toEqual([1000, 1999]);
    expect(await track(store, van, noon + 1000, noon + 1000)).toEqual([]);
    expect(await track(store, van, noon + 2000, noon + 1000)).toEqual([]);
  });

  it('answers the widest span there is', async () => {
    await store.write([record(1, 1)], 1);
    expect(await track(store, van, -8.64e15, 8.64e15)).toHaveLength(1);
  });

  it('pages through a track without a gap or a repetition', async () => {
    const written = Array.from({ length: 23 }, (_, i) => record(i + 1, (i >> 2) * 1000));
    await store.write(written, 23);
    const seen: TrackPosition[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await store.track({
        device: van,
        from: noon,
        to: openEnd,
        limit: 5,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.columns.length).toBe(pages < 4 ? 5 : 3);
      seen.push(...trackItems(van, page.columns));
      cursor = page.next ?? undefined;
      pages++;
    } while (cursor !== undefined);
    expect(pages).toBe(5);
    expect(seen.map((p) => p.receivedTime).sort()).toEqual(
      written.map((r) => shown(r).receivedTime).sort(),
    );
    expect(seen.map((p) => p.fixTime)).toEqual(written.map((r) => shown(r).fixTime));
  });

  it('ends a track whose last page is full', async () => {
    await store.write([record(1, 1), record(2, 2)], 2);
    const page = await store.track({ device: van, from: 0, to: openEnd, limit: 2 });
    expect(page.columns).toHaveLength(2);
    expect(page.next).toBeNull();
  });

  it('names a cursor it never gave out', async () => {
    const query = { device: van, from: 0, to: openEnd, limit: 2 };
    for (const cursor of ['', 'x', '1; DROP TABLE live', "1' OR '1'='1"]) {
      await expect(store.track({ ...query, cursor })).rejects.toMatchObject({ code: 'badCursor' });
    }
  });

  it('keeps one row when a batch is written again', async () => {
    const batch = [record(1, 1), record(2, 2), record(3, 3)];
    await store.write(batch, 3);
    await store.write(batch, 3);
    expect(await track(store)).toEqual(batch.map(shown));
    expect(await store.cursor()).toBe(3);
  });

  it('heals a crash between the work and the cursor', async () => {
    const batch = [1, 2, 3, 4].map((n) => record(n, n));
    await store.write(batch.slice(0, 2), 1);
    await reopen();
    expect(await store.cursor()).toBe(1);
    await store.write(batch.slice(1), 4);
    await reopen();
    expect(await track(store)).toEqual(batch.map(shown));
    expect(await store.cursor()).toBe(4);
  });

  it('keeps its cursor and rows over a restart, and never moves the cursor back', async () => {
    await store.write([record(7, 7)], 9);
    await reopen();
    expect(await store.cursor()).toBe(9);
    expect(await track(store)).toHaveLength(1);
    await store.write([record(2, 2)], 3);
    expect(await store.cursor()).toBe(9);
  });

  it('moves the cursor over a batch without positions', async () => {
    await store.write([], 12);
    expect(await store.cursor()).toBe(12);
  });

  it('keeps a fix once though the device sends it again, years apart or in one batch', async () => {
    const first = record(1, 1);
    const again = (seq: number): StoredEntry => ({
      ...first,
      seq,
      epoch: 9,
      raw: Uint8Array.of(seq),
    });
    const other = (seq: number) => record(seq, seq * 1000 + 400 * 86_400_000);
    await store.write([first, again(2), other(3)], 3);
    await store.write([other(4), again(5), again(6)], 6);
    expect(await track(store)).toEqual([shown(first)]);
    expect(await track(store, van, openEnd, Number.MAX_SAFE_INTEGER)).toHaveLength(2);
  });

  it('keeps two different fixes of one millisecond, and of one second', async () => {
    const batch = [
      record(1, 0, { latitude: 1 }, { hash: 0xcbf29ce484222 }),
      record(2, 0, { latitude: 2 }, { hash: 0x84222325cbf29 }),
      record(3, 1, { latitude: 3 }, { hash: 0xcbf29ce484222 }),
    ];
    await store.write(batch, 3);
    await store.write(batch, 3);
    const kept = await track(store);
    expect(kept.map((p) => p.latitude).sort()).toEqual([1, 2, 3]);
    expect(kept[2]?.latitude).toBe(3);
  });

  it('keeps equal ids of different protocols apart', async () => {
    const phone = record(1, 1, { latitude: 1 });
    const badge = record(
      2,
      1,
      { latitude: 2 },
      { device: { protocol: 'mqtt', id: van.id }, hash: phone.hash },
    );
    await store.write([phone, badge], 2);
    expect(await track(store)).toEqual([shown(phone)]);
    expect(await track(store, badge.device)).toEqual([shown(badge)]);
  });

  it('keeps devices with hostile ids whole and apart', async () => {
    const batch = hostileIds.map((id, i) =>
      record(i + 1, 1, { latitude: i }, { device: { protocol: 'mqtt', id }, hash: 0xff }),
    );
    await store.write(batch, batch.length);
    for (const r of batch) expect(await track(store, r.device)).toEqual([shown(r)]);
    expect(store.parked?.().total ?? 0).toBe(0);
    expect(await store.cursor()).toBe(batch.length);
  });

  it('keeps devices with any id apart', async () => {
    const ids = fc.sample(
      fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 12 }),
      { seed: 808, numRuns: 100 },
    );
    const batch = [...new Set(ids.map((codes) => String.fromCharCode(...codes)))].map((id, i) =>
      record(i + 1, 1, { latitude: i }, { device: { protocol: 'mqtt', id }, hash: 0xff }),
    );
    await store.write(batch, batch.length);
    for (const r of batch) expect(await track(store, r.device)).toEqual([shown(r)]);
  });

  it('reads a track longer than one answer of the engine', async () => {
    const long = Array.from({ length: 12_001 }, (_, i) => record(i + 1, i * 10));
    await store.write(long, long.length);
    const page = await store.track({ device: van, from: noon, to: openEnd, limit: 12_000 });
    expect(trackItems(van, page.columns).map((p) => p.receivedTime)).toEqual(
      long.slice(0, -1).map((r) => shown(r).receivedTime),
    );
    const rest = await store.track({
      device: van,
      from: noon,
      to: openEnd,
      limit: 12_000,
      cursor: page.next ?? '',
    });
    expect(rest.columns).toHaveLength(1);
    expect(rest.next).toBeNull();
  });

  it('is fed by its consumer: positions are written, other records move the cursor', async () => {
    const consumer = storeConsumer(store);
    const records: JournalRecord[] = [
      { ...sampleMessage(1), seq: 1 },
      record(2, 2),
      { kind: 'tick', receivedTime: noon, seq: 3 },
    ];
    expect(consumer.name).toBe(`store-${name}`);
    await consumer.apply(records);
    await consumer.apply([]);
    expect(await consumer.cursor()).toBe(3);
    expect(await track(store)).toHaveLength(1);
  });

  it('refuses to work once closed, and may be closed twice', async () => {
    await store.close();
    await store.close();
    await expect(store.cursor()).rejects.toMatchObject({ code: 'storeClosed' });
    await expect(store.write([record(1, 1)], 1)).rejects.toMatchObject({ code: 'storeClosed' });
  });
});
