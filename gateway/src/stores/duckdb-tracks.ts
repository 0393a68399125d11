import { DeviceDictionary } from './duckdb-devices.ts';
import { Engine, type EngineOptions, firstColumn } from './duckdb-engine.ts';
import { type DayTables, daysIn } from './duckdb-schema.ts';

/** What is in the file, as far as it is committed. */
export interface Tracks {
  readonly engine: Engine;
  devices: DeviceDictionary;
  readonly days: Map<number, DayTables>;
  cursor: number;
  /** Null until the first position came. */
  boundary: number | null;
}

/** Opens the file and reads what memory has to know of it. */
export async function openTracks(options: EngineOptions): Promise<Tracks> {
  const engine = await Engine.open(options);
  try {
    return { engine, ...(await committed(engine)) };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** What memory has to know, as the file has it now. */
export async function committed(engine: Engine): Promise<Omit<Tracks, 'engine'>> {
  const db = engine.writer;
  const tables = await firstColumn(db, 'SELECT table_name FROM duckdb_tables()');
  const days = daysIn(tables.map(String));
  const state = (await db.runAndReadAll('SELECT name, value::DOUBLE FROM state')).getRows();
  const stateOf = (name: string) => state.find(([n]) => n === name)?.[1];
  const boundary = stateOf('boundary');
  return {
    ...{ days, devices: await DeviceDictionary.load(db, days) },
    cursor: Number(stateOf('cursor') ?? 0),
    boundary: boundary === undefined ? null : Number(boundary),
  };
}
