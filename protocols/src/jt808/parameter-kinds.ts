import { bitTable, encodeGbk } from '../bytes.ts';
import {
  bytes,
  flags,
  hex,
  type Kind,
  layout,
  mapped,
  restBytes,
  textOf,
  Unreadable,
  u16,
  u32,
} from '../layout.ts';
import { videoBits } from './items/standard.ts';
import { type Edition, editions, versions } from './versions.ts';

/*
 * Kinds that only parameters have.
 */

/** A kind that differs by edition. */
export type ByEdition = (edition: Edition) => Kind<unknown>;

/** Longest value: its length is one byte. */
export const MAX_VALUE_BYTES = 255;

/** Text that can be written again; other bytes are no text. */
const textKinds = Object.fromEntries(
  editions.map((edition) => {
    const { terminator } = versions[edition];
    const checked = mapped<string, string>(
      textOf(restBytes, terminator),
      (text) =>
        gbkBytes(text + terminator) <= MAX_VALUE_BYTES ? text : new Unreadable('GBK text'),
      (text) => {
        if (typeof text !== 'string') throw new RangeError('wants a text');
        return text;
      },
    );
    return [edition, { ...checked, shape: 'STRING' }];
  }),
) as Readonly<Record<Edition, Kind<string>>>;
/** Text of the edition. */
export const string: ByEdition = (edition) => textKinds[edition];

/** Infinite for what GBK does not hold. */
function gbkBytes(text: string): number {
  try {
    return encodeGbk(text).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Structures of other standards, as their bytes. */
export const block: Kind<unknown> = hex(restBytes);
/** A word of alarm flags. */
export const alarms: ByEdition = (edition) => flags(versions[edition].alarms);
/** The administrative numbers and the plate's colour grew shorter after 2011. */
export const longIn2011 =
  (kind: Kind<number>): ByEdition =>
  (edition) =>
    edition === '2011' ? u32 : kind;
/** A number by the printed type of 2011; terminals send the plate. */
export const plate: ByEdition = (edition) =>
  edition === '2011' ? numberOrText : textKinds[edition];
const numberOrText: Kind<string | number> = {
  ...textKinds['2011'],
  read: (parsed) => {
    const raw = parsed as Uint8Array;
    if (raw.length === 4) return new DataView(raw.buffer, raw.byteOffset, 4).getUint32(0);
    const text = textKinds['2011'].read(raw);
    // Written with its end mark it would be a number again.
    return typeof text === 'string' && gbkBytes(text) === 3 ? new Unreadable('a plate') : text;
  },
  write: (out, value, field) => {
    if (typeof value === 'number') u32.write(out, value, field);
    else textKinds['2011'].write(out, value, field);
  },
  shape: 'DWORD or STRING',
};

/** From one time of day to another, each an hour and a minute in plain binary. */
export const hours: Kind<{ readonly start: string; readonly end: string }> = {
  ...mapped(
    bytes(4),
    ([h1 = 0, m1 = 0, h2 = 0, m2 = 0]) =>
      Math.max(h1, h2) > 23 || Math.max(m1, m2) > 59
        ? new Unreadable('times of day')
        : { start: clock(h1, m1), end: clock(h2, m2) },
    ({ start, end }) => Uint8Array.from([...ofClock(start), ...ofClock(end)]),
  ),
  shape: 'BYTE[4]',
  note: 'start hour, start minute, end hour, end minute; shown as start and end `hh:mm`',
};
const two = (value: number) => String(value).padStart(2, '0');
const clock = (hour: number, minute: number) => `${two(hour)}:${two(minute)}`;
function ofClock(text: string): readonly number[] {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) throw new RangeError('wants times such as 22:50');
  return text.split(':').map(Number);
}

/** The low byte counts 4 ms up to 2013 and 1 ms from 2019 on. */
export const collision: ByEdition = (edition) => {
  const step = edition === '2019' ? 1 : 4;
  return {
    ...mapped(
      u16,
      (word) => ({ durationMs: (word & 0xff) * step, acceleration: word >> 8 }),
      ({ durationMs, acceleration }) =>
        whole(acceleration, 0, 0xff, 'acceleration') * 256 +
        whole(durationMs / step, 0, 0xff, `durationMs / ${step}`),
    ),
    note: `low byte duration, ${step} ms; high byte acceleration, 0.1 g`,
  };
};

function whole(value: number, min: number, max: number, name: string): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} wants a whole number ${min}..${max}`);
  }
  return value;
}

/** Pictures by time or distance; a word with reserved bits set is no such thing. */
export const photos = (units: readonly [string, string]): Kind<unknown> => ({
  ...mapped(
    u32,
    (word) =>
      (word & 0xe0e0) === 0
        ? {
            channels: channelsOf(word),
            uploadChannels: channelsOf(word >>> 8),
            unit: units[(word >>> 16) & 1] ?? '',
            interval: word >>> 17,
          }
        : new Unreadable('reserved bits clear'),
    ({ channels, uploadChannels, unit, interval }: Photos) => {
      const index = units.indexOf(unit);
      if (index < 0) throw new RangeError(`unit wants ${units.join(' or ')}`);
      const low = index * 0x1_0000 + bitsOfChannels(uploadChannels) * 0x100;
      return whole(interval, 0, 0x7fff, 'interval') * 0x2_0000 + low + bitsOfChannels(channels);
    },
  ),
  note: `channels 1-5 that take pictures, those of them that upload at once, unit ${units.join(' or ')}, interval`,
});
interface Photos {
  readonly channels: readonly number[];
  readonly uploadChannels: readonly number[];
  readonly unit: string;
  readonly interval: number;
}
const channelsOf = (word: number) => [1, 2, 3, 4, 5].filter((n) => (word >>> (n - 1)) & 1);
const bitsOfChannels = (channels: readonly number[]) =>
  channels.reduce((bits, n) => bits | (1 << (whole(n, 1, 5, 'channel') - 1)), 0);

/** How one CAN id is sampled. */
export const canSampling: Kind<unknown> = {
  ...mapped(
    layout({ interval: u32, word: u32 }).kind,
    ({ interval, word }) => ({
      interval,
      channel: word >>> 31 === 0 ? 1 : 2,
      extended: ((word >>> 30) & 1) === 1,
      averaged: ((word >>> 29) & 1) === 1,
      canId: word & 0x1fff_ffff,
    }),
    ({ interval, channel, extended, averaged, canId }: CanSampling) => ({
      interval,
      word:
        (whole(channel, 1, 2, 'channel') - 1) * 2 ** 31 +
        (extended ? 2 ** 30 : 0) +
        (averaged ? 2 ** 29 : 0) +
        whole(canId, 0, 0x1fff_ffff, 'canId'),
    }),
  ),
  shape: 'BYTE[8]',
  note: 'interval in ms, CAN channel 1 or 2, extended frame, averaged instead of raw, CAN id',
};
interface CanSampling {
  readonly interval: number;
  readonly channel: number;
  readonly extended: boolean;
  readonly averaged: boolean;
  readonly canId: number;
}

/** Satellite systems. */
export const gnss = flags(bitTable(8, { 0: 'gps', 1: 'beidou', 2: 'glonass', 3: 'galileo' }));
/** As item 0x14 of a location report. */
export const videoAlarms = flags(videoBits);
