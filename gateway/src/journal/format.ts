import type { ProtocolName } from '@xunji/protocols';

/*
 * Segment = head (`segment-head.ts`) + records. All numbers little-endian.
 *   record  length u32 (of the payload) | crc32c u32 (of the payload) | payload
 *   payload seq f64 | receivedTime f64 | kind u8 | body by kind
 * Strings are u16 length + UTF-8. A null number is NaN. A position begins with its numbers at fixed places
 * (`positionAt`), so that a reader of columns takes them without reading the rest.
 */

export const RECORD_HEAD_BYTES = 8;
/** Longest payload we write; a larger length on disk is damage. */
export const MAX_PAYLOAD_BYTES = 4 << 20;

/** Numbered by their places here, for good. */
export const kinds = ['position', 'message', 'config', 'tick'] as const;
/** Likewise. */
export const protocols: readonly ProtocolName[] = ['jt808', 'gt06', 'mqtt'];
/** Likewise. */
export const sources = ['gnss', 'wifi', 'cell', 'beacon', 'manual', 'fused'] as const;
/** Likewise. */
export const whats = ['fence', 'rule', 'device'] as const;

/** Where in its payload a position keeps what; all `f64` but the first four. Behind `texts`: id, edition, alarms, flags, extras, raw. */
export const positionAt = {
  seq: 0,
  receivedTime: 8,
  kind: 16,
  protocol: 17,
  source: 18,
  bits: 19,
  epoch: 24,
  hash: 32,
  fixTime: 40,
  latitude: 48,
  longitude: 56,
  altitudeM: 64,
  speedKmh: 72,
  courseDeg: 80,
  satellites: 88,
  hdop: 96,
  accuracyM: 104,
  mileageKm: 112,
  batteryPercent: 120,
  texts: 128,
} as const;
/** Of `positionAt.bits`. */
export const positionBits = {
  serverTime: 1,
  valid: 2,
  buffered: 4,
  ignitionKnown: 8,
  ignitionOn: 16,
  late: 32,
} as const;
