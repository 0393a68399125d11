import { fromHex, toHex } from '../bytes.ts';
import { type Advertised, readAdvertisement } from './advertisement.ts';
import {
  at,
  booleanIn,
  integerIn,
  isBelievable,
  isObject,
  type JsonObject,
  numberIn,
  Refusal,
  timeOf,
} from './payload.ts';

/**
 * One advertisement of one radio beacon as one receiver heard it, whoever reports it: a fixed gateway that hears
 * badges, or a badge that hears fixed beacons. Only the keys that the report holds are there.
 * @see mqtt.md section 6
 */
export interface Sighting {
  /** Ms UTC; the receive time where the report has none that can be. */
  readonly time: number;
  /** Who heard it: a MAC in lower case without separators, or a gateway's own id. Null: the device that reports. */
  readonly listener: string | null;
  /** MAC of what was heard, lower case without separators; null where only an iBeacon's or Eddystone's id is told. */
  readonly beacon: string | null;
  /** DBm, -127..20. */
  readonly rssi: number;
  /** Its own statement of the strength at 1 m, dBm. */
  readonly txPower?: number;
  /** IBeacon: 32 hex digits, lower case. */
  readonly uuid?: string;
  readonly major?: number;
  readonly minor?: number;
  /** Eddystone UID: namespace and instance, 32 hex digits, lower case. */
  readonly eddystone?: string;
  readonly url?: string;
  readonly batteryPercent?: number;
  readonly batteryMv?: number;
  readonly temperatureC?: number;
  readonly humidityPercent?: number;
  readonly pressed?: boolean;
}

/** More of them in one message are counted as rejected. @see mqtt.md section 6.1 */
export const MAX_SIGHTINGS = 500;
const MIN_RSSI = -127;
const MAX_RSSI = 20;
const NUMERIC_TEXT = /^-?\d{1,3}(\.\d{1,3})?$/;
const MAC = /^[0-9a-f]{12}$/;
const HEX_32 = /^[0-9a-f]{32}$/;
/** The longest advertisement of Bluetooth 5, in hex digits. */
const MAX_ADVERTISEMENT_DIGITS = 2 * 1650;

/** The names a sighting goes by in a list of badges or beacons, the most exact first. */
export function namesOf({ beacon, uuid, major, minor, eddystone }: Sighting): readonly string[] {
  const names: string[] = [];
  if (beacon !== null) names.push(beacon);
  if (uuid !== undefined && major !== undefined && minor !== undefined) {
    names.push(`${uuid}-${major}-${minor}`);
  }
  if (eddystone !== undefined) names.push(eddystone);
  return names;
}

/** @returns lower case without separators; null for what is no MAC of 48 bits */
export function macOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 17) return null;
  const digits = value.replace(/[:\-.]/g, '').toLowerCase();
  return MAC.test(digits) ? digits : null;
}

/** 128 bits in hex, with or without hyphens. */
export function uuidOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 36) return null;
  const digits = value.replaceAll('-', '').toLowerCase();
  return HEX_32.test(digits) ? digits : null;
}

/** A number or its text, in the range that a receiver can give. */
export function rssiOf(value: unknown): number | null {
  const rssi = typeof value === 'string' && NUMERIC_TEXT.test(value) ? Number(value) : value;
  return typeof rssi === 'number' && rssi >= MIN_RSSI && rssi <= MAX_RSSI ? rssi : null;
}

/** @returns the receive time for what is no instant, or none that can be */
export function timeOr(value: unknown, receivedTime: number): number {
  const time = timeOf(value);
  return time !== null && isBelievable(time, receivedTime) ? time : receivedTime;
}

/** What an advertisement in hex says; nothing for what is none. */
export function advertisedIn(hex: unknown): Advertised {
  if (typeof hex !== 'string' || hex.length > MAX_ADVERTISEMENT_DIGITS) return {};
  const bytes = fromHex(hex);
  return bytes === null ? {} : readAdvertisement(bytes);
}

/** What a sighting needs, and all else that is known of it. @returns null when nobody could be told by it */
export function sightingOf(
  known: Pick<Sighting, 'time' | 'listener' | 'beacon'> & { readonly rssi: number | null },
  advertised: Advertised,
): Sighting | null {
  const { time, listener, rssi } = known;
  const { mac = null, ...told } = advertised;
  const beacon = known.beacon ?? mac;
  if (rssi === null) return null;
  const sighting: Sighting = { time, listener, beacon, rssi, ...told };
  return namesOf(sighting).length === 0 ? null : sighting;
}

/** Who heard what, and how much of the report was of no use. */
export interface Heard {
  readonly sightings: readonly Sighting[];
  readonly rejected: number;
}

/** Reads each element by itself: a bad one never spoils the others. */
export function readEach<T>(elements: readonly T[], read: (element: T) => Sighting | null): Heard {
  const sightings: Sighting[] = [];
  for (const element of elements.slice(0, MAX_SIGHTINGS)) {
    const sighting = read(element);
    if (sighting !== null) sightings.push(sighting);
  }
  return { sightings, rejected: elements.length - sightings.length };
}

/**
 * The neutral form: one sighting, an array, or an object that holds them as `sightings`.
 * @param listener who heard them, by the topic; null for a badge that hears beacons
 * @see mqtt.md section 6
 */
export function readNeutral(
  json: unknown,
  listener: string | null,
  receivedTime: number,
): Heard | Refusal {
  const elements = isObject(json) ? (at(json, 'sightings') ?? [json]) : json;
  if (!Array.isArray(elements)) return new Refusal('wants sightings');
  return readEach(elements, (element: unknown) =>
    isObject(element) ? neutralSighting(element, listener, receivedTime) : null,
  );
}

/** Looks like the neutral form and no vendor's. */
export const isNeutral = (element: JsonObject): boolean =>
  at(element, 'rssi') !== undefined &&
  ['beacon', 'uuid'].some((key) => at(element, key) !== undefined);

function neutralSighting(
  json: JsonObject,
  listener: string | null,
  receivedTime: number,
): Sighting | null {
  return sightingOf(
    {
      time: timeOr(at(json, 'ts'), receivedTime),
      // The topic says who speaks: what the payload says instead is a conflict, not an identity.
      listener,
      beacon: macOf(at(json, 'beacon')),
      rssi: rssiOf(at(json, 'rssi')),
    },
    {
      ...optional('txPower', rssiOf(at(json, 'tx'))),
      ...ibeacon(at(json, 'uuid'), json, 'major', 'minor'),
      ...optional('batteryPercent', numberIn(json, 'bat', 0, 100)),
      ...optional('pressed', booleanIn(json, 'btn')),
    },
  );
}

/** The three parts of an iBeacon's id, or nothing. */
export function ibeacon(
  uuidValue: unknown,
  json: JsonObject,
  majorKey: string,
  minorKey: string,
): Pick<Advertised, 'uuid' | 'major' | 'minor'> {
  const uuid = uuidOf(uuidValue);
  const major = wholeIn(json, majorKey);
  const minor = wholeIn(json, minorKey);
  return uuid === null || major === null || minor === null ? {} : { uuid, major, minor };
}

/** Some send the parts of an iBeacon's id as texts. */
function wholeIn(json: JsonObject, key: string): number | null {
  const value = at(json, key);
  const isText = typeof value === 'string' && /^\d{1,5}$/.test(value);
  return isText
    ? integerIn({ value: Number(value) }, 'value', 0, 0xffff)
    : integerIn(json, key, 0, 0xffff);
}

/** The key with its value, or nothing where there is none. */
export const optional = <K extends string, V>(key: K, value: V | null): { [P in K]?: V } =>
  (value === null ? {} : { [key]: value }) as { [P in K]?: V };

/** A MAC of six bytes. */
export const macOfBytes = (bytes: Uint8Array): string | null =>
  bytes.length === 6 ? toHex(bytes) : null;
