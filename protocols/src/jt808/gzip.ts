import { Gunzip } from 'fflate';

/** A body inflates to at most so much. @see the wire reference, section 8.3 */
export const MAX_INFLATED_BYTES = 1 << 20;
/** What devices say shrinks to a tenth at best; a short frame must not weigh on whoever keeps its content. */
const MAX_RATIO = 16;
const ALWAYS_BYTES = 4 << 10;

/** What a compressed body of `bytes` may inflate to. */
export const inflatedLimit = (bytes: number): number =>
  Math.min(MAX_INFLATED_BYTES, Math.max(ALWAYS_BYTES, MAX_RATIO * bytes));

const METHOD_DEFLATE = 8;
/** Check code and length. */
const TAIL_BYTES = 8;
const MIN_BYTES = 18;
/** Between two looks at how much there is: deflate gives at most about a thousand times as much. */
const STEP_BYTES = 256;

/**
 * The content of one GZIP member that takes all of `input`. Linear in input and limit, never throws.
 * @returns null for anything that is no whole member, whose check code or length is wrong, or that exceeds `limit`
 * @see RFC 1952
 */
export function gunzip(input: Uint8Array, limit: number): Uint8Array | null {
  if (input.length < MIN_BYTES || input[2] !== METHOD_DEFLATE) return null;
  const content = inflate(input, limit);
  if (content === null) return null;
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const tail = input.length - TAIL_BYTES;
  const isIntact =
    view.getUint32(tail, true) === crc32(content) &&
    view.getUint32(tail + 4, true) === content.length;
  return isIntact ? content : null;
}

function inflate(input: Uint8Array, limit: number): Uint8Array | null {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const stream = new Gunzip((piece) => {
    length += piece.length;
    pieces.push(piece);
  });
  try {
    for (let at = 0; at < input.length; at += STEP_BYTES) {
      const next = at + STEP_BYTES;
      // The library keeps what it is given.
      stream.push(input.slice(at, next), next >= input.length);
      if (length > limit) return null;
    }
  } catch {
    // It throws for what is no GZIP, which is what strangers may send.
    return null;
  }
  const content = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    content.set(piece, at);
    at += piece.length;
  }
  return content;
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
