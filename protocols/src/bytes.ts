import iconv from 'iconv-lite';

/*
 * What the wire formats share below the level of a field: checksums, digits, bits, text. Nothing here fails on
 * bytes; what cannot be written throws RangeError, because only we write.
 */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length > SHORT_BYTES) return longHex(bytes);
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i] ?? 0];
  return text;
}

/** Text put together piece by piece is a tree of its pieces: of a photo that would be millions. */
const SHORT_BYTES = 1024;
const DIGITS = new TextEncoder().encode('0123456789abcdef');
const ascii = new TextDecoder();

function longHex(bytes: Uint8Array): string {
  const codes = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    codes[i * 2] = DIGITS[byte >> 4] ?? 0;
    codes[i * 2 + 1] = DIGITS[byte & 15] ?? 0;
  }
  return ascii.decode(codes);
}

/**
 * The bytes of a hex text, either case, no separators.
 * @returns null when it is no hex text of whole bytes
 */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (digitOf(text.charCodeAt(i * 2)) << 4) | digitOf(text.charCodeAt(i * 2 + 1));
  }
  return bytes;
}

/** The value of a hexadecimal digit, by its code; letters of either case are nine beyond their low bits. */
const digitOf = (code: number): number => (code & 15) + (code > 0x39 ? 9 : 0);

/** Ids as the standards print them: `0x0200`. */
export function hexId(id: number, digits: number): string {
  return `0x${id.toString(16).toUpperCase().padStart(digits, '0')}`;
}

/** XOR of `bytes[from, to)`. @see JT/T 808, check code clause */
export function xor8(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let xor = 0;
  for (let i = from; i < to; i++) xor ^= bytes[i] ?? 0;
  return xor;
}

// Reflected polynomial 0x1021. @see GT06, appendix with the code fragment of the CRC-ITU lookup
const CRC_ITU = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  return crc;
});
/** What a byte comes to one, two and three bytes later: four bytes a step do not wait for each other. */
const CRC_ITU_1 = CRC_ITU.map((crc) => (crc >>> 8) ^ (CRC_ITU[crc & 0xff] ?? 0));
const CRC_ITU_2 = CRC_ITU_1.map((crc) => (crc >>> 8) ^ (CRC_ITU[crc & 0xff] ?? 0));
const CRC_ITU_3 = CRC_ITU_2.map((crc) => (crc >>> 8) ^ (CRC_ITU[crc & 0xff] ?? 0));

/** CRC-ITU (CRC-16/X-25) of `bytes[from, to)`; `123456789` in ASCII gives 0x906E. */
export function crcItu(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffff;
  for (let i = from; i < to; i++)
    crc = (crc >>> 8) ^ (CRC_ITU[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  return crc ^ 0xffff;
}

/**
 * The same in the pass that copies `bytes[from, …)` to the start of `copy` and fills it: the bytes of a frame are read
 * once. @param until how much of `copy` the checksum covers, from `since` on
 */
export function copyCrcItu(
  bytes: Uint8Array,
  from: number,
  copy: Uint8Array,
  since: number,
  until: number,
): number {
  let crc = 0xffff;
  let at = 0;
  for (; at < since; at++) copy[at] = bytes[from + at] ?? 0;
  for (; at + 3 < until; at += 4) {
    const a = bytes[from + at] ?? 0;
    const b = bytes[from + at + 1] ?? 0;
    const c = bytes[from + at + 2] ?? 0;
    const d = bytes[from + at + 3] ?? 0;
    copy[at] = a;
    copy[at + 1] = b;
    copy[at + 2] = c;
    copy[at + 3] = d;
    crc =
      (CRC_ITU_3[(crc ^ a) & 0xff] ?? 0) ^
      (CRC_ITU_2[((crc >>> 8) ^ b) & 0xff] ?? 0) ^
      (CRC_ITU_1[c] ?? 0) ^
      (CRC_ITU[d] ?? 0);
  }
  for (; at < until; at++) {
    const byte = bytes[from + at] ?? 0;
    copy[at] = byte;
    crc = (crc >>> 8) ^ (CRC_ITU[(crc ^ byte) & 0xff] ?? 0);
  }
  for (; at < copy.length; at++) copy[at] = bytes[from + at] ?? 0;
  return crc ^ 0xffff;
}

const gbk = new TextDecoder('gbk');
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** No character: the replacement character, and the private ones that GBK's user-defined area comes out as. */
const NO_CHARACTER = /[\uE000-\uF8FF\uFFFD]/;

/**
 * GBK text. Some terminals send UTF-8 in its place: where GBK gives no characters and UTF-8 is sound, UTF-8 it is.
 * Undecodable bytes come out as U+FFFD.
 */
export function decodeGbk(bytes: Uint8Array): string {
  const text = gbk.decode(bytes);
  if (!NO_CHARACTER.test(text)) return text;
  try {
    return utf8.decode(bytes);
  } catch {
    // Neither: what is no character shows where.
    return text;
  }
}

/** @throws RangeError for a text that GBK does not hold */
export function encodeGbk(text: string): Uint8Array {
  const bytes = iconv.encode(text, 'gbk');
  if (gbk.decode(bytes) !== text) throw new RangeError('text is not within GBK');
  return bytes;
}

/** UTF-16, high byte first; an odd byte behind is not read. */
export const utf16 = {
  read: (raw: Uint8Array): string => {
    let text = '';
    for (let i = 0; i + 1 < raw.length; i += 2) {
      text += String.fromCharCode(((raw[i] ?? 0) << 8) | (raw[i + 1] ?? 0));
    }
    return text;
  },
  write: (text: string): Uint8Array => {
    const raw = new Uint8Array(text.length * 2);
    for (let i = 0; i < text.length; i++) {
      raw[i * 2] = text.charCodeAt(i) >> 8;
      raw[i * 2 + 1] = text.charCodeAt(i);
    }
    return raw;
  },
};

/** Names for the bits of a word. Bits without a meaning are named `bitN`, so that none is lost. */
export interface BitTable {
  readonly width: 8 | 16 | 32;
  readonly names: readonly string[];
  readonly groups: readonly BitGroup[];
}

/** Several bits that are one small number: its values have names, 0 has none. */
export interface BitGroup {
  readonly shift: number;
  readonly mask: number;
  /** By value; index 0 is never used. */
  readonly names: readonly string[];
}

/** @param named names by bit number; @param groups bits that belong together, not in `named` */
export function bitTable(
  width: BitTable['width'],
  named: Readonly<Record<number, string>>,
  groups: readonly BitGroup[] = [],
): BitTable {
  return {
    width,
    names: Array.from({ length: width }, (_, bit) => named[bit] ?? `bit${bit}`),
    groups,
  };
}

/** The names of what is set in `value`, groups first, then lowest bit first. */
export function bitNames(value: number, table: BitTable): string[] {
  const found: string[] = [];
  let left = value >>> 0;
  for (const { shift, mask, names } of table.groups) {
    const name = names[(left >>> shift) & mask];
    if (name !== undefined && name !== '') found.push(name);
    left &= ~(mask << shift);
  }
  while (left !== 0) {
    const bit = 31 - Math.clz32(left & -left);
    found.push(table.names[bit] ?? `bit${bit}`);
    left &= left - 1;
  }
  return found;
}

/**
 * The word in which `names` are set; order and repetition do not matter.
 * @throws RangeError for a name the table does not have
 */
export function bitsOf(names: readonly string[], table: BitTable): number {
  let value = 0;
  for (const name of names) {
    const bit = table.names.indexOf(name);
    if (bit >= 0) {
      value |= 1 << bit;
      continue;
    }
    const group = table.groups.find((g) => g.names.indexOf(name) > 0);
    if (group === undefined) throw new RangeError(`no bit is named ${name}`);
    value |= group.names.indexOf(name) << group.shift;
  }
  return value >>> 0;
}

/** Hours the wire's local time is ahead of UTC. */
export type ZoneHours = number;

/**
 * The instant of a BCD time, or null when a digit is above nine or the date does not exist (all zeros included).
 * @param digits `YYMMDDhhmmss`, years 2000-2099
 * @returns ms UTC
 */
export function timeOfDigits(digits: string, zone: ZoneHours): number | null {
  if (!/^\d{12}$/.test(digits)) return null;
  const two = (at: number) => Number(digits.slice(at, at + 2));
  return instant(2000 + two(0), two(2), two(4), two(6), two(8), two(10), zone);
}

/** @returns ms UTC, or null for a date or time of day that does not exist */
export function instant(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  zone: ZoneHours,
): number | null {
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null;
  // The last day of a month is day 0 of the next.
  if (day > 28 && day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second) - zone * 3_600_000;
}

/**
 * `YYMMDDhhmmss` of an instant; the part below the second is cut.
 * @throws RangeError outside 2000-2099, which the wire cannot say
 */
export function digitsOfTime(time: number, zone: ZoneHours): string {
  const local = new Date(time + zone * 3_600_000);
  const year = local.getUTCFullYear();
  if (!(year >= 2000 && year <= 2099)) throw new RangeError(`year ${year} is not within 2000-2099`);
  return [
    year % 100,
    local.getUTCMonth() + 1,
    local.getUTCDate(),
    local.getUTCHours(),
    local.getUTCMinutes(),
    local.getUTCSeconds(),
  ]
    .map((part) => String(part).padStart(2, '0'))
    .join('');
}
