import { timeOfDigits } from '../bytes.ts';
import {
  bcdTime,
  flags,
  i16,
  type Kind,
  type Layout,
  type LayoutValue,
  layout,
  noted,
  u16,
  u32,
} from '../layout.ts';
import { type DeviceAlarm, deviceAlarms, type Position, type PositionFlag } from '../position.ts';
import { readBody, trailingHex } from './body.ts';
import { type Dialect, dialectOf } from './dialects.ts';
import type { Findings } from './extras.ts';

/** Every time on the wire but that of 0x8004. @see JT/T 808, basic location information table */
export const ZONE_HOURS = 8;
/** A report older than this, or further ahead of us, has no usable time. @see the wire reference, section 6.3 */
export const PAST_MAX_MS = 30 * 86_400_000;
/** Likewise. */
export const FUTURE_MAX_MS = 600_000;
/** No vehicle drives faster. */
export const SPEED_MAX_KMH = 300;

/** The body of a location report. @see JT/T 808, location information clause and its basic-information table */
const table = (dialect: Dialect) => ({
  alarms: flags(dialect.alarms),
  status: flags(dialect.status),
  latitude: noted(u32, '1e-6 degree, always positive; hemisphere in status'),
  longitude: noted(u32, '1e-6 degree'),
  altitude: noted(i16, 'm; the text gives no sign, devices below sea level do'),
  speed: noted(u16, '0.1 km/h'),
  direction: noted(u16, 'degree, clockwise from true north'),
  time: noted(bcdTime, 'YYMMDDhhmmss, GMT+8'),
  extras: dialect.items.kind,
});
/** What a report says, in the units of the wire. */
export type Location = LayoutValue<ReturnType<typeof table>>;

const tables = new Map<Dialect, Layout<Location>>();

/** The body of a report in a dialect; made once. */
export function locationOf(dialect: Dialect): Layout<Location> {
  const made = tables.get(dialect) ?? layout(table(dialect));
  tables.set(dialect, made);
  return made;
}

/** By edition, as the standard has it: bits have other names. */
export const locations = {
  '2011': locationOf(dialectOf('2011', null)),
  '2013': locationOf(dialectOf('2013', null)),
  '2019': locationOf(dialectOf('2019', null)),
} as const;

/** The shortest location: without items. */
export const LOCATION_BYTES = locations['2013'].minBytes;

/** What turns a report into a position besides its fields. */
export interface Receipt {
  /** Ms UTC. */
  readonly receivedTime: number;
  /** Takes every date that exists, however far from `receivedTime`. */
  readonly anyTime: boolean;
  /** How the device speaks. */
  readonly dialect: Dialect;
}

const known: ReadonlySet<string> = new Set(deviceAlarms);
/** Whether a bit of the alarm word has a name that rules and people know. */
export const isAlarm = (name: string): name is DeviceAlarm => known.has(name);

/** Normalizes a report: UTC, signed degrees, metres and km/h; what cannot be is flagged, never dropped. */
export function toPosition(location: Location, receipt: Receipt, buffered: boolean): Position {
  const { status, alarms } = location;
  const latitude = (location.latitude / 1e6) * (status.includes('south') ? -1 : 1);
  const longitude = (location.longitude / 1e6) * (status.includes('west') ? -1 : 1);
  const flagged: PositionFlag[] = [];
  const deviceTime = usableTime(location.time, receipt);
  if (deviceTime === null) flagged.push('noDeviceTime');
  if (!status.includes('fixed')) flagged.push('noFix');
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) flagged.push('impossibleCoordinates');
  if (location.latitude === 0 && location.longitude === 0) flagged.push('zeroIsland');
  if (status.includes('encrypted')) flagged.push('encryptedCoordinates');
  const valid = flagged.length === (deviceTime === null ? 1 : 0);
  const speedKmh = location.speed / 10;
  if (speedKmh > SPEED_MAX_KMH) flagged.push('impossibleSpeed');

  const { dialect } = receipt;
  const found = dialect.items.findings(location.extras);
  const { mileageKm, satellites, batteryPercent, extras } = found;
  const states = dialect.states.of(status);
  if (states !== '') extras['status'] = states;
  const unnamed = alarms.filter((name) => !isAlarm(name));
  if (unnamed.length > 0) extras['unnamedAlarms'] = unnamed.join(',');
  return {
    fixTime: deviceTime ?? receipt.receivedTime,
    timeSource: deviceTime === null ? 'server' : 'device',
    valid,
    // A zero has no hemisphere: the sign would make it -0.
    latitude: latitude === 0 ? 0 : latitude,
    longitude: longitude === 0 ? 0 : longitude,
    altitudeM: location.altitude,
    speedKmh: speedKmh > SPEED_MAX_KMH ? null : speedKmh,
    courseDeg: location.direction > 360 ? null : location.direction % 360,
    satellites,
    hdop: null,
    accuracyM: null,
    mileageKm,
    batteryPercent,
    ignition: status.includes('acc'),
    source: 'gnss',
    buffered,
    alarms: withStated(alarms.filter(isAlarm), found),
    flags: flagged,
    extras,
  };
}

/** The alarms of the word, then those that only items state. */
export function withStated(alarms: DeviceAlarm[], { alarms: stated }: Findings): DeviceAlarm[] {
  if (stated !== null) {
    for (const alarm of stated) if (!alarms.includes(alarm)) alarms.push(alarm);
  }
  return alarms;
}

function usableTime(digits: string, { receivedTime, anyTime, dialect }: Receipt): number | null {
  const time = timeOfDigits(digits, dialect.zoneHours);
  if (time === null || anyTime) return time;
  const age = receivedTime - time;
  return age > PAST_MAX_MS || age < -FUTURE_MAX_MS ? null : time;
}

/** A report inside a batch; `trailing` as in `body.ts`. */
export type BatchItem = Location & { readonly trailing?: string };

/** Bytes of the items from `from` on that are whole and long enough; what follows a wrong length cannot be found. */
function wholeReports(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at + 2 <= bytes.length) {
    const length = reportLength(bytes, at);
    if (length < LOCATION_BYTES || at + 2 + length > bytes.length) break;
    at += 2 + length;
  }
  return at - from;
}

const reportLength = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** The reports of a batch to its end, each behind a length of two bytes. The count in front is not trusted. */
export function reports(of: Layout<Location>): Kind<readonly BatchItem[]> {
  return {
    width: null,
    extent: wholeReports,
    declare: (parser, name) => {
      parser.buffer(name, { readUntil: 'eof' });
    },
    read: (parsed) => {
      const bytes = parsed as Uint8Array;
      const end = wholeReports(bytes, 0);
      const found: BatchItem[] = [];
      for (let at = 0; at < end; at += 2 + reportLength(bytes, at)) {
        const one = readBody(of, bytes.subarray(at + 2, at + 2 + reportLength(bytes, at)));
        if (one.ok) found.push(one.fields);
      }
      return found;
    },
    write: (out, value, field) => {
      if (!Array.isArray(value)) throw new RangeError(`${field}: wants a list of reports`);
      for (const [i, one] of (value as readonly BatchItem[]).entries()) {
        const start = out.length;
        out.number(0, 2);
        of.kind.write(out, one, `${field}.${i}`);
        if (one.trailing !== undefined)
          trailingHex.write(out, one.trailing, `${field}.${i}.trailing`);
        out.patch(start, out.length - start - 2, 2);
      }
    },
    shape: 'items to the end: WORD n, location of n bytes',
    inside: of.fields,
  };
}
