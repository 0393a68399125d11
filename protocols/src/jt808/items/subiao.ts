import { bitTable } from '../../bytes.ts';
import {
  bcdTime,
  bytes,
  flags,
  hex,
  type Kind,
  type Layout,
  type LayoutValue,
  layout,
  noted,
  text,
  u8,
  u16,
  u32,
} from '../../layout.ts';
import { list } from '../../layout-lists.ts';
import type { DeviceAlarm } from '../../position.ts';
import { type Findings, type ItemRow, item, stateAlarm } from './item.ts';
import { coded, exactly, oneOf } from './kinds.ts';

/*
 * Active safety: what the driving and driver assistants, the tyre and blind spot monitors add to a location report.
 * An alarm is stated unless its flag says that it ends; how often it was stated and by which item is in the fields.
 * @see T/JSATL 12-2017, the tables of 0x64 to 0x67; T/GDRTA 002-2020 for the longer identification and more types
 */

/** What an alarm may be, by code: its name, and what it says of the position; null for what is only an event. */
type Types = Readonly<Record<number, readonly [name: string, alarm: DeviceAlarm | null]>>;

const adasTypes: Types = {
  1: ['forwardCollision', 'forwardCollision'],
  2: ['laneDeparture', 'laneDeparture'],
  3: ['tooClose', 'tooClose'],
  4: ['pedestrianCollision', 'pedestrianCollision'],
  5: ['frequentLaneChange', 'frequentLaneChange'],
  6: ['roadSignExceeded', 'roadSignExceeded'],
  7: ['obstacle', 'obstacle'],
  16: ['roadSignRecognised', null],
  17: ['snapshot', null],
  18: ['solidLineCrossed', 'solidLineCrossed'],
  19: ['personInAisle', 'personInAisle'],
};
const dsmTypes: Types = {
  1: ['fatigue', 'fatigue'],
  2: ['phoneCall', 'phoneCall'],
  3: ['smoking', 'smoking'],
  4: ['distracted', 'distracted'],
  5: ['driverAbnormal', 'driverAbnormal'],
  6: ['cameraCovered', 'videoCovered'],
  8: ['drivingTooLong', 'drivingTooLong'],
  10: ['seatBelt', 'seatBelt'],
  11: ['infraredGlasses', 'infraredGlasses'],
  12: ['handsOff', 'handsOff'],
  13: ['phonePlay', 'phonePlay'],
  16: ['snapshot', null],
  17: ['driverChanged', null],
};
const guangdongDsmTypes: Types = { ...dsmTypes, 4: ['notLookingAhead', 'distracted'] };
const bsdTypes: Types = {
  1: ['behind', 'rearApproach'],
  2: ['behindLeft', 'rearApproach'],
  3: ['behindRight', 'rearApproach'],
};

const flag = coded(u8, { 0: 'event', 1: 'start', 2: 'end' });
const typeOf = (types: Types) =>
  coded(u8, Object.fromEntries(Object.entries(types).map(([code, [name]]) => [code, name])));
const states = flags(
  bitTable(16, {
    0: 'acc',
    1: 'leftTurn',
    2: 'rightTurn',
    3: 'wiper',
    4: 'brake',
    5: 'cardIn',
    10: 'fixed',
  }),
);
const degree = noted(u32, '1e-6 degree, no hemisphere: that of the position');
const place = {
  speed: noted(u8, 'km/h'),
  altitude: noted(u16, 'm'),
  latitude: degree,
  longitude: degree,
  time: noted(bcdTime, 'YYMMDDhhmmss, GMT+8'),
  vehicleState: states,
} as const;

/** Alarm identification, the key of its attachments; the longer form is of Guangdong and of terminals of 2019. */
export const identifications = [
  [7, 1],
  [30, 2],
].map(([id = 0, reserved = 0]) =>
  exactly(
    layout({
      terminalId: text(id),
      time: noted(bcdTime, 'YYMMDDhhmmss, GMT+8'),
      sequence: noted(u8, 'of the same second'),
      attachments: noted(u8, 'how many'),
      reserved: hex(bytes(reserved)),
    }),
  ),
);
type Identification = (typeof identifications)[number];

/** The table with either identification; the length of the item decides. */
const withEither = <T extends object>(table: (id: Identification) => Layout<T>): Kind<T> =>
  oneOf(...identifications.map(table));

const adas = (types: Types) =>
  withEither((identification) =>
    layout({
      alarmNumber: u32,
      flag,
      type: typeOf(types),
      level: noted(u8, '1 or 2'),
      frontSpeed: noted(u8, 'km/h, types 1 and 2'),
      frontDistance: noted(u8, '0.1 s, types 1, 2 and 4'),
      deviation: noted(u8, '1 left, 2 right; type 2'),
      signKind: noted(u8, '1 speed, 2 height, 3 weight; types 6 and 16'),
      signValue: u8,
      ...place,
      identification,
    }),
  );
const dsm = (types: Types) =>
  withEither((identification) =>
    layout({
      alarmNumber: u32,
      flag,
      type: typeOf(types),
      level: noted(u8, '1 or 2'),
      fatigueLevel: noted(u8, '1-10, type 1'),
      reserved: hex(bytes(4)),
      ...place,
      identification,
    }),
  );
const bsd = withEither((identification) =>
  layout({ alarmNumber: u32, flag, type: typeOf(bsdTypes), ...place, identification }),
);

const tyreBits = bitTable(16, {
  0: 'timedReport',
  1: 'pressureHigh',
  2: 'pressureLow',
  3: 'temperatureHigh',
  4: 'sensorFault',
  5: 'unbalanced',
  6: 'slowLeak',
  7: 'batteryLow',
});
const tyreAlarms: Readonly<Record<string, DeviceAlarm>> = {
  pressureHigh: 'tyrePressure',
  pressureLow: 'tyrePressure',
  temperatureHigh: 'tyreTemperature',
  sensorFault: 'tyreSensor',
  unbalanced: 'tyrePressure',
  slowLeak: 'tyrePressure',
  batteryLow: 'tyreSensor',
};
const tyre = {
  states: flags(tyreBits),
  pressure: noted(u16, 'kPa'),
  temperature: noted(u16, '°C'),
  battery: noted(u16, 'percent'),
} as const;
const wheel = noted(u8, 'from 0, front left, zig-zag');
/** Nine bytes as devices send them; the printed offsets make ten. */
const tyreForms = [
  exactly(layout({ wheel, ...tyre })),
  exactly(layout({ wheel, reserved: u8, ...tyre })),
] as const;
const tpms = oneOf(
  ...tyreForms.flatMap((one) =>
    identifications.map((identification) =>
      layout({
        alarmNumber: u32,
        flag,
        ...place,
        identification,
        tyres: list<LayoutValue<typeof tyre>>(1, one),
      }),
    ),
  ),
);

/** What all four say alike. */
interface Stated {
  readonly alarmNumber: number;
  readonly flag: string;
  readonly identification: { readonly attachments: number };
}

/** The extras of one item, all of its system: `adasType`, `adasFlag` and so on. */
function noteStated(found: Findings, system: string, of: Stated): void {
  found.extras[`${system}AlarmNumber`] = of.alarmNumber;
  found.extras[`${system}Flag`] = of.flag;
  found.extras[`${system}Attachments`] = of.identification.attachments;
}

/** A type without a name is an alarm like any other. */
function noteTyped(
  found: Findings,
  system: string,
  types: Types,
  of: Stated & { readonly type: string; readonly level?: number },
): void {
  noteStated(found, system, of);
  found.extras[`${system}Type`] = of.type;
  if (of.level !== undefined) found.extras[`${system}Level`] = of.level;
  if (of.flag === 'end') return;
  const known = Object.values(types).find(([name]) => name === of.type);
  const alarm = known === undefined ? 'other' : known[1];
  if (alarm !== null) stateAlarm(found, alarm);
}

const clause = (id: string) => `T/JSATL 12-2017, item ${id}`;

/** @param types of the driver's monitor, where the standards differ */
const activeSafety = (types: Types): readonly ItemRow[] => [
  item(0x64, 'adasAlarm', clause('0x64'), adas(adasTypes), (value, found) =>
    noteTyped(found, 'adas', adasTypes, value),
  ),
  item(0x65, 'dsmAlarm', clause('0x65'), dsm(types), (value, found) =>
    noteTyped(found, 'dsm', types, value),
  ),
  item(0x66, 'tpmsAlarm', clause('0x66'), tpms, (value, found) => {
    noteStated(found, 'tpms', value);
    const wheels = value.tyres.map(({ states: names }) => names);
    if (wheels.length > 0) found.extras['tpmsTyres'] = wheels.map((n) => n.join('+')).join(',');
    if (value.flag === 'end') return;
    for (const name of wheels.flat()) {
      const alarm = tyreAlarms[name];
      if (alarm !== undefined) stateAlarm(found, alarm);
    }
  }),
  item(0x67, 'bsdAlarm', clause('0x67'), bsd, (value, found) =>
    noteTyped(found, 'bsd', bsdTypes, value),
  ),
];

/** As T/JSATL 12-2017 numbers them; its gaps are filled with what Guangdong put there. */
export const activeSafetyItems = activeSafety(dsmTypes);
/** Where T/GDRTA 002-2020 means something else. */
export const guangdongItems: readonly ItemRow[] = [
  ...activeSafety(guangdongDsmTypes),
  item(0xf1, 'installationFaults', 'T/GDRTA 002-2020, item 0xF1', u32, (value, { extras }) => {
    extras['installationFaults'] = value;
  }),
  item(0xf2, 'algorithmFaults', 'T/GDRTA 002-2020, item 0xF2', u32, (value, { extras }) => {
    extras['algorithmFaults'] = value;
  }),
];
