/** What a device may publish at once. @see mqtt.md section 2.1 */
export const MAX_PAYLOAD_BYTES = 16 << 10;
/** What a gateway with 500 sightings, or a phone with a picture, may. The broker's own bound is usually lower. */
export const MAX_LONG_PAYLOAD_BYTES = 3 << 20;

/** A JSON object of unknown content. Its keys are own properties, `__proto__` included, and never assigned anywhere. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A payload that could not be used, for one reason a person can act on. */
export class Refusal {
  readonly detail: string;
  readonly code: 'badPayload' | 'encrypted';
  constructor(detail: string, code: 'badPayload' | 'encrypted' = 'badPayload') {
    this.detail = detail;
    this.code = code;
  }
}

// A byte order mark is dropped, everything else that is not UTF-8 refused.
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Never throws; the parser of the platform does not recurse, so depth costs nothing. */
export function parseJson(payload: Uint8Array, maxBytes = MAX_PAYLOAD_BYTES): unknown {
  const text = parseText(payload, maxBytes);
  if (text instanceof Refusal) return text;
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the payload, which may hold a place or a name.
    return new Refusal('not JSON');
  }
}

/** UTF-8 text; a byte order mark at its start is dropped. */
export function parseText(payload: Uint8Array, maxBytes: number): string | Refusal {
  if (payload.length > maxBytes) {
    return new Refusal(`wants at most ${maxBytes} bytes, found ${payload.length}`);
  }
  try {
    return utf8.decode(payload);
  } catch {
    return new Refusal('not UTF-8');
  }
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Own properties only: a payload has no prototype. */
export const at = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** @returns null for anything but a number in the range; the message stays without it */
export function numberIn(object: JsonObject, key: string, min: number, max: number): number | null {
  const value = at(object, key);
  return typeof value === 'number' && value >= min && value <= max ? value : null;
}

/** As `numberIn`, for whole numbers. */
export function integerIn(
  object: JsonObject,
  key: string,
  min: number,
  max: number,
): number | null {
  const value = numberIn(object, key, min, max);
  return value !== null && Number.isInteger(value) ? value : null;
}

/** @returns null for anything but a boolean */
export function booleanIn(object: JsonObject, key: string): boolean | null {
  const value = at(object, key);
  return typeof value === 'boolean' ? value : null;
}

/** @returns null for anything but a text of at most `maxLength` UTF-16 units */
export function textIn(object: JsonObject, key: string, maxLength: number): string | null {
  const value = at(object, key);
  return typeof value === 'string' && value.length <= maxLength ? value : null;
}

/** `1e999` is JSON and reads as infinity: nothing measured is, so the message is refused. */
export function infiniteKey(object: JsonObject): string | null {
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (typeof value === 'number' && !Number.isFinite(value)) return key;
  }
  return null;
}

const MAX_SCALARS = 32;
const MAX_KEY_LENGTH = 64;
const MAX_TEXT_LENGTH = 256;

/**
 * The flat part of an object for the record: at most 32 numbers, texts and booleans, nothing nested, `prefix` before
 * each key.
 */
export function scalarsOf(
  object: JsonObject,
  prefix: string,
): Record<string, number | string | boolean> {
  const flat: Record<string, number | string | boolean> = {};
  let count = 0;
  for (const key of Object.keys(object)) {
    if (count === MAX_SCALARS) break;
    // Assigning to this name would set a prototype instead of a property.
    if (key.length > MAX_KEY_LENGTH || prefix + key === '__proto__') continue;
    const value = object[key];
    if (
      typeof value === 'boolean' ||
      (typeof value === 'number' && Number.isFinite(value)) ||
      (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH)
    ) {
      flat[prefix + key] = value;
      count++;
    }
  }
  return flat;
}

const MS_FROM = 1e11;
const ISO_WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/** Seconds or milliseconds since 1970, or ISO 8601 with zone. @returns whole ms UTC, null for what is no instant */
export function timeOf(value: unknown): number | null {
  if (typeof value === 'string') {
    if (value.length > 40 || !ISO_WITH_ZONE.test(value)) return null;
    const time = Date.parse(value);
    return Number.isNaN(time) ? null : time;
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return null;
  return Math.round(value >= MS_FROM ? value : value * 1000);
}

const OLD_MAX_MS = 30 * 86_400_000;
const FUTURE_MAX_MS = 300_000;

/** Older than 30 days or more than five minutes ahead: the clock is wrong and ours stands in. @see mqtt.md section 2.1 */
export const isBelievable = (time: number, receivedTime: number): boolean =>
  time - receivedTime <= FUTURE_MAX_MS && receivedTime - time <= OLD_MAX_MS;

/** A retained message older than this was not made for us: history only. @see mqtt.md section 3.1 */
export const FRESH_MS = 120_000;
