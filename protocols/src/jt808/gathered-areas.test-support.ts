import { bitsOf, bitTable } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import { type Checks, inTheirWords } from './gathered.test-support.ts';

const degrees = (value: unknown): number => (value as number) / 1e6;
const attributes = (names: unknown, named: Readonly<Record<number, string>>): number =>
  bitsOf(names as readonly string[], bitTable(16, named));
const areaBits = {
  0: 'times',
  1: 'speedLimit',
  2: 'alarmDriverOnEntry',
  3: 'alarmPlatformOnEntry',
  4: 'alarmDriverOnLeaving',
  5: 'alarmPlatformOnLeaving',
  6: 'south',
  7: 'west',
};
const routeBits = { 0: 'times', 2: 'alarmDriverOnEntry' };
const segmentBits = { 0: 'travelTime', 1: 'speedLimit', 2: 'south', 3: 'west' };

const names: Readonly<Record<string, string>> = {
  latitude: 'lat',
  longitude: 'lon',
  radius: 'radiusM',
  topLatitude: 'topLat',
  leftLongitude: 'leftLon',
  bottomLatitude: 'bottomLat',
  rightLongitude: 'rightLon',
  startTime: 'start',
  endTime: 'end',
  maxSpeed: 'maxSpeedKmh',
  overspeedDuration: 'overspeedS',
  nightMaxSpeed: 'nightMaxSpeedKmh',
  width: 'widthM',
  maxTravelTime: 'tooLongS',
  minTravelTime: 'tooShortS',
  attributes: 'attr',
};
const isAngle = (name: string) => /itude$/.test(name);

/** An area, a route or a corner in the words of the gathered file. */
function theirs(fields: Fields, bits: Readonly<Record<number, string>>): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const said =
        name === 'attributes' ? attributes(value, bits) : isAngle(name) ? degrees(value) : value;
      return [names[name] ?? name, said];
    }),
  );
}
const areas = inTheirWords(({ action, areas: all }) => {
  const list = all as readonly Fields[];
  return { action, count: list.length, areas: list.map((one) => theirs(one, areaBits)) };
});
const ids = inTheirWords(({ kind, ids: all }) => ({
  ...(kind === undefined ? {} : { type: kind }),
  count: (all as readonly number[]).length,
  ids: all,
}));

/** Areas and routes. */
export const areaChecks: Checks = {
  '0x8600': areas,
  '0x8601': ids,
  '0x8602': areas,
  '0x8604': inTheirWords(({ vertices, ...rest }) => ({
    ...theirs(rest, areaBits),
    vertices: (vertices as readonly Fields[]).map((one) => [
      degrees(one['latitude']),
      degrees(one['longitude']),
    ]),
  })),
  '0x8606': inTheirWords(({ corners, ...rest }) => ({
    ...theirs(rest, routeBits),
    corners: (corners as readonly Fields[]).map((one) => theirs(one, segmentBits)),
  })),
  '0x8608': ids,
};
