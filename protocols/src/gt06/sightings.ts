import type { Fields } from '../layout.ts';
import type { Position, PositionFlag, PositionSource } from '../position.ts';
import {
  type BeaconSighting,
  type CellSighting,
  type Radio,
  radioExtras,
  type WifiSighting,
} from '../radio.ts';
import {
  addCell,
  addState,
  alarmsIn,
  batteryOf,
  type Extras,
  fixTimeOf,
  ignitionOf,
  type Receipt,
  type StateFields,
} from './position.ts';

/*
 * Reports without a fix: where the device is nobody knows, that it is alive, what it hears and what alarms it states
 * is kept as a position without coordinates.
 */

interface ListedCell {
  readonly lac: number;
  readonly cellId: number | string;
  readonly rssi: number;
}

interface AccessPoint {
  readonly mac: string;
  readonly strength: number;
  readonly ssid?: string;
}

/** The fields that the bodies of section 9 have some of. */
interface RadioFields extends StateFields {
  readonly time?: string;
  readonly cell?: Omit<CellSighting, 'signal'>;
  readonly mcc?: number;
  readonly mnc?: number;
  readonly cells?: readonly ListedCell[];
  readonly lac?: number;
  readonly cellId?: number;
  readonly rssi?: number;
  readonly neighbours?: readonly Omit<ListedCell, 'lac'>[];
  readonly wifi?: readonly AccessPoint[];
}

/** A slot without area and cell is empty. @see gt06.md section 9.1 */
const isHeard = ({ lac, cellId }: Pick<ListedCell, 'lac' | 'cellId'>): boolean =>
  lac !== 0 || cellId !== 0;

/** Cells of one network, with the empty slots left out. */
export const cellsOf = (
  mcc: number,
  mnc: number,
  listed: readonly ListedCell[],
): readonly CellSighting[] =>
  listed.filter(isHeard).map(({ lac, cellId, rssi }) => ({ mcc, mnc, lac, cellId, signal: rssi }));

/** Strengths are positive values of −dBm; what is above 127 was meant with its sign. @see gt06.md section 9.4 */
export const dbmOf = (byte: number): number => (byte > 127 ? byte - 256 : 0 - byte);

/** Access points in the neutral shape. */
export const wifiOf = (points: readonly AccessPoint[]): readonly WifiSighting[] =>
  points.map(({ mac, strength, ssid }) => ({
    mac,
    rssiDbm: dbmOf(strength),
    ...(ssid === undefined || ssid === '' ? {} : { ssid }),
  }));

function radioIn(f: RadioFields): Radio {
  const { mcc = 0, mnc = 0, lac, cellId, rssi = 0, neighbours = [] } = f;
  let cells: readonly CellSighting[] = [];
  if (f.cell !== undefined) {
    if (isHeard(f.cell)) {
      const own = f.cell;
      cells = [{ mcc: own.mcc, mnc: own.mnc, lac: own.lac, cellId: own.cellId, signal: null }];
    }
  } else if (f.cells !== undefined) cells = cellsOf(mcc, mnc, f.cells);
  else if (lac !== undefined && cellId !== undefined) {
    const around = neighbours.filter((one) => one.cellId !== 0).map((one) => ({ lac, ...one }));
    cells = cellsOf(mcc, mnc, [{ lac, cellId, rssi }, ...around]);
  }
  return f.wifi === undefined ? { cells } : { cells, wifi: wifiOf(f.wifi) };
}

/** What told where the device is not lost: the nearest kind of sender. */
export function sourceOf({ wifi = [], beacons = [] }: Radio): PositionSource {
  if (beacons.length > 0) return 'beacon';
  return wifi.length > 0 ? 'wifi' : 'cell';
}

/** @param fields as the table of a body without a GPS block gives them */
export function sightingOf(fields: Fields, receipt: Receipt): Position {
  const f = fields as unknown as RadioFields;
  const extras: Extras = {};
  const radio = radioIn(f);
  const circumstances = { live: true, fixed: false };
  const time = f.time === undefined ? null : fixTimeOf(f.time, receipt, circumstances, extras);
  addCell(f.cell, extras);
  addState(f, receipt, extras);
  Object.assign(extras, radioExtras(radio));
  return nowhere(receipt, time, f, sourceOf(radio), extras);
}

/** A position without coordinates. @param time ms UTC, null where the receive time stands in */
export function nowhere(
  { receivedTime, model }: Receipt,
  time: number | null,
  f: StateFields,
  source: PositionSource,
  extras: Extras,
): Position {
  const flags: PositionFlag[] = time === null ? ['noFix', 'noDeviceTime'] : ['noFix'];
  return {
    fixTime: time ?? receivedTime,
    timeSource: time === null ? 'server' : 'device',
    valid: false,
    latitude: null,
    longitude: null,
    altitudeM: null,
    speedKmh: null,
    courseDeg: null,
    satellites: null,
    hdop: null,
    accuracyM: null,
    mileageKm: f.mileage === undefined ? null : f.mileage / 1000,
    batteryPercent: batteryOf(f),
    ignition: ignitionOf(f),
    source,
    buffered: false,
    alarms: alarmsIn(f, model),
    flags,
    extras,
  };
}

const NO_POSITIONS: readonly Position[] = [];

/**
 * A heartbeat is no report of a place, but the alarms in it are news the first time.
 * @returns nothing while it states what the heartbeat before did
 */
export function stateChange(fields: Fields, receipt: Receipt): readonly Position[] {
  const f = fields as unknown as StateFields;
  const alarms = alarmsIn(f, receipt.model);
  const stated = alarms.join();
  const { profile } = receipt;
  if (stated === profile.heartbeatAlarms) return NO_POSITIONS;
  profile.heartbeatAlarms = stated;
  const extras: Extras = {};
  addState(f, receipt, extras);
  return [nowhere(receipt, null, f, 'gnss', extras)];
}

interface BeaconModule {
  readonly mac: string;
  readonly rssi: number;
  readonly major: number;
  readonly minor: number;
}

/** Beacons in the neutral shape. @see gt06.md section 12, module 0045 */
export const beaconsOf = (heard: readonly BeaconModule[]): readonly BeaconSighting[] =>
  heard.map(({ mac, rssi, major, minor }) => ({ mac, rssiDbm: dbmOf(rssi), major, minor }));
