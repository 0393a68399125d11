import { at, integerIn, isObject, type JsonObject, numberIn, textIn } from '../payload.ts';
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
  uuidOf,
} from '../sightings.ts';
import type { Scan } from './scan.ts';

const SCAN = 3070;
const ALIVE = 3004;
/** Below it a timestamp counts from the gateway's start: it is not synchronised. */
const SYNCHRONISED_FROM = 1e12;
const types = /^(ibeacon|eddystone-(uid|url|tlm)|bxp-.*|pir|other|tof)$/;

/** A numbered message with the MAC of its gateway in `device_info`. */
export const isMoko = (json: unknown): json is JsonObject =>
  isObject(json) && typeof at(json, 'msg_id') === 'number' && isObject(at(json, 'device_info'));

/** Moko MKGW; the topic is the installer's choice. @see mqtt.md section 6.1 */
export function readMoko(json: JsonObject, receivedTime: number): Scan {
  const info = at(json, 'device_info');
  const gateway = isObject(info) ? macOf(at(info, 'mac')) : null;
  const messageId = integerIn(json, 'msg_id', 0, 0xffff) ?? 0;
  const list = at(json, 'data');
  const elements: readonly unknown[] = messageId === SCAN && Array.isArray(list) ? list : [];
  const { sightings, rejected } = readEach(elements, (element) =>
    isObject(element) ? sighting(element, gateway, receivedTime) : null,
  );
  const unknown = elements.filter((e) => isObject(e) && !types.test(textIn(e, 'type', 32) ?? ''));
  const name =
    messageId === SCAN ? 'gatewayScan' : messageId === ALIVE ? 'gatewayStatus' : 'unknown';
  return { name, gateway, sightings, rejected, unknown: unknown.length, fields: { messageId } };
}

function sighting(
  json: JsonObject,
  listener: string | null,
  receivedTime: number,
): Sighting | null {
  const time = numberIn(json, 'timestamp', SYNCHRONISED_FROM, Number.MAX_SAFE_INTEGER);
  const power = rssiOf(at(json, 'rssi_1m'));
  const namespace = at(json, 'namespace');
  const instance = at(json, 'instance');
  const isUid = typeof namespace === 'string' && typeof instance === 'string';
  return sightingOf(
    {
      time: timeOr(time, receivedTime),
      listener,
      beacon: macOf(at(json, 'mac')),
      rssi: rssiOf(at(json, 'rssi')),
    },
    {
      ...advertisedIn(at(json, 'rsp_data')),
      ...advertisedIn(at(json, 'adv_data')),
      ...ibeacon(at(json, 'uuid'), json, 'major', 'minor'),
      ...optional('eddystone', isUid ? uuidOf(namespace + instance) : null),
      // Where it is not known, the gateway writes 0.
      ...optional('txPower', power === 0 ? null : power),
    },
  );
}
