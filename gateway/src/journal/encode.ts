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
import type { DeviceRef, Entry, PositionEntry } from './record.ts';

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
