import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleEntry, sampleMessage, samplePosition } from '../journal/entries.test-support.ts';
import type { Entry, JournalRecord } from '../journal/record.ts';
import { ConfigLog } from '../records/config-log.ts';
import { openDatabase, type Records } from '../records/database.ts';
import { DeviceRegistry } from '../records/devices.ts';
import { LatestPositions } from './latest.ts';

const T0 = 1_795_404_000_000;
const truck = { protocol: 'jt808', id: '13912345678' } as const;

let dir: string;
let db: Records;
let log: ConfigLog;
let devices: DeviceRegistry;
let time: number;
let errors: unknown[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xunji-latest-'));
  db = await openDatabase(':memory:');
  time = T0;
  errors = [];
  const onError = (e: unknown) => errors.push(e);
  log = new ConfigLog({ db, publish: async () => undefined, now: () => time, onError });
  devices = await DeviceRegistry.open({ db, log, now: () => time, onError });
});
afterEach(async () => {
  await devices.close();
  await log.close();
  await db.destroy();
  await rm(dir, { recursive: true, force: true });
});

const path = () => join(dir, 'latest.json');
const open = () =>
  LatestPositions.open({ path: path(), devices, now: () => time, onError: (e) => errors.push(e) });
const numbered = (...entries: readonly Entry[]): JournalRecord[] =>
  entries.map((entry, i) => ({ ...entry, seq: i + 1 }));
/** A fix `n` seconds after T0, received a moment later, on a connection. */
const fix = (n: number, over: object = {}, entry: object = {}) =>
  sampleEntry(n, {
    ...{
      receivedTime: T0 + n * 1000 + 100,
      position: samplePosition(n, { fixTime: T0 + n * 1000, ...over }),
    },
    ...entry,
  });
const gone = (epoch: number) =>
  sampleMessage(0, { device: truck, name: 'disconnected', epoch, receivedTime: T0 });

describe('the latest positions', () => {
  it.each([1, -1])(
    'are saved at once when the clock of the server is set by %i h',
    async (hours) => {
      const latest = await open();
      const records = numbered(fix(1), fix(2), fix(3));
      await latest.apply(records.slice(0, 1));
      expect(await latest.cursor()).toBe(0);
      time += hours * 3_600_000;
      await latest.apply(records.slice(1, 2));
      expect(await latest.cursor()).toBe(2);
      await latest.apply(records.slice(2));
      expect(await latest.cursor()).toBe(2);
    },
  );

  it('are the newest by the time of the fix, whatever came last', async () => {
    const latest = await open();
    await latest.apply(numbered(fix(5), fix(3), fix(4)));
    expect(latest.get(truck)?.fix?.position.fixTime).toBe(T0 + 5000);
    expect(latest.get(truck)?.lastSeenTime).toBe(T0 + 5100);
  });

  it('keep the last known place while a device reports without a fix, and say that it is old', async () => {
    const latest = await open();
    const lost = { valid: false, latitude: null, longitude: null, batteryPercent: 15 };
    await latest.apply(numbered(fix(1), fix(2, { ...lost, alarms: ['antennaCut'] })));
    const state = latest.get(truck);
    expect(state && latest.toWire(state)).toMatchObject({
      ...{ valid: false, latitude: 31.2 + 1e-6, fixTime: new Date(T0 + 1000).toISOString() },
      ...{ batteryPercent: 15, alarms: ['antennaCut'] },
    });
  });

  it('admit again whose row a crash has taken', async () => {
    const latest = await open();
    await latest.apply(numbered(fix(1)));
    expect(devices.find(truck)?.admission).toBe('pending');
  });

  it('take a device for offline with its connection, not with one it has left', async () => {
    const latest = await open();
    const online = () => latest.presence(truck).online;
    await latest.apply(numbered(fix(1, {}, { epoch: 1 }), fix(2, {}, { epoch: 2 }), gone(1)));
    expect(online()).toBe(true);
    await latest.apply([{ ...gone(2), seq: 4 }]);
    expect(online()).toBe(false);
    await latest.apply([{ ...fix(3, {}, { epoch: 3 }), seq: 5 }]);
    expect(online()).toBe(true);
  });

  it('announce who fell silent, once', async () => {
    const latest = await open();
    await latest.apply(numbered(fix(1)));
    const told: string[][] = [];
    latest.onChange((changed) => told.push([...changed].map((s) => s.key)));
    time = T0 + 1100 + 599_999;
    latest.age();
    expect(told).toEqual([]);
    time += 1;
    latest.age();
    latest.age();
    expect(told).toEqual([['jt808:13912345678']]);
  });

  it('go on from the snapshot: places stay, connections do not, records before it are passed over', async () => {
    const first = await open();
    await first.apply(numbered(fix(1), fix(2)));
    await first.save();
    const again = await open();
    expect(await again.cursor()).toBe(2);
    expect(again.get(truck)?.fix?.position.fixTime).toBe(T0 + 2000);
    expect(again.presence(truck)).toEqual({
      online: false,
      lastSeen: new Date(T0 + 2100).toISOString(),
    });
    await again.apply(numbered(fix(9), fix(9), fix(3)));
    expect(again.get(truck)?.fix?.position.fixTime).toBe(T0 + 3000);
  });

  it('are the same after a replay from the beginning', async () => {
    const records = numbered(fix(4), fix(2), gone(1), fix(3, {}, { epoch: 2 }));
    const whole = await open();
    await whole.apply(records);
    const pieces = await open();
    for (const record of records) await pieces.apply([record]);
    await pieces.apply(records);
    expect(pieces.get(truck)).toEqual(whole.get(truck));
  });

  it('write a snapshot when one is due, and none while nothing came', async () => {
    const latest = await open();
    await latest.apply(numbered(fix(1)));
    expect(await latest.cursor()).toBe(0);
    time += 30_000;
    await latest.apply([{ ...fix(2), seq: 2 }]);
    expect(await latest.cursor()).toBe(2);
    expect(JSON.parse(await readFile(path(), 'utf8'))).toMatchObject({ version: 1, seq: 2 });
  });

  it.each([
    ['torn', '{"version":1,"seq":'],
    ['of another version', '{"version":0,"seq":5,"devices":[]}'],
  ])('read the journal again when the snapshot is %s, and say so', async (_what, text) => {
    await writeFile(path(), text);
    const latest = await open();
    expect(await latest.cursor()).toBe(0);
    expect(errors).toHaveLength(1);
  });

  it('forget who an operator has deleted', async () => {
    const latest = await open();
    await latest.apply(numbered(fix(1)));
    await devices.remove(truck, 1);
    expect(latest.get(truck)).toBeUndefined();
  });
});
