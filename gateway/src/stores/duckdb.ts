import { resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBInstance,
  DuckDBTimestampValue,
} from '@duckdb/node-api';
import { type ColumnType, cellOf, columnList } from './columns.ts';
import { QueryGate } from './query-gate.ts';
import { type Store, type StoredEntry, StoreError, type TrackQuery } from './store.ts';
import { storedDevice } from './stored-device.ts';
import { timeRanges } from './time-ranges.ts';
import { TrackColumnsBuilder, type TrackPage } from './track-columns.ts';

export interface DuckdbOptions {
  /** The database file; its folder exists. */
  readonly path: string;
  /** Default 256. */
  readonly memoryLimitMb?: number;
  /** Default 1: two queries at a time are two cores. */
  readonly threads?: number;
}

const DEFAULT_MEMORY_MB = 256;
const DEFAULT_THREADS = 1;
/** Reads and the writer together: two of the four threads of the libuv pool. */
const MAX_QUERIES = 2;
/** Rows appended (about 3 us each) before sockets get their turn. */
const ROWS_PER_TURN = 500;
/** Each costs one pass over the part of `live` it spans. */
const MAX_RANGES = 8;

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  time: 'TIMESTAMP',
  float: 'DOUBLE',
  boolean: 'BOOLEAN',
  text: 'VARCHAR',
  list: 'VARCHAR',
  record: 'VARCHAR',
};

const schema = `
CREATE TABLE IF NOT EXISTS live (
  device VARCHAR NOT NULL, fix_time TIMESTAMP NOT NULL, hash BIGINT NOT NULL, seq BIGINT NOT NULL,
  ${columnList.map((c) => `${c.name} ${sqlTypes[c.type]}`).join(', ')}
);
CREATE TABLE IF NOT EXISTS cursors (name VARCHAR NOT NULL, seq BIGINT NOT NULL);
INSERT INTO cursors SELECT 'live', 0 WHERE NOT EXISTS (FROM cursors WHERE name = 'live');
CREATE TEMP TABLE staging AS FROM live LIMIT 0;
`;

const trackColumns = columnList
  .map((c) => (c.type === 'time' ? `epoch_ms(${c.name})` : c.name))
  .join(', ');

/** Two instances on one file in one process lose tables, and the engine's own lock holds between processes only. */
const owned = new Set<string>();

interface Engine {
  readonly instance: DuckDBInstance;
  /** Owns the temporary table `staging`. */
  readonly writer: DuckDBConnection;
  readonly idleReaders: DuckDBConnection[];
  readonly reads: Set<Promise<unknown>>;
}

/**
 * Opens the embedded track store and becomes its one owner until `close`.
 * @throws StoreError `storeInUse` when this or another process has the file open
 */
export async function openDuckdb(options: DuckdbOptions): Promise<Store> {
  const path = resolve(options.path);
  if (owned.has(path)) throw new StoreError('storeInUse', path);
  owned.add(path);
  try {
    return new DuckdbStore(path, options, await openEngine(path, options));
  } catch (error) {
    owned.delete(path);
    const isLocked = error instanceof Error && /lock on file/i.test(error.message);
    throw new StoreError(isLocked ? 'storeInUse' : 'storeUnavailable', path, error);
  }
}

async function openEngine(path: string, options: DuckdbOptions): Promise<Engine> {
  const instance = await DuckDBInstance.create(path, {
    memory_limit: `${options.memoryLimitMb ?? DEFAULT_MEMORY_MB}MB`,
    threads: String(options.threads ?? DEFAULT_THREADS),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    enable_external_access: 'false',
    lock_configuration: 'true',
  });
  const writer = await instance.connect();
  await writer.run(schema);
  return { instance, writer, idleReaders: [], reads: new Set() };
}

class DuckdbStore implements Store {
  readonly name = 'duckdb';
  readonly #path: string;
  readonly #options: DuckdbOptions;
  readonly #queries = new QueryGate(MAX_QUERIES);
  readonly #writes = new QueryGate(1);
  #engine: Promise<Engine>;
  #closed = false;

  constructor(path: string, options: DuckdbOptions, engine: Engine) {
    this.#path = path;
    this.#options = options;
    this.#engine = Promise.resolve(engine);
  }

  async cursor(): Promise<number> {
    const rows = await this.#read("SELECT seq FROM cursors WHERE name = 'live'", []);
    return Number(rows[0]?.[0] ?? 0);
  }

  /** One transaction: rows that are new, and the cursor. Appending takes turns with the sockets of this thread. */
  async write(records: readonly StoredEntry[], upTo: number): Promise<void> {
    if (this.#closed) throw new StoreError('storeClosed', this.#path);
    await this.#writes.run(() => this.#queries.run(() => this.#write(records, upTo)));
  }

  async track(query: TrackQuery): Promise<TrackPage> {
    const device = storedDevice(query.device);
    const values = [device];
    let after = '';
    if (query.cursor !== undefined) {
      const { time, hash } = parseCursor(query.cursor);
      after = `AND (fix_time > ${instant(time)} OR (fix_time = ${instant(time)} AND hash > $2::BIGINT))
        AND fix_time >= ${instant(time)}`;
      values.push(hash);
    }
    const rows = await this.#read(
      `SELECT epoch_ms(fix_time), hash, ${trackColumns} FROM live
       WHERE device = $1 AND fix_time >= ${instant(query.from)} AND fix_time < ${instant(query.to)} ${after}
       ORDER BY fix_time, hash LIMIT ${Math.max(1, Math.trunc(query.limit)) + 1}`,
      values,
    );
    return toPage(query, rows);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writes.idle();
    await this.#queries.idle();
    try {
      closeEngine(await this.#engine);
    } finally {
      owned.delete(this.#path);
    }
  }

  async #write(records: readonly StoredEntry[], upTo: number): Promise<void> {
    const engine = await this.#usable();
    const { writer } = engine;
    try {
      await writer.run('BEGIN');
      if (records.length > 0) await insertNew(writer, records);
      await writer.run(
        `UPDATE cursors SET seq = ${integer(upTo)} WHERE name = 'live' AND seq < ${integer(upTo)}`,
      );
      await writer.run('COMMIT');
    } catch (error) {
      await this.#rollback(engine);
      throw new StoreError('storeUnavailable', this.#path, error);
    }
  }

  /** An I/O fault (a full disk) leaves the engine invalidated: then only opening the file again helps. */
  async #rollback(engine: Engine): Promise<void> {
    try {
      await engine.writer.run('ROLLBACK');
    } catch {
      // A failed COMMIT has ended the transaction already; whether the engine still works, a query tells.
      try {
        await engine.writer.run('FROM cursors');
      } catch {
        this.#engine = this.#reopen(engine);
        // Whoever uses it next sees the fault; nobody may be waiting yet.
        this.#engine.catch(() => undefined);
      }
    }
  }

  async #reopen(engine: Engine): Promise<Engine> {
    await Promise.allSettled(engine.reads);
    closeEngine(engine);
    return await openEngine(this.#path, this.#options);
  }

  async #usable(): Promise<Engine> {
    const current = this.#engine;
    try {
      return await current;
    } catch {
      if (this.#engine === current) this.#engine = openEngine(this.#path, this.#options);
      return await this.#engine;
    }
  }

  async #read(sql: string, values: string[]): Promise<readonly (readonly unknown[])[]> {
    if (this.#closed) throw new StoreError('storeClosed', this.#path);
    return await this.#queries.run(async () => {
      const engine = await this.#usable();
      const reading = readRows(engine, sql, values);
      engine.reads.add(reading);
      try {
        return await reading;
      } catch (error) {
        throw new StoreError('storeUnavailable', this.#path, error);
      } finally {
        engine.reads.delete(reading);
      }
    });
  }
}

async function readRows(
  engine: Engine,
  sql: string,
  values: string[],
): Promise<readonly (readonly unknown[])[]> {
  const reader = engine.idleReaders.pop() ?? (await engine.instance.connect());
  try {
    return (await reader.runAndReadAll(sql, values)).getRows();
  } finally {
    engine.idleReaders.push(reader);
  }
}

function closeEngine(engine: Engine): void {
  for (const reader of engine.idleReaders) reader.closeSync();
  engine.writer.closeSync();
  engine.instance.closeSync();
}

async function insertNew(writer: DuckDBConnection, records: readonly StoredEntry[]): Promise<void> {
  await stage(writer, records);
  const times = records.map((r) => r.position.fixTime);
  for (const { from, to } of timeRanges(times, MAX_RANGES)) {
    const within = `fix_time BETWEEN ${instant(from)} AND ${instant(to)}`;
    await writer.run(`
      INSERT INTO live
      SELECT s.* FROM (
        FROM staging WHERE ${within}
        QUALIFY row_number() OVER (PARTITION BY device, fix_time, hash ORDER BY seq) = 1
      ) s
      ANTI JOIN (SELECT device, fix_time, hash FROM live WHERE ${within}) l
      USING (device, fix_time, hash)`);
  }
  await writer.run('DELETE FROM staging');
}

async function stage(writer: DuckDBConnection, records: readonly StoredEntry[]): Promise<void> {
  const appender = await writer.createAppender('staging', null, 'temp');
  try {
    for (let i = 0; i < records.length; i++) {
      appendRow(appender, records[i] as StoredEntry);
      if (i % ROWS_PER_TURN === ROWS_PER_TURN - 1) {
        appender.flushSync();
        await turn();
      }
    }
  } catch (error) {
    appender.clear();
    throw error;
  } finally {
    appender.closeSync();
  }
}

function appendRow(appender: DuckDBAppender, record: StoredEntry): void {
  appender.appendVarchar(storedDevice(record.device));
  appendInstant(appender, record.position.fixTime);
  appender.appendBigInt(BigInt(record.hash));
  appender.appendBigInt(BigInt(record.seq));
  for (const column of columnList) {
    const cell = cellOf(column, record);
    if (cell === null) appender.appendNull();
    else if (typeof cell === 'string') appender.appendVarchar(cell);
    else if (typeof cell === 'boolean') appender.appendBoolean(cell);
    else if (column.type === 'time') appendInstant(appender, cell);
    else appender.appendDouble(cell);
  }
  appender.endRow();
}

function appendInstant(appender: DuckDBAppender, ms: number): void {
  appender.appendTimestamp(new DuckDBTimestampValue(BigInt(ms) * 1000n));
}

function toPage(query: TrackQuery, rows: readonly (readonly unknown[])[]) {
  const hasMore = rows.length > query.limit;
  const shown = hasMore ? rows.slice(0, query.limit) : rows;
  const last = shown.at(-1);
  const columns = new TrackColumnsBuilder(shown.length);
  for (const row of shown) columns.add(Number(row[0]), row, 2);
  return {
    columns: columns.finish(),
    next: hasMore && last !== undefined ? `${last[0]}.${last[1]}` : null,
  };
}

function parseCursor(cursor: string): { time: number; hash: string } {
  const parts = /^(-?\d{1,16})\.(\d{1,16})$/.exec(cursor);
  if (parts === null) throw new StoreError('badCursor', JSON.stringify(cursor));
  return { time: Number(parts[1]), hash: parts[2] ?? '' };
}

/** Date's own range; the engine's is wider. */
const MAX_TIME = 8_640_000_000_000_000;

/** A literal, so that the engine can skip row groups by their bounds. */
function instant(ms: number): string {
  return `epoch_ms(${integer(Math.min(MAX_TIME, Math.max(-MAX_TIME, ms)))})`;
}

function integer(value: number): string {
  return BigInt(Math.round(value)).toString();
}
