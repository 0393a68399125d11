import type { Hearer } from './group-server.ts';

const FRAME_MAX = 1100;
const HEADER_BYTES = 12;
/** Header, answered serial and id, result, checksum. */
const ANSWER_BYTES = HEADER_BYTES + 5 + 1;
const ESCAPED_ANSWER_MAX = 2 * ANSWER_BYTES + 2;
const SLAB_BYTES = 1 << 16;

/** Answers of many chunks share a block of memory: one of their own for each costs more than writing them. */
let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let slabAt = 0;

/** Cuts and unescapes frames in one pass and answers each sound one with "accepted". @see JT/T 808, frame and 0x8001 */
export class YardstickHearer implements Hearer {
  readonly #frame = new Uint8Array(FRAME_MAX);
  readonly #answer = new Uint8Array(ANSWER_BYTES);
  #length = 0;
  #isEscaped = false;
  #xor = 0;
  #serial = 0;

  constructor() {
    // 0x8001, five bytes of body.
    this.#answer.set([0x80, 0x01, 0, 5]);
  }

  hear(chunk: Buffer): Buffer | null {
    const frame = this.#frame;
    let length = this.#length;
    let isEscaped = this.#isEscaped;
    let xor = this.#xor;
    let from = -1;
    for (let i = 0; i < chunk.length; i++) {
      let byte = chunk[i] as number;
      if ((byte | 3) === 0x7f) {
        if (byte === 0x7e) {
          if (length > HEADER_BYTES && xor === 0) from = this.#say(from);
          length = 0;
          xor = 0;
          isEscaped = false;
          continue;
        }
        if (byte === 0x7d) {
          isEscaped = true;
          continue;
        }
      }
      if (isEscaped) {
        byte += 0x7c;
        isEscaped = false;
      }
      xor ^= byte;
      if (length < FRAME_MAX) frame[length++] = byte;
    }
    this.#length = length;
    this.#isEscaped = isEscaped;
    this.#xor = xor;
    return from < 0 ? null : slab.subarray(from, slabAt);
  }

  /** @param from where the answers of this chunk begin, -1 for the first. @returns where they begin now */
  #say(from: number): number {
    let start = from < 0 ? slabAt : from;
    if (slabAt + ESCAPED_ANSWER_MAX > SLAB_BYTES) {
      const fresh = Buffer.allocUnsafeSlow(SLAB_BYTES);
      slabAt = slab.copy(fresh, 0, start, slabAt);
      slab = fresh;
      start = 0;
    }
    const a = this.#answer;
    const f = this.#frame;
    for (let i = 4; i < 10; i++) a[i] = f[i] as number;
    a[10] = this.#serial >> 8;
    a[11] = this.#serial;
    this.#serial = (this.#serial + 1) & 0xffff;
    a[12] = f[10] as number;
    a[13] = f[11] as number;
    a[14] = f[0] as number;
    a[15] = f[1] as number;
    a[16] = 0;
    let xor = 0;
    for (let i = 0; i < ANSWER_BYTES - 1; i++) xor ^= a[i] as number;
    a[ANSWER_BYTES - 1] = xor;
    let at = slabAt;
    slab[at++] = 0x7e;
    for (let i = 0; i < ANSWER_BYTES; i++) {
      const byte = a[i] as number;
      if (byte === 0x7e || byte === 0x7d) {
        slab[at++] = 0x7d;
        slab[at++] = byte === 0x7e ? 2 : 1;
      } else slab[at++] = byte;
    }
    slab[at++] = 0x7e;
    slabAt = at;
    return start;
  }
}
