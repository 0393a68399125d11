import { expect } from 'vitest';
import { fromHex, timeOfDigits } from '../bytes.ts';
import { dialectOf } from './dialects.ts';
import type { Item } from './extras.ts';

/*
 * How additional items of the gathered vectors are compared with ours: theirs in numbers, ours by names.
 */

/** An item as the gathered file says it. */
export interface GatheredItem {
  readonly id: string;
  readonly hex: string;
  /** Of the standards. */
  readonly value?: Readonly<Record<string, unknown>>;
  /** Of a maker, by the profile that fits. */
  readonly vendor?: Readonly<Record<string, unknown>>;
}

/** Codes by the names that the frames of the gathered file need; others are their own number. */
const codes: Readonly<Record<string, number>> = {
  ...{ none: 0, circle: 1, rectangle: 2, polygon: 3, segment: 4, route: 4, in: 0, out: 1 },
  ...{ tooShort: 0, tooLong: 1, event: 0, start: 1, end: 2 },
  ...{ unknown: 0, forward: 1, reverse: 2, stopped: 3 },
};
const adasTypes = [
  ...['', 'forwardCollision', 'laneDeparture', 'tooClose', 'pedestrianCollision'],
  ...['frequentLaneChange', 'roadSignExceeded', 'obstacle'],
];
const dsmTypes = [
  ...['', 'fatigue', 'phoneCall', 'smoking', 'distracted', 'driverAbnormal', 'cameraCovered'],
];
const bsdTypes = ['', 'behind', 'behindLeft', 'behindRight'];

const code = (name: string, more: readonly string[] = []): number =>
  more.includes(name) ? more.indexOf(name) : (codes[name] ?? Number(name));

/** Names of bits in the order of the bits; `bitN` is bit N. */
const word = (names: readonly string[], order: readonly string[]): number =>
  names.reduce((sum, name) => {
    const bit = order.indexOf(name);
    return sum + 2 ** (bit >= 0 ? bit : Number(name.slice('bit'.length)));
  }, 0);
const signals = [
  ...['lowBeam', 'highBeam', 'rightTurn', 'leftTurn', 'brake', 'reverse', 'fogLamp'],
  ...['clearanceLamp', 'horn', 'airConditioner', 'neutral', 'retarder', 'abs', 'heater', 'clutch'],
];
const videoAlarms = [
  ...['videoLost', 'videoCovered', 'storageFault', 'videoFault', 'overloaded'],
  ...['driverBehaviour', 'recordingFull'],
];
const stores = Array.from({ length: 16 }, (_, i) => (i < 12 ? `main${i + 1}` : `backup${i - 11}`));
const vehicleStates = ['acc', 'leftTurn', 'rightTurn', 'wiper', 'brake', 'cardIn'];
const statesOf = (names: readonly string[]) =>
  word(
    names.map((name) => (name === 'fixed' ? 'bit10' : name)),
    vehicleStates,
  );
const tyreStates = [
  ...['timedReport', 'pressureHigh', 'pressureLow', 'temperatureHigh', 'sensorFault'],
  ...['unbalanced', 'slowLeak', 'batteryLow'],
];

const utc = (digits: string) => {
  const time = timeOfDigits(digits, 8);
  return time === null ? null : new Date(time).toISOString().replace('.000Z', 'Z');
};

interface Stated {
  readonly alarmNumber: number;
  readonly flag: string;
  readonly type: string;
  readonly level: number;
  readonly frontSpeed: number;
  readonly frontDistance: number;
  readonly deviation: number;
  readonly signKind: number;
  readonly signValue: number;
  readonly fatigueLevel: number;
  readonly speed: number;
  readonly altitude: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly time: string;
  readonly vehicleState: readonly string[];
  readonly identification: {
    readonly terminalId: string;
    readonly time: string;
    readonly sequence: number;
    readonly attachments: number;
  };
  readonly tyres: readonly {
    readonly wheel: number;
    readonly states: readonly string[];
    readonly pressure: number;
    readonly temperature: number;
    readonly battery: number;
  }[];
}

const stated = (of: Stated) => ({
  alarmSeq: of.alarmNumber,
  flag: code(of.flag),
  speedKmh: of.speed,
  altitudeM: of.altitude,
  latitude: of.latitude / 1e6,
  longitude: of.longitude / 1e6,
  timeBcd: of.time,
  timeUtc: utc(of.time),
  vehicleStatus: statesOf(of.vehicleState),
  alarmId: {
    terminalId: of.identification.terminalId,
    timeBcd: of.identification.time,
    timeUtc: utc(of.identification.time),
    seq: of.identification.sequence,
    attachments: of.identification.attachments,
  },
});

/** Item values in the words of the gathered file. */
const values: Readonly<Record<string, (value: never) => object>> = {
  mileage: (value: number) => ({ mileageKm: value / 10 }),
  fuel: (value: number) => ({ fuelL: value / 10 }),
  recorderSpeed: (value: number) => ({ recorderSpeedKmh: value / 10 }),
  manualAlarm: (value: number) => ({ manualAlarmEventId: value }),
  tyrePressures: (wheels: readonly (number | null)[]) => ({
    tyrePressureRaw: wheels.map((raw) => raw ?? 0xff),
  }),
  cabinTemperature: (value: number) => ({ carriageTempC: value }),
  overspeed: (of: { areaType: string; areaId?: number }) => ({
    areaType: code(of.areaType),
    ...(of.areaId === undefined ? {} : { areaId: of.areaId }),
  }),
  areaCrossing: (of: { areaType: string; areaId: number; direction: string }) => ({
    areaType: code(of.areaType),
    areaId: of.areaId,
    direction: code(of.direction),
  }),
  segmentTime: (of: { segmentId: number; durationS: number; result: string }) => ({
    segmentId: of.segmentId,
    durationS: of.durationS,
    result: code(of.result),
  }),
  videoAlarms: (names: readonly string[]) => ({ videoAlarm: word(names, videoAlarms) }),
  videoLost: (list: readonly number[]) => ({ videoLostChannels: list }),
  videoCovered: (list: readonly number[]) => ({ videoCoveredChannels: list }),
  storageFaults: (names: readonly string[]) => ({ storageFault: word(names, stores) }),
  abnormalDriving: (of: { behaviours: readonly string[]; fatigueLevel?: number }) => ({
    abnormalDriving: word(of.behaviours, ['fatigue', 'phoneCall', 'smoking']),
    ...(of.fatigueLevel === undefined ? {} : { fatigueLevel: of.fatigueLevel }),
  }),
  vehicleSignals: (names: readonly string[]) => ({ vehicleSignals: word(names, signals) }),
  inputs: (names: readonly string[]) => ({ ioStatus: word(names, ['deepSleep', 'sleep']) }),
  analog: ({ ad0, ad1 }: { ad0: number; ad1: number }) => ({ ad0, ad1 }),
  radioSignal: (value: number) => ({ signal: value }),
  satellites: (value: number) => ({ satellites: value }),
  adasAlarm: (of: Stated) => ({
    ...stated(of),
    type: code(of.type, adasTypes),
    level: of.level,
    frontSpeedKmh: of.frontSpeed,
    frontDistance100ms: of.frontDistance,
    deviation: of.deviation,
    signType: of.signKind,
    signValue: of.signValue,
  }),
  dsmAlarm: (of: Stated) => ({
    ...stated(of),
    type: code(of.type, dsmTypes),
    level: of.level,
    fatigueDegree: of.fatigueLevel,
  }),
  bsdAlarm: (of: Stated) => ({ ...stated(of), type: code(of.type, bsdTypes) }),
  tpmsAlarm: (of: Stated) => ({
    ...stated(of),
    tyres: of.tyres.map((one) => ({
      position: one.wheel,
      alarmBits: word(one.states, tyreStates),
      pressureKpa: one.pressure,
      temperatureC: one.temperature,
      batteryPct: one.battery,
    })),
  }),
};

/** Which profile reads an item of a maker as the gathered file does, and what it says then. */
const vendors: Readonly<Record<string, readonly [string, (value: never) => object]>> = {
  '0x51': ['gps51', (list: readonly number[]) => ({ temperatureRaw: list.map((t) => t & 0xffff) })],
  '0x52': ['gps51', (name: string) => ({ rotation: code(name) })],
  '0x58': ['gps51', (list: readonly number[]) => ({ humidityRaw: list })],
  '0x61': ['gps51', (value: number) => ({ voltageV: value / 100 })],
  '0xE1': ['gps51', ({ cellId, ...rest }: { cellId: number }) => ({ ...rest, ci: cellId })],
  '0xE2': ['gps51', (version: string) => ({ version })],
  '0xF1': ['gps51', (iccid: string) => ({ iccid })],
  '0xFA': ['gps51', (names: readonly string[]) => ({ extAlarm: word(names, ['vibration']) })],
};

/** Reads the item alone, as a device of that model sends it. */
function readBy(model: string, { id, hex }: GatheredItem): Item | undefined {
  const bytes = fromHex(`${id.slice(2)}${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`);
  const read = dialectOf('2013', model).items.kind.read(bytes);
  return Array.isArray(read) ? (read as readonly Item[])[0] : undefined;
}

/** Parts by their bytes, since that is all their file says of them. */
function partsOf(item: GatheredItem): object {
  const bytes = fromHex(item.hex) ?? new Uint8Array(0);
  const read = readBy('bsj', item);
  const parts = read !== undefined && 'name' in read ? (read.value as readonly Item[]) : [];
  let at = 0;
  const sub = parts.map(({ id }) => {
    const end = at + 2 + ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
    const hex = item.hex.slice((at + 4) * 2, end * 2);
    at = end;
    return { id, hex };
  });
  return { sub };
}

/** Compares what the standards and the right profile make of an item. */
export function checkItem(item: Item, expected: GatheredItem): void {
  const { id, value, vendor } = expected;
  expect('name' in item, `${id} is read`).toBe(value !== undefined);
  if ('name' in item && value !== undefined) {
    const toTheirs = values[item.name];
    if (toTheirs === undefined) throw new Error(`${item.name} has no words of the gathered file`);
    expect(toTheirs(item.value as never), id).toEqual(value);
  }
  if (vendor === undefined) return;
  if (id === '0xEB') {
    expect(partsOf(expected)).toEqual(vendor);
    return;
  }
  const [model = '', toTheirs] = vendors[id] ?? [];
  const read = readBy(model, expected);
  if (toTheirs === undefined || read === undefined || !('name' in read)) {
    throw new Error(`${id} is not read by ${model || 'any profile'}`);
  }
  expect(toTheirs(read.value as never), id).toEqual(vendor);
}
