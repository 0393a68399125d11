import { concat } from './frames.ts';
import type { Random } from './random.ts';

/** Bytes that mean something somewhere. */
export const BYTES = [
  0, 1, 2, 3, 4, 5, 7, 8, 0x0a, 0x0d, 0x20, 0x30, 0x7d, 0x7e, 0x7f, 0x80, 0xfa, 0xfe, 0xff,
];
/** Edges of two-byte numbers. */
export const WORDS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x3ff, 0x7fff, 0x8000, 0xfffe, 0xffff];
const DWORDS = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** One change of any bytes. @param strange to take pieces from */
export function edit(random: Random, bytes: Uint8Array, strange: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(random.once(3) ? 64 : 6));
  const before = bytes.subarray(0, at);
  const behind = bytes.subarray(end);
  const changed = bytes.slice();
  switch (random.below(10)) {
    case 0:
      if (at < bytes.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
      return changed;
    case 1:
      if (at < bytes.length) changed[at] = random.pick(BYTES);
      return changed;
    case 2:
      return overwrite(changed, at, random.pick(WORDS), 2);
    case 3:
      return overwrite(changed, at, random.pick(DWORDS), 4);
    case 4:
      return concat([before, random.bytes(1 + random.below(12)), bytes.subarray(at)]);
    case 5:
      return concat([before, behind]);
    case 6:
      return concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 7:
      return bytes.slice(0, at);
    case 8: {
      const from = random.below(strange.length + 1);
      return concat([before, strange.subarray(from, from + random.below(80)), behind]);
    }
    default:
      // What stands here as a length or a count may now be one of what is really left.
      return overwrite(
        changed,
        at,
        Math.max(0, bytes.length - at - random.below(3)),
        random.once(2) ? 1 : 2,
      );
  }
}

/** Writes a big-endian number over what is there, as far as it fits; returns `bytes`. */
export function overwrite(bytes: Uint8Array, at: number, value: number, width: number): Uint8Array {
  for (let i = 0; i < width && at + i < bytes.length; i++) {
    bytes[at + i] = Math.floor(value / 2 ** (8 * (width - 1 - i))) & 0xff;
  }
  return bytes;
}
