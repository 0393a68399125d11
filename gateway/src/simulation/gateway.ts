import { type Desk, openAlarmDesk } from '../alarms/desk.ts';
import { readConfig } from '../config.ts';
import { type FactSink, FenceConsumer } from '../fences/consumer.ts';
import { Addresses } from '../ingest/addresses.ts';
import { Flapping } from '../ingest/flapping.ts';
import { type AdmissionMode, Gate } from '../ingest/gate.ts';
import { type Appender, Intake } from '../ingest/intake.ts';
import { limitsOf } from '../ingest/limits.ts';
import { Sessions } from '../ingest/session.ts';
import { TcpIntake } from '../ingest/tcp.ts';
import { Turns } from '../ingest/turns.ts';
import { type Consumer, ConsumerRunner } from '../journal/consumer.ts';
import { DurableTimes } from '../journal/durable-times.ts';
import { Journal } from '../journal/journal.ts';
import { JournalReader } from '../journal/reader.ts';
import type { DeviceRef, JournalRecord } from '../journal/record.ts';
import { trimJournal } from '../journal/retention.ts';
import { LatestPositions } from '../live/latest.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { ConfigLog } from '../records/config-log.ts';
import type { Records } from '../records/database.ts';
import { DeviceRegistry } from '../records/devices.ts';
import { storeConsumer } from '../stores/store-consumer.ts';
import { keepCommits } from './commits.ts';
import type { FakeStore } from './fake-store.ts';
import type { Witness } from './witness.ts';
import type { World } from './world.ts';

/** A gateway that breaks its promise, to show that a run notices. */
export type Defect =
  | 'noDataSync'
  | 'noDirectorySync'
  | 'answersBeforeSync'
  | 'cursorBeforeStore'
  | 'snapshotBeforeCommits'
  | 'factsTwice';

/** What outlives the gateway's process, and how it is set up. */
export interface Site {
  readonly world: World;
  /** Its commits are durable; the engine's own recovery is trusted. */
  readonly db: Records;
  readonly store: FakeStore;
  readonly witness: Witness;
  readonly admission: AdmissionMode;
  readonly segmentBytes: number;
  readonly snapshotEveryMs: number;
  readonly keepMs: number;
  /** Seals the journal; null: plain. */
  readonly key: Uint8Array | null;
  readonly known: readonly DeviceRef[];
  readonly defect: Defect | null;
  /** What would have been logged as an error that nobody foresaw, or ended the process. */
  readonly unexpected: (what: string, error: unknown) => void;
}

export const PORTS = { jt808: 6808, gt06: 6023 } as const;
const DIRECTORY = '/data';
const DATA_DIR_ID = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const TICK_MS = 5000;
const AGE_MS = 5000;
const LIVE_MAX_AGE_MS = 300_000;
const TRIM_MS = 60_000;
const JOURNAL_ROOM = 256 << 10;
const TAIL_RECORDS = 400;

/** One life of the gateway: what `main.ts` builds, without the rooms that people look at. */
export interface Life {
  readonly metrics: Metrics;
  readonly journal: Journal;
  readonly log: ConfigLog;
  readonly desk: Desk;
  /** Everything durable is applied by everybody. */
  readonly isDrained: () => boolean;
}

/** Starts on what the disk kept. Rejects where `main.ts` would exit. */
export async function startLife(site: Site): Promise<Life> {
  const { world, db, store, witness, unexpected } = site;
  const { clock, machine } = world;
  const now = () => clock.wall;
  const monotonic = () => clock.now;
  const metrics = createMetrics();
  const onError = (what: string) => (error: unknown) => unexpected(what, error);
  const durableTimes = new DurableTimes();
  const journal = await Journal.open({
    directory: `${DIRECTORY}/journal`,
    dataDirId: DATA_DIR_ID,
    key: site.key,
    segmentBytes: site.segmentBytes,
    maxPendingBytes: JOURNAL_ROOM,
    tailRecords: TAIL_RECORDS,
    retryMs: 1000,
    onSync: ({ records, lastSeq }) => {
      durableTimes.add(lastSeq, records, now());
      metrics.journalRecords.inc(records);
    },
    onDamage: ({ segment, from, to, why }) => {
      // Of what was never durable nobody can say so afterwards: bytes that do not verify may have been.
      const isPromised = world.durable.some((group) => group.from <= to && from <= group.to);
      if (why !== 'trimmed' && isPromised) {
        unexpected(`${segment} ${why}`, `records ${from} to ${to} are lost`);
      }
    },
  });
  const log = new ConfigLog({
    ...{ db, now, onError: onError('configNotPublished') },
    publish: (entries) => journal.append(entries),
  });
  await log.publishPending();
  const devices = await DeviceRegistry.open({
    ...{ db, log, now, onError: onError('devicesNotWritten') },
  });
  const latest = await LatestPositions.open({
    ...{ path: `${DIRECTORY}/latest.json`, devices, now, onError: onError('latestUnreadable') },
    snapshotEveryMs: site.snapshotEveryMs,
  });
  const desk = await openAlarmDesk({ db, now, onError: onError('alarmListenerFailed') });
  const sink: FactSink = {
    take: (...facts) => desk.take(...facts),
    settled: async () => {
      if (site.defect === 'snapshotBeforeCommits') return;
      await desk.settled();
      await keepCommits(db);
    },
    save: () => desk.save(),
    restore: (saved) => desk.restore(saved),
  };
  const fences = await FenceConsumer.open({
    ...{ path: `${DIRECTORY}/fences.json`, now, onError: onError('fencesUnreadable') },
    sink: site.defect === 'factsTwice' ? witness.doubled(sink) : sink,
    durableTime: (seq) => durableTimes.of(seq),
    snapshotEveryMs: site.snapshotEveryMs,
  });
  if (!fences.isRestored && journal.durableSeq > 0) await log.publishAll();
  const consumers: Consumer[] = [latest, fences, storeConsumer(store), witness.consumer];
  const runners = consumers.map(
    (consumer) =>
      new ConsumerRunner(journal, consumer, {
        ...(consumer.name.startsWith('store-')
          ? { maxRecords: 2000, lingerMs: 250 }
          : { maxRecords: 500, lingerMs: consumer.name === 'fences' ? 25 : 0 }),
        random: () => machine.next(),
        onError: (name, error) => {
          metrics.consumerErrors.inc({ consumer: name });
          if (!name.startsWith('store-')) witness.consumerFailed(name, error);
        },
      }),
  );
  for (const runner of runners) runner.start().catch(onError(`${runner.name} did not start`));
  const every = (ms: number, work: () => unknown) =>
    setInterval(() => {
      Promise.resolve().then(work).catch(witness.timedWorkFailed);
    }, ms);
  every(TICK_MS, () =>
    journal.stalled === null ? journal.append([{ kind: 'tick', receivedTime: now() }]) : null,
  );
  every(AGE_MS, () => latest.age());
  every(TRIM_MS, () => trimJournal({ journal, consumers, keepMs: site.keepMs, now }));

  for (const device of site.known) {
    if (devices.find(device)?.admission === 'known') continue;
    await devices.create({ ...device, kind: 'vehicle', name: device.id, group: null });
  }
  const onFlapping = () => undefined;
  const sessions = new Sessions(now(), new Flapping({ monotonic, onFlapping }));
  const appender: Appender =
    site.defect === 'answersBeforeSync'
      ? {
          append: (entries) => {
            void journal.append(entries);
            return Promise.resolve(0);
          },
        }
      : journal;
  const intake = new Intake({
    ...{ journal: appender, gate: new Gate(devices, site.admission), sessions, metrics },
    liveMaxAgeMs: LIVE_MAX_AGE_MS,
    onFault: () => undefined,
  });
  const limits = limitsOf(readConfig({}, undefined));
  const turns = new Turns({ journal, monotonic });
  const addresses = new Addresses({ limits, monotonic, onBan: () => undefined });
  for (const prefer of ['jt808', 'gt06'] as const) {
    const door = new TcpIntake({
      ...{ prefer, intake, sessions, addresses, turns, metrics, limits, journal, now, monotonic },
      ...{ liveMaxAgeMs: LIVE_MAX_AGE_MS, onUnexpected: onError('intakeFailed') },
    });
    await door.listen(PORTS[prefer], '0.0.0.0');
  }
  world.trace.note(`${clock.now.toFixed(3)} ready at ${journal.durableSeq}`);
  return {
    ...{ metrics, journal, log, desk },
    isDrained: () => runners.every((runner) => runner.applied >= journal.durableSeq),
  };
}

/** Everything that the segments on the disk hold from `after` on, read as a consumer far behind would. */
export async function readDisk(journal: Journal, after: number): Promise<JournalRecord[]> {
  const reader = new JournalReader(
    {
      directory: journal.directory,
      identity: journal.identity,
      durableSeq: journal.durableSeq,
      tail: () => null,
      waitFor: () => Promise.resolve(),
    },
    after,
  );
  const found: JournalRecord[] = [];
  for (;;) {
    const records = await reader.read(1000);
    if (records.length === 0) break;
    found.push(...records);
  }
  await reader.close();
  return found;
}
