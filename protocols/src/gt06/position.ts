import { timeOfDigits } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { DeviceAlarm, Position, PositionFlag } from '../position.ts';
import { alarmOfCode, alarmsOf } from './alarms.ts';
import type { DeviceClock } from './clock.ts';

const UNITS_PER_DEGREE = 1_800_000;
const BCD_DIGITS_TIME = /^\d{12}$/;

/** What one device has shown of itself on this connection. @see gt06.md section 15 */
export interface Profile {
  readonly clock: DeviceClock;
  /** It has set bit 14 or 15 of the course word, so bit 15 is its ACC. @see gt06.md section 6.1 */
  usesSpareCourseBits: boolean;
}

/** The fields of the bodies with a GPS block; those of a tail are there when the device sent them. */
interface PositionFields {
  readonly time: string;
  readonly gpsInfo: { readonly length: number; readonly satellites: number };
  readonly latitude: number;
  readonly longitude: number;
  readonly speed: number;
  readonly courseStatus: { readonly course: number; readonly flags: readonly string[] };
  readonly cell?: {
    readonly mcc: number;
    readonly mnc: number;
    readonly lac: number;
    readonly cellId: number;
  };
  readonly acc?: number;
  readonly uploadMode?: number;
  readonly reupload?: number;
  readonly mileage?: number;
  readonly terminalInfo?: readonly string[];
  readonly voltageLevel?: number;
  readonly signal?: number;
  readonly alarmCode?: number;
  readonly language?: number;
  readonly extra?: string;
}

/** Percent of a full battery by voltage level, an estimate. @see gt06.md section 7 */
const levelPercent: readonly number[] = [0, 5, 15, 35, 60, 80, 100];

/** @param fields as the table of a row with a GPS block gives them */
export function positionOf(
  fields: Fields,
  receivedTime: number,
  profile: Profile,
  crcOk: boolean,
): Position {
  const f = fields as unknown as PositionFields;
  const { course, flags: statusFlags } = f.courseStatus;
  const flags: PositionFlag[] = [];
  const extras: Record<string, number | string | boolean> = {};

  const isFixed = statusFlags.includes('positioned');
  const latitude = degrees(f.latitude) * (statusFlags.includes('north') ? 1 : -1);
  const longitude = degrees(f.longitude) * (statusFlags.includes('west') ? -1 : 1);
  const isPossible = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  const isZero = f.latitude === 0 && f.longitude === 0;
  if (!isFixed) flags.push('noFix');
  if (!isPossible) flags.push('impossibleCoordinates');
  if (isZero) flags.push('zeroIsland');

  const isBuffered = f.reupload === 1;
  const fixTime = fixTimeOf(
    f,
    receivedTime,
    profile,
    { live: !isBuffered, fixed: isFixed },
    extras,
  );
  if (fixTime === null) flags.push('noDeviceTime');

  if (statusFlags.includes('bit14') || statusFlags.includes('bit15')) {
    profile.usesSpareCourseBits = true;
  }
  addExtras(f, extras);
  if (!crcOk) extras['crcOk'] = false;

  return {
    fixTime: fixTime ?? receivedTime,
    timeSource: fixTime === null ? 'server' : 'device',
    valid: isFixed && isPossible && !isZero,
    // Negative zero is a hemisphere bit, not a place.
    latitude: latitude + 0,
    longitude: longitude + 0,
    altitudeM: null,
    speedKmh: f.speed,
    courseDeg: course > 360 ? null : course % 360,
    satellites: f.gpsInfo.satellites,
    hdop: null,
    accuracyM: null,
    mileageKm: f.mileage === undefined ? null : f.mileage / 1000,
    batteryPercent: f.voltageLevel === undefined ? null : (levelPercent[f.voltageLevel] ?? null),
    ignition: ignitionOf(f, statusFlags, profile),
    source: 'gnss',
    buffered: isBuffered,
    alarms: alarmsIn(f),
    flags,
    extras,
  };
}

/** Six decimals are 0.1 m: finer than any fix, coarser than the wire. */
const degrees = (units: number): number =>
  Math.round((units / UNITS_PER_DEGREE) * 1_000_000) / 1_000_000;

function fixTimeOf(
  { time }: PositionFields,
  receivedTime: number,
  { clock }: Profile,
  circumstances: { readonly live: boolean; readonly fixed: boolean },
  extras: Record<string, number | string | boolean>,
): number | null {
  let deviceTime = timeOfDigits(time, 0);
  if (deviceTime === null) {
    // Look-alikes send BCD: where plain binary makes no date and BCD does, BCD it is. @see gt06.md section 6.2
    deviceTime = timeOfDigits(asBcd(time), 0);
    if (deviceTime === null) return null;
    extras['dateFormat'] = 'bcd';
  }
  return clock.fixTime(deviceTime, receivedTime, circumstances);
}

/** The digits read again as the BCD bytes they came from. */
const asBcd = (time: string): string =>
  BCD_DIGITS_TIME.test(time)
    ? time.replace(/../g, (two) => Number(two).toString(16).padStart(2, '0'))
    : time.slice(1);

function ignitionOf(
  f: PositionFields,
  statusFlags: readonly string[],
  profile: Profile,
): boolean | null {
  if (f.acc !== undefined) return f.acc === 1;
  if (f.terminalInfo !== undefined) return f.terminalInfo.includes('acc');
  return profile.usesSpareCourseBits ? statusFlags.includes('bit15') : null;
}

const NO_ALARMS: readonly DeviceAlarm[] = [];

const alarmsIn = (f: PositionFields): readonly DeviceAlarm[] =>
  f.alarmCode === undefined ? NO_ALARMS : alarmsOf(f.alarmCode, f.terminalInfo ?? []);

function addExtras(f: PositionFields, extras: Record<string, number | string | boolean>): void {
  if (f.courseStatus.flags.includes('differential')) extras['differential'] = true;
  if (f.cell !== undefined && (f.cell.lac !== 0 || f.cell.cellId !== 0)) {
    extras['mcc'] = f.cell.mcc;
    extras['mnc'] = f.cell.mnc;
    extras['lac'] = f.cell.lac;
    extras['cellId'] = f.cell.cellId;
  }
  if (f.uploadMode !== undefined) extras['uploadMode'] = f.uploadMode;
  if (f.signal !== undefined) extras['gsmSignal'] = f.signal;
  if (f.voltageLevel !== undefined) {
    extras['voltageLevel'] = f.voltageLevel;
    extras['batteryEstimated'] = true;
  }
  if (f.terminalInfo !== undefined) {
    extras['oilCut'] = f.terminalInfo.includes('oilCut');
    extras['charging'] = f.terminalInfo.includes('charging');
    extras['armed'] = f.terminalInfo.includes('armed');
  }
  if (f.alarmCode !== undefined && f.alarmCode !== 0) {
    extras['alarmCode'] = f.alarmCode;
    extras['alarmKey'] = alarmOfCode(f.alarmCode).key;
  }
  // Newest papers widen the alarm to twelve bits, in a way not seen yet. @see gt06.md section 8.2
  if (f.language !== undefined && f.language >> 4 !== 0) {
    extras['alarmWord'] = ((f.alarmCode ?? 0) << 8) | f.language;
  }
  if (f.extra !== undefined) extras['extra'] = f.extra;
}
