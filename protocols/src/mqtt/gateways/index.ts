import { isObject, MAX_LONG_PAYLOAD_BYTES, parseText, Refusal } from '../payload.ts';
import { isNeutral, readNeutral } from '../sightings.ts';
import { isAprBrother, readAprBrother } from './aprbrother.ts';
import { isCassia, readCassia } from './cassia.ts';
import { isIngics, readIngics } from './ingics.ts';
import { isKkm, readKkm } from './kkm.ts';
import { isMinew, readMinew } from './minew.ts';
import { isMoko, readMoko } from './moko.ts';
import type { GatewayAdapter, Scan } from './scan.ts';

export { type GatewayAdapter, gatewayAdapters, type Scan } from './scan.ts';

/**
 * What a BLE gateway heard. Recognised by its shape, never by the name on the box; an adapter other than `auto` refuses
 * what has another shape. Never throws, linear in the length of the payload.
 * @param gateway who speaks, by the topic; null where only the payload says it
 * @see mqtt.md section 6.1
 */
export function readGateway(
  payload: Uint8Array,
  gateway: string | null,
  adapter: GatewayAdapter,
  receivedTime: number,
): Scan | Refusal {
  const found = readShape(payload, gateway, receivedTime);
  if (found instanceof Refusal) return found;
  if (adapter !== 'auto' && adapter !== found.shape) return new Refusal(`no payload of ${adapter}`);
  const { shape, scan } = found;
  if (scan instanceof Refusal) return scan;
  return { ...scan, fields: { format: shape, ...scan.fields } };
}

interface Shape {
  readonly shape: GatewayAdapter;
  readonly scan: Scan | Refusal;
}

function readShape(
  payload: Uint8Array,
  gateway: string | null,
  receivedTime: number,
): Shape | Refusal {
  if (payload.length > MAX_LONG_PAYLOAD_BYTES) return new Refusal('too long');
  if (isAprBrother(payload)) {
    return { shape: 'aprbrother', scan: readAprBrother(payload, receivedTime) };
  }
  const text = parseText(payload, MAX_LONG_PAYLOAD_BYTES);
  if (text instanceof Refusal) return text;
  if (isIngics(text)) return { shape: 'ingics', scan: readIngics(text, receivedTime) };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return new Refusal('neither JSON nor a known text');
  }
  if (isMoko(json)) return { shape: 'moko', scan: readMoko(json, receivedTime) };
  if (isKkm(json)) return { shape: 'kkm', scan: readKkm(json, receivedTime) };
  if (isCassia(json)) return { shape: 'cassia', scan: readCassia(json) };
  if (isMinew(json)) return { shape: 'minew', scan: readMinew(json, receivedTime) };
  const isOurs = Array.isArray(json)
    ? json.length === 0 || json.some((element) => isObject(element) && isNeutral(element))
    : isObject(json) && (isNeutral(json) || Array.isArray(json['sightings']));
  if (!isOurs) return new Refusal('no shape of a gateway');
  const heard = readNeutral(json, gateway, receivedTime);
  if (heard instanceof Refusal) return heard;
  const scan: Scan = { name: 'gatewayScan', gateway, ...heard, unknown: 0, fields: {} };
  return { shape: 'neutral', scan };
}
