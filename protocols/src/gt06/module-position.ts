import type { Fields } from '../layout.ts';
import type { Position, PositionFlag } from '../position.ts';
import { type Radio, radioExtras } from '../radio.ts';
import { modulesByName } from './messages/modules.ts';
import { degrees, type Extras, type Receipt } from './position.ts';
import { beaconsOf, cellsOf, nowhere, sourceOf, wifiOf } from './sightings.ts';

interface FixModule {
  readonly time: number;
  readonly satellites: number;
  readonly altitude: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly speed: number;
  readonly courseStatus: { readonly course: number; readonly flags: readonly string[] };
}

interface CellModule {
  readonly mcc: number;
  readonly mnc: number;
  readonly lac: number;
  readonly cellId: number;
  readonly rssi: number;
}

type Found = ReadonlyMap<string, unknown>;
const number = (found: Found, name: string): number | undefined =>
  found.get(name) as number | undefined;
const list = <T>(found: Found, name: string): readonly T[] | undefined =>
  found.get(name) as readonly T[] | undefined;

/**
 * What modules say together: one position with their fix, or one without coordinates of what they heard; none when
 * they say neither. @see gt06.md section 12
 */
export function modulePositions(fields: Fields, receipt: Receipt): readonly Position[] {
  const found = modulesByName(fields);
  const fix = found.get('fix') as FixModule | undefined;
  const radio = radioOfModules(found);
  const extras: Extras = {};
  const mileage = number(found, 'mileage');
  addModules(found, extras);
  if (!receipt.crcOk) extras['crcOk'] = false;
  Object.assign(extras, radioExtras(radio));
  const buffered = number(found, 'buffered') === 1;
  if (fix === undefined) {
    const heard = [radio.cells, radio.wifi, radio.beacons].some((l) => (l?.length ?? 0) > 0);
    if (!heard) return [];
    const seconds = number(found, 'unixTime');
    const time = seconds === undefined ? null : timeOf(seconds, receipt);
    const state = mileage === undefined ? {} : { mileage };
    return [{ ...nowhere(receipt, time, state, sourceOf(radio), extras), buffered }];
  }
  return [fixPosition(fix, found, receipt, { buffered, mileage, extras })];
}

function fixPosition(
  fix: FixModule,
  found: Found,
  receipt: Receipt,
  {
    buffered,
    mileage,
    extras,
  }: {
    readonly buffered: boolean;
    readonly mileage: number | undefined;
    readonly extras: Extras;
  },
): Position {
  const { course, flags: states } = fix.courseStatus;
  const latitude = degrees(fix.latitude) * (states.includes('north') ? 1 : -1);
  const longitude = degrees(fix.longitude) * (states.includes('west') ? -1 : 1);
  const isFixed = states.includes('positioned');
  const isPossible = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  const isZero = fix.latitude === 0 && fix.longitude === 0;
  const time = timeOf(fix.time, receipt);
  const flags: PositionFlag[] = [];
  if (!isFixed) flags.push('noFix');
  if (!isPossible) flags.push('impossibleCoordinates');
  if (isZero) flags.push('zeroIsland');
  if (time === null) flags.push('noDeviceTime');
  return {
    fixTime: time ?? receipt.receivedTime,
    timeSource: time === null ? 'server' : 'device',
    valid: isFixed && isPossible && !isZero,
    latitude: latitude + 0,
    longitude: longitude + 0,
    altitudeM: fix.altitude,
    speedKmh: fix.speed,
    courseDeg: course > 360 ? null : course % 360,
    satellites: fix.satellites,
    hdop: number(found, 'hdop') ?? null,
    accuracyM: null,
    mileageKm: mileage === undefined ? null : mileage / 1000,
    batteryPercent: null,
    ignition: null,
    source: 'gnss',
    buffered,
    alarms: [],
    flags,
    extras,
  };
}

/** Seconds since 1970 are UTC and say so: nothing is learned from them and nothing added. */
const timeOf = (seconds: number, { receivedTime, profile }: Receipt): number | null =>
  profile.clock.utc(seconds * 1000, receivedTime);

function addModules(found: Found, extras: Extras): void {
  const battery = number(found, 'batteryVoltage');
  if (battery !== undefined) extras['batteryVoltageV'] = battery;
  const csq = number(found, 'csq');
  if (csq !== undefined) extras['csq'] = csq;
  const tamper = number(found, 'tamper');
  if (tamper !== undefined) extras['tamperState'] = tamper;
  const visible = number(found, 'satellitesVisible');
  if (visible !== undefined) extras['satellitesVisible'] = visible;
}

function radioOfModules(found: Found): Radio {
  const radio: { -readonly [K in keyof Radio]: Radio[K] } = {};
  const cells = [
    ...around(found, 'cell', 'neighbours'),
    ...around(found, 'lteCell', 'lteNeighbours'),
  ];
  if (cells.length > 0) radio.cells = cells;
  const wifi = list<Parameters<typeof wifiOf>[0][number]>(found, 'wifi');
  if (wifi !== undefined) radio.wifi = wifiOf(wifi);
  const beacons = list<Parameters<typeof beaconsOf>[0][number]>(found, 'beacons');
  if (beacons !== undefined) radio.beacons = beaconsOf(beacons);
  return radio;
}

/** Neighbours are of the network of their serving cell; without it nobody knows whose they are. */
function around(found: Found, serving: string, neighbours: string) {
  const own = found.get(serving) as CellModule | undefined;
  if (own === undefined) return [];
  return cellsOf(own.mcc, own.mnc, [own, ...(list<CellModule>(found, neighbours) ?? [])]);
}
