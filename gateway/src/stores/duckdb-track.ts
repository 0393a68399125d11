import type { DuckDBDataChunk } from '@duckdb/node-api';
import { columnList } from './columns.ts';
import { DAY_MS, type DayTables, instant, tablesOf } from './duckdb-schema.ts';
import { StoreError, type TrackQuery } from './store.ts';
import { TrackColumnsBuilder, type TrackPage } from './track-columns.ts';

/** Days read by one query; what a page does not need of the others is not touched. */
const DAYS_PER_QUERY = 8;

const selected = [
  ...['epoch_ms(fix_time)::DOUBLE', 'hash::DOUBLE'],
  ...columnList.map((c) => (c.type === 'time' ? `epoch_ms(${c.name})::DOUBLE` : c.name)),
].join(', ');
const inner = ['fix_time', 'hash', ...columnList.map((c) => c.name)].join(', ');

/**
 * Reads a page day by day until it is full.
 * @param device its id in the table `devices`
 * @throws StoreError `badCursor`
 */
export async function readTrack(
  query: TrackQuery,
  device: number,
  days: ReadonlyMap<number, DayTables>,
  read: (sql: string) => Promise<DuckDBDataChunk[]>,
): Promise<TrackPage> {
  const limit = Math.max(1, Math.trunc(query.limit));
  const cursor = query.cursor === undefined ? null : parseCursor(query.cursor);
  const from = Math.max(query.from, cursor?.time ?? query.from);
  const columns = new TrackColumnsBuilder(0);
  let last = '';
  for (const span of spansOf(days, from, query.to)) {
    const after =
      cursor === null
        ? ''
        : `AND (fix_time > ${instant(cursor.time)} OR hash > ${cursor.hash}::BIGINT)`;
    const parts = span.tables.map(
      (table) => `SELECT ${inner} FROM ${table} WHERE device = ${device}
        AND fix_time >= ${instant(span.from)} AND fix_time < ${instant(span.to)} ${after}`,
    );
    const chunks = await read(
      `SELECT ${selected} FROM (${parts.join(' UNION ALL ')})
       ORDER BY fix_time, hash LIMIT ${limit + 1 - columns.length}`,
    );
    for (const chunk of chunks) {
      const vectors = Array.from({ length: chunk.columnCount }, (_, c) => chunk.getColumnVector(c));
      let row = 0;
      const cellOf = (c: number) => vectors[c + 2]?.getItem(row);
      for (; row < chunk.rowCount; row++) {
        if (columns.length === limit) return { columns: columns.finish(), next: last };
        const time = vectors[0]?.getItem(row) as number;
        columns.addFrom(time, cellOf);
        if (columns.length === limit) last = `${time}.${vectors[1]?.getItem(row)}`;
      }
    }
  }
  return { columns: columns.finish(), next: null };
}

/** `from` to `to` cut into spans of few days each; `late` may hold rows of any time. */
function spansOf(days: ReadonlyMap<number, DayTables>, from: number, to: number) {
  if (from >= to) return [];
  const within = [...days.keys()]
    .filter((day) => day * DAY_MS < to && (day + 1) * DAY_MS > from)
    .sort((a, b) => a - b);
  const spans: { from: number; to: number; tables: string[] }[] = [];
  let start = from;
  for (let i = 0; i < within.length || spans.length === 0; i += DAYS_PER_QUERY) {
    const some = within.slice(i, i + DAYS_PER_QUERY);
    const nextDay = within[i + DAYS_PER_QUERY];
    const end = nextDay === undefined ? to : nextDay * DAY_MS;
    const tables = some.flatMap((day) =>
      tablesOf(day, days.get(day) ?? { live: false, sealed: 0 }),
    );
    spans.push({ from: start, to: end, tables: [...tables, 'late'] });
    start = end;
  }
  return spans;
}

function parseCursor(cursor: string): { time: number; hash: string } {
  const parts = /^(-?\d{1,16})\.(\d{1,16})$/.exec(cursor);
  if (parts === null) throw new StoreError('badCursor', JSON.stringify(cursor));
  return { time: Number(parts[1]), hash: parts[2] ?? '' };
}
