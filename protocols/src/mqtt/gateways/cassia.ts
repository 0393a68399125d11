import { at, isObject, type JsonObject, scalarsOf, textIn } from '../payload.ts';
import { macOf } from '../sightings.ts';
import type { Scan } from './scan.ts';

/** An `action` of a named gateway. */
export const isCassia = (json: unknown): json is JsonObject =>
  isObject(json) && textIn(json, 'action', 64) !== null && at(json, 'gateway') !== undefined;

/** Cassia's status; the form of its scans is not known, so other actions are kept and not read. @see mqtt.md section 6.1 */
export function readCassia(json: JsonObject): Scan {
  const data = at(json, 'data');
  return {
    name: at(json, 'action') === 'gateway_status' ? 'gatewayStatus' : 'unknown',
    gateway: macOf(at(json, 'gateway')),
    ...{ sightings: [], rejected: 0, unknown: 0 },
    fields: isObject(data) ? scalarsOf(data, 'x_') : {},
  };
}
