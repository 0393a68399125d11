import { FieldType, type IPoint, type ISchemaOptions } from 'influx';
import { type ColumnType, cellOf, columnList } from './columns.ts';
import type { StoredEntry } from './store.ts';
import { storedDevice } from './stored-device.ts';

/** Where positions are kept; the one tag is the device, so that one device is one series. */
export const POSITION = 'position';
/** Where the consumer's place is kept: field `seq`, one point a day. */
export const CURSOR = 'cursor';

const fieldTypes: Readonly<Record<ColumnType, FieldType>> = {
  time: FieldType.INTEGER,
  float: FieldType.FLOAT,
  boolean: FieldType.BOOLEAN,
  text: FieldType.STRING,
  list: FieldType.STRING,
  record: FieldType.STRING,
};

/** What the library checks points against before it sends them. */
export const schemas: readonly ISchemaOptions[] = [
  {
    measurement: POSITION,
    tags: ['device'],
    fields: Object.fromEntries(columnList.map((c) => [c.name, fieldTypes[c.type]])),
  },
  { measurement: CURSOR, tags: [], fields: { seq: FieldType.INTEGER } },
];

const NS_PER_MS = 1_000_000n;

/** The range of InfluxDB times, a little inside of 64 bits of nanoseconds. */
export const MAX_INFLUX_MS = 9_223_372_036_000;

/**
 * The time of a position's point in ns: its millisecond, and below it 20 bits of the hash. Two fixes of one device in
 * one second stay two points, and a fix sent again writes the same point again.
 */
export function pointTime(fixTime: number, hash: number): string {
  // 20 bits are 1,048,576 values, a millisecond has 1,000,000 ns.
  const below = BigInt(hash % 1_000_000);
  return (BigInt(fixTime) * NS_PER_MS + below).toString();
}

/** The first instant of a millisecond in ns, inside the range of the engine. */
export function instantNs(ms: number): string {
  const inside = Math.min(MAX_INFLUX_MS, Math.max(-MAX_INFLUX_MS, Math.ceil(ms)));
  return (BigInt(inside) * NS_PER_MS).toString();
}

/** A time as a query answers it (RFC 3339, up to nine decimals) in ns; JSON numbers would lose the last digits. */
export function answeredNs(time: string): bigint {
  const [seconds = '', decimals = ''] = time.replace('Z', '').split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * NS_PER_MS + BigInt(decimals.padEnd(9, '0'));
}

/** The millisecond a point's time belongs to. */
export function pointMs(ns: bigint): number {
  const ms = ns / NS_PER_MS;
  return Number(ns < 0n && ms * NS_PER_MS !== ns ? ms - 1n : ms);
}

/** A record as a point; null cells are left out, which is how InfluxDB keeps them. */
export function toPoint(record: StoredEntry): IPoint {
  const fields: Record<string, unknown> = {};
  for (const column of columnList) {
    const cell = cellOf(column, record);
    if (cell === null) continue;
    // The library's quoting spoils a backslash before an apostrophe; JSON can say the apostrophe otherwise.
    fields[column.name] =
      column.type === 'record' ? String(cell).replaceAll("'", String.raw`\u0027`) : cell;
  }
  return {
    measurement: POSITION,
    tags: { device: storedDevice(record.device) },
    fields,
    timestamp: pointTime(record.position.fixTime, record.hash),
  };
}
