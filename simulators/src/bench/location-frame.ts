/**
 * Builds JT/T 808-2013 location reports at load-generator speed: one template a terminal, patched in place.
 * Shares nothing with the codec on purpose, so that the two check each other.
 * @see JT/T 808, frame, header and location information clauses
 */
export class LocationFrames {
  readonly #content: Uint8Array;
  readonly #out = new Uint8Array(160);
  #serial = 0;

  /** @param phone 12 digits */
  constructor(phone: string) {
    // Header 12, basic information 28, items 0x01 (mileage), 0x30 (signal), 0x31 (satellites).
    const items = [0x01, 4, 0, 0, 0x30, 0x39, 0x30, 1, 28, 0x31, 1, 11];
    const c = new Uint8Array(12 + 28 + items.length);
    const view = new DataView(c.buffer);
    view.setUint16(0, 0x0200);
    view.setUint16(2, 28 + items.length);
    for (let i = 0; i < 6; i++) c[4 + i] = Number.parseInt(phone.slice(i * 2, i * 2 + 2), 16);
    view.setUint32(16, 0b11); // ACC on, fixed
    view.setUint16(28, 7);
    view.setUint16(30, 360);
    view.setUint16(32, 90);
    c.set(items, 40);
    this.#content = c;
  }

  /** The serial the next frame will carry. */
  get serial(): number {
    return this.#serial;
  }

  /**
   * One report; the returned bytes are valid until the next call.
   * @param fixTime ms UTC, second resolution on the wire
   */
  next(fixTime: number, latitudeE6: number, longitudeE6: number): Uint8Array {
    const c = this.#content;
    const view = new DataView(c.buffer);
    view.setUint16(10, this.#serial);
    this.#serial = (this.#serial + 1) & 0xffff;
    view.setUint32(20, latitudeE6);
    view.setUint32(24, longitudeE6);
    const local = new Date(fixTime + 8 * 3_600_000);
    c[34] = bcd(local.getUTCFullYear() % 100);
    c[35] = bcd(local.getUTCMonth() + 1);
    c[36] = bcd(local.getUTCDate());
    c[37] = bcd(local.getUTCHours());
    c[38] = bcd(local.getUTCMinutes());
    c[39] = bcd(local.getUTCSeconds());
    const out = this.#out;
    let at = 0;
    let xor = 0;
    out[at++] = 0x7e;
    for (const byte of c) {
      xor ^= byte;
      at = put(out, at, byte);
    }
    at = put(out, at, xor);
    out[at++] = 0x7e;
    return out.subarray(0, at);
  }
}

const bcd = (n: number): number => ((n / 10) << 4) | (n % 10);

function put(out: Uint8Array, at: number, byte: number): number {
  if (byte === 0x7e || byte === 0x7d) {
    out[at] = 0x7d;
    out[at + 1] = byte === 0x7e ? 2 : 1;
    return at + 2;
  }
  out[at] = byte;
  return at + 1;
}
