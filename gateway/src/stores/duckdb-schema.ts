import { type ColumnType, columnList } from './columns.ts';

/** Of this file's layout; a file of a higher one is refused. */
export const LAYOUT = 2;
export const DAY_MS = 86_400_000;
/** Time between two fixes counts as dwell in the first one's cell, at most this long: a longer gap says nothing. */
export const MAX_DWELL_MS = 300_000;
/** Grid of the daily heat sums: about 55 m. */
export const HEAT_DEGREES = 0.0005;

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  time: 'TIMESTAMP',
  float: 'DOUBLE',
  boolean: 'BOOLEAN',
  text: 'VARCHAR',
  list: 'VARCHAR',
  record: 'VARCHAR',
};

const positionColumns = [
  'device INTEGER NOT NULL, fix_time TIMESTAMP NOT NULL, hash BIGINT NOT NULL, seq BIGINT NOT NULL',
  ...columnList.map((c) => `${c.name} ${sqlTypes[c.type]}`),
].join(', ');

/** The columns every table of positions has, in the order of appending. */
export const positionNames = [
  ...['device', 'fix_time', 'hash', 'seq'],
  ...columnList.map((c) => c.name),
].join(', ');

/** `state`: the journal's cursor, the first day that is not sealed (days since 1970 UTC), the layout of the file. */
export const schema = `
CREATE TABLE IF NOT EXISTS state (name VARCHAR NOT NULL, value BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS devices (id INTEGER NOT NULL, key VARCHAR NOT NULL, newest TIMESTAMP);
CREATE TABLE IF NOT EXISTS late (${positionColumns});
CREATE TABLE IF NOT EXISTS heat (
  day INTEGER NOT NULL, lat_cell INTEGER NOT NULL, lon_cell INTEGER NOT NULL,
  fixes INTEGER NOT NULL, dwell_ms BIGINT NOT NULL, devices INTEGER NOT NULL
);
`;

export const stagingSchema = `CREATE TEMP TABLE staging (${positionColumns})`;
export const liveSchema = (day: number) =>
  `CREATE TABLE IF NOT EXISTS ${liveTable(day)} (${positionColumns})`;
/** `gap_ms`: until the device's next fix of that day, 0 after the last, at most `MAX_DWELL_MS`. */
export const sealedSchema = (table: string) =>
  `CREATE TABLE ${table} (${positionColumns}, gap_ms INTEGER)`;

/** The table a day's positions are appended to while it lasts. */
export const liveTable = (day: number): string => `live_${day}`;
/** A finished day, sorted by device; each sealing anew is a generation of its own. */
export const sealedTable = (day: number, generation: number): string => `day_${day}_${generation}`;

/** Days since 1970 UTC. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);

/** Which tables hold the positions of a day. */
export interface DayTables {
  readonly live: boolean;
  /** Its generation; 0 = it is not sealed. */
  readonly sealed: number;
}

/** What is in the file, from the names of its tables. */
export function daysIn(tables: readonly string[]): Map<number, DayTables> {
  const days = new Map<number, DayTables>();
  for (const table of tables) {
    const live = /^live_(-?\d+)$/.exec(table);
    const sealed = /^day_(-?\d+)_(\d+)$/.exec(table);
    const day = Number(live?.[1] ?? sealed?.[1]);
    if (Number.isNaN(day)) continue;
    const known = days.get(day);
    days.set(day, {
      live: live !== null || known?.live === true,
      sealed: Math.max(Number(sealed?.[2] ?? 0), known?.sealed ?? 0),
    });
  }
  return days;
}

/** Tables with the positions of a day, `late` left out. */
export function tablesOf(day: number, { live, sealed }: DayTables): string[] {
  return [...(live ? [liveTable(day)] : []), ...(sealed > 0 ? [sealedTable(day, sealed)] : [])];
}

/** Date's own range; the engine's is wider. */
const MAX_TIME = 8_640_000_000_000_000;

/** A literal, so that the engine can skip row groups by their bounds. */
export function instant(ms: number): string {
  return `epoch_ms(${integer(Math.min(MAX_TIME, Math.max(-MAX_TIME, ms)))})`;
}

/** A literal of a whole number. */
export function integer(value: number): string {
  return BigInt(Math.round(value)).toString();
}
