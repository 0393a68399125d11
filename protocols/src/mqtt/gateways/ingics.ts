import type { Position } from '../../position.ts';
import { isBelievable, Refusal } from '../payload.ts';
import {
  advertisedIn,
  MAX_SIGHTINGS,
  macOf,
  rssiOf,
  type Sighting,
  sightingOf,
  timeOr,
} from '../sightings.ts';
import type { Scan } from './scan.ts';

/** Advertisements and scan responses of Bluetooth 4, long range and Bluetooth 5. */
const reports = new Set(['GPRP', 'RSPR', 'LRAD', 'LRSR', '1MAD', '1MSR']);
const HEARTBEAT = 'HBRP';
const OWN_PLACE = 'GPSR';
const MAX_LINE = 4096;

/** Text whose lines begin with a dollar and four characters. */
export const isIngics = (text: string): boolean => /^\s*\$[0-9A-Z]{4},/.test(text);

/** Ingics iGS01, iGS02, iGS03: `$GPRP,<tag>,<gateway>,<rssi>,<raw>[,<time>]`, a line each. @see mqtt.md section 6.1 */
export function readIngics(text: string, receivedTime: number): Scan | Refusal {
  const lines = text.split('\n', 2 * MAX_SIGHTINGS + 1).map((line) => line.trim());
  const filled = lines.filter((line) => line !== '');
  const sightings: Sighting[] = [];
  const positions: Position[] = [];
  let gateway: string | null = null;
  let rejected = 0;
  let unknown = 0;
  for (const line of filled) {
    const parts = line.length > MAX_LINE ? [] : line.split(',', 12);
    const kind = (parts[0] ?? '').slice(1);
    const speaker = macOf(parts[2]);
    if (!line.startsWith('$') || speaker === null || sightings.length === MAX_SIGHTINGS) {
      rejected++;
      continue;
    }
    gateway ??= speaker;
    if (reports.has(kind)) {
      const found = speaker === gateway ? sighting(parts, speaker, receivedTime) : null;
      if (found === null) rejected++;
      else sightings.push(found);
    } else if (kind === OWN_PLACE) {
      const position = ownPlace(parts, receivedTime);
      if (position === null) rejected++;
      else positions.push(position);
    } else if (kind !== HEARTBEAT) unknown++;
  }
  if (gateway === null) return new Refusal('no line is one of a gateway');
  const isScan = sightings.length > 0 || rejected > 0;
  const name = isScan ? 'gatewayScan' : unknown > 0 ? 'unknown' : 'gatewayStatus';
  return { name, gateway, sightings, rejected, unknown, fields: {}, positions };
}

function sighting(
  [, tag, , rssi, raw, time]: readonly string[],
  listener: string,
  receivedTime: number,
): Sighting | null {
  const seconds = time !== undefined && /^\d{9,11}(\.\d{1,6})?$/.test(time) ? Number(time) : null;
  return sightingOf(
    { time: timeOr(seconds, receivedTime), listener, beacon: macOf(tag), rssi: rssiOf(rssi) },
    advertisedIn(raw),
  );
}

const DECIMAL = /^-?\d{1,3}\.\d{1,10}$/;

/** `$GPSR,<mac>,<mac>,-127,yymmdd,hhmmss.ss,lat,lon,speed,hdop`, UTC. The unit of the speed is not documented. */
function ownPlace(parts: readonly string[], receivedTime: number): Position | null {
  const [, , , , date = '', clock = '', lat = '', lon = '', , hdop = ''] = parts;
  const latitude = DECIMAL.test(lat) ? Number(lat) : Number.NaN;
  const longitude = DECIMAL.test(lon) ? Number(lon) : Number.NaN;
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  const [, yy, mm, dd] = /^(\d\d)(\d\d)(\d\d)$/.exec(date) ?? [];
  const [, hh, min, ss] = /^(\d\d)(\d\d)(\d\d(?:\.\d{1,3})?)$/.exec(clock) ?? [];
  const told = Date.parse(`20${yy}-${mm}-${dd}T${hh}:${min}:${ss}Z`);
  const isTimed = isBelievable(told, receivedTime);
  const isZero = latitude === 0 && longitude === 0;
  return {
    fixTime: isTimed ? told : receivedTime,
    timeSource: isTimed ? 'device' : 'server',
    valid: !isZero,
    ...{ latitude, longitude, altitudeM: null, speedKmh: null, courseDeg: null, satellites: null },
    hdop: /^\d{1,2}(\.\d{1,3})?$/.test(hdop) ? Number(hdop) : null,
    ...{ accuracyM: null, mileageKm: null, batteryPercent: null, ignition: null },
    ...{ source: 'gnss', buffered: false, alarms: [], extras: {} },
    flags: [
      ...(isTimed ? [] : (['noDeviceTime'] as const)),
      ...(isZero ? (['zeroIsland'] as const) : []),
    ],
  };
}
