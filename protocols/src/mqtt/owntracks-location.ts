import type { DeviceAlarm, Position, PositionFlag } from '../position.ts';
import type { Arrival } from './own.ts';
import {
  at,
  FRESH_MS,
  infiniteKey,
  integerIn,
  isBelievable,
  type JsonObject,
  numberIn,
  Refusal,
  textIn,
} from './payload.ts';

const MAX_EPOCH_S = 4_102_444_800;
/** Digital inputs of the bridge. */
const MAX_INPUTS = 8;
const MAX_TEXT = 64;
/** Names in one list. */
const MAX_NAMES = 16;

/** Single-character triggers of the bridge that are alarms. @see mqtt.md section 3.1 */
const bridgeTriggers: Readonly<Record<string, DeviceAlarm>> = {
  e: 'powerCut',
  s: 'overspeed',
  h: 'other',
  '9': 'lowBattery',
};

/** `_type: location`, of the phone apps and of the Queclink bridge. @see mqtt.md section 3.1 */
export function owntracksLocation(json: JsonObject, arrival: Arrival): Position | Refusal {
  if (infiniteKey(json) !== null) return new Refusal('a number is infinite');
  const latitude = numberIn(json, 'lat', -90, 90);
  const longitude = numberIn(json, 'lon', -180, 180);
  const seconds = numberIn(json, 'tst', 0, MAX_EPOCH_S);
  if (latitude === null) return new Refusal('lat: wants -90..90');
  if (longitude === null) return new Refusal('lon: wants -180..180');
  if (seconds === null) return new Refusal('tst: wants seconds since 1970');
  const { receivedTime, retain } = arrival;
  const deviceTime = Math.round(seconds * 1000);
  const isTimed = isBelievable(deviceTime, receivedTime);
  const fixTime = isTimed ? deviceTime : receivedTime;
  const builtAt = numberIn(json, 'created_at', 0, MAX_EPOCH_S);
  const age = receivedTime - fixTime;
  // A ping carries the time it was sent; one with an old time was kept all the same.
  const wasKept =
    (builtAt !== null && builtAt * 1000 - deviceTime > FRESH_MS) ||
    (at(json, 't') === 'p' && age > FRESH_MS);
  const isZero = latitude === 0 && longitude === 0;
  const flags: PositionFlag[] = [];
  if (!isTimed) flags.push('noDeviceTime');
  if (isZero) flags.push('zeroIsland');

  const extras: Record<string, number | string | boolean> = {};
  // The same letter means other things behind the bridge.
  const isBridged = at(json, 'imei') !== undefined || at(json, 'rit') !== undefined;
  const alarms = isBridged ? bridgeAlarms(json) : [];
  if (isBridged) addBridgeExtras(json, extras);
  else addPhoneExtras(json, extras);

  const course = numberIn(json, 'cog', 0, 360);
  const odometerKm = isBridged ? numberIn(json, 'odometer', 0, 10_000_000) : null;
  return {
    fixTime,
    timeSource: isTimed ? 'device' : 'server',
    valid: !isZero,
    latitude,
    longitude,
    altitudeM: numberIn(json, 'alt', -1000, 100_000),
    speedKmh: numberIn(json, 'vel', 0, 500),
    courseDeg: course === null ? null : course % 360,
    satellites: null,
    hdop: null,
    accuracyM: numberIn(json, 'acc', 0, Number.MAX_VALUE),
    mileageKm: odometerKm,
    batteryPercent: numberIn(json, 'batt', 0, 100),
    ignition: isBridged ? ignitionOf(json) : null,
    source: 'gnss',
    buffered: wasKept || (retain && age > FRESH_MS),
    alarms,
    flags,
    extras,
  };
}

/** The trigger says it where the key does not. */
function ignitionOf(json: JsonObject): boolean | null {
  const trigger = at(json, 't');
  return truthOf(json, 'ign') ?? (trigger === 'i' ? true : trigger === 'I' ? false : null);
}

function bridgeAlarms(json: JsonObject): readonly DeviceAlarm[] {
  const trigger = textIn(json, 't', 1) ?? '';
  const alarm = Object.hasOwn(bridgeTriggers, trigger) ? bridgeTriggers[trigger] : undefined;
  const alarms: DeviceAlarm[] = alarm === undefined ? [] : [alarm];
  if (truthOf(json, 'tow') === true) alarms.push('tow');
  return alarms;
}

function addBridgeExtras(
  json: JsonObject,
  extras: Record<string, number | string | boolean>,
): void {
  put(extras, 'trigger', textIn(json, 't', 1));
  put(extras, 'batteryV', numberIn(json, 'ubatt', 0, 1000));
  put(extras, 'externalV', numberIn(json, 'uext', 0, 1000));
  put(extras, 'mcc', integerIn(json, 'mcc', 0, 999));
  put(extras, 'mnc', integerIn(json, 'mnc', 0, 999));
  put(extras, 'lac', integerIn(json, 'lac', 0, 0xffff_ffff));
  put(extras, 'cellId', integerIn(json, 'cid', 0, Number.MAX_SAFE_INTEGER));
  put(extras, 'moving', truthOf(json, 'motion'));
  put(extras, 'reportId', textIn(json, 'rit', 32));
  for (let n = 1; n <= MAX_INPUTS; n++) put(extras, `din${n}`, truthOf(json, `din${n}`));
}

const connections: Readonly<Record<string, string>> = { w: 'wifi', m: 'mobile', o: 'offline' };

function addPhoneExtras(json: JsonObject, extras: Record<string, number | string | boolean>): void {
  const trigger = textIn(json, 't', 1);
  put(extras, 'trigger', trigger);
  // A person pressed the button: a check-in, not an alarm.
  if (trigger === 'u') extras['events'] = 'button';
  const battery = integerIn(json, 'bs', 0, 3);
  if (battery !== null && battery > 0) extras['charging'] = battery >= 2;
  const connection = textIn(json, 'conn', 1) ?? '';
  if (Object.hasOwn(connections, connection))
    put(extras, 'network', connections[connection] ?? null);
  put(extras, 'verticalAccuracyM', numberIn(json, 'vac', 0, 100_000));
  put(extras, 'pressureKPa', numberIn(json, 'p', 0, 200));
  put(extras, 'monitoring', integerIn(json, 'm', -1, 2));
  put(extras, 'regions', namesIn(json, 'inregions'));
  put(extras, 'regionIds', namesIn(json, 'inrids'));
  put(extras, 'motion', namesIn(json, 'motionactivities'));
  for (const [key, name] of texts) put(extras, name, textIn(json, key, MAX_TEXT));
  put(extras, 'regionRadiusM', numberIn(json, 'rad', 0, 1_000_000));
  // The picture itself stays in the message as it came.
  if (at(json, 'image') !== undefined) extras['hasImage'] = true;
}

const texts = [
  ['tid', 'trackerId'],
  ['SSID', 'ssid'],
  ['BSSID', 'bssid'],
  ['poi', 'pointOfInterest'],
  ['tag', 'tag'],
  ['imagename', 'imageName'],
] as const;

/** Short names, joined by commas. */
function namesIn(json: JsonObject, key: string): string | null {
  const list = at(json, key);
  if (!Array.isArray(list)) return null;
  const names = list.filter((n) => typeof n === 'string' && n !== '' && n.length <= MAX_TEXT);
  return names.length === 0 ? null : names.slice(0, MAX_NAMES).join(',');
}

/** The bridge writes switches as booleans or as 0 and 1. */
function truthOf(json: JsonObject, key: string): boolean | null {
  const value = at(json, key);
  if (typeof value === 'boolean') return value;
  return value === 0 || value === 1 ? value === 1 : null;
}

function put(
  extras: Record<string, number | string | boolean>,
  key: string,
  value: number | string | boolean | null,
): void {
  if (value !== null) extras[key] = value;
}
