import { type Column, cellOf, columnList } from './columns.ts';
import type { StoredEntry } from './store.ts';
import { storedDevice } from './stored-device.ts';

/** Where positions are kept; the one tag is the device, so that one device is one series. */
export const POSITION = 'position';
/** Where the consumer's place is kept: field `seq`, one point a day. */
export const CURSOR = 'cursor';

const NS_PER_MS = 1_000_000n;

/** The range of InfluxDB times, a little inside of 64 bits of nanoseconds. */
export const MAX_INFLUX_MS = 9_223_372_036_000;

/**
 * The time of a position's point in ns: its millisecond, and below it 20 bits of the hash. Two fixes of one device in
 * one second stay two points, and a fix sent again writes the same point again.
 */
export function pointTime(fixTime: number, hash: number): string {
  // 20 bits are 1,048,576 values, a millisecond has 1,000,000 ns.
  const below = hash % 1_000_000;
  if (fixTime > 0) return `${fixTime}${String(below).padStart(6, '0')}`;
  return (BigInt(fixTime) * NS_PER_MS + BigInt(below)).toString();
}

/** The first instant of a millisecond in ns, inside the range of the engine. */
export function instantNs(ms: number): string {
  const inside = Math.min(MAX_INFLUX_MS, Math.max(-MAX_INFLUX_MS, Math.ceil(ms)));
  return (BigInt(inside) * NS_PER_MS).toString();
}

/** The millisecond a point's time (ns, in digits) belongs to. */
export function pointMs(ns: string): number {
  if (ns.length > 6 && !ns.startsWith('-')) return Number(ns.slice(0, -6));
  const exact = BigInt(ns);
  const ms = exact / NS_PER_MS;
  return Number(exact < 0n && ms * NS_PER_MS !== exact ? ms - 1n : ms);
}

/** The line of the cursor's point. */
export const cursorLine = (seq: number, ns: string): string => `${CURSOR} seq=${seq}i ${ns}\n`;

const MAX_SERIES = 65_536;

/**
 * Writes positions as lines of the line protocol: the key of each series is made once, cells go straight into the
 * text. Null cells are left out, which is how InfluxDB keeps them.
 */
export class LineWriter {
  /** Measurement and tag of the devices met so far, bounded. */
  readonly #series = new Map<string, string>();

  /** @param records whose fix times are within the range of the engine */
  lines(records: readonly StoredEntry[]): string {
    let text = '';
    for (const record of records) {
      text += this.#seriesOf(record);
      let separator = ' ';
      for (const column of columnList) {
        const cell = cellText(column, record);
        if (cell === '') continue;
        text += separator + column.name + cell;
        separator = ',';
      }
      text += ` ${pointTime(record.position.fixTime, record.hash)}\n`;
    }
    return text;
  }

  #seriesOf({ device }: StoredEntry): string {
    const key = `${device.protocol}:${device.id}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= MAX_SERIES) this.#series.clear();
      // Newlines, quotes and backslashes cannot be in a stored id; these three end a tag's value.
      series = `${POSITION},device=${storedDevice(device).replace(/[,= ]/g, '\\$&')}`;
      this.#series.set(key, series);
    }
    return series;
  }
}

/** `=value` as the type of the column is written, empty for null. */
function cellText(column: Column, record: StoredEntry): string {
  const cell = cellOf(column, record);
  if (cell === null) return '';
  if (typeof cell === 'string') return `="${/["\\]/.test(cell) ? escaped(cell) : cell}"`;
  if (typeof cell === 'boolean') return cell ? '=true' : '=false';
  return column.type === 'time' ? `=${Math.trunc(cell)}i` : `=${cell}`;
}

const escaped = (text: string): string => text.replace(/["\\]/g, '\\$&');
