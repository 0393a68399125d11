import type { DeviceAlarm, Position, PositionFlag, ProtocolName } from '@xunji/protocols';
import { crc32c } from './crc32c.ts';
import type { DeviceRef, Entry, JournalRecord } from './record.ts';

/*
 * Segment = head (64 bytes) + records. All numbers little-endian.
 *   head    magic[8] version u16 reserved u16 keyId u32 dataDirId[16] firstSeq f64 zero[..] crc32c u32 (over the first 60)
 *   record  length u32 (of the payload) | crc32c u32 (of the payload) | payload
 *   payload seq f64 | receivedTime f64 | kind u8 | body by kind
 * Strings are u16 length + UTF-8. A null number is NaN.
 */

export const HEAD_BYTES = 64;
export const RECORD_HEAD_BYTES = 8;
/** Longest payload we write; a larger length on disk is damage. */
export const MAX_PAYLOAD_BYTES = 4 << 20;
const MAGIC = 'XUNJIJNL';
const VERSION = 1;

const kinds = ['position', 'message', 'config', 'tick'] as const;
const protocols: readonly ProtocolName[] = ['jt808', 'gt06', 'mqtt'];
const sources = ['gnss', 'wifi', 'cell', 'beacon', 'manual', 'fused'] as const;
const whats = ['fence', 'rule', 'device'] as const;

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

  /** Appends one record; the writer fills in the CRC. Cost about 2 us. */
  add(entry: Entry, seq: number): void {
    const start = this.#at;
    this.#room(RECORD_HEAD_BYTES + 32);
    this.#at += RECORD_HEAD_BYTES;
    this.#f64(seq);
    this.#f64(entry.receivedTime);
    this.#u8(kinds.indexOf(entry.kind));
    switch (entry.kind) {
      case 'position':
        this.#device(entry.device, entry.edition, entry.epoch);
        this.#u8(entry.late ? 1 : 0);
        this.#text(entry.hash);
        this.#position(entry.position);
        this.#blob(entry.raw);
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
  #nullable(v: number | null): void {
    this.#f64(v ?? Number.NaN);
  }
  #text(v: string): void {
    // At most three UTF-8 bytes for each UTF-16 unit.
    this.#room(2 + v.length * 3);
    const n = this.#buffer.write(v, this.#at + 2, 'utf8');
    if (n > 0xffff) throw new RangeError(`journal text of ${n} bytes`);
    this.#view.setUint16(this.#at, n, true);
    this.#at += 2 + n;
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
  #position(p: Position): void {
    const bits =
      (p.timeSource === 'server' ? 1 : 0) |
      (p.valid ? 2 : 0) |
      (p.buffered ? 4 : 0) |
      (p.ignition === null ? 0 : p.ignition ? 24 : 8);
    this.#u8(bits);
    this.#u8(sources.indexOf(p.source));
    this.#f64(p.fixTime);
    this.#nullable(p.latitude);
    this.#nullable(p.longitude);
    this.#nullable(p.altitudeM);
    this.#nullable(p.speedKmh);
    this.#nullable(p.courseDeg);
    this.#nullable(p.satellites);
    this.#nullable(p.hdop);
    this.#nullable(p.accuracyM);
    this.#nullable(p.mileageKm);
    this.#nullable(p.batteryPercent);
    this.#text(p.alarms.join(','));
    this.#text(p.flags.join(','));
    this.#json(p.extras);
  }
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

function decodePayload(b: Buffer, start: number): JournalRecord {
  let at = start;
  const u8 = () => b.readUInt8(at++);
  const f64 = () => {
    const v = b.readDoubleLE(at);
    at += 8;
    return v;
  };
  const nullable = () => {
    const v = f64();
    return Number.isNaN(v) ? null : v;
  };
  const text = () => {
    const n = b.readUInt16LE(at);
    at += 2 + n;
    return b.toString('utf8', at - n, at);
  };
  const json = () => {
    const n = b.readUInt32LE(at);
    at += 4 + n;
    return JSON.parse(b.toString('utf8', at - n, at)) as unknown;
  };
  const blob = () => {
    const n = b.readUInt32LE(at);
    at += 4 + n;
    return new Uint8Array(b.subarray(at - n, at));
  };
  const device = () => ({
    device: { protocol: protocols[u8()] ?? 'mqtt', id: text() } as DeviceRef,
    edition: text() || null,
    epoch: f64(),
  });
  const seq = f64();
  const receivedTime = f64();
  const kind = kinds[u8()];
  switch (kind) {
    case 'position': {
      const who = device();
      const late = u8() === 1;
      const hash = text();
      const bits = u8();
      const source = sources[u8()] ?? 'gnss';
      const position: Position = {
        timeSource: bits & 1 ? 'server' : 'device',
        valid: (bits & 2) !== 0,
        buffered: (bits & 4) !== 0,
        ignition: bits & 8 ? (bits & 16) !== 0 : null,
        source,
        fixTime: f64(),
        latitude: nullable(),
        longitude: nullable(),
        altitudeM: nullable(),
        speedKmh: nullable(),
        courseDeg: nullable(),
        satellites: nullable(),
        hdop: nullable(),
        accuracyM: nullable(),
        mileageKm: nullable(),
        batteryPercent: nullable(),
        alarms: list<DeviceAlarm>(text()),
        flags: list<PositionFlag>(text()),
        extras: json() as Position['extras'],
      };
      return { kind, seq, receivedTime, ...who, late, hash, position, raw: blob() };
    }
    case 'message':
      return {
        kind,
        seq,
        receivedTime,
        ...device(),
        name: text(),
        fields: json() as Record<string, unknown>,
        raw: blob(),
      };
    case 'config':
      return {
        kind,
        seq,
        receivedTime,
        what: whats[u8()] ?? 'fence',
        id: text(),
        revision: f64(),
        value: json(),
      };
    case 'tick':
      return { kind, seq, receivedTime };
    default:
      throw new Error(`journal record ${seq} of an unknown kind`);
  }
}

const list = <T extends string>(joined: string): T[] =>
  joined === '' ? [] : (joined.split(',') as T[]);
