import { type BitTable, bitNames, bitsOf, bitTable } from '../../bytes.ts';
import {
  bytes,
  flags,
  hex,
  i16,
  type Kind,
  layout,
  mapped,
  noted,
  restBytes,
  Unreadable,
  u8,
  u16,
  u32,
} from '../../layout.ts';
import { list, listToEnd } from '../../layout-lists.ts';
import type { DeviceAlarm } from '../../position.ts';
import { radioExtras, type WifiSighting } from '../../radio.ts';
import { type ItemForm, ItemTable } from '../extras.ts';
import { type Findings, type ItemRow, item, numberItem, stateAlarm } from './item.ts';
import { ascii, bcdDigits, coded, oneOf, valuesOf } from './kinds.ts';

/*
 * Items of makers, by what they hold. The same id means something else at another maker, so none of these is read
 * unless the profile of a model lists it.
 * @see the wire reference, section 6.4, vendor items
 */

const from = (maker: string, id: string) => `${maker}, item ${id}`;

/** Alarms by the names of bits; bits without one are states. */
type Alarms = Readonly<Record<string, DeviceAlarm>>;

function noteBits(found: Findings, key: string, names: readonly string[], alarms: Alarms): void {
  if (names.length > 0) found.extras[key] = names.join(',');
  for (const name of names) {
    const alarm = alarms[name];
    if (alarm !== undefined) stateAlarm(found, alarm);
  }
}

/** Percent beyond a hundred are none. */
function notePercent(found: Findings, percent: number): void {
  if (percent <= 100) found.batteryPercent = percent;
  else found.extras['batteryRaw'] = percent;
}

/** What stands for a channel without a sensor. */
const NO_SENSOR: ReadonlySet<number> = new Set([0xffff, 0x0fff, 0x04f6]);

const channelsOf = (key: string, unit: string) => (values: readonly number[], found: Findings) => {
  for (const [i, raw] of values.entries()) {
    if (!NO_SENSOR.has(raw & 0xffff)) found.extras[`${key}${i + 1}${unit}`] = raw / 10;
  }
};
export const temperatures = item(
  0x51,
  'temperatures',
  from('GPS51, G10LS', '0x51'),
  noted(valuesOf(i16, 2), '0.1 °C a channel; 0xFFFF, 0x0FFF, 0x04F6 no sensor'),
  channelsOf('temperature', 'C'),
);
export const humidities = item(
  0x58,
  'humidities',
  from('GPS51', '0x58'),
  noted(valuesOf(u16, 2), '0.1 % a channel; 0xFFFF, 0x0FFF no sensor'),
  channelsOf('humidity', 'Percent'),
);

const drums = { 0: 'unknown', 1: 'forward', 2: 'reverse', 3: 'stopped' } as const;
export const drum = item(
  0x52,
  'drum',
  from('GPS51, G10LS', '0x52'),
  coded(u8, drums),
  (value, { extras }) => {
    extras['drum'] = value;
  },
);

const signal = noted(u8, 'as sent');
const cell2g = layout({ mcc: u16, mnc: u8, lac: u16, cellId: u16, signal });
const cell4g = layout({ mcc: u16, mnc: u8, lac: u16, cellId: u32, signal });

export const cells2g = item(
  0x53,
  'cells2g',
  from('G10LS', '0x53'),
  list(1, cell2g.kind),
  (cells, { extras }) => void Object.assign(extras, radioExtras({ cells })),
);
export const cells4g = item(
  0x5d,
  'cells4g',
  from('G10LS', '0x5D'),
  list(1, cell4g.kind),
  (cells, { extras }) => void Object.assign(extras, radioExtras({ cells })),
);

/** Signed at some makers, a plain magnitude at others: no access point is heard above 0 dBm. */
const rssiDbm = (raw: number) => (raw > 127 ? raw - 256 : 0 - raw);
const accessPoint = layout({ mac: hex(bytes(6)), signal });
export const wifi = item(
  0x54,
  'wifi',
  from('GPS51, G10LS', '0x54'),
  list(1, accessPoint.kind),
  (found, { extras }) => {
    const heard = found.map(({ mac, signal: raw }) => ({ mac, rssiDbm: rssiDbm(raw) }));
    Object.assign(extras, radioExtras({ wifi: heard }));
  },
);

const eightBytes = mapped<Uint8Array, number>(
  bytes(8),
  (raw) => {
    const value = raw.reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : new Unreadable('a load');
  },
  (value) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('wants a whole number');
    return Uint8Array.from({ length: 8 }, (_, i) => Math.floor(value / 256 ** (7 - i)) % 256);
  },
);
export const load = item(
  0x55,
  'load',
  from('GPS51', '0x55'),
  noted(eightBytes, '0.1 kg'),
  (value, { extras }) => {
    extras['loadKg'] = value / 10;
  },
);

const battery = layout({ level: noted(u8, '0-10'), percent: noted(u8, '1-100; 0 not given') });
export const batteryLevel = item(
  0x56,
  'battery',
  from('G10LS', '0x56'),
  battery.kind,
  ({ level, percent }, found) => {
    notePercent(found, percent > 0 ? percent : level * 10);
  },
);
export const mainPower = numberItem(
  0x61,
  'mainPower',
  from('GPS51, G10LS', '0x61'),
  u16,
  '0.01 V',
  (value, { extras }) => {
    extras['mainPowerV'] = value / 100;
  },
);

const neighbour = layout({ lac: u16, cellId: u32, signal });
const neighbours = listToEnd(neighbour.kind);
/** At least one: the four bytes of a network without a cell are another maker's voltage. */
const heardCells: typeof neighbours = {
  ...neighbours,
  read: (parsed) => {
    const all = neighbours.read(parsed);
    return all instanceof Unreadable || all.length > 0 ? all : new Unreadable('wants a cell');
  },
};
/** One network for all; a cell alone may come without its signal. */
const network = { mcc: u16, mnc: u16 };
const cellsOfNetwork = oneOf<{
  readonly mcc: number;
  readonly mnc: number;
  readonly lac?: number;
  readonly cellId?: number;
  readonly cells?: readonly { lac: number; cellId: number; signal: number }[];
}>(layout({ ...network, lac: u16, cellId: u32 }), layout({ ...network, cells: heardCells }));
export const cells = item(
  0xe1,
  'cells',
  from('GPS51', '0xE1'),
  cellsOfNetwork,
  ({ mcc, mnc, lac = 0, cellId = 0, cells: heard }, { extras }) => {
    const all = (heard ?? [{ lac, cellId, signal: null }]).map((one) => ({ mcc, mnc, ...one }));
    Object.assign(extras, radioExtras({ cells: all }));
  },
);
export const firmware = item(
  0xe2,
  'firmware',
  from('GPS51', '0xE2'),
  ascii(restBytes),
  (value, { extras }) => {
    extras['firmware'] = value;
  },
);
const iccidAscii = mapped<string, string>(
  ascii(bytes(20)),
  (text) => (/^[0-9A-Fa-f]{19,20}$/.test(text) ? text : new Unreadable('an ICCID')),
  (text) => text,
);
const noteIccid = (value: string, { extras }: Findings) => {
  extras['iccid'] = value;
};
export const iccid = item(0xf1, 'iccid', from('GPS51, G10LS', '0xF1'), iccidAscii, noteIccid);
export const armed = item(
  0xf3,
  'armed',
  from('G10LS', '0xF3'),
  coded(u8, { 0: 'disarmed', 1: 'armed' }),
  (value, { extras }) => {
    extras['armed'] = value;
  },
);

const g10lsBits = bitTable(16, {
  0: 'hardAcceleration',
  1: 'hardDeceleration',
  2: 'hardBraking',
  3: 'sharpTurn',
  4: 'collision',
  5: 'rollover',
  6: 'input1',
  7: 'input2',
});
const drivingAlarms: Alarms = {
  hardAcceleration: 'harshAcceleration',
  hardDeceleration: 'harshBraking',
  hardBraking: 'harshBraking',
  sharpTurn: 'sharpTurn',
  collision: 'collision',
  rollover: 'rollover',
};
export const extendedAlarms = item(
  0xf4,
  'extendedAlarms',
  from('G10LS', '0xF4'),
  flags(g10lsBits),
  (names, found) => noteBits(found, 'extendedAlarms', names, drivingAlarms),
);
const axes = layout({ x: i16, y: i16, z: i16 });
export const accelerometer = item(
  0xf5,
  'accelerometer',
  from('G10LS', '0xF5'),
  noted(axes.kind, 'as the sensor gives it'),
  ({ x, y, z }, { extras }) => {
    extras['accelerometerRaw'] = `${x},${y},${z}`;
  },
);
export const workMode = item(
  0xf6,
  'workMode',
  from('G10LS', '0xF6'),
  hex(bytes(4)),
  (value, { extras }) => {
    extras['workMode'] = value;
  },
);
const imeiOfHex = mapped<string, string>(
  bcdDigits(bytes(8)),
  (digits) => (digits.startsWith('0') ? digits.slice(1) : new Unreadable('an IMEI behind a 0')),
  (digits) => `0${digits}`,
);
const noteImei = (value: string, { extras }: Findings) => {
  extras['imei'] = value;
};
export const imei = item(0xf6, 'imei', from('GPS51', '0xF6'), imeiOfHex, noteImei);

const gps51Bits = bitTable(32, {
  0: 'vibration',
  1: 'removed',
  2: 'deepSleep',
  3: 'hardAcceleration',
  4: 'hardDeceleration',
  5: 'sharpTurn',
  6: 'accOn',
  7: 'accOff',
  8: 'batteryLow',
  9: 'switchedOffByHand',
  10: 'switchedOffByBattery',
  11: 'armed',
});
const gps51Alarms: Alarms = {
  ...drivingAlarms,
  vibration: 'vibration',
  removed: 'tamper',
  batteryLow: 'lowBattery',
};
export const gps51States = item(
  0xfa,
  'deviceAlarms',
  from('GPS51', '0xFA'),
  flags(gps51Bits),
  (names, found) => noteBits(found, 'deviceStates', names, gps51Alarms),
);
const power = layout({
  percent: noted(u8, 'percent'),
  externalVoltage: noted(u16, '0.01 V'),
  charging: u8,
});
export const powerState = item(
  0xfb,
  'power',
  from('GPS51', '0xFB'),
  power.kind,
  ({ percent, externalVoltage, charging }, found) => {
    notePercent(found, percent);
    found.extras['mainPowerV'] = externalVoltage / 100;
    found.extras['charging'] = charging !== 0;
  },
);

/** Its parts are not known to us: kept whole, by its name. */
export const lockBlock = item(
  0xd5,
  'lockBlock',
  from('lock trackers', '0xD5'),
  noted(hex(restBytes), 'card number, battery and state, in no known order'),
  (value, { extras }) => {
    extras['lockBlock'] = value;
  },
);

export const portableBattery = item(
  0xe1,
  'battery',
  from('portable trackers', '0xE1'),
  oneOf<{ readonly percent?: number; readonly voltageRaw?: number }>(
    layout({ percent: noted(u8, 'percent') }),
    layout({ voltageRaw: noted(u32, 'unit by maker') }),
  ),
  ({ percent, voltageRaw }, found) => {
    if (percent !== undefined) notePercent(found, percent);
    if (voltageRaw !== undefined) found.extras['batteryVoltageRaw'] = voltageRaw;
  },
);
const noteCount = (key: string) => (value: number, found: Findings) => {
  found.extras[key] = value;
};
export const gpsSatellites = numberItem(
  0x32,
  'gpsSatellites',
  from('a portable tracker', '0x32'),
  u8,
  'in use',
  noteCount('gpsSatellites'),
);
export const beidouSatellites = numberItem(
  0x33,
  'beidouSatellites',
  from('a portable tracker', '0x33'),
  u8,
  'in use',
  noteCount('beidouSatellites'),
);
export const portableIccid = item(
  0xcc,
  'iccid',
  from('a portable tracker', '0xCC'),
  iccidAscii,
  noteIccid,
);

/** A clear bit is the alarm: all ones are normal. */
const activeLow = (table: BitTable): Kind<readonly string[]> =>
  mapped<number, readonly string[]>(
    u32,
    (word) => bitNames(~word >>> 0, table),
    (names) => ~bitsOf(names, table) >>> 0,
  );
const bsjBits = bitTable(32, {
  0: 'powerCut',
  4: 'collision',
  8: 'hardAcceleration',
  9: 'hardDeceleration',
  12: 'removed',
  25: 'sharpTurn',
});
/** Two bits are a number, how the place was found; its codes are not known to us. All ones are normal here too. */
const foundBy = { shift: 3, mask: 3, names: ['', 'positioning2', 'positioning1', 'positioning0'] };
const bsjBits2 = bitTable(32, { 6: 'vibration', 14: 'light' }, [foundBy]);
const bsjAlarms: Alarms = {
  ...drivingAlarms,
  powerCut: 'powerCut',
  removed: 'tamper',
  vibration: 'vibration',
  light: 'tamper',
};

/** `count`, then `mac,rssi` pairs in ASCII, whatever stands between them. */
const wifiText = layout({ count: u8, text: ascii(restBytes) });
function wifiOf(text: string): WifiSighting[] {
  const pairs = text.matchAll(/((?:[0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2}),(-?\d{1,3})(?!\d)/g);
  return [...pairs].map(([, mac = '', rssi = '0']) => ({
    mac: mac.replace(/[:-]/g, '').toLowerCase(),
    rssiDbm: 0 - Math.abs(Number(rssi)),
  }));
}
const bsjCell = layout({ mcc: u16, mnc: u8, lac: u16, cellId: u32 });
const bsj = (id: string) => from('BSJ', `0xEB, part ${id}`);

/** @see the wire reference, section 6.4, the bundle 0xEB */
export const bundleRows: readonly ItemRow[] = [
  item(0x00b2, 'iccid', bsj('0x00B2'), bcdDigits(bytes(10)), noteIccid),
  item(
    0x0089,
    'extendedAlarms',
    bsj('0x0089'),
    noted(activeLow(bsjBits), 'active low'),
    (names, found) => noteBits(found, 'extendedAlarms', names, bsjAlarms),
  ),
  item(
    0x00c5,
    'extendedAlarms2',
    bsj('0x00C5'),
    noted(activeLow(bsjBits2), 'active low'),
    (names, found) => noteBits(found, 'extendedAlarms2', names, bsjAlarms),
  ),
  numberItem(0x00ce, 'voltage', bsj('0x00CE'), u16, '0.01 V', (value, { extras }) => {
    extras['voltageV'] = value / 100;
  }),
  item(
    0x002d,
    'externalVoltage',
    bsj('0x002D'),
    oneOf<{ readonly voltage?: number; readonly voltage16?: number }>(
      layout({ voltage: noted(u32, 'mV') }),
      layout({ voltage16: noted(u16, 'mV') }),
    ),
    ({ voltage, voltage16 }, { extras }) => {
      extras['mainPowerV'] = (voltage ?? voltage16 ?? 0) / 1000;
    },
  ),
  numberItem(0x00a8, 'battery', bsj('0x00A8'), u8, 'percent', (value, found) =>
    notePercent(found, value),
  ),
  item(0x00d5, 'imei', bsj('0x00D5'), ascii(bytes(15)), noteImei),
  item(0x00d8, 'cell', bsj('0x00D8'), bsjCell.kind, (cell, { extras }) => {
    Object.assign(extras, radioExtras({ cells: [{ ...cell, signal: null }] }));
  }),
  item(0x00b9, 'wifi', bsj('0x00B9'), wifiText.kind, ({ text }, { extras }) => {
    Object.assign(extras, radioExtras({ wifi: wifiOf(text) }));
  }),
];
const bundleForm: ItemForm = { idBytes: 2, lengthBytes: 2, lengthHasId: true };
const bundleTable = new ItemTable(bundleRows, bundleForm);
/** Real frames have a wrong length word: then all of it stays raw. */
export const bundle = item(0xeb, 'bundle', from('BSJ', '0xEB'), bundleTable.whole, (parts, found) =>
  bundleTable.noteAll(parts, found),
);

/** The body of a heartbeat that is not empty. @see the wire reference, section 13 */
export const assetHeartbeat = layout({
  batteryPercent: noted(u8, 'percent'),
  radioSignal: noted(u8, 'CSQ'),
  mode: noted(u8, 'by maker'),
});
