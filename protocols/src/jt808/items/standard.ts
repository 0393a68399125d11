import { bitTable } from '../../bytes.ts';
import { bytes, flags, hex, layout, mapped, noted, restBytes, u8, u16, u32 } from '../../layout.ts';
import type { DeviceAlarm } from '../../position.ts';
import { type Findings, type ItemRow, item, numberItem, stateAlarm } from './item.ts';
import { channels32, coded, oneOf, signMagnitude16 } from './kinds.ts';

/*
 * Additional information of a location report: id, length, value.
 * @see JT/T 808, the clauses on additional location information; JT/T 1078-2016, video alarms
 */

const signals = bitTable(32, {
  0: 'lowBeam',
  1: 'highBeam',
  2: 'rightTurn',
  3: 'leftTurn',
  4: 'brake',
  5: 'reverse',
  6: 'fogLamp',
  7: 'clearanceLamp',
  8: 'horn',
  9: 'airConditioner',
  10: 'neutral',
  11: 'retarder',
  12: 'abs',
  13: 'heater',
  14: 'clutch',
});
const inputs = bitTable(16, { 0: 'deepSleep', 1: 'sleep' });
const analog = layout({ ad1: u16, ad0: u16 });

const areaTypes = { 0: 'none', 1: 'circle', 2: 'rectangle', 3: 'polygon', 4: 'segment' } as const;
const crossedTypes = { 1: 'circle', 2: 'rectangle', 3: 'polygon', 4: 'route' } as const;
/** The area is absent for type 0, and some devices leave it out of others. */
const overspeed = oneOf<{ areaType: string; areaId?: number }>(
  layout({ areaType: coded(u8, areaTypes) }),
  layout({ areaType: coded(u8, areaTypes), areaId: u32 }),
);
const crossing = layout({
  areaType: coded(u8, crossedTypes),
  areaId: u32,
  direction: coded(u8, { 0: 'in', 1: 'out' }),
});
const segment = layout({
  segmentId: u32,
  durationS: noted(u16, 's'),
  result: coded(u8, { 0: 'tooShort', 1: 'tooLong' }),
});

const UNUSED_WHEEL = 0xff;
const tyres = mapped<Uint8Array, readonly (number | null)[]>(
  bytes(30),
  (wheels) => Array.from(wheels, (raw) => (raw === UNUSED_WHEEL ? null : raw)),
  (wheels) => {
    if (wheels.length !== 30) throw new RangeError('wants 30 wheels');
    for (const raw of wheels) {
      if (raw !== null && !(Number.isInteger(raw) && raw >= 0 && raw < UNUSED_WHEEL)) {
        throw new RangeError('wants 0..254 or null for a wheel');
      }
    }
    return Uint8Array.from(wheels, (raw) => raw ?? UNUSED_WHEEL);
  },
);

const videoAlarms: Readonly<Record<number, DeviceAlarm>> = {
  0: 'videoLost',
  1: 'videoCovered',
  2: 'storageFault',
  3: 'videoFault',
  4: 'overloaded',
  5: 'driverBehaviour',
  6: 'recordingFull',
};
/** Alarm bits of JT/T 1078: of the item 0x14, and above the alarm word where recordings are looked for. */
export const videoBits = bitTable(32, videoAlarms);
const videoAlarmNames: ReadonlySet<string> = new Set(Object.values(videoAlarms));

const stores = bitTable(16, {
  ...Object.fromEntries(Array.from({ length: 12 }, (_, bit) => [bit, `main${bit + 1}`])),
  ...Object.fromEntries(Array.from({ length: 4 }, (_, bit) => [12 + bit, `backup${bit + 1}`])),
});
const behaviourAlarms: Readonly<Record<string, DeviceAlarm>> = {
  fatigue: 'fatigue',
  phoneCall: 'phoneCall',
  smoking: 'smoking',
};
const behaviourBits = bitTable(16, {
  0: 'fatigue',
  1: 'phoneCall',
  2: 'smoking',
  11: 'custom1',
  12: 'custom2',
  13: 'custom3',
  14: 'custom4',
  15: 'custom5',
});
/** The overview says two bytes, the detail table three. */
const behaviour = oneOf<{ behaviours: readonly string[]; fatigueLevel?: number }>(
  layout({ behaviours: flags(behaviourBits) }),
  layout({ behaviours: flags(behaviourBits), fatigueLevel: noted(u8, '0-100') }),
);

const clause = (id: string) => `JT/T 808, additional information ${id}`;
const video = (id: string) => `JT/T 1078-2016, additional information ${id}`;

const note = (extras: Findings['extras'], key: string, list: readonly unknown[]) => {
  if (list.length > 0) extras[key] = list.join(',');
};

/** Every item of the standards; ids without a row stay bytes. */
export const standardItems: readonly ItemRow[] = [
  numberItem(
    0x01,
    'mileage',
    clause('0x01'),
    u32,
    '0.1 km; the odometer, on trackers a count of their own',
    (value, findings) => {
      findings.mileageKm = value / 10;
    },
  ),
  numberItem(0x02, 'fuel', clause('0x02'), u16, '0.1 L', (value, { extras }) => {
    extras['fuelL'] = value / 10;
  }),
  numberItem(0x03, 'recorderSpeed', clause('0x03'), u16, '0.1 km/h', (value, { extras }) => {
    extras['recorderSpeedKmh'] = value / 10;
  }),
  numberItem(
    0x04,
    'manualAlarm',
    clause('0x04'),
    u16,
    'event to confirm by hand, from 1',
    (value, { extras }) => {
      extras['manualAlarmId'] = value;
    },
  ),
  item(
    0x05,
    'tyrePressures',
    clause('0x05'),
    noted(tyres, 'a byte a wheel, front to back, left to right; null unused; unit by maker'),
    (wheels, { extras }) => {
      const last = wheels.findLastIndex((raw) => raw !== null);
      if (last >= 0) extras['tyrePressuresRaw'] = wheels.slice(0, last + 1).join(',');
    },
  ),
  item(
    0x06,
    'cabinTemperature',
    clause('0x06'),
    noted(signMagnitude16, '°C, sign and magnitude; below -273 two’s complement'),
    (value, { extras }) => {
      extras['cabinTemperatureC'] = value;
    },
  ),
  item(0x11, 'overspeed', clause('0x11'), overspeed, ({ areaType, areaId }, { extras }) => {
    if (areaType === 'none') return;
    extras['overspeedAreaType'] = areaType;
    if (areaId !== undefined) extras['overspeedAreaId'] = areaId;
  }),
  item(0x12, 'areaCrossing', clause('0x12'), crossing.kind, (value, { extras }) => {
    extras['crossedAreaType'] = value.areaType;
    extras['crossedAreaId'] = value.areaId;
    extras['crossedDirection'] = value.direction;
  }),
  item(0x13, 'segmentTime', clause('0x13'), segment.kind, (value, { extras }) => {
    extras['segmentId'] = value.segmentId;
    extras['segmentTimeS'] = value.durationS;
    extras['segmentResult'] = value.result;
  }),
  item(0x14, 'videoAlarms', video('0x14'), flags(videoBits), (names, found) => {
    for (const name of names) {
      if (videoAlarmNames.has(name)) stateAlarm(found, name as DeviceAlarm);
    }
    note(found.extras, 'videoAlarms', names);
  }),
  item(0x15, 'videoLost', video('0x15'), channels32, (list, found) => {
    if (list.length > 0) stateAlarm(found, 'videoLost');
    note(found.extras, 'videoLostChannels', list);
  }),
  item(0x16, 'videoCovered', video('0x16'), channels32, (list, found) => {
    if (list.length > 0) stateAlarm(found, 'videoCovered');
    note(found.extras, 'videoCoveredChannels', list);
  }),
  item(0x17, 'storageFaults', video('0x17'), flags(stores), (names, found) => {
    if (names.length > 0) stateAlarm(found, 'storageFault');
    note(found.extras, 'storageFaults', names);
  }),
  item(0x18, 'abnormalDriving', video('0x18'), behaviour, (value, found) => {
    const { behaviours, fatigueLevel } = value;
    for (const name of behaviours) stateAlarm(found, behaviourAlarms[name] ?? 'driverBehaviour');
    note(found.extras, 'abnormalDriving', behaviours);
    if (fatigueLevel !== undefined) found.extras['fatigueLevel'] = fatigueLevel;
  }),
  item(0x25, 'vehicleSignals', clause('0x25'), flags(signals), (value, { extras }) => {
    extras['vehicleSignals'] = value.join(',');
  }),
  item(0x2a, 'inputs', clause('0x2A'), flags(inputs), (value, { extras }) => {
    extras['inputs'] = value.join(',');
  }),
  // AD0 is the low word.
  item(0x2b, 'analog', clause('0x2B'), analog.kind, (value, { extras }) => {
    extras['ad0'] = value.ad0;
    extras['ad1'] = value.ad1;
  }),
  numberItem(
    0x30,
    'radioSignal',
    clause('0x30'),
    u8,
    '0-31 on most devices, percent on some',
    (value, { extras }) => {
      extras['radioSignal'] = value;
    },
  ),
  numberItem(0x31, 'satellites', clause('0x31'), u8, 'in use', (value, findings) => {
    findings.satellites = value;
  }),
  item(0xe0, 'customData', clause('0xE0'), hex(restBytes), (value, { extras }) => {
    extras['customData'] = value;
  }),
];
