import { toHex } from '../../bytes.ts';
import { readAdvertisement } from '../advertisement.ts';
import { asciiOf, readMessagePack } from '../msgpack.ts';
import { at, Refusal } from '../payload.ts';
import { macOf, macOfBytes, readEach, rssiOf, type Sighting, sightingOf } from '../sightings.ts';
import type { Scan } from './scan.ts';

/** Advertisement type, MAC and strength stand before the advertisement. */
const HEAD_BYTES = 8;
const MAP_16 = 0xde;
const MAP_32 = 0xdf;

/** The first byte is that of a MessagePack map, which begins no text. */
export const isAprBrother = (payload: Uint8Array): boolean => {
  const [first = 0] = payload;
  return (first >= 0x80 && first <= 0x8f) || first === MAP_16 || first === MAP_32;
};

/** AprBrother V4: a map with `mac` and `devices`, each a piece of bytes. @see mqtt.md sections 4 and 6.1 */
export function readAprBrother(payload: Uint8Array, receivedTime: number): Scan | Refusal {
  const map = readMessagePack(payload);
  if (map === null) return new Refusal('not MessagePack');
  const gateway = macIn(at(map, 'mac'));
  const list = at(map, 'devices');
  const elements: readonly unknown[] = Array.isArray(list) ? list : [];
  const { sightings, rejected } = readEach(elements, (element) =>
    element instanceof Uint8Array ? sighting(element, gateway, receivedTime) : null,
  );
  const fields: Record<string, number | string> = {};
  for (const key of ['v', 'mid'] as const) {
    const value = at(map, key);
    if (typeof value === 'number' && Number.isFinite(value)) fields[key] = value;
    else if (value instanceof Uint8Array) fields[key] = asciiOf(value);
  }
  const name = list === undefined ? 'gatewayStatus' : 'gatewayScan';
  return { name, gateway, sightings, rejected, unknown: 0, fields };
}

const macIn = (value: unknown): string | null =>
  value instanceof Uint8Array ? (macOfBytes(value) ?? macOf(asciiOf(value))) : null;

/** Its `time` is that of the whole message, in a unit and zone that are not documented: the receive time stands in. */
function sighting(
  bytes: Uint8Array,
  listener: string | null,
  receivedTime: number,
): Sighting | null {
  if (bytes.length < HEAD_BYTES) return null;
  const rssi = rssiOf((bytes[7] ?? 0) - 256);
  const beacon = toHex(bytes.subarray(1, 7));
  const told = readAdvertisement(bytes.subarray(HEAD_BYTES));
  return sightingOf({ time: receivedTime, listener, beacon, rssi }, told);
}
