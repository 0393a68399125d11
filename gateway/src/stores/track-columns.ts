import type { DeviceRef } from '../journal/record.ts';
import type { TrackPosition } from '../wire.ts';
import { type ColumnType, columnList, columns } from './columns.ts';

/** Text of which most cells repeat: `codes` are places in `values`, -1 is null. */
export interface TextCells {
  readonly codes: Int32Array;
  readonly values: readonly string[];
}

/** Of a float or time column NaN is null; of a boolean column 1, 0 and -1 for null. */
export type ColumnCells = Float64Array | Int8Array | TextCells;

/**
 * A track as columns of equal length, oldest fix first: a device-day is some twenty arrays instead of 86,400 objects,
 * and they cross threads without a copy.
 */
export interface TrackColumns {
  readonly length: number;
  /** Ms UTC. */
  readonly fixTime: Float64Array;
  /** In the order of `columnList`; what kind of cells each has follows from its type (`cellsAre`). */
  readonly cells: readonly ColumnCells[];
}

/** A page of a track. */
export interface TrackPage {
  readonly columns: TrackColumns;
  /** Cursor of the next page, null at the end. */
  readonly next: string | null;
}

const keyed = Object.keys(columns);

/** Collects rows into columns; every store builds its pages with it. */
export class TrackColumnsBuilder {
  #length = 0;
  #fixTime: Float64Array;
  readonly #numbers: (Float64Array | null)[];
  readonly #booleans: (Int8Array | null)[];
  readonly #texts: (TextBuilder | null)[];

  /** @param capacity rows to expect; more are taken */
  constructor(capacity: number) {
    const size = Math.max(1, capacity);
    this.#fixTime = new Float64Array(size);
    this.#numbers = columnList.map((c) => (isNumeric(c.type) ? new Float64Array(size) : null));
    this.#booleans = columnList.map((c) => (c.type === 'boolean' ? new Int8Array(size) : null));
    this.#texts = columnList.map((c) => (isTextual(c.type) ? new TextBuilder(size) : null));
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Appends one row.
   * @param cells in the order of `columnList`, beginning at `offset`; what is missing or of another type is null
   */
  add(fixTime: number, cells: readonly unknown[], offset: number): void {
    this.addFrom(fixTime, (c) => cells[offset + c]);
  }

  /** Likewise, from wherever `cellOf` finds the cell of a column. */
  addFrom(fixTime: number, cellOf: (column: number) => unknown): void {
    if (this.#length === this.#fixTime.length) this.#grow();
    const row = this.#length++;
    this.#fixTime[row] = fixTime;
    for (let c = 0; c < columnList.length; c++) {
      const cell = cellOf(c);
      const numbers = this.#numbers[c];
      const booleans = this.#booleans[c];
      if (numbers) {
        const isNumber = typeof cell === 'number' || typeof cell === 'bigint';
        numbers[row] = isNumber ? Number(cell) : Number.NaN;
      } else if (booleans) booleans[row] = typeof cell === 'boolean' ? Number(cell) : -1;
      else this.#texts[c]?.add(typeof cell === 'string' ? cell : null);
    }
  }

  /** The columns so far, cut to their length. */
  finish(): TrackColumns {
    const length = this.#length;
    return {
      length,
      fixTime: this.#fixTime.slice(0, length),
      cells: columnList.map(
        (_, c) =>
          this.#numbers[c]?.slice(0, length) ??
          this.#booleans[c]?.slice(0, length) ??
          this.#texts[c]?.finish() ?? { codes: new Int32Array(length).fill(-1), values: [] },
      ),
    };
  }

  #grow(): void {
    const size = this.#fixTime.length * 2;
    this.#fixTime = grown(this.#fixTime, new Float64Array(size));
    for (let c = 0; c < columnList.length; c++) {
      const numbers = this.#numbers[c];
      const booleans = this.#booleans[c];
      if (numbers) this.#numbers[c] = grown(numbers, new Float64Array(size));
      if (booleans) this.#booleans[c] = grown(booleans, new Int8Array(size));
    }
  }
}

function grown<T extends Float64Array | Int8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

const isNumeric = (type: ColumnType) => type === 'float' || type === 'time';
const isTextual = (type: ColumnType) => type === 'text' || type === 'list' || type === 'record';

class TextBuilder {
  #codes: Int32Array;
  #length = 0;
  readonly #values: string[] = [];
  readonly #known = new Map<string, number>();

  constructor(capacity: number) {
    this.#codes = new Int32Array(capacity);
  }

  add(text: string | null): void {
    if (this.#length === this.#codes.length) {
      this.#codes = grown(this.#codes, new Int32Array(this.#length * 2));
    }
    this.#codes[this.#length++] = text === null ? -1 : this.#code(text);
  }

  finish(): TextCells {
    return { codes: this.#codes.slice(0, this.#length), values: this.#values };
  }

  #code(text: string): number {
    let code = this.#known.get(text);
    if (code === undefined) {
      code = this.#values.length;
      this.#values.push(text);
      this.#known.set(text, code);
    }
    return code;
  }
}

const noColumns = new TrackColumnsBuilder(0).finish();
/** The page of a track that has no positions. */
export const emptyPage: TrackPage = { columns: noColumns, next: null };

/**
 * Rows of columns as the JSON of REST's `TrackPosition`, without an object for any of them; the text of many cells
 * (an extra, a source) is written once and reused.
 * @param from first row, `to` the row after the last
 * @returns the rows joined by commas
 */
export function rowsJson(device: DeviceRef, track: TrackColumns, from: number, to: number): string {
  const head = `{"device":${JSON.stringify(device.id)},"protocol":"${device.protocol}","fixTime":"`;
  const writers = columnList.map((column, c) => cellWriter(column.type, track.cells[c]));
  let out = '';
  for (let row = from; row < to; row++) {
    out += `${row > from ? ',' : ''}${head}${isoTime(track.fixTime[row] as number)}"`;
    for (let c = 0; c < writers.length; c++) {
      out += `,"${keyed[c]}":${(writers[c] as (row: number) => string)(row)}`;
    }
    out += '}';
  }
  return out;
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

function cellWriter(type: ColumnType, cells: ColumnCells | undefined): (row: number) => string {
  if (cells === undefined) return () => 'null';
  if (cells instanceof Float64Array) {
    return (row) => {
      const value = cells[row] as number;
      if (Number.isNaN(value)) return 'null';
      return type === 'time' ? `"${isoTime(value)}"` : String(value);
    };
  }
  if (cells instanceof Int8Array) {
    return (row) => (cells[row] === -1 ? 'null' : cells[row] === 1 ? 'true' : 'false');
  }
  const none = type === 'list' ? '[]' : type === 'record' ? '{}' : 'null';
  const written = type === 'text' ? cells.values.map((v) => JSON.stringify(v)) : cells.values;
  return (row) => written[cells.codes[row] as number] ?? none;
}

/**
 * All rows as objects: for tests and for what handles few positions.
 * @throws SyntaxError when a JSON cell was changed by someone else
 */
export function trackItems(device: DeviceRef, track: TrackColumns): TrackPosition[] {
  return JSON.parse(`[${rowsJson(device, track, 0, track.length)}]`) as TrackPosition[];
}
