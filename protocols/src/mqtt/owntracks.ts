import type { Position } from '../position.ts';
import type { Intent } from '../protocol.ts';
import type { Arrival } from './own.ts';
import { owntracksLocation } from './owntracks-location.ts';
import {
  at,
  isObject,
  type JsonObject,
  MAX_LONG_PAYLOAD_BYTES,
  numberIn,
  parseJson,
  Refusal,
  scalarsOf,
  textIn,
} from './payload.ts';
import { openSecretBox } from './secretbox.ts';
import { ibeacon, rssiOf, type Sighting, sightingOf, timeOr } from './sightings.ts';

/** What a phone told, before it has a topic's identity. */
export interface Told {
  readonly type: string;
  readonly name: string;
  readonly intent: Intent;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly position?: Position;
  readonly sightings?: readonly Sighting[];
  /** The payload is nobody's to keep. */
  readonly isPrivate: boolean;
}

/** Without a position, of no use yet: proof of life. @see mqtt.md section 3.2 */
const keepalives = new Set(['status', 'steps', 'request']);
/** They hold names, pictures and passwords: that they came is kept, what they say is not. */
const privates = new Set(['card', 'configuration', 'dump']);

/** @returns null for what is silently nothing. @see mqtt.md section 3 */
export function readOwntracks(
  payload: Uint8Array,
  arrival: Arrival,
  key: Uint8Array | null,
): Told | Refusal | null {
  // A picture may come with a location, which shall not be lost for it.
  const json = parseJson(payload, MAX_LONG_PAYLOAD_BYTES);
  if (json instanceof Refusal) return json;
  if (!isObject(json)) return new Refusal('wants an object');
  if (at(json, '_type') !== 'encrypted') return told(json, arrival);
  const plain = opened(json, key);
  if (plain instanceof Refusal) return plain;
  const inner = told(plain, arrival);
  // Sealed twice is nothing that an app sends.
  return inner !== null && 'type' in inner && inner.type === 'encrypted'
    ? new Refusal('encrypted twice', 'encrypted')
    : inner;
}

function told(json: JsonObject, arrival: Arrival): Told | Refusal | null {
  const type = textIn(json, '_type', 32);
  if (type === null || type === '') return new Refusal('_type: missing');
  const base = { type, name: type, fields: {}, isPrivate: false };
  switch (type) {
    case 'location': {
      const position = owntracksLocation(json, arrival);
      if (position instanceof Refusal) return new Refusal(`location: ${position.detail}`);
      return { ...base, intent: 'report', position };
    }
    case 'transition':
      return transition(json, base);
    case 'waypoint':
    case 'waypoints':
      return { ...base, intent: 'report', fields: waypoints(json) };
    case 'beacon':
      return beacon(json, base, arrival);
    case 'lwt':
      // Its time is that of the connect: the phone is gone now.
      return { ...base, intent: 'logout' };
    case 'cmd':
      return null;
  }
  if (privates.has(type)) return { ...base, intent: 'keepalive', isPrivate: true };
  return keepalives.has(type)
    ? { ...base, intent: 'keepalive', fields: scalarsOf(json, '') }
    : { ...base, name: 'unknown', intent: 'unknown' };
}

type Base = Pick<Told, 'type' | 'name' | 'fields' | 'isPrivate'>;

/** The phone's own fence: evidence beside ours, which decides. */
function transition(json: JsonObject, base: Base): Told | Refusal {
  const event = at(json, 'event');
  if (event !== 'enter' && event !== 'leave') return new Refusal('event: wants enter or leave');
  if (numberIn(json, 'tst', 0, Number.MAX_SAFE_INTEGER) === null) {
    return new Refusal('tst: wants seconds since 1970');
  }
  return { ...base, intent: 'report', fields: scalarsOf(json, '') };
}

/** They may propose a fence and never make one. */
function waypoints(json: JsonObject): Told['fields'] {
  const list = at(json, 'waypoints');
  return { ...scalarsOf(json, ''), ...(Array.isArray(list) ? { count: list.length } : {}) };
}

/** One that the phone hears. */
function beacon(json: JsonObject, base: Base, arrival: Arrival): Told | Refusal {
  const sighting = sightingOf(
    {
      time: timeOr(at(json, 'tst'), arrival.receivedTime),
      ...{ listener: null, beacon: null },
      rssi: rssiOf(at(json, 'rssi')),
    },
    ibeacon(at(json, 'uuid'), json, 'major', 'minor'),
  );
  if (sighting === null) return new Refusal('beacon: wants uuid, major, minor and rssi');
  return { ...base, intent: 'report', fields: scalarsOf(json, ''), sightings: [sighting] };
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function opened(json: JsonObject, key: Uint8Array | null): JsonObject | Refusal {
  if (key === null) return new Refusal('no key is set', 'encrypted');
  const data = at(json, 'data');
  if (typeof data !== 'string' || data.length % 4 !== 0 || !BASE64.test(data)) {
    return new Refusal('data: wants Base64');
  }
  const sealed = Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0));
  const plain = openSecretBox(sealed, key);
  if (plain === null) return new Refusal('not closed with our key', 'encrypted');
  const inner = parseJson(plain, MAX_LONG_PAYLOAD_BYTES);
  if (inner instanceof Refusal) return inner;
  return isObject(inner) ? inner : new Refusal('wants an object');
}
