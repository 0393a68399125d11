import { type BitTable, bitTable } from '../bytes.ts';
import type { DeviceAlarm } from '../position.ts';

/*
 * What differs between the editions of 2011, 2013 and 2019, as data. Bodies that differ stand in `messages.ts`.
 */

/** In the order they appeared. */
export const editions = ['2011', '2013', '2019'] as const;
/** The year of the text a device follows. */
export type Edition = (typeof editions)[number];

/** 2011 and 2013 share their header. */
export type HeaderForm = '2013' | '2019';

/** One edition. */
export interface Version {
  readonly header: HeaderForm;
  /** Alarm flags of a position. @see JT/T 808, table of alarm flag bits */
  readonly alarms: BitTable;
  /** Status of a position. @see JT/T 808, table of status bits */
  readonly status: BitTable;
  /** What ends a STRING. */
  readonly terminator: '' | '\0';
}

const alarms2011: Readonly<Record<number, DeviceAlarm>> = {
  0: 'sos',
  1: 'overspeed',
  2: 'fatigue',
  3: 'danger',
  4: 'gnssFault',
  5: 'antennaCut',
  6: 'antennaShort',
  7: 'undervoltage',
  8: 'powerCut',
  9: 'displayFault',
  10: 'ttsFault',
  11: 'cameraFault',
  18: 'dayDrivingExceeded',
  19: 'parkedTooLong',
  20: 'areaInOut',
  21: 'routeInOut',
  22: 'segmentTime',
  23: 'offRoute',
  24: 'vssFault',
  25: 'fuelAbnormal',
  26: 'stolen',
  27: 'illegalIgnition',
  28: 'illegalMove',
};
// Bits 15-17 stay without a name before 2019: trackers use them for battery, vibration and removal, each its own way.
const alarms2013: Readonly<Record<number, DeviceAlarm>> = {
  ...alarms2011,
  12: 'icCardFault',
  13: 'overspeedWarning',
  14: 'fatigueWarning',
  29: 'collision',
  30: 'rollover',
};
const alarms2019: Readonly<Record<number, DeviceAlarm>> = {
  ...alarms2013,
  15: 'illegalDriving',
  16: 'tyrePressure',
  17: 'blindZone',
};

const status2011: Readonly<Record<number, string>> = {
  0: 'acc',
  1: 'fixed',
  2: 'south',
  3: 'west',
  4: 'outOfService',
  5: 'encrypted',
  10: 'fuelCut',
  11: 'circuitCut',
  12: 'doorsLocked',
};
const status2013: Readonly<Record<number, string>> = {
  ...status2011,
  13: 'frontDoorOpen',
  14: 'middleDoorOpen',
  15: 'rearDoorOpen',
  16: 'driverDoorOpen',
  17: 'customDoorOpen',
  18: 'gps',
  19: 'beidou',
  20: 'glonass',
  21: 'galileo',
};
const status2019: Readonly<Record<number, string>> = {
  ...status2013,
  6: 'forwardCollisionWarning',
  7: 'laneDeparture',
  22: 'driving',
};
const load = { shift: 8, mask: 3, names: ['', 'halfLoaded', 'loadReserved', 'fullyLoaded'] };

/** By edition. */
export const versions: Readonly<Record<Edition, Version>> = {
  '2011': {
    header: '2013',
    alarms: bitTable(32, alarms2011),
    status: bitTable(32, status2011),
    terminator: '\0',
  },
  '2013': {
    header: '2013',
    // Reserved again in 2019.
    alarms: bitTable(32, { ...alarms2013, 31: 'illegalDoor' satisfies DeviceAlarm }),
    status: bitTable(32, status2013, [load]),
    terminator: '',
  },
  '2019': {
    header: '2019',
    alarms: bitTable(32, alarms2019),
    status: bitTable(32, status2019, [load]),
    terminator: '',
  },
};

/** Header sizes and phone widths. @see JT/T 808, message header clause of each edition */
export const headerForms = {
  '2013': { bytes: 12, phoneBytes: 6, phoneAt: 4 },
  '2019': { bytes: 17, phoneBytes: 10, phoneAt: 5 },
} as const;
