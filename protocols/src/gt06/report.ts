import type { DeviceAlarm, Position, PositionFlag } from '../position.ts';
import { degrees, type Receipt } from './position.ts';

/*
 * Straight from the bytes of a 12 or 22 to its position: what the tables of `messages/positions.ts` and
 * `position.ts` give by way of named fields, without them. Nearly all a gateway reads are these. A property test
 * holds both ways to the same position.
 */

const GPS_BYTES = 18;
const CELL_BYTES = 8;
/** GPS block and cell. */
const LEAST_BYTES = GPS_BYTES + CELL_BYTES;
/** Bytes behind the cell: ACC, mode, re-upload, mileage. @see gt06.md section 6.3 */
const MILEAGE_ONLY = 4;
const ALL = 7;

const NORTH = 1 << 10;
const WEST = 1 << 11;
const POSITIONED = 1 << 12;
const DIFFERENTIAL = 1 << 13;
const BIT_14 = 1 << 14;
const BIT_15 = 1 << 15;
const COURSE = 0x3ff;

const NO_ALARMS: readonly DeviceAlarm[] = [];
const NO_FLAGS: readonly PositionFlag[] = [];

/**
 * The position whose content is `bytes[from, to)`.
 * @returns null for what the tables have to look at: another size, a date that plain binary does not make, a
 * differential fix, a checksum that was forgiven
 */
export function readPosition(
  bytes: Uint8Array,
  from: number,
  to: number,
  { receivedTime, profile, crcOk }: Receipt,
): Position | null {
  const left = to - from - LEAST_BYTES;
  if (left < 0 || (left > MILEAGE_ONLY && left !== ALL) || !crcOk) return null;
  const time = timeAt(bytes, from);
  const word = word16(bytes, from + 16);
  if (Number.isNaN(time) || (word & DIFFERENTIAL) !== 0) return null;

  const rawLatitude = word32(bytes, from + 7);
  const rawLongitude = word32(bytes, from + 11);
  const latitude = (word & NORTH ? 1 : -1) * degrees(rawLatitude);
  const longitude = (word & WEST ? -1 : 1) * degrees(rawLongitude);
  const isFixed = (word & POSITIONED) !== 0;
  const isPossible = latitude <= 90 && latitude >= -90 && longitude <= 180 && longitude >= -180;
  const isZero = rawLatitude === 0 && rawLongitude === 0;
  const valid = isFixed && isPossible && !isZero;

  const tail = from + LEAST_BYTES;
  const hasAcc = left !== 0 && left !== MILEAGE_ONLY;
  const buffered = left !== MILEAGE_ONLY && left > 2 && bytes[tail + 2] === 1;
  const mileageAt = left === ALL ? tail + 3 : left === MILEAGE_ONLY ? tail : -1;
  const fixTime = profile.clock.fix(time, receivedTime, !buffered, isFixed);
  const hasTime = !Number.isNaN(fixTime);
  if ((word & (BIT_14 | BIT_15)) !== 0) profile.usesSpareCourseBits = true;
  const course = word & COURSE;

  return {
    fixTime: hasTime ? fixTime : receivedTime,
    timeSource: hasTime ? 'device' : 'server',
    valid,
    // Negative zero is a hemisphere bit, not a place.
    latitude: latitude + 0,
    longitude: longitude + 0,
    altitudeM: null,
    speedKmh: bytes[from + 15] ?? 0,
    courseDeg: course > 360 ? null : course % 360,
    satellites: (bytes[from + 6] ?? 0) & 0x0f,
    hdop: null,
    accuracyM: null,
    mileageKm: mileageAt < 0 ? null : word32(bytes, mileageAt) / 1000,
    batteryPercent: null,
    ignition: hasAcc
      ? bytes[tail] === 1
      : profile.usesSpareCourseBits
        ? (word & BIT_15) !== 0
        : null,
    source: 'gnss',
    buffered,
    alarms: NO_ALARMS,
    flags: valid && hasTime ? NO_FLAGS : flagsOf(isFixed, isPossible, isZero, hasTime),
    extras: extrasAt(bytes, from + GPS_BYTES, hasAcc && left > 1 ? (bytes[tail + 1] ?? 0) : -1),
  };
}

/** Cell and upload mode, each in one literal: their shapes are few. @param mode below zero for none */
function extrasAt(bytes: Uint8Array, at: number, mode: number): Position['extras'] {
  const lac = word16(bytes, at + 3);
  const cellId = (word16(bytes, at + 5) << 8) | (bytes[at + 7] ?? 0);
  if (lac === 0 && cellId === 0) return mode < 0 ? {} : { uploadMode: mode };
  const mcc = word16(bytes, at);
  const mnc = bytes[at + 2] ?? 0;
  return mode < 0 ? { mcc, mnc, lac, cellId } : { mcc, mnc, lac, cellId, uploadMode: mode };
}

function flagsOf(
  isFixed: boolean,
  isPossible: boolean,
  isZero: boolean,
  hasTime: boolean,
): PositionFlag[] {
  const flags: PositionFlag[] = [];
  if (!isFixed) flags.push('noFix');
  if (!isPossible) flags.push('impossibleCoordinates');
  if (isZero) flags.push('zeroIsland');
  if (!hasTime) flags.push('noDeviceTime');
  return flags;
}

const word16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const word32 = (bytes: Uint8Array, at: number): number =>
  ((word16(bytes, at) << 16) | word16(bytes, at + 2)) >>> 0;

// Of the date that was read last: all trackers report of today, and a date costs more than a time of day.
let lastDate = -1;
let lastMidnight = Number.NaN;

/** Ms of the binary time at `at` read as UTC, NaN for one that does not exist. */
function timeAt(bytes: Uint8Array, at: number): number {
  const year = bytes[at] ?? 0;
  const month = bytes[at + 1] ?? 0;
  const day = bytes[at + 2] ?? 0;
  const date = (year << 16) | (month << 8) | day;
  if (date !== lastDate) {
    lastMidnight = midnight(year, month, day);
    lastDate = date;
  }
  const hour = bytes[at + 3] ?? 0;
  const minute = bytes[at + 4] ?? 0;
  const second = bytes[at + 5] ?? 0;
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
  return lastMidnight + ((hour * 60 + minute) * 60 + second) * 1000;
}

function midnight(year: number, month: number, day: number): number {
  if (year > 99 || month < 1 || month > 12 || day < 1) return Number.NaN;
  if (day > new Date(Date.UTC(2000 + year, month, 0)).getUTCDate()) return Number.NaN;
  return Date.UTC(2000 + year, month - 1, day);
}
