import { type DeviceAlarm, digitsOfTime } from '@xunji/protocols';
import type { Report } from '../report.ts';

/** Codes of the alarms a simulated tracker may raise. @see GT06, table of alarm codes */
const alarmCodes: Partial<Record<DeviceAlarm, number>> = {
  sos: 0x01,
  powerCut: 0x02,
  vibration: 0x03,
  overspeed: 0x06,
  tow: 0x09,
  lowBattery: 0x19,
};

/** An invented network; trackers send their serving cell with every position. */
const cell = { mcc: 460, mnc: 0, lac: 0x1806, cellId: 0x00b3a1 };

/** Twelve of what follows the satellites: the usual GPS information. */
const gpsInfoLength = 12;

/** Times are UTC. @see GT06, sections on the GPS block and on time */
const gpsBlock = (report: Report): Record<string, unknown> => ({
  time: digitsOfTime(report.fixTime, 0),
  gpsInfo: { length: gpsInfoLength, satellites: Math.min(15, report.satellites) },
  latitude: Math.round(Math.abs(report.latitude) * 1_800_000),
  longitude: Math.round(Math.abs(report.longitude) * 1_800_000),
  speed: Math.min(255, Math.round(report.speedKmh)),
  courseStatus: {
    course: report.courseDeg,
    flags: [
      ...(report.latitude >= 0 ? ['north'] : []),
      ...(report.longitude < 0 ? ['west'] : []),
      'positioned',
    ],
  },
});

const terminalState = (report: Report | null): Record<string, unknown> => ({
  terminalInfo: ['gpsOn', 'charging', ...(report?.ignition === true ? ['acc'] : [])],
  voltageLevel: 6,
  signal: 4,
});

/** Fields of type 0x22. @param reupload it was measured earlier and could not be delivered */
export const positionFields = (report: Report, reupload: boolean): Record<string, unknown> => ({
  ...gpsBlock(report),
  cell,
  acc: report.ignition === true ? 1 : 0,
  uploadMode: 0,
  reupload: reupload ? 1 : 0,
  mileage: Math.round(report.mileageKm * 1000),
});

/** Fields of type 0x26. */
export const alarmFields = (report: Report, alarm: DeviceAlarm): Record<string, unknown> => ({
  ...gpsBlock(report),
  lbsLength: 9,
  cell,
  ...terminalState(report),
  alarmCode: alarmCodes[alarm] ?? 0,
  language: 2,
});

/** Fields of type 0x13. @param report the latest, null before the first */
export const heartbeatFields = (report: Report | null): Record<string, unknown> => ({
  ...terminalState(report),
  alarmCode: 0,
  language: 2,
});

/** Fields of type 0x94, subtype 0A: the device and an invented SIM. @see GT06, section on information */
export const cardFields = (imei: string): Record<string, unknown> => ({
  subtype: 0x0a,
  imei,
  imsi: `46000${imei.slice(-10)}`,
  iccid: `8986000${imei.slice(-13)}`,
});

/** Fields of type 0x94, subtype 00: a battery at rest. */
export const voltageFields: Record<string, unknown> = { subtype: 0x00, externalVoltage: 12.6 };
