import { bitNames, bitsOf, bitTable, fromHex, toHex } from '../bytes.ts';
import {
  bytes,
  checkInteger,
  type Kind,
  layout,
  mapped,
  noted,
  restBytes,
  Unreadable,
  u8,
  u16,
  u32,
} from '../layout.ts';

/*
 * The field kinds of GT06 and the blocks its messages share.
 */

/** Cell ids take three bytes. @see gt06.md section 6.3 */
export const u24: Kind<number> = {
  width: 3,
  extent: () => 3,
  declare: (parser, name) => {
    parser.bit24(name);
  },
  read: (parsed) => parsed as number,
  write: (out, value, field) => out.number(checkInteger(value, 0, 0xffffff, field), 3),
  shape: 'BYTE[3]',
};

/** Cell ids of 4G take eight bytes: a number, or all sixteen hex digits when it is none of ours. */
const u64: Kind<number | string> = mapped(
  bytes(8),
  (raw) => {
    const value = raw.reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : toHex(raw);
  },
  (value) => {
    const raw = fromHex(typeof value === 'string' ? value : hexOf(value, 16));
    if (raw?.length !== 8) throw new RangeError('wants a whole number or 16 hex digits');
    return raw;
  },
);

const hexOf = (value: number, digits: number): string =>
  checkInteger(value, 0, Number.MAX_SAFE_INTEGER, 'value').toString(16).padStart(digits, '0');

const TWO_DIGITS = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));
const OVER_99 = 'x';

/**
 * A date and time of six plain binary bytes, as the twelve digits `YYMMDDhhmmss` they say, whether or not such a date
 * exists; `x` and the bytes in hex when one of them is above 99. @see gt06.md section 6.1
 */
export const binaryTime: Kind<string> = mapped(
  bytes(6),
  (raw) => {
    let digits = '';
    for (let i = 0; i < 6; i++) {
      const two = TWO_DIGITS[raw[i] ?? 0];
      if (two === undefined) return OVER_99 + toHex(raw);
      digits += two;
    }
    return digits;
  },
  (text) => {
    if (text.startsWith(OVER_99)) {
      const raw = fromHex(text.slice(1));
      if (raw !== null) return raw;
    }
    if (!/^\d{12}$/.test(text)) throw new RangeError('wants twelve digits YYMMDDhhmmss');
    return Uint8Array.from({ length: 6 }, (_, i) => Number(text.slice(i * 2, i * 2 + 2)));
  },
);

/** The length nibble cannot be trusted: 8 occurs before the usual twelve bytes. @see gt06.md section 6.1 */
const gpsInfo = noted(
  mapped(
    u8,
    (byte) => ({ length: byte >> 4, satellites: byte & 0x0f }),
    ({ length, satellites }) =>
      (checkInteger(length, 0, 15, 'length') << 4) | checkInteger(satellites, 0, 15, 'satellites'),
  ),
  '`length` as sent and `satellites` used',
);

const COURSE_BITS = 10;
const COURSE_MASK = (1 << COURSE_BITS) - 1;
/** Bits 14 and 15 are zero in the documents; some clones put ACC into the latter. */
const courseFlags = bitTable(8, {
  0: 'north',
  1: 'west',
  2: 'positioned',
  3: 'differential',
  4: 'bit14',
  5: 'bit15',
});

/** Course in degrees as sent, above 360 included, and the flags above it. @see gt06.md section 6.1 */
export const courseStatus = noted(
  mapped(
    u16,
    (word) => ({
      course: word & COURSE_MASK,
      flags: bitNames(word >> COURSE_BITS, courseFlags) as readonly string[],
    }),
    ({ course, flags }) => {
      const bits = bitsOf(flags, courseFlags);
      return (
        (checkInteger(bits, 0, 63, 'flags') << COURSE_BITS) |
        checkInteger(course, 0, COURSE_MASK, 'course')
      );
    },
  ),
  '`course` in degrees as sent; `flags`: north, west, positioned, differential, bit14, bit15',
);

/** @see gt06.md section 6.1 */
export const gpsBlock = {
  time: binaryTime,
  gpsInfo,
  latitude: noted(u32, '1/1 800 000 degree, always positive; hemisphere in courseStatus'),
  longitude: noted(u32, '1/1 800 000 degree'),
  speed: noted(u8, 'km/h'),
  courseStatus,
};

/** A 2G or 3G cell; all zero is none. @see gt06.md section 6.3 */
export const cell = layout({ mcc: u16, mnc: u8, lac: u16, cellId: u24 }).kind;
/** The same with the four-byte cell id of a clone. @see gt06.md section 6.5 */
export const wideCell = layout({ mcc: u16, mnc: u8, lac: u16, cellId: u32 }).kind;

/** Set when two bytes of network code follow. @see gt06.md section 6.3 */
const WIDE_MNC = 0x8000;
/** The country code of a cell whose network code takes one byte; the bit beside it is zero. */
const narrowMcc: Kind<number> = mapped(
  u16,
  (word) => (word & WIDE_MNC ? new Unreadable('a country code below 32768') : word),
  (mcc) => checkInteger(mcc, 0, WIDE_MNC - 1, 'mcc'),
);
const wideMcc: Kind<number> = mapped(
  u16,
  (word) => word & ~WIDE_MNC,
  (mcc) => checkInteger(mcc, 0, WIDE_MNC - 1, 'mcc') | WIDE_MNC,
);
/** Always 2: that it was two bytes is seen in the fields, not on the wire. */
const TWO_BYTES = { mncBytes: absent(2) };

/** Country and network as the 4G types say them, by how many bytes the network takes. @see gt06.md section 6.3 */
export const networks4g = {
  1: { mcc: narrowMcc, mnc: u8 },
  2: { mcc: wideMcc, mnc: u16, ...TWO_BYTES },
} as const;
const of4g = { lac: u32, cellId: u64 };
/** A 4G cell. */
export const cells4g = {
  1: layout({ ...networks4g[1], ...of4g }).kind,
  2: layout({ ...networks4g[2], ...of4g }).kind,
} as const;
/** How many bytes of network code stand behind the country code at `at`. */
export const mncBytesAt = (bytes: Uint8Array, at: number): 1 | 2 =>
  ((bytes[at] ?? 0) << 8) & WIDE_MNC ? 2 : 1;

/** A field that takes no bytes and always reads the same. */
export function absent<T>(value: T): Kind<T> {
  return {
    width: 0,
    extent: () => 0,
    declare: null,
    read: () => value,
    write: () => undefined,
    shape: 'nothing',
  };
}

/** The neighbours a multi-cell report has room for. @see gt06.md section 9.1 */
const SLOTS = 7;

/** A cell of a list whose network stands in front of it. */
export interface ListedCell {
  readonly lac: number;
  readonly cellId: number | string;
  readonly rssi: number;
}

/** Slots of one fixed size; those behind the last that says anything are left out. */
function slots<T extends object>(slot: Kind<T>, count: number): Kind<readonly T[]> {
  const width = slot.width ?? 0;
  const one = layout({ slot });
  return {
    ...mapped(
      bytes(width * count),
      (raw) => {
        let used = count;
        while (used > 0 && raw.subarray((used - 1) * width, used * width).every((b) => b === 0))
          used--;
        const list: T[] = [];
        for (let i = 0; i < used; i++) {
          const read = one.decode(raw.subarray(i * width, (i + 1) * width));
          if (!read.ok) return new Unreadable(read.expected, read.field);
          list.push(read.value.slot);
        }
        return list;
      },
      (list) => {
        if (!Array.isArray(list) || list.length > count) {
          throw new RangeError(`wants a list of at most ${count}`);
        }
        const raw = new Uint8Array(width * count);
        for (const [i, value] of (list as readonly T[]).entries()) {
          raw.set(one.encode({ slot: value }), i * width);
        }
        return raw;
      },
    ),
    shape: `${count} slots`,
    inside: slot.inside ?? {},
  };
}

/** The serving cell and six others. @see gt06.md section 9.1 */
export const sevenCells = slots<ListedCell>(
  layout({ lac: u16, cellId: u24, rssi: u8 }).kind,
  SLOTS,
);
/** With the cell ids of the oldest papers. */
export const sevenShortCells = slots<ListedCell>(
  layout({ lac: u16, cellId: u16, rssi: u8 }).kind,
  SLOTS,
);
/** Six that share the area of the serving one. */
export const sixShortNeighbours = slots<Omit<ListedCell, 'lac'>>(
  layout({ cellId: u16, rssi: u8 }).kind,
  SLOTS - 1,
);
/** @see gt06.md section 9.1, type A1 */
export const sevenCells4g = slots<ListedCell>(
  layout({ lac: u32, cellId: u64, rssi: u8 }).kind,
  SLOTS,
);

/** The address of a radio: 12 lower-case hex digits. */
export const mac: Kind<string> = mapped(bytes(6), toHex, (text) => {
  const raw = /^[0-9a-f]{12}$/.test(text) ? fromHex(text) : null;
  if (raw === null) throw new RangeError('wants 12 lower-case hex digits');
  return raw;
});

/** Characters as bytes one for one: what a device sends as ASCII and is not comes back to the same bytes. */
export const latin1 = {
  read: (raw: Uint8Array): string => {
    let text = '';
    for (const byte of raw) text += String.fromCharCode(byte);
    return text;
  },
  write: (text: string): Uint8Array =>
    Uint8Array.from(text, (char) => checkInteger(char.charCodeAt(0), 0, 255, 'character')),
};

/** ASCII to the end of the body. */
export const restText: Kind<string> = mapped(restBytes, latin1.read, latin1.write);

/** BCD digits, one leading zero as padding of an odd number of them. @see gt06.md section 5, identity rule */
export const paddedDigits = (width: number): Kind<string> =>
  mapped(
    bytes(width),
    (raw) => {
      const digits = toHex(raw);
      return digits.startsWith('0') ? digits.slice(1) : digits;
    },
    (digits) => {
      const raw = fromHex(digits.padStart(width * 2, '0'));
      if (raw?.length !== width) throw new RangeError(`wants up to ${width * 2} hex digits`);
      return raw;
    },
  );

/** A voltage in hundredths of a volt, as volts. */
export const centivolts: Kind<number> = noted(
  mapped(
    u16,
    (value) => value / 100,
    (volts) => checkInteger(Math.round(volts * 100), 0, 0xffff, 'volts'),
  ),
  'V',
);
/** Bits 5-3 are one number; values without a meaning keep their number. @see gt06.md section 7 */
export const terminalInfoBits = bitTable(
  8,
  { 0: 'armed', 1: 'acc', 2: 'charging', 6: 'gpsOn', 7: 'oilCut' },
  [
    {
      shift: 3,
      mask: 0b111,
      names: ['', 'vibration', 'powerCut', 'lowBattery', 'sos', 'alarm5', 'alarm6', 'alarm7'],
    },
  ],
);

/** What the log-in says of the zone set in the device: hours and minutes, not whether times are local. @see gt06.md section 5 */
export const zone = noted(
  mapped(
    u16,
    (word) => {
      const hundreds = word >> 4;
      return {
        hours: Math.floor(hundreds / 100),
        minutes: hundreds % 100,
        west: (word & 0b1000) !== 0,
        spare: (word & 0b100) !== 0,
        language: word & 0b11,
      };
    },
    ({ hours, minutes, west, spare, language }) => {
      const hundreds =
        checkInteger(hours, 0, 40, 'hours') * 100 + checkInteger(minutes, 0, 99, 'minutes');
      return (
        (checkInteger(hundreds, 0, 0xfff, 'hours') << 4) |
        (west ? 0b1000 : 0) |
        (spare ? 0b100 : 0) |
        checkInteger(language, 0, 0b11, 'language')
      );
    },
  ),
  'of the device: `hours`, `minutes`, `west`, `spare`, `language`; not that of its times',
);
