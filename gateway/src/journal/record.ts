import type { Position, ProtocolName } from '@xunji/protocols';

/** Who a record is about. The same id in another family is another device. */
export interface DeviceRef {
  readonly protocol: ProtocolName;
  readonly id: string;
}

/** `jt808:13912345678`: the key of maps, stores and InfluxDB series. */
export const deviceKey = (d: DeviceRef): string => `${d.protocol}:${d.id}`;
export const parseDeviceKey = (key: string): DeviceRef => {
  const colon = key.indexOf(':');
  return { protocol: key.slice(0, colon) as ProtocolName, id: key.slice(colon + 1) };
};

interface RecordBase {
  /** Ms UTC at which the last byte of its frame was read. */
  readonly receivedTime: number;
  /** The journal numbers what it is handed; who makes many sets 0, so that the object keeps its shape. */
  readonly seq?: number;
}

/** One position of one frame. A 0x0704 gives several; only the first carries the raw frame. */
export interface PositionEntry extends RecordBase {
  readonly kind: 'position';
  readonly device: DeviceRef;
  readonly edition: string | null;
  /** Counts the connections of this gateway life; a reconnect is a new epoch. */
  readonly epoch: number;
  /** Older than `liveMaxAge` on arrival, or sent as buffered: stored, never a live alarm. */
  readonly late: boolean;
  readonly position: Position;
  /** Of coordinates, speed, course, alarms and status, a whole number below 2^52: what makes a resent fix the same fix. */
  readonly hash: number;
  /** The verified frame, or empty when an earlier record of the same frame carries it. */
  readonly raw: Uint8Array;
}

/** Name of the message by which the intake notes that connections keep taking one identity from each other. */
export const IDENTITY_FLAPPING = 'identityFlapping';

/**
 * Name of the message that is one frame of a message in several. Its fields: `id` of the message, `total`, `index`
 * from 1, and `isLast` when the whole, whose records stand before it, was joined with it.
 */
export const PART = 'part';

/** A message without positions that facts may depend on: log-in, heartbeat alarm bits, logout, going offline. */
export interface MessageEntry extends RecordBase {
  readonly kind: 'message';
  readonly device: DeviceRef;
  readonly edition: string | null;
  readonly epoch: number;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly raw: Uint8Array;
}

/** A revision of what facts depend on; takes effect at its journal sequence. `value` null = deleted. */
export interface ConfigEntry extends RecordBase {
  readonly kind: 'config';
  readonly what: 'fence' | 'rule' | 'device';
  readonly id: string;
  readonly revision: number;
  readonly value: unknown;
}

/** The clock, so that timers take effect at a journal sequence. */
export interface TickEntry extends RecordBase {
  readonly kind: 'tick';
}

export type Entry = PositionEntry | MessageEntry | ConfigEntry | TickEntry;
/** An entry with its place in the journal; sequences start at 1, and only damage makes holes. */
export type JournalRecord = Entry & { readonly seq: number };
