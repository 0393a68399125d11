import type { DuckDBConnection } from '@duckdb/node-api';
import { daySums, gapOf } from './duckdb-heat.ts';
import {
  DAY_MS,
  type DayTables,
  instant,
  positionNames,
  sealedSchema,
  sealedTable,
  tablesOf,
} from './duckdb-schema.ts';

/** Rows sorted at a time: what fits the engine's memory. */
const SORT_ROWS = 1_000_000;

/** SQL true for positions of a UTC day. */
export const ofDay = (day: number): string =>
  `fix_time >= ${instant(day * DAY_MS)} AND fix_time < ${instant((day + 1) * DAY_MS)}`;

/**
 * Gathers all positions of a day into a table of its own, sorted by device, with the day's heat sums; the tables they
 * came from go. One transaction, which the caller begins and commits: until then readers see the old tables.
 * @returns what the day consists of once it is committed
 */
export async function sealDay(
  db: DuckDBConnection,
  day: number,
  from: DayTables,
  run: (sql: string) => Promise<unknown>,
): Promise<DayTables> {
  const sealed = from.sealed + 1;
  const table = sealedTable(day, sealed);
  const rows = [
    ...tablesOf(day, from).map((t) => `SELECT ${positionNames} FROM ${t}`),
    `SELECT ${positionNames} FROM late WHERE ${ofDay(day)}`,
  ].join(' UNION ALL ');
  await run(sealedSchema(table));
  const counts = await db.runAndReadAll(
    `SELECT device, count(*)::DOUBLE FROM (${rows}) GROUP BY device ORDER BY device`,
  );
  for (const { first, last } of deviceRanges(counts.getRows())) {
    await run(`
      INSERT INTO ${table} SELECT ${positionNames}, ${gapOf}
      FROM (${rows}) WHERE device BETWEEN ${first} AND ${last} ORDER BY device, fix_time, hash`);
  }
  await run(`DELETE FROM heat WHERE day = ${day}`);
  await run(`INSERT INTO heat ${daySums(day, table)}`);
  await run(`
    UPDATE devices SET newest = greatest(newest, t)
    FROM (SELECT device, max(fix_time) AS t FROM ${table} GROUP BY device) WHERE id = device`);
  await run(`DELETE FROM late WHERE ${ofDay(day)}`);
  for (const old of tablesOf(day, from)) await run(`DROP TABLE ${old}`);
  return { live: false, sealed };
}

function deviceRanges(counts: readonly (readonly unknown[])[]) {
  const ranges: { first: number; last: number }[] = [];
  let rows = 0;
  for (const [device, count] of counts) {
    const range = ranges.at(-1);
    if (range === undefined || rows + Number(count) > SORT_ROWS) {
      ranges.push({ first: Number(device), last: Number(device) });
      rows = 0;
    } else range.last = Number(device);
    rows += Number(count);
  }
  return ranges;
}
