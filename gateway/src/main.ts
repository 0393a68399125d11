import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openAlarmDesk } from './alarms/desk.ts';
import { openBackups } from './backup/running.ts';
import { BaseMaps } from './basemaps/basemaps.ts';
import { type Config, readConfig } from './config.ts';
import { dataDirId, openDataDir } from './data-dir.ts';
import { EventLoopDelay } from './event-loop.ts';
import { FenceConsumer } from './fences/consumer.ts';
import { Health } from './health.ts';
import { createApp } from './http/app.ts';
import { closeHttp, createHttpServer, listen } from './http/server.ts';
import { openDashboard } from './http/static.ts';
import { limitsOf } from './ingest/limits.ts';
import { Parts } from './ingest/parts.ts';
import { type Consumer, ConsumerRunner } from './journal/consumer.ts';
import { DurableTimes } from './journal/durable-times.ts';
import { trimJournal } from './journal/retention.ts';
import { LatestPositions } from './live/latest.ts';
import { LiveServer } from './live/live.ts';
import { createLogger } from './logger.ts';
import { Photos } from './media/photos.ts';
import { createMetrics } from './metrics.ts';
import { openDoors } from './open-doors.ts';
import { openJournal, openRecords, openStores, runnerOptions } from './open-rooms.ts';
import type { Publish } from './records/config-log.ts';
import { openDatabase } from './records/database.ts';
import type { Store } from './stores/store.ts';
import { storeConsumer } from './stores/store-consumer.ts';

const usage = `Usage: node gateway/dist/main.js [--config FILE] [--version] [--help]

Takes positions of JT/T 808, GT06 and MQTT devices, keeps them, and serves them with fences and alarms.
Settings come from FILE (YAML) and from XUNJI_* environment variables; the latter win.
`;

const TICK_MS = 5000;
const AGE_MS = 5000;
const HEALTH_MS = 2000;
const LOOP_MS = 10_000;
const SWEEP_MS = 60_000;
const TRIM_MS = 60_000;
const PARTS_MS = 10_000;
const DAY_MS = 86_400_000;
const HTTP_GRACE_MS = 2000;
/** How long a stop waits at each of its steps; what lags resumes at the next start. */
const STEP_MS = 5000;
/** What a stop may take in all; under the 30 s after which containers are killed. */
const STOP_MS = 25_000;

const now = () => Date.now();
const monotonic = () => performance.now();

/** Builds every room and opens the doors last. @returns the ready line, and what closes all in turn */
async function start(config: Config) {
  let live: LiveServer | undefined;
  const logger = createLogger(config.logLevel);
  const failed = (what: string) => (error: unknown) => logger.error({ err: error }, what);
  const metrics = createMetrics();
  const dir = await openDataDir(config.dataDir);
  const db = await openDatabase(dir.records);
  const durableTimes = new DurableTimes();
  const id = await dataDirId(dir);
  const journal = await openJournal(config, dir, id, durableTimes, logger, metrics);
  const { tornBytes, leftovers } = journal.recovered;
  if (tornBytes > 0) logger.warn({ bytes: tornBytes }, 'journalTailCut');
  if (leftovers.length > 0) logger.warn({ files: leftovers }, 'journalLeftovers');
  const publish: Publish = async (entries) => {
    await journal.append(entries);
    live?.configured(entries);
  };
  const records = await openRecords(db, publish, logger);
  const { devices, sessions, access } = records;
  const password = await access.ensureAdmin(config.adminPassword);
  if (password !== null) {
    process.stderr.write(`First log-in, shown only now: user admin, password ${password}\n`);
  }

  devices.onChange(({ removed }) => {
    for (const { protocol, id: device } of removed) {
      if (protocol !== 'mqtt' || !records.mqttPasswords.isSet(device)) continue;
      records.mqttPasswords.set(device, null).catch(failed('passwordNotForgotten'));
    }
  });

  const stores = await openStores(config, dir);
  const [tracks] = stores;
  if (tracks === undefined) throw new Error('no store is configured');
  const snapshotEveryMs = config.snapshotS * 1000;
  const latest = await LatestPositions.open({
    ...{ path: dir.latest, devices, now, snapshotEveryMs },
    onError: failed('latestSnapshotUnreadable'),
  });
  const desk = await openAlarmDesk({ db, now, onError: failed('alarmListenerFailed') });
  const countEngine = metrics.engine.counting('kind');
  const fences = await FenceConsumer.open({
    ...{ path: dir.fences, sink: desk, now, snapshotEveryMs },
    ...{ onError: failed('fencesSnapshotUnreadable') },
    durableTime: (seq) => durableTimes.of(seq),
    onFact: ({ kind }) => countEngine(kind),
    onLeftAside: countEngine,
  });
  // The journal may no longer hold the fences and rules that an unreadable snapshot knew.
  if (!fences.isRestored && journal.durableSeq > 0) await records.log.publishAll();
  const fed = stores.map((store) => ({ store, consumer: storeConsumer(store) }));
  const consumers: Consumer[] = [latest, fences, ...fed.map(({ consumer }) => consumer)];
  const runnerOf = (consumer: Consumer, store?: Store) => {
    const options = runnerOptions(consumer.name, logger, metrics);
    // A store may follow the journal in a thread of its own.
    return store?.follow?.(journal, options) ?? new ConsumerRunner(journal, consumer, options);
  };
  const runners = [
    ...[runnerOf(latest), runnerOf(fences)],
    ...fed.map(({ store, consumer }) => runnerOf(consumer, store)),
  ];
  const health = new Health({ journal, runners, stores, metrics, monotonic });

  const dashboard = openDashboard(fileURLToPath(new URL('../../dashboard/dist', import.meta.url)));
  if (dashboard.hash === null) logger.warn('dashboardNotBuilt');
  const site = {
    boot: randomUUID(),
    build: dashboard.hash === null ? version() : `${version()}-${dashboard.hash}`,
    timeZone: config.timeZone,
  };
  const baseMaps = new BaseMaps({
    directory: dir.baseMaps,
    onError: (file, reason) => logger.warn({ file, reason }, 'baseMapUnusable'),
  });
  const photos = await Photos.open({
    ...{ directory: dir.media, db, now, keepMs: config.photosKeepDays * DAY_MS },
    maxBytes: config.photosMaxMb * 2 ** 20,
  });
  const { maxPartsBytes: maxBytes } = limitsOf(config);
  const parts = new Parts({
    ...{ path: dir.parts, maxBytes, metrics, now, onError: failed('photoNotWritten') },
  });
  const doors = openDoors({
    ...{ config, journal, records, latest, parts, photos, id, logger, metrics },
    onCommand: (change) => live?.commanded(change),
  });
  const { commands } = doors;
  if (commands === null) throw new Error('nothing takes commands');
  const { app } = createApp({
    rooms: { ...records, commands, latest, desk, tracks, health, baseMaps, photos, site },
    ...{ health, metrics, dashboard, logger, trustProxy: config.trustProxy },
    isTls: config.tlsCert !== undefined,
  });
  const http = createHttpServer(config, app);
  live = await LiveServer.open(http, {
    ...{ sessions, devices, latest, desk, site, logger, now, monotonic },
  });

  const every = (ms: number, work: () => unknown) =>
    setInterval(() => {
      Promise.resolve().then(work).catch(failed('timedWorkFailed'));
    }, ms);
  const loop = new EventLoopDelay();
  const timers = [
    every(TICK_MS, () => {
      if (journal.stalled !== null) return null;
      return journal.append([{ kind: 'tick', receivedTime: now() }]);
    }),
    every(AGE_MS, () => latest.age()),
    every(HEALTH_MS, () => {
      for (const degradation of health.degradations()) live?.degraded(degradation);
    }),
    every(LOOP_MS, () => metrics.eventLoopP99.set(loop.takeP99Seconds())),
    every(SWEEP_MS, () => sessions.sweep()),
    every(PARTS_MS, () => parts.tick(journal)),
    every(SWEEP_MS, () => photos.sweep()),
    every(TRIM_MS, () =>
      trimJournal({ journal, consumers, keepMs: config.journalKeepDays * DAY_MS, now }),
    ),
  ];

  const control = await openBackups({ dir, db, journal, stores, logger, now, program: version() });
  await parts.recover(journal, photos);
  const ready = {
    ready: true,
    http: await listen(http, config.httpPort, config.httpHost),
    ...(await doors.listen(config)),
  };
  doors.widen().catch(failed('listenerNotWidened'));
  // After the doors, so that catching up delays no first answer. A store that is away is asked again and again; one
  // that belongs to another journal ends the process.
  for (const runner of runners) runner.start().catch(fail);
  logger.info({ ...ready, dataDir: dir.path, durableSeq: journal.durableSeq }, 'ready');

  /** Doors first; then what was read becomes durable and is applied; then the rooms, the last opened first. */
  const steps: Record<string, () => Promise<unknown>> = {
    doors: () => doors.close(),
    control: () => control?.close() ?? Promise.resolve(),
    http: () => closeHttp(http, HTTP_GRACE_MS),
    records: async () => {
      await Promise.all([devices.close(), records.commandLog.flush()]);
      await records.log.close();
    },
    drain: () => Promise.all(runners.map((r) => r.drained())),
    consumers: () => Promise.all(runners.map((r) => r.stop())),
    latest: () => latest.save(),
    fences: () => fences.save(),
    journal: () => journal.close(),
    stores: () => Promise.all(stores.map((store) => store.close())),
    database: () => db.destroy(),
  };
  const stop = async () => {
    health.stopping();
    for (const timer of timers) clearInterval(timer);
    live?.close();
    // A full disk or a store that hangs shall not keep the others from closing well.
    for (const [step, work] of Object.entries(steps)) {
      await atMost(STEP_MS, work()).catch((error: unknown) => {
        logger.error({ err: error, step }, 'stopStepFailed');
      });
    }
    logger.info('stopped');
  };
  return { ready, stop };
}

/** Of this package. */
function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** @throws what the work throws, or that it took too long */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms);
  });
  await Promise.race([work, over]).finally(() => clearTimeout(timer));
}

function fail(error: unknown): never {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** The arguments of the command line; answers `--help` and `--version` itself. */
function readArguments(): { config: string | undefined } {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      help: { type: 'boolean' },
      version: { type: 'boolean' },
    },
  });
  if (values.help || values.version) {
    process.stdout.write(values.help ? usage : `${version()}\n`);
    process.exit(0);
  }
  return { config: values.config };
}

try {
  // What the data directory holds is nobody else's to read.
  process.umask(0o077);
  const config = readConfig(process.env, readArguments().config);
  const { ready, stop } = await start(config);
  const leave = (signal: NodeJS.Signals) => {
    // A second signal ends at once.
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => process.exit(1));
    setTimeout(() => fail(`${signal}: not done after ${STOP_MS} ms`), STOP_MS).unref();
    stop().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', leave);
  process.once('SIGINT', leave);
  process.stdout.write(`${JSON.stringify(ready)}\n`);
} catch (error) {
  fail(error);
}
