import { bitNames } from '../bytes.ts';
import type { DeviceAlarm, Position, PositionFlag } from '../position.ts';
import type { Dialect } from './dialects.ts';
import { type Findings, noFindings } from './items/item.ts';
import {
  FUTURE_MAX_MS,
  isAlarm,
  LOCATION_BYTES,
  PAST_MAX_MS,
  type Receipt,
  SPEED_MAX_KMH,
  withStated,
} from './location.ts';

/*
 * Straight from the bytes of a location report to its position: what the tables of `location.ts` and `extras.ts`
 * give by way of named fields, without them. Nearly all a gateway reads are these reports. A property test holds
 * both ways to the same position.
 */

const STATUS_ACC = 1;
const STATUS_FIXED = 1 << 1;
const STATUS_SOUTH = 1 << 2;
const STATUS_WEST = 1 << 3;
const STATUS_ENCRYPTED = 1 << 5;
const HOUR_MS = 3_600_000;

const NO_ALARMS: readonly DeviceAlarm[] = [];
const NO_FLAGS: readonly PositionFlag[] = [];

/**
 * The position of the report whose body is `bytes[from, to)`, as a list of one.
 * @returns null for one that the tables have to look at: too short, or with bytes behind its last whole item
 * @see JT/T 808, location information clause
 */
export function readReport(
  bytes: Uint8Array,
  from: number,
  to: number,
  receipt: Receipt,
): readonly Position[] | null {
  const position = readPosition(bytes, from, to, receipt, false);
  return position === null ? null : [position];
}

/**
 * The positions of the batch whose body is `bytes[from, to)`.
 * @returns null for one that the tables have to look at: an item that `readReport` would not read, bytes left over
 * @see JT/T 808, batch upload of location data clause
 */
export function readBatch(
  bytes: Uint8Array,
  from: number,
  to: number,
  receipt: Receipt,
): readonly Position[] | null {
  const isLate = bytes[from + 2] === 1;
  const positions: Position[] = [];
  let at = from + 3;
  while (at + 2 <= to) {
    const start = at + 2;
    at = start + word16(bytes, at);
    if (at > to) return null;
    const position = readPosition(bytes, start, at, receipt, isLate);
    if (position === null) return null;
    positions.push(position);
  }
  return at === to && positions.length > 0 ? positions : null;
}

function readPosition(
  bytes: Uint8Array,
  from: number,
  to: number,
  { receivedTime, anyTime, dialect }: Receipt,
  buffered: boolean,
): Position | null {
  if (to - from < LOCATION_BYTES || !dialect.items.isStandardForm) return null;
  const alarmWord = word32(bytes, from);
  const status = word32(bytes, from + 4);
  const rawLatitude = word32(bytes, from + 8) >>> 0;
  const rawLongitude = word32(bytes, from + 12) >>> 0;
  const altitude = (word16(bytes, from + 16) << 16) >> 16;
  const speedKmh = word16(bytes, from + 18) / 10;
  const direction = word16(bytes, from + 20);
  const time = timeAt(bytes, from + 22) - dialect.zoneHours * HOUR_MS;
  const found = noFindings();
  if (dialect.items.note(bytes, from + LOCATION_BYTES, to, found) !== to) return null;

  const latitude = (rawLatitude / 1e6) * (status & STATUS_SOUTH ? -1 : 1);
  const longitude = (rawLongitude / 1e6) * (status & STATUS_WEST ? -1 : 1);
  const age = receivedTime - time;
  const hasTime = anyTime ? !Number.isNaN(time) : age <= PAST_MAX_MS && age >= -FUTURE_MAX_MS;
  const isFixed = (status & STATUS_FIXED) !== 0;
  const isPossible = rawLatitude <= 90_000_000 && rawLongitude <= 180_000_000;
  const isZero = rawLatitude === 0 && rawLongitude === 0;
  const isEncrypted = (status & STATUS_ENCRYPTED) !== 0;
  const valid = isFixed && isPossible && !isZero && !isEncrypted;
  const isTooFast = speedKmh > SPEED_MAX_KMH;
  const { extras } = found;
  const states = dialect.states.text(status);
  if (states !== '') extras['status'] = states;
  return {
    fixTime: hasTime ? time : receivedTime,
    timeSource: hasTime ? 'device' : 'server',
    valid,
    latitude: rawLatitude === 0 ? 0 : latitude,
    longitude: rawLongitude === 0 ? 0 : longitude,
    altitudeM: altitude,
    speedKmh: isTooFast ? null : speedKmh,
    courseDeg: direction > 360 ? null : direction % 360,
    satellites: found.satellites,
    hdop: null,
    accuracyM: null,
    mileageKm: found.mileageKm,
    batteryPercent: found.batteryPercent,
    ignition: (status & STATUS_ACC) !== 0,
    source: 'gnss',
    buffered,
    alarms:
      alarmWord === 0 && found.alarms === null ? NO_ALARMS : alarmsOf(alarmWord, dialect, found),
    flags:
      hasTime && valid && !isTooFast
        ? NO_FLAGS
        : flagsOf({ hasTime, isFixed, isPossible, isZero, isEncrypted, isTooFast }),
    extras,
  };
}

function alarmsOf(word: number, dialect: Dialect, found: Findings): DeviceAlarm[] {
  const names = bitNames(word, dialect.alarms);
  const unnamed = names.filter((name) => !isAlarm(name));
  if (unnamed.length > 0) found.extras['unnamedAlarms'] = unnamed.join(',');
  return withStated(names.filter(isAlarm), found);
}

function flagsOf(is: {
  readonly hasTime: boolean;
  readonly isFixed: boolean;
  readonly isPossible: boolean;
  readonly isZero: boolean;
  readonly isEncrypted: boolean;
  readonly isTooFast: boolean;
}): PositionFlag[] {
  const flags: PositionFlag[] = [];
  if (!is.hasTime) flags.push('noDeviceTime');
  if (!is.isFixed) flags.push('noFix');
  if (!is.isPossible) flags.push('impossibleCoordinates');
  if (is.isZero) flags.push('zeroIsland');
  if (is.isEncrypted) flags.push('encryptedCoordinates');
  if (is.isTooFast) flags.push('impossibleSpeed');
  return flags;
}

const word16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
/** Signed: compare only its bits. */
const word32 = (bytes: Uint8Array, at: number): number =>
  (word16(bytes, at) << 16) | word16(bytes, at + 2);

// Of the date that was read last: all terminals report of today, and a date costs more than a time of day.
let lastDate = -1;
let lastMidnight = Number.NaN;

/** Ms of the BCD time at `at`, as if it were of UTC; NaN for one that does not exist. */
function timeAt(bytes: Uint8Array, at: number): number {
  const date = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  if (date !== lastDate) {
    lastMidnight = midnight(bcd(bytes[at]), bcd(bytes[at + 1]), bcd(bytes[at + 2]));
    lastDate = date;
  }
  const hour = bcd(bytes[at + 3]);
  const minute = bcd(bytes[at + 4]);
  const second = bcd(bytes[at + 5]);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  return lastMidnight + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** NaN for a digit above nine. */
function bcd(byte = 0): number {
  const tens = byte >> 4;
  const ones = byte & 15;
  return tens > 9 || ones > 9 ? Number.NaN : tens * 10 + ones;
}

function midnight(year: number, month: number, day: number): number {
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  if (day > new Date(Date.UTC(2000 + year, month, 0)).getUTCDate()) return Number.NaN;
  return Date.UTC(2000 + year, month - 1, day);
}
