import type { LoadFix } from './speaker.ts';

const HEADER_BYTES = 12;
const BASIC_BYTES = 28;
/** Items 0x01 (mileage), 0x30 (signal), 0x31 (satellites). */
const items = [0x01, 4, 0, 0, 0x30, 0x39, 0x30, 1, 28, 0x31, 1, 11];
/** One frame with everything in it escaped, and more. */
export const LOCATION_FRAME_MAX = 160;

/**
 * Builds JT/T 808-2013 location reports at load-generator speed: one template a terminal, patched in place.
 * @see JT/T 808, frame, header and location information clauses
 */
export class LocationFrames {
  readonly #content = new Uint8Array(HEADER_BYTES + BASIC_BYTES + items.length);
  readonly #view = new DataView(this.#content.buffer);
  readonly #out = new Uint8Array(LOCATION_FRAME_MAX);
  readonly #fix: LoadFix = { time: 0, latitudeE6: 0, longitudeE6: 0, sos: false };
  #serial = 0;

  /** @param phone 12 digits */
  constructor(phone: string) {
    const c = this.#content;
    writeHeader(c, 0x0200, BASIC_BYTES + items.length, phone);
    writeStanding(this.#view, HEADER_BYTES);
    c.set(items, HEADER_BYTES + BASIC_BYTES);
  }

  /** The serial the next frame will carry. */
  get serial(): number {
    return this.#serial;
  }

  /** Counts a serial that another message of the terminal takes. */
  takeSerial(): number {
    const serial = this.#serial;
    this.#serial = (serial + 1) & 0xffff;
    return serial;
  }

  /** Writes one report into `out` from `at`, which has `LOCATION_FRAME_MAX` bytes to spare. @returns the end of it */
  write(out: Uint8Array, at: number, fix: LoadFix): number {
    this.#view.setUint16(10, this.takeSerial());
    writeFix(this.#view, HEADER_BYTES, fix);
    return writeFrame(out, at, this.#content, this.#content.length);
  }

  /**
   * One report; the returned bytes are valid until the next call.
   * @param fixTime ms UTC, second resolution on the wire
   */
  next(fixTime: number, latitudeE6: number, longitudeE6: number): Uint8Array {
    const fix = this.#fix;
    fix.time = fixTime;
    fix.latitudeE6 = latitudeE6;
    fix.longitudeE6 = longitudeE6;
    return this.#out.subarray(0, this.write(this.#out, 0, fix));
  }
}

/** The header of 2013. @param phone 12 digits */
export function writeHeader(c: Uint8Array, id: number, bodyBytes: number, phone: string): void {
  c[0] = id >> 8;
  c[1] = id;
  c[2] = bodyBytes >> 8;
  c[3] = bodyBytes;
  for (let i = 0; i < 6; i++) c[4 + i] = Number.parseInt(phone.slice(i * 2, i * 2 + 2), 16);
}

/** What stays the same from fix to fix. */
export function writeStanding(view: DataView, at: number): void {
  view.setUint32(at + 4, 0b11); // ACC on, fixed
  view.setUint16(at + 16, 7);
  view.setUint16(at + 18, 360);
  view.setUint16(at + 20, 90);
}

/** What changes from fix to fix: alarm word, coordinates, time. */
export function writeFix(view: DataView, at: number, fix: LoadFix): void {
  view.setUint32(at, fix.sos ? 1 : 0);
  view.setUint32(at + 8, fix.latitudeE6);
  view.setUint32(at + 12, fix.longitudeE6);
  const second = Math.floor(fix.time / 1000);
  if (second !== dated.second) date(second);
  view.setUint32(at + 22, dated.high);
  view.setUint16(at + 26, dated.low);
}

/** Reports of one moment share their digits: making them anew costs more than the rest of the frame. */
const dated = { second: -1, high: 0, low: 0 };
const BEIJING_MS = 8 * 3_600_000;
function date(second: number): void {
  const t = new Date(second * 1000 + BEIJING_MS);
  dated.second = second;
  dated.high =
    ((bcd(t.getUTCFullYear() % 100) << 24) |
      (bcd(t.getUTCMonth() + 1) << 16) |
      (bcd(t.getUTCDate()) << 8) |
      bcd(t.getUTCHours())) >>>
    0;
  dated.low = (bcd(t.getUTCMinutes()) << 8) | bcd(t.getUTCSeconds());
}

const bcd = (n: number): number => (((n / 10) | 0) << 4) | (n % 10);

/** Delimits, escapes and sums up the first `length` bytes of `c`. @returns the end of the frame in `out` */
export function writeFrame(out: Uint8Array, at: number, c: Uint8Array, length: number): number {
  let to = at;
  let xor = 0;
  out[to++] = 0x7e;
  for (let i = 0; i < length; i++) {
    const byte = c[i] as number;
    xor ^= byte;
    // 0x7d and 0x7e are all there is to escape; the rest is nearly everything.
    if ((byte | 3) === 0x7f && (byte === 0x7e || byte === 0x7d)) {
      out[to++] = 0x7d;
      out[to++] = byte === 0x7e ? 2 : 1;
    } else out[to++] = byte;
  }
  if (xor === 0x7e || xor === 0x7d) {
    out[to++] = 0x7d;
    out[to++] = xor === 0x7e ? 2 : 1;
  } else out[to++] = xor;
  out[to++] = 0x7e;
  return to;
}
