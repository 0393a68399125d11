import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBAppender,
  DuckDBBigIntVector,
  DuckDBBooleanVector,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBDoubleVector,
  DuckDBIntegerVector,
  DuckDBTimestampValue,
  DuckDBTimestampVector,
  type DuckDBType,
  DuckDBVarCharVector,
  type DuckDBVector,
  INTEGER,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api';
import { type ColumnType, cellOf, columnList } from './columns.ts';
import type { StoredEntry } from './store.ts';

/** What the engine takes at a time. */
const CHUNK_ROWS = 2048;

const vectorTypes: Readonly<Record<ColumnType, DuckDBType>> = {
  time: TIMESTAMP,
  float: DOUBLE,
  boolean: BOOLEAN,
  text: VARCHAR,
  list: VARCHAR,
  record: VARCHAR,
};
const types = [INTEGER, TIMESTAMP, BIGINT, BIGINT, ...columnList.map((c) => vectorTypes[c.type])];

/** Appends positions to a table of them, column by column, within the transaction of its connection. */
export class PositionAppender {
  readonly #appender: DuckDBAppender;
  readonly #rows: StoredEntry[] = [];
  readonly #devices: number[] = [];

  private constructor(appender: DuckDBAppender) {
    this.#appender = appender;
  }

  static async open(
    db: DuckDBConnection,
    table: string,
    catalog?: 'temp',
  ): Promise<PositionAppender> {
    return new PositionAppender(await db.createAppender(table, null, catalog ?? null));
  }

  /** @param device its id in the table `devices` */
  add(device: number, record: StoredEntry): void {
    this.#rows.push(record);
    this.#devices.push(device);
    if (this.#rows.length === CHUNK_ROWS) this.#append();
  }

  /** Hands the rest over to the transaction. */
  finish(): void {
    if (this.#rows.length > 0) this.#append();
    this.#appender.flushSync();
    this.#appender.closeSync();
  }

  /** Forgets what was not handed over. */
  abandon(): void {
    this.#appender.clear();
    this.#appender.closeSync();
  }

  #append(): void {
    const rows = this.#rows;
    const chunk = DuckDBDataChunk.create(types, rows.length);
    const [device, fixTime, hash, seq] = [0, 1, 2, 3].map((i) => chunk.getColumnVector(i));
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r] as StoredEntry;
      setNumber(device, r, this.#devices[r] as number);
      setNumber(fixTime, r, row.position.fixTime);
      setNumber(hash, r, row.hash);
      setNumber(seq, r, row.seq);
    }
    for (const vector of [device, fixTime, hash, seq]) vector?.flush();
    for (let c = 0; c < columnList.length; c++) this.#appendColumn(chunk, c);
    this.#appender.appendDataChunk(chunk);
    this.#rows.length = 0;
    this.#devices.length = 0;
  }

  #appendColumn(chunk: DuckDBDataChunk, c: number): void {
    const column = columnList[c];
    if (column === undefined) return;
    const vector = chunk.getColumnVector(4 + c);
    for (let r = 0; r < this.#rows.length; r++) {
      const cell = cellOf(column, this.#rows[r] as StoredEntry);
      if (typeof cell === 'number') setNumber(vector, r, cell);
      else if (vector instanceof DuckDBVarCharVector) vector.setItem(r, cell as string | null);
      else if (vector instanceof DuckDBBooleanVector) vector.setItem(r, cell as boolean | null);
      else setNull(vector, r);
    }
    vector.flush();
  }
}

function setNumber(vector: DuckDBVector | undefined, row: number, value: number): void {
  if (vector instanceof DuckDBDoubleVector) vector.setItem(row, value);
  else if (vector instanceof DuckDBTimestampVector) {
    vector.setItem(row, new DuckDBTimestampValue(BigInt(Math.round(value)) * 1000n));
  } else if (vector instanceof DuckDBBigIntVector) vector.setItem(row, BigInt(value));
  else if (vector instanceof DuckDBIntegerVector) vector.setItem(row, value);
}

function setNull(vector: DuckDBVector, row: number): void {
  if (vector instanceof DuckDBDoubleVector) vector.setItem(row, null);
  else if (vector instanceof DuckDBTimestampVector) vector.setItem(row, null);
}
