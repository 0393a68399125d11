import { timeOfDigits } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { DeviceAlarm, Position, PositionFlag } from '../position.ts';
import { alarmOfCode, alarmsOf } from './alarms.ts';
import type { Model } from './models.ts';
import type { Profile } from './profile.ts';

export const UNITS_PER_DEGREE = 1_800_000;
const BCD_DIGITS_TIME = /^\d{12}$/;

/** The frame as far as positions depend on it. */
export interface Receipt {
  readonly receivedTime: number;
  readonly profile: Profile;
  readonly model: Model;
  /** False only in lenient mode. */
  readonly crcOk: boolean;
}

export type Extras = Record<string, number | string | boolean>;

interface CellFields {
  readonly mcc: number;
  readonly mnc: number;
  readonly lac: number;
  readonly cellId: number | string;
}

/** The fields that say something of the device besides its place; there when it sent them. */
export interface StateFields {
  readonly acc?: number;
  readonly uploadMode?: number;
  readonly reupload?: number;
  readonly mileage?: number;
  readonly terminalInfo?: readonly string[];
  readonly voltageLevel?: number;
  readonly voltage?: number;
  readonly externalVoltage?: number;
  readonly accOnTime?: number;
  readonly radioWord?: string;
  readonly signal?: number;
  readonly alarmCode?: number;
  readonly fenceNumber?: number;
  readonly language?: number;
  readonly extra?: string;
}

/** The fields of the bodies with a GPS block. */
interface PositionFields extends StateFields {
  readonly time: string;
  readonly gpsInfo: { readonly length: number; readonly satellites: number };
  readonly latitude: number;
  readonly longitude: number;
  readonly speed: number;
  readonly courseStatus: { readonly course: number; readonly flags: readonly string[] };
  readonly cell?: CellFields;
}

/** Percent of a full battery by voltage level, an estimate. @see gt06.md section 7 */
const levelPercent: readonly number[] = [0, 5, 15, 35, 60, 80, 100];

/** @param fields as the table of a row with a GPS block gives them */
export function positionOf(fields: Fields, receipt: Receipt): Position {
  const f = fields as unknown as PositionFields;
  const { profile, receivedTime } = receipt;
  const { course, flags: statusFlags } = f.courseStatus;
  const flags: PositionFlag[] = [];
  const extras: Extras = {};

  const isFixed = statusFlags.includes('positioned');
  const latitude = degrees(f.latitude) * (statusFlags.includes('north') ? 1 : -1);
  const longitude = degrees(f.longitude) * (statusFlags.includes('west') ? -1 : 1);
  const isPossible = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  const isZero = f.latitude === 0 && f.longitude === 0;
  if (!isFixed) flags.push('noFix');
  if (!isPossible) flags.push('impossibleCoordinates');
  if (isZero) flags.push('zeroIsland');

  const isBuffered = f.reupload === 1;
  const fixTime = fixTimeOf(f.time, receipt, { live: !isBuffered, fixed: isFixed }, extras);
  if (fixTime === null) flags.push('noDeviceTime');

  if (statusFlags.includes('bit14') || statusFlags.includes('bit15')) {
    profile.usesSpareCourseBits = true;
  }
  if (statusFlags.includes('differential')) extras['differential'] = true;
  addCell(f.cell, extras);
  addState(f, receipt, extras);

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
    batteryPercent: batteryOf(f),
    ignition: ignitionOf(f) ?? (profile.usesSpareCourseBits ? statusFlags.includes('bit15') : null),
    source: 'gnss',
    buffered: isBuffered,
    alarms: alarmsIn(f, receipt.model),
    flags,
    extras,
  };
}

/** Six decimals are 0.1 m: finer than any fix, coarser than the wire. */
export const degrees = (units: number): number =>
  Math.round((units / UNITS_PER_DEGREE) * 1_000_000) / 1_000_000;

/** @returns ms UTC, or null when the receive time must stand in. @see gt06.md section 6.2 */
export function fixTimeOf(
  time: string,
  { receivedTime, profile }: Receipt,
  circumstances: { readonly live: boolean; readonly fixed: boolean },
  extras: Extras,
): number | null {
  let deviceTime = timeOfDigits(time, 0);
  if (deviceTime === null) {
    // Look-alikes send BCD: where plain binary makes no date and BCD does, BCD it is.
    deviceTime = timeOfDigits(asBcd(time), 0);
    if (deviceTime === null) return null;
    extras['dateFormat'] = 'bcd';
  }
  return profile.clock.fixTime(deviceTime, receivedTime, circumstances);
}

/** The digits read again as the BCD bytes they came from. */
const asBcd = (time: string): string =>
  BCD_DIGITS_TIME.test(time)
    ? time.replace(/../g, (two) => Number(two).toString(16).padStart(2, '0'))
    : time.slice(1);

/** The ACC line by its own byte, else by the bit of the terminal information; null where neither came. */
export function ignitionOf(f: StateFields): boolean | null {
  if (f.acc !== undefined) return f.acc === 1;
  return f.terminalInfo === undefined ? null : f.terminalInfo.includes('acc');
}

/** An estimate by the voltage level, null without one or for a level no table has. */
export const batteryOf = (f: StateFields): number | null =>
  f.voltageLevel === undefined ? null : (levelPercent[f.voltageLevel] ?? null);

const NO_ALARMS: readonly DeviceAlarm[] = [];

/** What code and bits state together. @see gt06.md section 8.2 */
export const alarmsIn = (f: StateFields, model: Model): readonly DeviceAlarm[] =>
  f.alarmCode === undefined && f.terminalInfo === undefined
    ? NO_ALARMS
    : alarmsOf(f.alarmCode ?? 0, f.terminalInfo ?? [], model.alarms);

/** The serving cell, unless the slot is empty. */
export function addCell(cell: CellFields | undefined, extras: Extras): void {
  if (cell === undefined || (cell.lac === 0 && cell.cellId === 0)) return;
  extras['mcc'] = cell.mcc;
  extras['mnc'] = cell.mnc;
  extras['lac'] = cell.lac;
  extras['cellId'] = cell.cellId;
}

/** All that is said of the device itself and has no field of a position. */
export function addState(f: StateFields, { model, crcOk }: Receipt, extras: Extras): void {
  if (f.uploadMode !== undefined) extras['uploadMode'] = f.uploadMode;
  if (f.signal !== undefined) extras['gsmSignal'] = f.signal;
  if (f.voltageLevel !== undefined) {
    extras['voltageLevel'] = f.voltageLevel;
    extras['batteryEstimated'] = true;
  }
  if (f.voltage !== undefined) extras[voltageName(model)] = f.voltage;
  if (f.externalVoltage !== undefined) extras['externalVoltageV'] = f.externalVoltage;
  if (f.accOnTime !== undefined) extras['accOnS'] = f.accOnTime;
  if (f.radioWord !== undefined) extras['radioWord'] = f.radioWord;
  if (f.terminalInfo !== undefined) {
    extras['oilCut'] = f.terminalInfo.includes('oilCut');
    extras['charging'] = f.terminalInfo.includes('charging');
    extras['armed'] = f.terminalInfo.includes('armed');
  }
  if (f.alarmCode !== undefined && f.alarmCode !== 0) {
    extras['alarmCode'] = f.alarmCode;
    extras['alarmKey'] = alarmOfCode(f.alarmCode, model.alarms).key;
  }
  if (f.fenceNumber !== undefined && f.fenceNumber !== NO_FENCE) {
    extras['fenceNumber'] = f.fenceNumber;
  }
  // Newest papers widen the alarm to twelve bits, in a way not seen yet. @see gt06.md section 8.2
  if (f.alarmCode !== undefined && f.language !== undefined && f.language >> 4 !== 0) {
    extras['alarmWord'] = (f.alarmCode << 8) | f.language;
  }
  if (f.extra !== undefined) extras['extra'] = f.extra;
  if (!crcOk) extras['crcOk'] = false;
}

const NO_FENCE = 0xff;

/** Whose voltage it is, where the model tells. @see gt06.md section 7 */
export const voltageName = ({ voltageOf }: Model): string =>
  voltageOf === undefined ? 'voltageV' : `${voltageOf}VoltageV`;
