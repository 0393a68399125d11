/*
 * GZIP of message bodies, bounded. The codec may use no module of the platform, and what inflates must never give
 * more than it was allowed to.
 * @see RFC 1951, RFC 1952
 */

/** A body inflates to at most so much. @see the wire reference, section 8.3 */
export const MAX_INFLATED_BYTES = 1 << 20;
/** What devices say shrinks to a tenth at best; a short frame must not weigh on whoever keeps its content. */
const MAX_RATIO = 16;
const ALWAYS_BYTES = 4 << 10;

/** What a compressed body of `bytes` may inflate to. */
export const inflatedLimit = (bytes: number): number =>
  Math.min(MAX_INFLATED_BYTES, Math.max(ALWAYS_BYTES, MAX_RATIO * bytes));

const METHOD_DEFLATE = 8;
const HEAD_BYTES = 10;
const TAIL_BYTES = 8;
/** Flags of a member: bits of what stands behind its head. */
const HAS = { headCheck: 2, extra: 4, name: 8, comment: 16 } as const;

/**
 * The content of one GZIP member; bytes behind it are ignored. Linear in input and limit, never throws.
 * @returns null for anything that is no whole member, whose check code or length is wrong, or that exceeds `limit`
 */
export function gunzip(input: Uint8Array, limit: number): Uint8Array | null {
  if (input[0] !== 0x1f || input[1] !== 0x8b || input[2] !== METHOD_DEFLATE) return null;
  const flags = input[3] ?? 0;
  let at = HEAD_BYTES;
  if (flags & HAS.extra) at += 2 + (input[at] ?? 0) + ((input[at + 1] ?? 0) << 8);
  for (const text of [HAS.name, HAS.comment]) {
    if ((flags & text) === 0) continue;
    const end = input.indexOf(0, at);
    if (end < 0) return null;
    at = end + 1;
  }
  if (flags & HAS.headCheck) at += 2;
  const inflater = new Inflater(input, at, limit);
  const content = inflater.all();
  if (content === null || inflater.at + TAIL_BYTES > input.length) return null;
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const isIntact =
    view.getUint32(inflater.at, true) === crc32(content) &&
    view.getUint32(inflater.at + 4, true) === content.length;
  return isIntact ? content : null;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const MAX_CODE_BITS = 15;
const END_OF_BLOCK = 256;
const MAX_LENGTHS = 286;
const MAX_DISTANCES = 30;
/** In which order the lengths of the code for code lengths come. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
];
const LENGTH_BITS = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];

/** A prefix code: how many symbols have each length, and the symbols in the order of their codes. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** Null for lengths that would give one code to two symbols. */
function codeOf(lengths: readonly number[]): Code | null {
  const counts = new Uint16Array(MAX_CODE_BITS + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  const starts = new Uint16Array(MAX_CODE_BITS + 2);
  let left = 1;
  for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
    const count = counts[bits] ?? 0;
    left = left * 2 - count;
    if (left < 0) return null;
    starts[bits + 1] = (starts[bits] ?? 0) + count;
  }
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    const at = starts[length] ?? 0;
    symbols[at] = symbol;
    starts[length] = at + 1;
  }
  return { counts, symbols };
}

const fixedLengths = codeOf(
  Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8)),
);
const fixedDistances = codeOf(Array.from({ length: MAX_DISTANCES }, () => 5));

/** Reads one deflate stream. Whatever is wrong with it ends it: then there is no content. */
class Inflater {
  readonly #input: Uint8Array;
  readonly #limit: number;
  /** Of the next byte that was not read. */
  at: number;
  #bits = 0;
  #bitCount = 0;
  #out: Uint8Array;
  #length = 0;

  constructor(input: Uint8Array, at: number, limit: number) {
    this.#input = input;
    this.at = at;
    this.#limit = limit;
    this.#out = new Uint8Array(Math.min(limit, 4096));
  }

  all(): Uint8Array | null {
    for (;;) {
      const isLast = this.#read(1);
      const kind = this.#read(2);
      if (isLast < 0 || kind < 0 || !this.#block(kind)) return null;
      if (isLast === 1) return this.#out.slice(0, this.#length);
    }
  }

  #block(kind: number): boolean {
    if (kind === 0) return this.#stored();
    if (kind === 1) {
      return fixedLengths !== null && fixedDistances !== null
        ? this.#coded(fixedLengths, fixedDistances)
        : false;
    }
    return kind === 2 && this.#dynamic();
  }

  #stored(): boolean {
    this.#bits = 0;
    this.#bitCount = 0;
    const input = this.#input;
    const size = (input[this.at] ?? 0) | ((input[this.at + 1] ?? 0) << 8);
    const inverse = (input[this.at + 2] ?? 0) | ((input[this.at + 3] ?? 0) << 8);
    const from = this.at + 4;
    if (from + size > input.length || size !== (~inverse & 0xffff) || !this.#reserve(size)) {
      return false;
    }
    this.#out.set(input.subarray(from, from + size), this.#length);
    this.#length += size;
    this.at = from + size;
    return true;
  }

  #dynamic(): boolean {
    const lengths = this.#read(5) + 257;
    const distances = this.#read(5) + 1;
    const orders = this.#read(4) + 4;
    if (lengths < 257 || distances < 1 || orders < 4) return false;
    if (lengths > MAX_LENGTHS || distances > MAX_DISTANCES) return false;
    const ofLengths = new Array<number>(LENGTH_ORDER.length).fill(0);
    for (let i = 0; i < orders; i++) {
      const bits = this.#read(3);
      if (bits < 0) return false;
      ofLengths[LENGTH_ORDER[i] ?? 0] = bits;
    }
    const code = codeOf(ofLengths);
    const all: number[] = [];
    while (all.length < lengths + distances) {
      const symbol = code === null ? -1 : this.#symbol(code);
      if (symbol < 0) return false;
      if (symbol < 16) {
        all.push(symbol);
        continue;
      }
      const [bits, base] = symbol === 16 ? [2, 3] : symbol === 17 ? [3, 3] : [7, 11];
      const more = this.#read(bits);
      const repeated = symbol === 16 ? all.at(-1) : 0;
      if (more < 0 || repeated === undefined) return false;
      for (let i = 0; i < base + more; i++) all.push(repeated);
    }
    if (all.length > lengths + distances || all[END_OF_BLOCK] === 0) return false;
    const literals = codeOf(all.slice(0, lengths));
    const offsets = codeOf(all.slice(lengths));
    return literals !== null && offsets !== null && this.#coded(literals, offsets);
  }

  #coded(literals: Code, distances: Code): boolean {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol < 0) return false;
      if (symbol === END_OF_BLOCK) return true;
      if (symbol < END_OF_BLOCK) {
        if (!this.#reserve(1)) return false;
        this.#out[this.#length++] = symbol;
      } else if (!this.#copy(symbol - END_OF_BLOCK - 1, distances)) {
        return false;
      }
    }
  }

  #copy(symbol: number, distances: Code): boolean {
    const base = LENGTH_BASE[symbol];
    const more = base === undefined ? -1 : this.#read(LENGTH_BITS[symbol] ?? 0);
    const far = this.#symbol(distances);
    const start = DISTANCE_BASE[far];
    if (base === undefined || start === undefined || more < 0) return false;
    const further = this.#read(DISTANCE_BITS[far] ?? 0);
    const distance = start + further;
    const size = base + more;
    if (further < 0 || distance > this.#length || !this.#reserve(size)) return false;
    for (let i = 0; i < size; i++) {
      this.#out[this.#length] = this.#out[this.#length - distance] ?? 0;
      this.#length++;
    }
    return true;
  }

  /** -1 when the input ends. */
  #read(count: number): number {
    while (this.#bitCount < count) {
      const byte = this.#input[this.at];
      if (byte === undefined) return -1;
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
      this.at++;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  /** -1 when the input ends or no symbol has this code. */
  #symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
      const bit = this.#read(1);
      if (bit < 0) return -1;
      code |= bit;
      const count = counts[bits] ?? 0;
      if (code - count < first) return symbols[index + code - first] ?? -1;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return -1;
  }

  /** False when the limit would be passed. */
  #reserve(more: number): boolean {
    const wanted = this.#length + more;
    if (wanted > this.#limit) return false;
    if (wanted > this.#out.length) {
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(wanted, this.#out.length * 2)));
      grown.set(this.#out.subarray(0, this.#length));
      this.#out = grown;
    }
    return true;
  }
}
