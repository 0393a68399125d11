import { at, isObject, type JsonObject, numberIn, textIn } from '../payload.ts';
import {
  advertisedIn,
  ibeacon,
  macOf,
  optional,
  readEach,
  rssiOf,
  type Sighting,
  sightingOf,
  timeOr,
} from '../sightings.ts';
import type { Scan } from './scan.ts';

const GATEWAY = 'Gateway';
/** Types whose keys are read; elements of others give their MAC and strength. */
const types = new Set([GATEWAY, 'iBeacon', 'S1', 'Unknown']);

/** An array in which each element has a `type` and the MAC of its sender. */
export const isMinew = (json: unknown): json is readonly unknown[] =>
  Array.isArray(json) &&
  json.some(
    (element) => isObject(element) && textIn(element, 'type', 32) !== null && 'mac' in element,
  );

/** Minew G1 and its relatives; the element of type `Gateway` says who heard. @see mqtt.md section 6.1 */
export function readMinew(elements: readonly unknown[], receivedTime: number): Scan {
  const objects = elements.filter(isObject);
  const gateways = objects.filter((element) => at(element, 'type') === GATEWAY);
  const [first] = gateways;
  const gateway = first === undefined ? null : macOf(at(first, 'mac'));
  const others = elements.filter((e) => !isObject(e) || at(e, 'type') !== GATEWAY);
  const { sightings, rejected } = readEach(others, (element) =>
    isObject(element) ? sighting(element, gateway, receivedTime) : null,
  );
  const unknown = objects.filter((e) => !types.has(textIn(e, 'type', 32) ?? '')).length;
  const fields = {
    ...optional('freePercent', first ? numberIn(first, 'gatewayFree', 0, 100) : null),
    ...optional('load', first ? numberIn(first, 'gatewayLoad', 0, 10_000) : null),
  };
  return { name: 'gatewayScan', gateway, sightings, rejected, unknown, fields };
}

function sighting(
  json: JsonObject,
  listener: string | null,
  receivedTime: number,
): Sighting | null {
  const battery = numberIn(json, 'battery', 0, 100);
  return sightingOf(
    {
      time: timeOr(at(json, 'timestamp'), receivedTime),
      listener,
      beacon: macOf(at(json, 'mac')),
      rssi: rssiOf(at(json, 'rssi')),
    },
    {
      ...advertisedIn(at(json, 'rawData')),
      ...ibeacon(at(json, 'ibeaconUuid'), json, 'ibeaconMajor', 'ibeaconMinor'),
      ...optional('txPower', rssiOf(at(json, 'ibeaconTxPower'))),
      // Where a beacon does not tell it, the gateway writes 0.
      ...optional('batteryPercent', battery === 0 ? null : battery),
      ...optional('temperatureC', numberIn(json, 'temperature', -100, 200)),
      ...optional('humidityPercent', numberIn(json, 'humidity', 0, 100)),
    },
  );
}
