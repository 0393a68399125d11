import { Access } from './access/access.ts';
import type { Config } from './config.ts';
import type { DataDir } from './data-dir.ts';
import type { ConsumerOptions } from './journal/consumer.ts';
import type { DurableTimes } from './journal/durable-times.ts';
import { Journal } from './journal/journal.ts';
import { readKeyFile } from './journal/seal.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { Beacons } from './records/beacons.ts';
import { CommandLog } from './records/commands.ts';
import { ConfigLog, type Publish } from './records/config-log.ts';
import type { Records } from './records/database.ts';
import { DeviceRegistry } from './records/devices.ts';
import { Fences } from './records/fences.ts';
import { MqttPasswords } from './records/mqtt-passwords.ts';
import { Rules } from './records/rules.ts';
import { Sessions } from './records/sessions.ts';
import { Subjects } from './records/subjects.ts';
import { Users } from './records/users.ts';
import { storeFactories } from './stores/index.ts';
import type { Store } from './stores/store.ts';

const STORE_BATCH = { maxRecords: 10_000, lingerMs: 250 };
/** Small, so that a consumer that catches up lets sockets be read in between. */
const LIVE_BATCH = { maxRecords: 500, lingerMs: 0 };
/** Each batch with a fact in it costs a commit. */
const FENCES_BATCH = { maxRecords: 10_000, lingerMs: 25 };
const INFLUX_TIMEOUT_MS = 30_000;

const now = () => Date.now();
const monotonic = () => performance.now();

/** The journal with what it tells written to metrics and the log. @throws JournalError when it is none of ours */
export function openJournal(
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

/** The tables that people edit, with the access to them. */
export async function openRecords(db: Records, publish: Publish, logger: Logger) {
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

/** In the order of the setting: the first is read. */
export function openStores(config: Config, dir: DataDir): Promise<Store[]> {
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

/** How a consumer of this name reads the journal. */
export function runnerOptions(consumer: string, logger: Logger, metrics: Metrics): ConsumerOptions {
  return {
    ...batchOf(consumer),
    random: Math.random,
    onError: (name, error, tries, waitMs) => {
      metrics.consumerErrors.inc({ consumer: name });
      logger.warn({ consumer: name, err: error, tries, waitMs }, 'consumerFailed');
    },
  };
}
