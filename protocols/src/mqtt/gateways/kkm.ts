import { at, integerIn, isObject, type JsonObject } from '../payload.ts';
import {
  advertisedIn,
  ibeacon,
  macOf,
  optional,
  readEach,
  rssiOf,
  type Sighting,
  sightingOf,
  uuidOf,
} from '../sightings.ts';
import type { Scan } from './scan.ts';

/** Eddystone's power is given at 0 m. */
const DB_TO_ONE_METRE = 41;
const MAX_SEQ = 0xffff_ffff;

/** `msg: "advData"`, or its list beside the gateway's MAC. */
export const isKkm = (json: unknown): json is JsonObject =>
  isObject(json) && (at(json, 'msg') === 'advData' || at(json, 'gmac') !== undefined);

/** KKM (KBeacon): the parsed form and the older one with raw hex. Its `time` has no zone. @see mqtt.md section 6.1 */
export function readKkm(json: JsonObject, receivedTime: number): Scan {
  const gateway = macOf(at(json, 'gmac'));
  const list = at(json, 'obj');
  const isScan = Array.isArray(list);
  const elements: readonly unknown[] = isScan ? list : [];
  const { sightings, rejected } = readEach(elements, (element) =>
    isObject(element) ? sighting(element, gateway, receivedTime) : null,
  );
  const unknown = elements.filter((e) => isObject(e) && !isKnown(e)).length;
  const fields = optional('seq', integerIn(json, 'seq', 0, MAX_SEQ));
  const name = at(json, 'msg') === 'advData' || isScan ? 'gatewayScan' : 'unknown';
  return { name, gateway, sightings, rejected, unknown, fields };
}

const isKnown = (json: JsonObject): boolean =>
  ['uuid', 'nid', 'data1'].some((key) => at(json, key) !== undefined);

function sighting(
  json: JsonObject,
  listener: string | null,
  receivedTime: number,
): Sighting | null {
  const power = rssiOf(at(json, 'refPwr'));
  const namespace = at(json, 'nid');
  const instance = at(json, 'sid');
  const isUid = typeof namespace === 'string' && typeof instance === 'string';
  const eddystone = isUid ? uuidOf(namespace + instance) : null;
  const isIbeacon = at(json, 'uuid') !== undefined;
  return sightingOf(
    {
      time: receivedTime,
      listener,
      beacon: macOf(at(json, 'dmac')),
      rssi: rssiOf(at(json, 'rssi')),
    },
    {
      ...advertisedIn(at(json, 'data1')),
      ...optional('eddystone', eddystone),
      ...ibeacon(at(json, 'uuid'), json, 'majorID', 'minorID'),
      ...ibeacon(at(json, 'uuid'), json, 'major', 'minor'),
      ...optional('txPower', power === null || isIbeacon ? power : power - DB_TO_ONE_METRE),
    },
  );
}
