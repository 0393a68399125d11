import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { columnList } from './columns.ts';
import { quoted } from './duckdb-engine.ts';
import { DAY_MS, type DayTables, tablesOf } from './duckdb-schema.ts';
import { ofDay } from './duckdb-seal.ts';

/** A path for the export of a day (days since 1970, UTC) that nothing stands at; makes the folder. */
export async function exportPath(folder: string, day: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const name = new Date(day * DAY_MS).toISOString().slice(0, 10);
  return join(folder, `${name}-${process.hrtime.bigint()}.parquet`);
}

/** Removes exports of a life that ended before they were fetched. */
export async function removeLeftExports(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (/^\d{4}-\d\d-\d\d-\d+\.parquet$/.test(name)) await rm(join(folder, name), { force: true });
  }
}

/** Writes a day as zstd Parquet. @param tables of the day, undefined when it has none of its own */
export function exportSql(path: string, day: number, tables: DayTables | undefined): string {
  const columns = ['fix_time', ...columnList.map((c) => c.name)];
  const all = ['device', ...columns].join(', ');
  const rows = [
    ...tablesOf(day, tables ?? { live: false, sealed: 0 }).map((t) => `SELECT ${all} FROM ${t}`),
    `SELECT ${all} FROM late WHERE ${ofDay(day)}`,
  ];
  return `
    COPY (
      SELECT d.key AS device, ${columns.map((n) => `p.${n}`).join(', ')}
      FROM (${rows.join(' UNION ALL ')}) p JOIN devices d ON d.id = p.device
    ) TO ${quoted(path)} (FORMAT parquet, COMPRESSION zstd)`;
}
