import { openAlarmDesk } from '../alarms/desk.ts';
import { FenceEngine } from '../fences/engine.ts';
import type { Fact } from '../fences/facts.ts';
import { Oracle, sorted } from '../fences/oracle.test-support.ts';
import type { JournalRecord } from '../journal/record.ts';
import { openDatabase, type Records } from '../records/database.ts';
import type { Run } from './run.ts';
import { TRIM } from './witness.ts';

/** How far the engine and the plain one may be apart in when a crossing was, ms. */
const APART_MS = 100;

/** Holds what is kept against what the terminals and the oracle know. @returns what there was to compare */
export async function checkRun(
  run: Run,
  disk: readonly JournalRecord[],
): Promise<{ crossings: number; alarms: number }> {
  checkAcknowledged(run);
  checkDisk(run, disk);
  await checkCounted(run);
  for (const wrong of [...run.witness.wrongs, ...run.ledger.wrongs]) run.wrong(wrong);
  const { disk: diskFaults, store: storeFaults } = run.plan;
  for (const { name, message } of run.witness.failures) {
    const isForeseen = diskFaults.length > 0 || (name === TRIM && storeFaults.length > 0);
    if (!isForeseen) run.wrong(`I4: ${name}: ${message}`);
  }
  const crossings = checkCrossings(run, await tableOf(run.site.db, 'events'));
  return { crossings, alarms: await checkReplay(run) };
}

/** I1: what a terminal was told is there exactly once and as it was sent; nothing else is. */
function checkAcknowledged(run: Run): void {
  const { ledger, strangers, store } = run;
  for (const fix of ledger.fixes.values()) {
    const row = store.rows.get(fix.key);
    if (row === undefined) {
      if (fix.ackedAt !== null && !store.poisoned.has(fix.key)) {
        run.wrong(`I1: ${fix.key} was acknowledged at ${fix.ackedAt} and is not in the store`);
      }
      continue;
    }
    if (row.hashes.size > 1) run.wrong(`I1: ${fix.key} is in the store ${row.hashes.size} times`);
    const { latitude, longitude } = row.entry.position;
    const apart = Math.hypot((latitude ?? 0) - fix.latitude, (longitude ?? 0) - fix.longitude);
    if (!(apart < 2e-6)) run.wrong(`I1: ${fix.key} was stored as another place`);
  }
  for (const key of store.rows.keys()) {
    if (!ledger.fixes.has(key)) run.wrong(`I1: nobody sent ${key}, which is in the store`);
  }
  if (strangers.acked > 0) run.wrong(`${strangers.acked} fixes of strangers were acknowledged`);
}

/** What was durable once is what the platter still holds, bit for bit, as far as it was not trimmed. */
function checkDisk(run: Run, disk: readonly JournalRecord[]): void {
  const { records, lastSeq } = run.witness;
  const last = disk.at(-1)?.seq ?? 0;
  if (last !== lastSeq) run.wrong(`the disk ends at ${last}, ${lastSeq} was handed out`);
  const first = disk[0]?.seq ?? 0;
  const left = new Map(records.filter(({ seq }) => seq >= first).map((r) => [r.seq, r]));
  if (left.size !== disk.length) run.wrong(`the disk holds ${disk.length} of ${left.size} records`);
  for (const record of disk) {
    const known = left.get(record.seq);
    if (known === undefined || plain(known) !== plain(record)) {
      const was = known === undefined ? 'nothing' : plain(known);
      run.wrong(`record ${record.seq} is ${plain(record)} on the disk and was ${was}`);
    }
  }
}

/** The same for the same content, whatever the order of its members. */
function plain(record: JournalRecord): string {
  const raw = 'raw' in record ? Buffer.from(record.raw).toString('hex') : null;
  return JSON.stringify({ ...record, raw }, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** I5: every sound frame that was read is counted with what became of it, and no position is counted twice. */
async function checkCounted(run: Run): Promise<void> {
  let [messages, faults, closed, positions] = [0, 0, 0, 0];
  for (const { metrics } of run.lives) {
    messages += sum(await metrics.messages.get());
    faults += sum(await metrics.faults.get());
    closed += sum(await metrics.closed.get());
    positions += sum(await metrics.positions.get());
  }
  let [certain, possible, bad] = [0, 0, 0];
  for (const line of run.world.network.lines) {
    for (const { end, isSound } of line.frames) {
      if (end > line.deliveredBytes) break;
      if (!isSound) bad++;
      else {
        possible++;
        if (!line.closedByUs) certain++;
      }
    }
  }
  // A stray sound frame in what hostile ones send is possible, and rare.
  if (messages < certain || messages > possible + bad) {
    run.wrong(`I5: ${messages} messages counted of ${certain} to ${possible} that were read`);
  }
  // A log-in that never came makes a sound frame useless, and a frame that never ends closes its connection.
  const isNoted = faults > 0 || closed > 0 || messages > possible;
  if (bad > 200 && !isNoted) run.wrong(`I5: ${bad} bad frames were read and none counted`);
  const kept = run.witness.records.filter((r) => r.kind === 'position').length;
  if (positions < kept) run.wrong(`I5: ${kept} positions kept, ${positions} counted`);
}

const sum = ({ values }: { values: readonly { value: number }[] }): number =>
  values.reduce((total, { value }) => total + value, 0);

type Row = Readonly<Record<string, unknown>>;

/** Without the times by our own clock, which are no part of what is told. */
async function tableOf(db: Records, name: 'events' | 'alarms'): Promise<Row[]> {
  const rows = (await db.selectFrom(name).selectAll().orderBy('id').execute()) as Row[];
  return rows.map(({ times: _, ...row }) => row);
}

/** The history against the plain engine that compares everything with everything. @returns the crossings */
function checkCrossings(run: Run, events: readonly Row[]): number {
  const oracle = new Oracle();
  for (const record of run.witness.records) {
    if (record.kind !== 'config' || record.what === 'fence') oracle.take(record);
  }
  const told = sorted(oracle.told).filter(({ kind }) => kind !== 'fenceChanged');
  const line = (kind: unknown, device: unknown, fence: unknown) => `${kind} ${device} ${fence}`;
  const expected = new Map<string, number[]>();
  for (const { kind, device, fence, occurred = 0 } of told) {
    const key = line(kind, device, fence);
    expected.set(key, [...(expected.get(key) ?? []), occurred]);
  }
  const found = events.filter(({ type }) => type === 'enter' || type === 'exit');
  for (const row of found) {
    const key = line(row['type'], row['device'], row['fenceId']);
    const times = expected.get(key) ?? [];
    const at = times.findIndex((t) => Math.abs(t - Number(row['occurredTime'])) <= APART_MS);
    if (at < 0)
      run.wrong(`event ${key} at ${String(row['occurredTime'])} did not happen, or twice`);
    else times.splice(at, 1);
  }
  for (const [key, times] of expected) {
    for (const time of times) run.wrong(`event ${key} at ${time} is missing`);
  }
  return told.length;
}

/** Events and alarms against one gateway that read the same journal in one go and was never disturbed. */
async function checkReplay(run: Run): Promise<number> {
  const db = await openDatabase(':memory:');
  try {
    const desk = await openAlarmDesk({ db, now: () => 0, onError: (e) => run.wrong(String(e)) });
    const facts: Fact[] = [];
    const engine = new FenceEngine();
    for (const record of run.witness.records) engine.take(record, facts);
    const taken = run.settle(() => desk.take(facts, run.witness.records, run.witness.lastSeq));
    await taken;
    for (const name of ['events', 'alarms'] as const) {
      const expected = await tableOf(db, name);
      const found = await tableOf(run.site.db, name);
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        run.wrong(
          `${found.length} ${name}, a replay gives ${expected.length}: ${differing(found, expected)}`,
        );
      }
      if (name === 'alarms') checkOnce(run, found);
    }
    return (await tableOf(db, 'alarms')).length;
  } finally {
    await db.destroy();
  }
}

/** One open alarm for one cause at a time. */
function checkOnce(run: Run, alarms: readonly Row[]): void {
  const open = new Set<unknown>();
  for (const row of alarms) {
    if (row['handling'] === 'closed' || row['condition'] !== 'active') continue;
    if (open.has(row['dedupeKey'])) run.wrong(`two open alarms for ${String(row['dedupeKey'])}`);
    open.add(row['dedupeKey']);
  }
}

function differing(found: readonly Row[], expected: readonly Row[]): string {
  const at = found.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(expected[i]));
  return `${JSON.stringify(found[at])} for ${JSON.stringify(expected[at])}`;
}
