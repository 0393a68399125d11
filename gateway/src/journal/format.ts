import type { DeviceAlarm, Position, PositionFlag, ProtocolName } from '@xunji/protocols';
import { crc32c } from './crc32c.ts';
import type { DeviceRef, Entry, JournalRecord, PositionEntry } from './record.ts';

/*
 * Segment = head (64 bytes) + records. All numbers little-endian.
 *   head    magic[8] version u16 reserved u16 keyId u32 dataDirId[16] firstSeq f64 zero[..] crc32c u32 (over the first 60)
 *   record  length u32 (of the payload) | crc32c u32 (of the payload) | payload
 *   payload seq f64 | receivedTime f64 | kind u8 | body by kind
 * Strings are u16 length + UTF-8. A null number is NaN. A position begins with its numbers at fixed places
 * (`positionAt`), so that a reader of columns takes them without reading the rest.
 */

export const HEAD_BYTES = 64;
export const RECORD_HEAD_BYTES = 8;
/** Longest payload we write; a larger length on disk is damage. */
export const MAX_PAYLOAD_BYTES = 4 << 20;
const MAGIC = 'XUNJIJNL';
const VERSION = 2;

const kinds = ['position', 'message', 'config', 'tick'] as const;
const protocols: readonly ProtocolName[] = ['jt808', 'gt06', 'mqtt'];
const sources = ['gnss', 'wifi', 'cell', 'beacon', 'manual', 'fused'] as const;
const whats = ['fence', 'rule', 'device'] as const;

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

/** What the head of a segment says. `keyId` 0 = plain records. */
export interface SegmentHead {
  readonly dataDirId: Uint8Array;
  readonly firstSeq: number;
  readonly keyId: number;
}

/** The 64 bytes a segment starts with. */
export function encodeHead(head: SegmentHead): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(MAGIC, 'latin1'));
  view.setUint16(8, VERSION, true);
  view.setUint32(12, head.keyId, true);
  bytes.set(head.dataDirId.subarray(0, 16), 16);
  view.setFloat64(32, head.firstSeq, true);
  view.setUint32(60, crc32c(bytes, 0, 60), true);
  return bytes;
}

/** Null when the bytes are not a head of ours: torn, foreign or of a later format. */
export function decodeHead(bytes: Uint8Array): SegmentHead | null {
  if (bytes.length < HEAD_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  if (view.getUint32(60, true) !== crc32c(bytes, 0, 60)) return null;
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== MAGIC) return null;
  if (view.getUint16(8, true) !== VERSION) return null;
  return {
    dataDirId: bytes.slice(16, 32),
    firstSeq: view.getFloat64(32, true),
    keyId: view.getUint32(12, true),
  };
}

/** Encodes entries into one growing buffer, so that a group leaves for the writer as a single transfer. */
export class BatchEncoder {
  #buffer: Buffer;
  #view: DataView;
  #at = 0;
  readonly #initial: number;

  constructor(initialBytes = 1 << 16) {
    this.#initial = initialBytes;
    this.#buffer = Buffer.from(new ArrayBuffer(initialBytes));
    this.#view = new DataView(this.#buffer.buffer);
  }

  get bytes(): number {
    return this.#at;
  }

  /** Appends one record; the writer fills in the CRC. */
  add(entry: Entry, seq: number): void {
    const start = this.#at;
    this.#room(RECORD_HEAD_BYTES + positionAt.texts);
    this.#at += RECORD_HEAD_BYTES;
    this.#f64(seq);
    this.#f64(entry.receivedTime);
    this.#u8(kinds.indexOf(entry.kind));
    switch (entry.kind) {
      case 'position':
        this.#position(entry);
        break;
      case 'message':
        this.#device(entry.device, entry.edition, entry.epoch);
        this.#text(entry.name);
        this.#json(entry.fields);
        this.#blob(entry.raw);
        break;
      case 'config':
        this.#u8(whats.indexOf(entry.what));
        this.#text(entry.id);
        this.#f64(entry.revision);
        this.#json(entry.value);
        break;
      case 'tick':
        break;
    }
    const length = this.#at - start - RECORD_HEAD_BYTES;
    if (length > MAX_PAYLOAD_BYTES) {
      this.#at = start;
      throw new RangeError(`journal record of ${length} bytes`);
    }
    this.#view.setUint32(start, length, true);
  }

  /** Hands the encoded group over and starts a new one. */
  take(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.#buffer.buffer as ArrayBuffer, 0, this.#at);
    this.#buffer = Buffer.from(new ArrayBuffer(this.#initial));
    this.#view = new DataView(this.#buffer.buffer);
    this.#at = 0;
    return out;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    let size = this.#buffer.length * 2;
    while (size < this.#at + bytes) size *= 2;
    const next = Buffer.from(new ArrayBuffer(size));
    this.#buffer.copy(next, 0, 0, this.#at);
    this.#buffer = next;
    this.#view = new DataView(next.buffer);
  }
  #u8(v: number): void {
    this.#room(1);
    this.#view.setUint8(this.#at, v);
    this.#at += 1;
  }
  #f64(v: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#at, v, true);
    this.#at += 8;
  }
  #u32(v: number): void {
    this.#room(4);
    this.#view.setUint32(this.#at, v, true);
    this.#at += 4;
  }
  #text(v: string): void {
    // At most three UTF-8 bytes for each UTF-16 unit.
    this.#room(2 + v.length * 3);
    const n = this.#short(v, this.#at + 2) ?? this.#buffer.write(v, this.#at + 2, 'utf8');
    if (n > 0xffff) throw new RangeError(`journal text of ${n} bytes`);
    this.#view.setUint16(this.#at, n, true);
    this.#at += 2 + n;
  }
  /** A loop is faster than the call into the runtime for what is short and ASCII. */
  #short(v: string, at: number): number | null {
    if (v.length > 32) return null;
    for (let i = 0; i < v.length; i++) {
      const code = v.charCodeAt(i);
      if (code > 0x7f) return null;
      this.#buffer[at + i] = code;
    }
    return v.length;
  }
  #json(v: unknown): void {
    const text = JSON.stringify(v ?? null);
    this.#room(4 + text.length * 3);
    const n = this.#buffer.write(text, this.#at + 4, 'utf8');
    this.#view.setUint32(this.#at, n, true);
    this.#at += 4 + n;
  }
  #blob(v: Uint8Array): void {
    this.#room(4 + v.length);
    this.#view.setUint32(this.#at, v.length, true);
    this.#buffer.set(v, this.#at + 4);
    this.#at += 4 + v.length;
  }
  #device(d: DeviceRef, edition: string | null, epoch: number): void {
    this.#u8(protocols.indexOf(d.protocol));
    this.#text(d.id);
    this.#text(edition ?? '');
    this.#f64(epoch);
  }
  #position(entry: PositionEntry): void {
    const p = entry.position;
    const view = this.#view;
    const at = this.#at - positionAt.protocol;
    view.setUint8(at + positionAt.protocol, protocols.indexOf(entry.device.protocol));
    view.setUint8(at + positionAt.source, sources.indexOf(p.source));
    const bits =
      (p.timeSource === 'server' ? positionBits.serverTime : 0) |
      (p.valid ? positionBits.valid : 0) |
      (p.buffered ? positionBits.buffered : 0) |
      (p.ignition === null ? 0 : positionBits.ignitionKnown) |
      (p.ignition === true ? positionBits.ignitionOn : 0) |
      (entry.late ? positionBits.late : 0);
    view.setUint8(at + positionAt.bits, bits);
    view.setUint32(at + positionAt.bits + 1, 0);
    view.setFloat64(at + positionAt.epoch, entry.epoch, true);
    view.setFloat64(at + positionAt.hash, entry.hash, true);
    view.setFloat64(at + positionAt.fixTime, p.fixTime, true);
    view.setFloat64(at + positionAt.latitude, p.latitude ?? Number.NaN, true);
    view.setFloat64(at + positionAt.longitude, p.longitude ?? Number.NaN, true);
    view.setFloat64(at + positionAt.altitudeM, p.altitudeM ?? Number.NaN, true);
    view.setFloat64(at + positionAt.speedKmh, p.speedKmh ?? Number.NaN, true);
    view.setFloat64(at + positionAt.courseDeg, p.courseDeg ?? Number.NaN, true);
    view.setFloat64(at + positionAt.satellites, p.satellites ?? Number.NaN, true);
    view.setFloat64(at + positionAt.hdop, p.hdop ?? Number.NaN, true);
    view.setFloat64(at + positionAt.accuracyM, p.accuracyM ?? Number.NaN, true);
    view.setFloat64(at + positionAt.mileageKm, p.mileageKm ?? Number.NaN, true);
    view.setFloat64(at + positionAt.batteryPercent, p.batteryPercent ?? Number.NaN, true);
    this.#at = at + positionAt.texts;
    this.#text(entry.device.id);
    this.#text(entry.edition ?? '');
    this.#text(p.alarms.length === 0 ? '' : p.alarms.join(','));
    this.#text(p.flags.length === 0 ? '' : p.flags.join(','));
    if (hasKeys(p.extras)) this.#json(p.extras);
    else this.#u32(0);
    this.#blob(entry.raw);
  }
}

function hasKeys(o: object): boolean {
  for (const _ in o) return true;
  return false;
}

/** What stands at `offset`: a record and where the next one begins, or why there is none. */
export type Decoded =
  | { readonly ok: true; readonly record: JournalRecord; readonly next: number }
  | { readonly ok: false; readonly why: 'end' | 'short' | 'length' | 'crc' };

/** `short` = the bytes end inside the record: read more, or a torn tail when there is no more. */
export function decodeRecord(bytes: Buffer, offset: number): Decoded {
  if (offset === bytes.length) return { ok: false, why: 'end' };
  if (offset + RECORD_HEAD_BYTES > bytes.length) return { ok: false, why: 'short' };
  const length = bytes.readUInt32LE(offset);
  if (length < 17 || length > MAX_PAYLOAD_BYTES) return { ok: false, why: 'length' };
  const start = offset + RECORD_HEAD_BYTES;
  const next = start + length;
  if (next > bytes.length) return { ok: false, why: 'short' };
  if (crc32c(bytes, start, next) !== bytes.readUInt32LE(offset + 4))
    return { ok: false, why: 'crc' };
  return { ok: true, record: decodePayload(bytes, start), next };
}

/** Writes the CRC of every record of an encoded group, in place. Runs on the writer's thread. */
export function sealRecords(group: Uint8Array): { records: number } {
  const view = new DataView(group.buffer, group.byteOffset, group.byteLength);
  let at = 0;
  let records = 0;
  while (at < group.length) {
    const length = view.getUint32(at, true);
    const start = at + RECORD_HEAD_BYTES;
    view.setUint32(at + 4, crc32c(group, start, start + length), true);
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
    return new Uint8Array(this.#b.subarray(this.#at - n, this.#at));
  }
  who(): { device: DeviceRef; edition: string | null; epoch: number } {
    return {
      device: { protocol: protocols[this.u8()] ?? 'mqtt', id: this.text() },
      edition: this.text() || null,
      epoch: this.f64(),
    };
  }
}

function decodePayload(b: Buffer, start: number): JournalRecord {
  const seq = b.readDoubleLE(start);
  const receivedTime = b.readDoubleLE(start + positionAt.receivedTime);
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

function decodePosition(
  b: Buffer,
  start: number,
  seq: number,
  receivedTime: number,
): JournalRecord {
  const nullable = (at: number) => {
    const v = b.readDoubleLE(start + at);
    return Number.isNaN(v) ? null : v;
  };
  const bits = b.readUInt8(start + positionAt.bits);
  const rest = new PayloadReader(b, start + positionAt.texts);
  const id = rest.text();
  const edition = rest.text() || null;
  const position: Position = {
    fixTime: b.readDoubleLE(start + positionAt.fixTime),
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
    epoch: b.readDoubleLE(start + positionAt.epoch),
    late: (bits & positionBits.late) !== 0,
    position,
    hash: b.readDoubleLE(start + positionAt.hash),
    raw: rest.blob(),
    seq,
  };
}

const list = <T extends string>(joined: string): T[] =>
  joined === '' ? [] : (joined.split(',') as T[]);
