/** What a client may publish at once. @see mqtt.md section 2.1 */
export const MAX_PAYLOAD_BYTES = 16 << 10;

/** A JSON object of unknown content. Its keys are own properties, `__proto__` included, and never assigned anywhere. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A payload that could not be used, for one reason a person can act on. */
export class Refusal {
  readonly detail: string;
  constructor(detail: string) {
    this.detail = detail;
  }
}

// A byte order mark is dropped, everything else that is not UTF-8 refused.
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Never throws; the parser of the platform does not recurse, so depth costs nothing. */
export function parseJson(payload: Uint8Array): unknown {
  if (payload.length > MAX_PAYLOAD_BYTES) {
    return new Refusal(`wants at most ${MAX_PAYLOAD_BYTES} bytes, found ${payload.length}`);
  }
  try {
    return JSON.parse(utf8.decode(payload));
  } catch (error) {
    // The parser's own words quote the payload, which may hold a place or a name.
    return new Refusal(error instanceof SyntaxError ? 'not JSON' : 'not UTF-8');
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

const OLD_MAX_MS = 30 * 86_400_000;
const FUTURE_MAX_MS = 300_000;

/** Older than 30 days or more than five minutes ahead: the clock is wrong and ours stands in. @see mqtt.md section 2.1 */
export const isBelievable = (time: number, receivedTime: number): boolean =>
  time - receivedTime <= FUTURE_MAX_MS && receivedTime - time <= OLD_MAX_MS;

/** A retained message older than this was not made for us: history only. @see mqtt.md section 3.1 */
export const FRESH_MS = 120_000;
