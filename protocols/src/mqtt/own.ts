import type { DeviceAlarm, Position, PositionFlag, PositionSource } from '../position.ts';
import { type Datum, datums, toWgs84 } from './datum.ts';
import {
  at,
  booleanIn,
  FRESH_MS,
  infiniteKey,
  integerIn,
  isBelievable,
  isObject,
  type JsonObject,
  numberIn,
  Refusal,
  scalarsOf,
  textIn,
  timeOf,
} from './payload.ts';

const VERSION = 1;
export const MAX_BATCH = 200;
const DECIMAL_TEXT = /^-?\d{1,3}\.\d{1,15}$/;
const MAX_EVENTS = 16;
const MAX_UINT32 = 0xffff_ffff;

const sources: Readonly<Record<string, PositionSource>> = {
  gps: 'gnss',
  wifi: 'wifi',
  cell: 'cell',
  beacon: 'beacon',
  manual: 'manual',
  fused: 'fused',
};

/** Events that are alarms; the rest are notices. @see mqtt.md section 2.3 */
const eventAlarms: Readonly<Record<string, DeviceAlarm>> = {
  sos: 'sos',
  fall: 'fall',
  tamper: 'tamper',
  lowbat: 'lowBattery',
  still: 'still',
};
const notices = new Set(['button', 'charge_on', 'charge_off', 'moving', 'shutdown', 'power_on']);

/** Extra of a position that names the alarm whose end it states. */
export const ENDED = 'ended';

/** How a message reached us, whatever it says. */
export interface Arrival {
  readonly receivedTime: number;
  /** The publisher asked the broker to keep it, or the broker kept it. */
  readonly retain: boolean;
}

/** What a payload of positions came to. */
export interface Positions {
  readonly positions: readonly Position[];
  readonly serial: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * A single position, a bare array or `{"v":1,"batch":[…]}`. A batch gives what is good in it and says in `rejected`
 * how many were not.
 * @see mqtt.md section 2.1
 */
export function ownPositions(json: unknown, id: string, arrival: Arrival): Positions | Refusal {
  if (isObject(json) && at(json, 'batch') === undefined) {
    const position = ownPosition(json, at(json, 'v'), id, arrival);
    return position instanceof Refusal ? position : positionsOf([position], 0);
  }
  const items = isObject(json) ? at(json, 'batch') : json;
  if (!Array.isArray(items)) return new Refusal('wants an object or an array');
  if (items.length === 0 || items.length > MAX_BATCH) {
    return new Refusal(`batch: wants 1..${MAX_BATCH} positions, found ${items.length}`);
  }
  const outerVersion = isObject(json) ? at(json, 'v') : undefined;
  const good: Position[] = [];
  let first: Refusal | null = null;
  for (const item of items) {
    const version = isObject(item) ? (at(item, 'v') ?? outerVersion) : undefined;
    const position = isObject(item)
      ? ownPosition(item, version, id, arrival)
      : new Refusal('batch: wants objects');
    if (!(position instanceof Refusal)) good.push(position);
    else first ??= position;
  }
  if (good.length === 0 && first !== null) return first;
  return positionsOf(good, items.length - good.length);
}

function positionsOf(positions: readonly Position[], rejected: number): Positions {
  const serial = positions[0]?.extras['seq'];
  const fields =
    rejected === 0 ? { count: positions.length } : { count: positions.length, rejected };
  return { positions, serial: typeof serial === 'number' ? serial : 0, fields };
}

function ownPosition(
  json: JsonObject,
  version: unknown,
  id: string,
  arrival: Arrival,
): Position | Refusal {
  if (version !== VERSION) return new Refusal(`v: wants ${VERSION}`);
  const base = baseOf(json, id, arrival);
  if (base instanceof Refusal) return base;
  const events = at(json, 'evt');
  const { alarms, names } = eventsOf(Array.isArray(events) ? events.slice(0, MAX_EVENTS) : []);
  if (names !== '') base.extras['events'] = names;
  return { ...base, alarms };
}

/**
 * An event: a place where it has one, and its alarm.
 * @returns no position for notices without a place
 * @see mqtt.md section 2.3
 */
export function ownEvent(json: unknown, id: string, arrival: Arrival): Positions | Refusal {
  if (!isObject(json)) return new Refusal('wants an object');
  if (at(json, 'v') !== VERSION) return new Refusal(`v: wants ${VERSION}`);
  const type = textIn(json, 'type', 32);
  if (type === null || !(Object.hasOwn(eventAlarms, type) || notices.has(type))) {
    return new Refusal('type: no such event');
  }
  const hasPlace = at(json, 'lat') !== undefined && at(json, 'lon') !== undefined;
  const base = baseOf(json, id, arrival, hasPlace);
  if (base instanceof Refusal) return base;
  const isOn = booleanIn(json, 'on') ?? true;
  const fields = { event: type, on: isOn };
  const { alarms, names } = eventsOf(isOn ? [type] : []);
  if (names !== '') base.extras['events'] = names;
  // The end of an alarm is told where the alarm was: with a position, or with one that has no place.
  const ended = !isOn && Object.hasOwn(eventAlarms, type) ? eventAlarms[type] : undefined;
  if (ended !== undefined) base.extras[ENDED] = ended;
  const tells = hasPlace || alarms.length > 0 || ended !== undefined;
  return { positions: tells ? [{ ...base, alarms }] : [], serial: 0, fields };
}

/** Everything of a position but what its events say. */
function baseOf(
  json: JsonObject,
  id: string,
  arrival: Arrival,
  hasPlace = booleanIn(json, 'fix') ?? true,
):
  | (Omit<Position, 'alarms' | 'extras'> & { extras: Record<string, number | string | boolean> })
  | Refusal {
  const infinite = infiniteKey(json);
  if (infinite !== null) return new Refusal('a number is infinite');
  const ext = at(json, 'ext');
  if (isObject(ext) && infiniteKey(ext) !== null) return new Refusal('ext: a number is infinite');

  const deviceTime = timeOf(at(json, 'ts'));
  if (deviceTime === null)
    return new Refusal('ts: wants seconds, milliseconds or ISO 8601 with zone');
  const { receivedTime, retain } = arrival;
  const isTimed = isBelievable(deviceTime, receivedTime);

  const extras = isObject(ext) ? scalarsOf(ext, 'x_') : {};
  const place = placeOf(json, hasPlace, extras);
  if (place instanceof Refusal) return place;
  const { latitude, longitude } = place;
  const flags: PositionFlag[] = [];
  const isZero = latitude === 0 && longitude === 0;
  if (!isTimed) flags.push('noDeviceTime');
  if (!hasPlace) flags.push('noFix');
  if (isZero) flags.push('zeroIsland');
  if (booleanIn(json, 'mock') === true) flags.push('mocked');

  addNumber(extras, 'batteryV', numberIn(json, 'batV', 0, 1000));
  addNumber(extras, 'seq', integerIn(json, 'seq', 0, MAX_UINT32));
  const isCharging = booleanIn(json, 'chg');
  if (isCharging !== null) extras['charging'] = isCharging;
  const isMoving = booleanIn(json, 'mot');
  if (isMoving !== null) extras['moving'] = isMoving;
  const ownId = at(json, 'id');
  if (ownId !== undefined && ownId !== id) extras['idConflict'] = true;

  const course = numberIn(json, 'crs', 0, 360);
  const fixTime = isTimed ? deviceTime : receivedTime;
  return {
    fixTime,
    timeSource: isTimed ? 'device' : 'server',
    valid: hasPlace && !isZero,
    latitude,
    longitude,
    altitudeM: numberIn(json, 'alt', -1000, 100_000),
    speedKmh: numberIn(json, 'spd', 0, 500),
    courseDeg: course === null ? null : course % 360,
    satellites: integerIn(json, 'sat', 0, 64),
    hdop: numberIn(json, 'hdop', 0, 100),
    accuracyM: numberIn(json, 'acc', 0, Number.MAX_VALUE),
    mileageKm: null,
    batteryPercent: numberIn(json, 'bat', 0, 100),
    ignition: null,
    source: sourceOf(json),
    buffered: booleanIn(json, 'buf') === true || (retain && receivedTime - fixTime > FRESH_MS),
    flags,
    extras,
  };
}

function placeOf(
  json: JsonObject,
  hasPlace: boolean,
  extras: Record<string, number | string | boolean>,
): { latitude: number | null; longitude: number | null } | Refusal {
  if (!hasPlace) return { latitude: null, longitude: null };
  const datum = at(json, 'cs') ?? 'wgs84';
  if (!datums.includes(datum as Datum)) return new Refusal('cs: no such datum');
  const latitude = degreesOf(at(json, 'lat'), 90);
  const longitude = degreesOf(at(json, 'lon'), 180);
  if (latitude === null) return new Refusal('lat: wants -90..90');
  if (longitude === null) return new Refusal('lon: wants -180..180');
  if (typeof at(json, 'lat') === 'string' || typeof at(json, 'lon') === 'string') {
    extras['coordinatesAsText'] = true;
  }
  if (datum === 'wgs84') return { latitude, longitude };
  extras['sentDatum'] = datum as Datum;
  return toWgs84({ latitude, longitude }, datum as Datum);
}

/** Numbers, and texts with a decimal point. */
function degreesOf(value: unknown, max: number): number | null {
  const number = typeof value === 'string' && DECIMAL_TEXT.test(value) ? Number(value) : value;
  return typeof number === 'number' && Math.abs(number) <= max ? number : null;
}

function sourceOf(json: JsonObject): PositionSource {
  const name = textIn(json, 'src', 16) ?? 'gps';
  return Object.hasOwn(sources, name) ? (sources[name] ?? 'gnss') : 'gnss';
}

function eventsOf(events: readonly unknown[]): {
  alarms: readonly DeviceAlarm[];
  names: string;
} {
  const alarms = new Set<DeviceAlarm>();
  const names = new Set<string>();
  for (const event of events) {
    if (typeof event !== 'string') continue;
    const alarm = Object.hasOwn(eventAlarms, event) ? eventAlarms[event] : undefined;
    if (alarm !== undefined) alarms.add(alarm);
    else if (notices.has(event)) names.add(event);
  }
  return { alarms: [...alarms], names: [...names].join(',') };
}

function addNumber(
  extras: Record<string, number | string | boolean>,
  key: string,
  value: number | null,
): void {
  if (value !== null) extras[key] = value;
}

/** A position in the words of the wire; see the table for units. @see mqtt.md section 2.1 */
export interface OwnPosition {
  /** Ms UTC. */
  readonly ts: number;
  /** WGS-84 degrees; left out when `fix` is false. */
  readonly lat?: number;
  readonly lon?: number;
  readonly fix?: boolean;
  readonly acc?: number;
  readonly alt?: number;
  /** Km/h. */
  readonly spd?: number;
  readonly crs?: number;
  readonly sat?: number;
  readonly hdop?: number;
  readonly src?: 'gps' | 'wifi' | 'cell' | 'beacon' | 'manual' | 'fused';
  readonly bat?: number;
  readonly batV?: number;
  readonly chg?: boolean;
  readonly mot?: boolean;
  readonly seq?: number;
  readonly buf?: boolean;
  readonly cs?: Datum;
  readonly mock?: boolean;
  readonly evt?: readonly string[];
  readonly ext?: Readonly<Record<string, number | string | boolean>>;
}

const utf8 = new TextEncoder();

/**
 * The payload for `trk/v1/<id>/pos`: one position, or a batch for an array.
 * @throws RangeError for an empty array or one longer than a batch may be
 */
export function encodeOwnPosition(position: OwnPosition | readonly OwnPosition[]): Uint8Array {
  if (!isList(position)) return utf8.encode(JSON.stringify({ v: VERSION, ...position }));
  if (position.length === 0 || position.length > MAX_BATCH) {
    throw new RangeError(`batch: wants 1..${MAX_BATCH} positions, got ${position.length}`);
  }
  const batch = position.map((one) => ({ v: VERSION, ...one }));
  return utf8.encode(JSON.stringify({ v: VERSION, batch }));
}

const isList = (value: OwnPosition | readonly OwnPosition[]): value is readonly OwnPosition[] =>
  Array.isArray(value);
