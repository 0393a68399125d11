import { bitNames, bitsOf, bitTable, fromHex, toHex } from '../bytes.ts';
import {
  bytes,
  checkInteger,
  type Decoded,
  type Fields,
  type Kind,
  type Layout,
  layout,
  mapped,
  u8,
  u16,
  u32,
} from '../layout.ts';

/*
 * The field kinds of GT06 and the blocks its messages share.
 */

/** Cell ids take three bytes. @see gt06.md section 6.3 */
const u24: Kind<number> = {
  width: 3,
  extent: () => 3,
  declare: (parser, name) => {
    parser.bit24(name);
  },
  read: (parsed) => parsed as number,
  write: (out, value, field) => out.number(checkInteger(value, 0, 0xffffff, field), 3),
};

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
const gpsInfo = mapped(
  u8,
  (byte) => ({ length: byte >> 4, satellites: byte & 0x0f }),
  ({ length, satellites }) =>
    (checkInteger(length, 0, 15, 'length') << 4) | checkInteger(satellites, 0, 15, 'satellites'),
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
const courseStatus = mapped(
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
);

/** @see gt06.md section 6.1 */
export const gpsBlock = {
  time: binaryTime,
  gpsInfo,
  latitude: u32, // 1/1 800 000 degree, always positive; hemisphere in courseStatus
  longitude: u32, // 1/1 800 000 degree
  speed: u8, // km/h
  courseStatus,
};

/** A 2G or 3G cell; all zero is none. @see gt06.md section 6.3 */
export const cell = layout({ mcc: u16, mnc: u8, lac: u16, cellId: u24 }).kind;

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
export const zone = mapped(
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
);

/** A body with a fixed head and one of several tails, told apart by how many bytes are left. */
export interface TailedLayout {
  decode(body: Uint8Array): Decoded<Fields>;
  /** @throws RangeError naming the field; the tail is the one whose fields are given */
  encode(fields: Fields): Uint8Array;
}

/**
 * @param head read first, every field required
 * @param tails each of another fixed size
 * @param beyond what is left when no tail has that size: all of it `extra`, or what the longest fitting tail leaves
 */
export function withTails(
  head: Layout<object>,
  tails: readonly Layout<object>[],
  beyond: 'extra' | 'longestTail' = 'extra',
): TailedLayout {
  const bySize = new Map(tails.map((tail) => [tail.minBytes, tail]));
  const longestFirst = [...tails].sort((a, b) => b.minBytes - a.minBytes);
  const tailNames = [...new Set(tails.flatMap(({ fieldNames }) => fieldNames))];

  const tailFor = (left: number): Layout<object> | undefined =>
    bySize.get(left) ??
    (beyond === 'longestTail' ? longestFirst.find(({ minBytes }) => minBytes < left) : undefined);
  const tailOf = (fields: Fields): Layout<object> | undefined => {
    const given = tailNames.filter((name) => fields[name] !== undefined);
    if (given.length === 0) return undefined;
    const tail = tails.find(
      ({ fieldNames }) =>
        fieldNames.length === given.length && given.every((name) => fieldNames.includes(name)),
    );
    if (tail === undefined) throw new RangeError(`${given.join(', ')}: no tail has just these`);
    return tail;
  };

  return {
    decode(body) {
      const decoded = head.decode(body);
      if (!decoded.ok) return decoded;
      let left = decoded.trailing;
      if (left === 0) return { ok: true, value: decoded.value as Fields, trailing: 0 };
      const tail = tailFor(left);
      if (tail !== undefined) {
        const at = body.length - left;
        const second = tail.decode(body.subarray(at));
        if (!second.ok) return { ...second, offset: at + second.offset };
        Object.assign(decoded.value, second.value);
        left = second.trailing;
      }
      if (left > 0) {
        Object.assign(decoded.value, { extra: toHex(body.subarray(body.length - left)) });
      }
      return { ok: true, value: decoded.value as Fields, trailing: 0 };
    },
    encode(fields) {
      const extra = fields['extra'];
      const parts = [head.encode(fields)];
      const tail = tailOf(fields);
      if (tail !== undefined) parts.push(tail.encode(fields));
      if (extra !== undefined) {
        const raw = typeof extra === 'string' ? fromHex(extra) : null;
        if (raw === null) throw new RangeError('extra: wants hex digits');
        parts.push(raw);
      }
      return joined(parts);
    },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
