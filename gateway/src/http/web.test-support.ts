import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Access } from '../access/access.ts';
import { BaseMaps } from '../basemaps/basemaps.ts';
import { Health } from '../health.ts';
import { sampleEntry, samplePosition } from '../journal/entries.test-support.ts';
import type { DeviceRef, PositionEntry } from '../journal/record.ts';
import { LatestPositions } from '../live/latest.ts';
import { PlainDesk } from '../live/plain-desk.test-support.ts';
import { createLogger } from '../logger.ts';
import { Photos } from '../media/photos.ts';
import { createMetrics } from '../metrics.ts';
import { Beacons } from '../records/beacons.ts';
import { CommandLog } from '../records/commands.ts';
import { ConfigLog } from '../records/config-log.ts';
import { openDatabase } from '../records/database.ts';
import { DeviceRegistry } from '../records/devices.ts';
import { Fences } from '../records/fences.ts';
import { MqttPasswords } from '../records/mqtt-passwords.ts';
import { Rules } from '../records/rules.ts';
import { Sessions } from '../records/sessions.ts';
import { Subjects } from '../records/subjects.ts';
import { Users } from '../records/users.ts';
import { cellOf, columnList } from '../stores/columns.ts';
import { type HeatCells, type HeatQuery, StoreError, type TrackQuery } from '../stores/store.ts';
import { emptyPage, TrackColumnsBuilder, type TrackPage } from '../stores/track-columns.ts';
import type { Role } from '../wire.ts';
import { createApp } from './app.ts';
import type { Endpoint } from './endpoint.ts';
import { PlainCommandDesk } from './plain-command-desk.test-support.ts';
import { closeHttp, createHttpServer, listen } from './server.ts';
import { openDashboard } from './static.ts';

export const PASSWORD = 'correct horse';
/** Ms UTC of everything in these tests. */
export const NOW = 1_795_404_000_000;

/** One answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read free JSON
  readonly body: any;
}

/**
 * The web side of a gateway on a listening server, over records in memory: what main builds, without intake, journal
 * and stores.
 */
export async function startWeb(options: { readonly trustProxy?: number } = {}) {
  const root = await mkdtemp(join(tmpdir(), 'xunji-web-'));
  const built = join(root, 'dashboard');
  await mkdir(join(built, 'assets'), { recursive: true });
  await writeFile(join(built, 'index.html'), '<!doctype html><title>Xunji</title>');
  await writeFile(join(built, 'assets', 'main-1234.js'), 'export {};');
  await writeFile(join(root, 'plan.geojson'), '{"type":"FeatureCollection","features":[]}');

  const now = () => NOW;
  const db = await openDatabase(':memory:');
  const log = new ConfigLog({ db, publish: async () => undefined, now, onError: fail });
  const devices = await DeviceRegistry.open({ db, log, now, onError: fail });
  const users = new Users(db, now);
  const sessions = await Sessions.open(db, now);
  const access = await Access.open({ db, users, sessions, now });
  const mqttPasswords = await MqttPasswords.open({ db, now, monotonic: () => 0 });
  const latest = await LatestPositions.open({
    ...{ path: join(root, 'latest.json'), devices, now, onError: fail },
  });
  const desk = new PlainDesk();
  const journal = {
    durableSeq: 10,
    pendingBytes: 0,
    stalled: null as string | null,
    damagedRecords: 0,
  };
  const runners = [{ name: 'store-duckdb', applied: 10, lastError: null as string | null }];
  const metrics = createMetrics();
  const asked: TrackQuery[] = [];
  const tracks = {
    track: async (query: TrackQuery) => {
      asked.push(query);
      if (query.cursor === 'foreign') throw new StoreError('badCursor', query.cursor);
      if (query.cursor === 'away') throw new StoreError('storeUnavailable', 'influx');
      return query.cursor === 'long' ? longPage() : emptyPage;
    },
    heat: async (query: HeatQuery) => {
      if (query.cellM === 999) throw new StoreError('storeUnavailable', 'duckdb');
      return oneCell(query);
    },
    exportDay: async (day: number) => {
      const path = join(root, `${day}.parquet`);
      await writeFile(path, `PAR1 ${day}`);
      return path;
    },
  };
  const parked = { total: 1, recent: [{ seq: 7, device: 'jt808:1', reason: 'conflict' }] };
  const stores = [{ name: 'duckdb', parked: () => parked }];
  const health = new Health({ journal, runners, stores, metrics, monotonic: () => 0 });
  const photos = await Photos.open({
    ...{ directory: join(root, 'media'), db, now, maxBytes: 1 << 20, keepMs: 0 },
  });
  const commandLog = await CommandLog.open({ db, now, onError: fail });
  const commands = new PlainCommandDesk(commandLog, NOW);
  const { app, endpoints } = createApp({
    rooms: {
      ...{ access, sessions, users, devices, latest, desk, tracks, health, photos },
      subjects: new Subjects(db, log, devices, now),
      fences: new Fences(db, log, now),
      beacons: await Beacons.open(db, now),
      mqttPasswords,
      rules: new Rules(db, log, now),
      ...{ commands, commandLog },
      baseMaps: new BaseMaps({ directory: root, onError: fail }),
      site: { boot: 'boot-1', build: '0.1.0-test', timeZone: 'Asia/Shanghai' },
    },
    ...{ health, metrics, dashboard: openDashboard(built), logger: createLogger('silent') },
    ...{ trustProxy: options.trustProxy ?? 0, isTls: false },
  });
  const server: Server = createHttpServer({}, app);
  const port = await listen(server, 0, '127.0.0.1');
  const base = `http://127.0.0.1:${port}`;
  const tokens = new Map<Role, string>();

  /** A session cookie of a user with this role. */
  const cookieOf = async (role: Role): Promise<string> => {
    const known = tokens.get(role);
    if (known !== undefined) return known;
    const found = await users.byName(role);
    const passwordHash = found === null ? await access.hash(PASSWORD) : '';
    const user =
      found ?? (await users.create({ username: role, role, displayName: role, passwordHash }));
    const made = 'ok' in user ? (user.ok ? user.value : null) : user;
    if (made === null) throw new Error(`no user for ${role}`);
    const cookie = `xunji_session=${await sessions.start(made)}`;
    tokens.set(role, cookie);
    return cookie;
  };
  /** Asks as somebody with this role, or as nobody. */
  const ask = async (
    role: Role | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(`${base}${path.startsWith('/') ? path : `/api/v1/${path}`}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(role === null ? {} : { cookie: await cookieOf(role) }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      ...{ status: response.status, headers: response.headers, text },
      body: isJson && text !== '' ? JSON.parse(text) : null,
    };
  };
  let seq = 0;
  /** Has the latest positions hear of a fix. */
  const report = (device: DeviceRef, over: Partial<PositionEntry> = {}) =>
    latest.apply([
      {
        ...sampleEntry(0, { device, receivedTime: NOW, position: samplePosition(0), ...over }),
        seq: ++seq,
      },
    ]);
  const close = async () => {
    await closeHttp(server, 0);
    await devices.close();
    await log.close();
    await db.destroy();
    await rm(root, { recursive: true, force: true });
  };
  return {
    ...{
      app,
      base,
      port,
      server,
      endpoints: endpoints as readonly Endpoint[],
      ask,
      cookieOf,
      report,
      close,
    },
    ...{ access, sessions, users, devices, latest, desk, journal, runners, asked, photos },
    mqttPasswords,
    ...{ commands, commandLog },
    /** Names in the folder that exports are written to. */
    files: () => readdir(root),
  };
}
export type Web = Awaited<ReturnType<typeof startWeb>>;

function fail(...what: unknown[]): never {
  throw new Error(`unexpected: ${what.map(String).join(' ')}`);
}

/** A page of 1,201 fixes, a second apart. */
function longPage(): TrackPage {
  const columns = new TrackColumnsBuilder(1201);
  const cells = columnList.map((column) => cellOf(column, sampleEntry(1)));
  for (let i = 0; i < 1201; i++) columns.add(i * 1000, cells, 0);
  return { columns: columns.finish(), next: 'more' };
}

/** The south-west corner of what was asked, by its side. */
function oneCell({ south, west, cellM, limit }: HeatQuery): HeatCells {
  const column = (value: number) => Float64Array.of(value);
  return {
    ...{ length: 1, step: { latitude: cellM / 100_000, longitude: cellM / 90_000 } },
    ...{ latitude: column(south), longitude: column(west), clip: 60, hasMore: limit === 1 },
    ...{ fixes: column(7), dwellS: column(60.5), deviceDays: column(2) },
  };
}
