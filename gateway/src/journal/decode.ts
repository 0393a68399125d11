import type { DeviceAlarm, Position, PositionFlag } from '@xunji/protocols';
import { crc32c } from './crc32c.ts';
import {
  kinds,
  MAX_PAYLOAD_BYTES,
  positionAt,
  positionBits,
  protocols,
  RECORD_HEAD_BYTES,
  sources,
  whats,
} from './format.ts';
import type { DeviceRef, JournalRecord } from './record.ts';

/** What stands at `offset`: a record and where the next one begins, or why there is none. */
export type Decoded =
  | { readonly ok: true; readonly record: JournalRecord; readonly next: number }
  | { readonly ok: false; readonly why: 'end' | 'short' | 'length' | 'crc' };

/**
 * `short` = the bytes end inside the record: read more, or a torn tail when there is no more.
 * @param seed of the segment's checksums
 */
export function decodeRecord(bytes: Buffer, offset: number, seed = 0): Decoded {
  if (offset === bytes.length) return { ok: false, why: 'end' };
  if (offset + RECORD_HEAD_BYTES > bytes.length) return { ok: false, why: 'short' };
  const length = bytes.readUInt32LE(offset);
  if (length < 17 || length > MAX_PAYLOAD_BYTES) return { ok: false, why: 'length' };
  const start = offset + RECORD_HEAD_BYTES;
  const next = start + length;
  if (next > bytes.length) return { ok: false, why: 'short' };
  if (crc32c(bytes, start, next, seed) !== bytes.readUInt32LE(offset + 4))
    return { ok: false, why: 'crc' };
  return { ok: true, record: decodePayload(bytes, start), next };
}

/** The sequence of the record at `offset` when all of it is there and verifies, else 0. Reads no more of it. */
export function soundSeq(bytes: Buffer, offset: number, seed: number): number {
  const start = offset + RECORD_HEAD_BYTES;
  if (start > bytes.length) return 0;
  const length = bytes.readUInt32LE(offset);
  const next = start + length;
  if (length < 17 || length > MAX_PAYLOAD_BYTES || next > bytes.length) return 0;
  return crc32c(bytes, start, next, seed) === bytes.readUInt32LE(offset + 4)
    ? bytes.readDoubleLE(start)
    : 0;
}

/** Writes the CRC of every record of an encoded group, in place. Runs on the writer's thread. */
export function sealRecords(group: Uint8Array, seed = 0): { records: number } {
  const view = new DataView(group.buffer, group.byteOffset, group.byteLength);
  let at = 0;
  let records = 0;
  while (at < group.length) {
    const length = view.getUint32(at, true);
    const start = at + RECORD_HEAD_BYTES;
    view.setUint32(at + 4, crc32c(group, start, start + length, seed), true);
    at = start + length;
    records++;
  }
  return { records };
}

/** Reads the parts of a payload in their order. */
class PayloadReader {
  readonly #b: Buffer;
  #at: number;

  constructor(b: Buffer, at: number) {
    this.#b = b;
    this.#at = at;
  }

  u8(): number {
    return this.#b.readUInt8(this.#at++);
  }
  f64(): number {
    this.#at += 8;
    return this.#b.readDoubleLE(this.#at - 8);
  }
  text(): string {
    const n = this.#b.readUInt16LE(this.#at);
    this.#at += 2 + n;
    return n === 0 ? '' : this.#b.toString('utf8', this.#at - n, this.#at);
  }
  /** Undefined when nothing was written. */
  json(): unknown {
    const n = this.#b.readUInt32LE(this.#at);
    this.#at += 4 + n;
    return n === 0
      ? undefined
      : (JSON.parse(this.#b.toString('utf8', this.#at - n, this.#at)) as unknown);
  }
  blob(): Uint8Array {
    const n = this.#b.readUInt32LE(this.#at);
    this.#at += 4 + n;
    return new Uint8Array(this.#b.buffer, this.#b.byteOffset + this.#at - n, n);
  }
  who(): { device: DeviceRef; edition: string | null; epoch: number } {
    return {
      device: { protocol: protocols[this.u8()] ?? 'mqtt', id: this.text() },
      edition: this.text() || null,
      epoch: this.f64(),
    };
  }
}

/** Of a record that was found sound; `start` is behind its head. Its frame stays a view of `b`. */
export function decodePayload(b: Buffer, start: number): JournalRecord {
  const view = viewOf(b);
  const seq = view.getFloat64(start, true);
  const receivedTime = view.getFloat64(start + positionAt.receivedTime, true);
  const kind = kinds[b.readUInt8(start + positionAt.kind)];
  const rest = new PayloadReader(b, start + positionAt.protocol);
  switch (kind) {
    case 'position':
      return decodePosition(b, start, seq, receivedTime);
    case 'message':
      return {
        ...{ kind, seq, receivedTime, ...rest.who() },
        name: rest.text(),
        fields: rest.json() as Record<string, unknown>,
        raw: rest.blob(),
      };
    case 'config':
      return {
        ...{ kind, seq, receivedTime },
        what: whats[rest.u8()] ?? 'fence',
        id: rest.text(),
        revision: rest.f64(),
        value: rest.json(),
      };
    case 'tick':
      return { kind, seq, receivedTime };
    default:
      throw new Error(`journal record ${seq} of an unknown kind`);
  }
}

// Of the buffer that was read last; a view reads numbers several times as fast as a buffer does.
let viewed: Buffer | null = null;
let lastView: DataView = new DataView(new ArrayBuffer(0));

function viewOf(b: Buffer): DataView {
  if (b !== viewed) {
    lastView = new DataView(b.buffer, b.byteOffset, b.length);
    viewed = b;
  }
  return lastView;
}

function decodePosition(
  b: Buffer,
  start: number,
  seq: number,
  receivedTime: number,
): JournalRecord {
  const view = viewOf(b);
  const nullable = (at: number) => {
    const v = view.getFloat64(start + at, true);
    return Number.isNaN(v) ? null : v;
  };
  const bits = b.readUInt8(start + positionAt.bits);
  const rest = new PayloadReader(b, start + positionAt.texts);
  const id = rest.text();
  const edition = rest.text() || null;
  const position: Position = {
    fixTime: view.getFloat64(start + positionAt.fixTime, true),
    timeSource: bits & positionBits.serverTime ? 'server' : 'device',
    valid: (bits & positionBits.valid) !== 0,
    latitude: nullable(positionAt.latitude),
    longitude: nullable(positionAt.longitude),
    altitudeM: nullable(positionAt.altitudeM),
    speedKmh: nullable(positionAt.speedKmh),
    courseDeg: nullable(positionAt.courseDeg),
    satellites: nullable(positionAt.satellites),
    hdop: nullable(positionAt.hdop),
    accuracyM: nullable(positionAt.accuracyM),
    mileageKm: nullable(positionAt.mileageKm),
    batteryPercent: nullable(positionAt.batteryPercent),
    ignition: bits & positionBits.ignitionKnown ? (bits & positionBits.ignitionOn) !== 0 : null,
    source: sources[b.readUInt8(start + positionAt.source)] ?? 'gnss',
    buffered: (bits & positionBits.buffered) !== 0,
    alarms: list<DeviceAlarm>(rest.text()),
    flags: list<PositionFlag>(rest.text()),
    extras: (rest.json() ?? {}) as Position['extras'],
  };
  return {
    kind: 'position',
    receivedTime,
    device: { protocol: protocols[b.readUInt8(start + positionAt.protocol)] ?? 'mqtt', id },
    edition,
    epoch: view.getFloat64(start + positionAt.epoch, true),
    late: (bits & positionBits.late) !== 0,
    position,
    hash: view.getFloat64(start + positionAt.hash, true),
    raw: rest.blob(),
    seq,
  };
}

const list = <T extends string>(joined: string): T[] =>
  joined === '' ? [] : (joined.split(',') as T[]);
