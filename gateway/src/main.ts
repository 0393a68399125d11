import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keyOfPassphrase } from '@xunji/protocols';
import { Access } from './access/access.ts';
import { openAlarmDesk } from './alarms/desk.ts';
import { openBackups } from './backup/running.ts';
import { BaseMaps } from './basemaps/basemaps.ts';
import { type Config, readConfig } from './config.ts';
import { type DataDir, dataDirId, openDataDir } from './data-dir.ts';
import { EventLoopDelay } from './event-loop.ts';
import { FenceConsumer } from './fences/consumer.ts';
import { Health } from './health.ts';
import { createApp } from './http/app.ts';
import { closeHttp, createHttpServer, listen } from './http/server.ts';
import { openDashboard } from './http/static.ts';
import { Doors } from './ingest/doors.ts';
import { limitsOf } from './ingest/limits.ts';
import { Parts } from './ingest/parts.ts';
import { type Consumer, type ConsumerOptions, ConsumerRunner } from './journal/consumer.ts';
import { DurableTimes } from './journal/durable-times.ts';
import { Journal } from './journal/journal.ts';
import { IDENTITY_FLAPPING } from './journal/record.ts';
import { trimJournal } from './journal/retention.ts';
import { readKeyFile } from './journal/seal.ts';
import { LatestPositions } from './live/latest.ts';
import { LiveServer } from './live/live.ts';
import { createLogger, type Logger, rateLimited } from './logger.ts';
import { Photos } from './media/photos.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { Beacons } from './records/beacons.ts';
import { CommandLog } from './records/commands.ts';
import { ConfigLog, type Publish } from './records/config-log.ts';
import { openDatabase, type Records } from './records/database.ts';
import { DeviceRegistry } from './records/devices.ts';
import { Fences } from './records/fences.ts';
import { MqttPasswords } from './records/mqtt-passwords.ts';
import { Rules } from './records/rules.ts';
import { Sessions } from './records/sessions.ts';
import { Subjects } from './records/subjects.ts';
import { Users } from './records/users.ts';
import { storeFactories } from './stores/index.ts';
import type { Store } from './stores/store.ts';
import { storeConsumer } from './stores/store-consumer.ts';
import type { CommandChange } from './wire.ts';

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
const STORE_BATCH = { maxRecords: 10_000, lingerMs: 250 };
/** Small, so that a consumer that catches up lets sockets be read in between. */
const LIVE_BATCH = { maxRecords: 500, lingerMs: 0 };
/** Each batch with a fact in it costs a commit. */
const FENCES_BATCH = { maxRecords: 10_000, lingerMs: 25 };
const INFLUX_TIMEOUT_MS = 30_000;
const FAULT_LINES_PER_MINUTE = 6;
const HTTP_GRACE_MS = 2000;
/** How long a stop waits at each of its steps; what lags resumes at the next start. */
const STEP_MS = 5000;
/** What a stop may take in all; under the 30 s after which containers are killed. */
const STOP_MS = 25_000;

const now = () => Date.now();
const monotonic = () => performance.now();

function openJournal(
  config: Config,
  dir: DataDir,
  id: Uint8Array,
  durableTimes: DurableTimes,
  logger: Logger,
  metrics: Metrics,
) {
  return Journal.open({
    directory: dir.journal,
    dataDirId: id,
    key: config.keyFile === undefined ? null : readKeyFile(config.keyFile),
    segmentBytes: config.journalSegmentMb << 20,
    onSync: ({ records, lastSeq, ms }) => {
      durableTimes.add(lastSeq, records, now());
      metrics.journalRecords.inc(records);
      metrics.syncSeconds.observe(ms / 1000);
    },
    onStall: (code, message) => {
      if (code === null) logger.info('journalGoesOn');
      else logger.error({ code, message }, 'journalStalled');
    },
    onDamage: ({ segment, from, to, why }) => {
      if (why === 'trimmed') {
        logger.warn({ segment, from, to }, 'journalBeginsLater');
        return;
      }
      metrics.journalDamaged.inc(to - from + 1);
      logger.error({ segment, from, to, why }, 'journalDamaged');
    },
  });
}

async function openRecords(db: Records, publish: Publish, logger: Logger) {
  const onError = (what: string) => (error: unknown) => logger.error({ err: error }, what);
  const log = new ConfigLog({ db, publish, now, onError: onError('configNotPublished') });
  await log.publishPending();
  const devices = await DeviceRegistry.open({
    ...{ db, log, now, onError: onError('devicesNotWritten') },
  });
  const users = new Users(db, now);
  const sessions = await Sessions.open(db, now);
  return {
    ...{ log, devices, users, sessions },
    access: await Access.open({ db, users, sessions, now }),
    subjects: new Subjects(db, log, devices, now),
    fences: new Fences(db, log, now),
    beacons: await Beacons.open(db, now),
    mqttPasswords: await MqttPasswords.open({ db, now, monotonic }),
    rules: new Rules(db, log, now),
    commandLog: await CommandLog.open({ db, now, onError: onError('commandsNotWritten') }),
  };
}

function openStores(config: Config, dir: DataDir): Promise<Store[]> {
  const settings = {
    duckdb: { path: dir.tracks, keepDays: config.trackKeepDays },
    influx: {
      ...{ url: config.influxUrl, database: config.influxDatabase },
      ...{ username: config.influxUser, password: config.influxPassword },
      ...{ timeoutMs: INFLUX_TIMEOUT_MS, parkedPath: dir.parked },
    },
    now,
  };
  return Promise.all(config.store.map((name) => storeFactories[name](settings)));
}

function batchOf(consumer: string) {
  if (consumer.startsWith('store-')) return STORE_BATCH;
  return consumer === 'fences' ? FENCES_BATCH : LIVE_BATCH;
}

function runnerOptions(consumer: string, logger: Logger, metrics: Metrics): ConsumerOptions {
  return {
    ...batchOf(consumer),
    random: Math.random,
    onError: (name, error, tries, waitMs) => {
      metrics.consumerErrors.inc({ consumer: name });
      logger.warn({ consumer: name, err: error, tries, waitMs }, 'consumerFailed');
    },
  };
}

function mqttOf(config: Config, passwords: MqttPasswords, id: Uint8Array) {
  const { mqttPrefix, mqttGateways, mqttUrl, mqttConnections, owntracksKey } = config;
  const { tlsCert, tlsKey } = config;
  return {
    passwords,
    topics: { prefix: mqttPrefix, gatewayTopics: mqttGateways },
    owntracksKey: owntracksKey === undefined ? null : keyOfPassphrase(owntracksKey),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : { tls: () => ({ cert: readFileSync(tlsCert), key: readFileSync(tlsKey) }) }),
    ...(mqttUrl === undefined
      ? {}
      : {
          external: {
            url: mqttUrl,
            connections: mqttConnections,
            // Its sessions wait at the broker for this data directory and for no other.
            clientId: `xunji-${Buffer.from(id).toString('hex').slice(0, 16)}`,
            random: Math.random,
          },
        }),
  };
}

function openDoors(
  config: Config,
  journal: Journal,
  {
    devices: registry,
    beacons,
    mqttPasswords,
    commandLog,
  }: Awaited<ReturnType<typeof openRecords>>,
  latest: LatestPositions,
  onCommand: (change: CommandChange) => void,
  id: Uint8Array,
  { parts, photos }: { readonly parts: Parts; readonly photos: Photos },
  logger: Logger,
  metrics: Metrics,
) {
  const lines = rateLimited(FAULT_LINES_PER_MINUTE, now);
  return new Doors({
    ...{ journal, registry, metrics, admission: config.admission, limits: limitsOf(config) },
    ...{ subpackages: parts.subpackages, photos },
    ...{ liveMaxAgeMs: config.liveMaxAgeS * 1000, now, monotonic, places: beacons },
    commands: {
      ...{
        records: commandLog,
        waitMs: config.commandWaitS * 1000,
        repeats: config.commandRepeats,
      },
      ...{ maxPerDevice: config.maxCommandsPerDevice, maxCommands: config.maxCommands },
      editionOf: (device) => registry.find(device)?.edition ?? null,
      fixOf: (device) => latest.get(device)?.fix?.position ?? null,
      onChange: ({ number, device: { id, protocol }, name, state, result }) =>
        onCommand({ id: String(number), device: id, protocol, name, state, result }),
    },
    mqtt: mqttOf(config, mqttPasswords, id),
    onBroker: ({ connection, isUp, detail }) => {
      const { log, held } = lines(`broker ${isUp}`);
      if (log)
        logger[isUp ? 'info' : 'warn'](
          { connection, detail, held },
          isUp ? 'brokerUp' : 'brokerAway',
        );
    },
    onFault: ({ protocol, code, bytes, detail }, { link }) => {
      const { log, held } = lines(`${protocol} ${code}`);
      if (!log) return;
      logger.warn({ transport: link.transport, protocol, code, bytes, detail, held }, 'fault');
    },
    onBan: ({ strikes }) => {
      const { log, held } = lines('ban');
      if (log) logger.warn({ strikes, forS: config.banS, held }, 'addressTurnedAway');
    },
    onFlapping: (device, takeOvers) => {
      logger.warn({ protocol: device.protocol, takeOvers }, 'identityFlapping');
      const noted = { edition: null, epoch: 0, name: IDENTITY_FLAPPING, raw: new Uint8Array(0) };
      journal
        .append([{ kind: 'message', receivedTime: now(), device, ...noted, fields: { takeOvers } }])
        .catch((error: unknown) => logger.error({ err: error }, 'intakeFailed'));
    },
    onUnexpected: (error) => logger.error({ err: error }, 'intakeFailed'),
  });
}

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
  const kept = { parts, photos };
  const onCommand = (change: CommandChange) => live?.commanded(change);
  const doors = openDoors(config, journal, records, latest, onCommand, id, kept, logger, metrics);
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
