import type { DeviceAlarm } from '../position.ts';

/** One row of the alarm codes: the wire reference's name and what the trade calls it. */
export interface AlarmCode {
  readonly key: string;
  /** Null: a notice of state, nothing a dispatcher acts on. */
  readonly alarm: DeviceAlarm | null;
}

const row = (code: number, key: string, alarm: DeviceAlarm | null): [number, AlarmCode] => [
  code,
  { key, alarm },
];

/** @see gt06.md section 8.2 */
export const alarmCodes: ReadonlyMap<number, AlarmCode> = new Map([
  row(0x01, 'sos', 'sos'),
  row(0x02, 'powerCut', 'powerCut'),
  row(0x03, 'vibration', 'vibration'),
  row(0x04, 'fenceEnter', 'fenceEnter'),
  row(0x05, 'fenceExit', 'fenceExit'),
  row(0x06, 'overspeed', 'overspeed'),
  row(0x09, 'tow', 'tow'),
  row(0x0a, 'gpsLost', 'gnssLost'),
  row(0x0b, 'gpsRecovered', null),
  row(0x0c, 'powerOn', null),
  row(0x0d, 'firstFix', null),
  row(0x0e, 'extBatteryLow', 'undervoltage'),
  row(0x0f, 'extBatteryProtect', 'undervoltage'),
  row(0x10, 'simChanged', 'simChanged'),
  row(0x11, 'powerOff', 'other'),
  row(0x12, 'airplaneMode', 'other'),
  row(0x13, 'tamper', 'tamper'),
  row(0x14, 'door', 'door'),
  row(0x15, 'lowPowerShutdown', 'lowBattery'),
  row(0x16, 'sound', 'other'),
  row(0x17, 'fakeCell', 'other'),
  row(0x18, 'coverOpen', 'tamper'),
  row(0x19, 'batteryLow', 'lowBattery'),
  row(0x20, 'sleepEnter', null),
  row(0x23, 'fall', 'fall'),
  row(0x24, 'chargerInserted', null),
  row(0x29, 'harshAcceleration', 'harshAcceleration'),
  row(0x2a, 'sharpLeft', 'sharpTurn'),
  row(0x2b, 'sharpRight', 'sharpTurn'),
  row(0x2c, 'collision', 'collision'),
  row(0x2d, 'rollover', 'rollover'),
  row(0x30, 'harshBraking', 'harshBraking'),
  row(0x32, 'unplugged', 'tamper'),
  row(0x3c, 'theft', 'stolen'),
  row(0x3d, 'illegalStart', 'illegalIgnition'),
  row(0x3e, 'button', null),
  row(0x4b, 'tilt', 'other'),
  row(0x4c, 'sharpTurn', 'sharpTurn'),
  row(0x4d, 'laneChange', 'other'),
  row(0x4e, 'stability', 'other'),
  row(0x4f, 'stability', 'other'),
  row(0x5e, 'pulseLineCut', 'other'),
  row(0xc5, 'engineOn', null),
  row(0xc6, 'engineOff', null),
  row(0xc7, 'longDrivingStart', 'fatigue'),
  row(0xc8, 'longDrivingKnown', null),
  row(0xc9, 'idling', 'other'),
  row(0xf2, 'accidentSuspected', 'collision'),
  row(0xf3, 'locked', null),
  row(0xf4, 'unlocked', null),
  row(0xfe, 'accOn', null),
  row(0xff, 'accOff', null),
]);

/** Alarms stated by the terminal-information bits; the names are those of the field. @see gt06.md section 7 */
const bitAlarms: readonly DeviceAlarm[] = ['sos', 'powerCut', 'lowBattery', 'vibration'];

/**
 * The row of a non-zero code; a code outside the tables is an alarm of unknown kind.
 * @param own what the model means by codes that it uses otherwise
 */
export function alarmOfCode(code: number, own?: ReadonlyMap<number, AlarmCode>): AlarmCode {
  return own?.get(code) ?? alarmCodes.get(code) ?? { key: unknownKey(code), alarm: 'other' };
}

/** The key of a code that no table has. */
export const unknownKey = (code: number): string => `unknown${code.toString(16).padStart(2, '0')}`;

/**
 * What a packet reports: its code and its terminal-information bits complement each other, so both count.
 * @param terminalInfo names of the bits set
 * @returns without repeats; empty for a packet that is a mere position or a notice of state
 */
export function alarmsOf(
  code: number,
  terminalInfo: readonly string[],
  own?: ReadonlyMap<number, AlarmCode>,
): readonly DeviceAlarm[] {
  const byCode = code === 0 ? null : alarmOfCode(code, own).alarm;
  const byBits = bitAlarms.find((alarm) => terminalInfo.includes(alarm)) ?? null;
  if (byCode === null) return byBits === null ? NONE : [byBits];
  return byBits === null || byBits === byCode ? [byCode] : [byCode, byBits];
}

const NONE: readonly DeviceAlarm[] = [];
