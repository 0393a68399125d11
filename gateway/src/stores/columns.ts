import type { PositionEntry } from '../journal/record.ts';
import type { TrackPosition } from '../wire.ts';

/** What a store keeps of one column: already finite, JSON as text, instants as ms UTC. */
export type Cell = number | boolean | string | null;
/** `list` and `record` are JSON text; what is empty is kept as null, which costs an engine nothing. */
export type ColumnType = 'time' | 'float' | 'boolean' | 'text' | 'list' | 'record';

export interface Column {
  /** In the engines: snake case, because DuckDB does not see the difference of cases. */
  readonly name: string;
  /** Fixed for the life of a database: InfluxDB refuses a field that changes its type. */
  readonly type: ColumnType;
  readonly of: (entry: PositionEntry) => unknown;
}

type IdentityKey = 'device' | 'protocol' | 'fixTime';

/**
 * The one table of what stores keep of a position beside its identity (device, fixTime, hash). Schemas, writers and
 * readers of every store walk it in this order.
 */
export const columns: { readonly [K in Exclude<keyof TrackPosition, IdentityKey>]: Column } = {
  receivedTime: { name: 'received_time', type: 'time', of: (e) => e.receivedTime },
  valid: { name: 'valid', type: 'boolean', of: (e) => e.position.valid },
  latitude: { name: 'latitude', type: 'float', of: (e) => e.position.latitude },
  longitude: { name: 'longitude', type: 'float', of: (e) => e.position.longitude },
  altitudeM: { name: 'altitude_m', type: 'float', of: (e) => e.position.altitudeM },
  speedKmh: { name: 'speed_kmh', type: 'float', of: (e) => e.position.speedKmh },
  courseDeg: { name: 'course_deg', type: 'float', of: (e) => e.position.courseDeg },
  satellites: { name: 'satellites', type: 'float', of: (e) => e.position.satellites },
  accuracyM: { name: 'accuracy_m', type: 'float', of: (e) => e.position.accuracyM },
  mileageKm: { name: 'mileage_km', type: 'float', of: (e) => e.position.mileageKm },
  batteryPercent: { name: 'battery_percent', type: 'float', of: (e) => e.position.batteryPercent },
  ignition: { name: 'ignition', type: 'boolean', of: (e) => e.position.ignition },
  source: { name: 'source', type: 'text', of: (e) => e.position.source },
  late: { name: 'late', type: 'boolean', of: (e) => e.late },
  alarms: { name: 'alarms', type: 'list', of: (e) => e.position.alarms },
  flags: { name: 'flags', type: 'list', of: (e) => e.position.flags },
  extras: { name: 'extras', type: 'record', of: (e) => e.position.extras },
};

/** The table as a list, in its order. */
export const columnList: readonly Column[] = Object.values(columns);

/** What is to be written of an entry for one column; numbers no engine takes (NaN, Infinity) become null. */
export function cellOf(column: Column, entry: PositionEntry): Cell {
  const value = column.of(entry);
  switch (column.type) {
    case 'list':
    case 'record':
      return toJson(value);
    case 'float':
    case 'time':
      return typeof value === 'number' && Number.isFinite(value) ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'text':
      return typeof value === 'string' ? value : null;
  }
}

function toJson(value: unknown): string | null {
  // Most are empty, and asking costs a tenth of writing.
  if (typeof value === 'object' && value !== null && isEmpty(value)) return null;
  // A replacer takes the engine off its fast way.
  const text = holdsPlain(value) ? JSON.stringify(value) : JSON.stringify(value, finiteOnly);
  return text === '[]' || text === '{}' ? null : text;
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** Whether it holds nothing that has to be looked at one by one. */
function holdsPlain(value: unknown): boolean {
  for (const one of Object.values(value ?? {})) {
    if (typeof one === 'object' || (typeof one === 'number' && !Number.isFinite(one))) return false;
  }
  return true;
}

const finiteOnly = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
