import type { DuckDBConnection } from '@duckdb/node-api';
import { PositionAppender } from './duckdb-appender.ts';
import type { DeviceDictionary } from './duckdb-devices.ts';
import {
  DAY_MS,
  type DayTables,
  dayOf,
  instant,
  liveSchema,
  liveTable,
  positionNames,
  tablesOf,
} from './duckdb-schema.ts';
import type { StoredEntry } from './store.ts';

export interface WritePlan {
  readonly devices: DeviceDictionary;
  readonly days: ReadonlyMap<number, DayTables>;
  /** Days from here to `lastDay` have a live table; all others are `late`. */
  readonly boundary: number;
  readonly lastDay: number;
}

/**
 * Appends what is new of the records, in the transaction of `db`. A fix newer than all stored of its device cannot be
 * stored already and goes straight to its table; the others are staged and compared.
 * @returns days that have a live table now and had none before
 */
export async function insertNew(
  db: DuckDBConnection,
  records: readonly StoredEntry[],
  plan: WritePlan,
): Promise<number[]> {
  const appenders = new Map<string, PositionAppender>();
  const made: number[] = [];
  const older: StoredEntry[] = [];
  const targetOf = async (day: number): Promise<string> => {
    if (day < plan.boundary || day > plan.lastDay) return 'late';
    if (plan.days.get(day)?.live !== true && !made.includes(day)) {
      await db.run(liveSchema(day));
      made.push(day);
    }
    return liveTable(day);
  };
  const appenderOf = async (table: string): Promise<PositionAppender> => {
    const known = appenders.get(table);
    if (known !== undefined) return known;
    const appender = await PositionAppender.open(db, table);
    appenders.set(table, appender);
    return appender;
  };
  try {
    let day = Number.NaN;
    let target = '';
    let appender: PositionAppender | null = null;
    for (const record of records) {
      const device = plan.devices.of(record.device);
      const { fixTime } = record.position;
      if (fixTime <= device.newest) {
        older.push(record);
        continue;
      }
      device.newest = fixTime;
      const fixDay = dayOf(fixTime);
      if (fixDay !== day || appender === null) {
        day = fixDay;
        target = await targetOf(day);
        appender = await appenderOf(target);
      }
      appender.add(device.id, record);
    }
    for (const open of appenders.values()) open.finish();
  } catch (error) {
    for (const open of appenders.values()) open.abandon();
    throw error;
  }
  await insertOlder(db, older, plan, made, targetOf);
  return made;
}

/** Those that may be stored already: within the batch the first of equal ones wins, against the stored none. */
async function insertOlder(
  db: DuckDBConnection,
  records: readonly StoredEntry[],
  plan: WritePlan,
  made: readonly number[],
  targetOf: (day: number) => Promise<string>,
): Promise<void> {
  if (records.length === 0) return;
  const staging = await PositionAppender.open(db, 'staging', 'temp');
  const spans = new Map<number, { from: number; to: number }>();
  try {
    for (const record of records) {
      const { fixTime } = record.position;
      staging.add(plan.devices.of(record.device).id, record);
      const span = spans.get(dayOf(fixTime));
      if (span === undefined) spans.set(dayOf(fixTime), { from: fixTime, to: fixTime });
      else {
        span.from = Math.min(span.from, fixTime);
        span.to = Math.max(span.to, fixTime);
      }
    }
    staging.finish();
  } catch (error) {
    staging.abandon();
    throw error;
  }
  for (const [day, { from, to }] of spans) {
    const target = await targetOf(day);
    const stored = plan.days.get(day);
    const tables = new Set([
      'late',
      target,
      ...(stored === undefined ? [] : tablesOf(day, stored)),
    ]);
    if (made.includes(day)) tables.add(liveTable(day));
    const within = `fix_time BETWEEN ${instant(from)} AND ${instant(to)}`;
    // Joined from the small side first, so that the engine skips what lies outside its devices and times.
    const known = [...tables].map(
      (table) => `
        SELECT t.device, t.fix_time, t.hash FROM fresh JOIN ${table} t USING (device, fix_time, hash)
        WHERE t.${within}`,
    );
    await db.run(`
      INSERT INTO ${target} (${positionNames})
      WITH fresh AS MATERIALIZED (
        FROM staging WHERE ${within} AND fix_time < ${instant((day + 1) * DAY_MS)}
        QUALIFY row_number() OVER (PARTITION BY device, fix_time, hash ORDER BY seq) = 1
      ), known AS MATERIALIZED (${known.join(' UNION ALL ')})
      SELECT ${positionNames} FROM fresh ANTI JOIN known USING (device, fix_time, hash)`);
  }
  await db.run('DELETE FROM staging');
}

const MAX_TIME = 8_640_000_000_000_000;

/** Whether the engine can keep it: what cannot is no position. */
export const isStorable = ({ position, hash, seq }: StoredEntry): boolean =>
  Number.isInteger(position.fixTime) &&
  Math.abs(position.fixTime) <= MAX_TIME &&
  Number.isSafeInteger(hash) &&
  Number.isSafeInteger(seq);

/** The newest receive time among the records and `before`, ms UTC. */
export function newestReceived(records: readonly StoredEntry[], before: number): number {
  let newest = before;
  for (const { receivedTime } of records) if (receivedTime > newest) newest = receivedTime;
  return newest;
}
