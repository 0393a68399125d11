import type { Hall } from '../city/estate.ts';
import type { City } from '../city.ts';
import { Drive, type DriveStyle, type Mover } from '../drive.ts';
import { centreOf, type Point } from '../geo.ts';
import type { RoadGraph } from '../graph.ts';
import { lightRoof, Noise, openSky } from '../noise.ts';
import type { Random } from '../random.ts';
import { Carrier, type Incident } from '../report.ts';
import { type Errand, Walk } from '../walk.ts';
import { personName } from './people.ts';
import type { SimulatedDevice } from './scenario.ts';

/*
 * Those of whom every story is made: one function a duty. `random` is the device's own source of chance.
 */

export interface Stage {
  readonly city: City;
  readonly graph: RoadGraph;
}
interface Common {
  readonly index: number;
  readonly random: Random;
  readonly intervalS: number | null;
  readonly incidents?: readonly Incident[];
}

const editions = ['2013', '2019', '2011'] as const;
const phaseMs = (random: Random, intervalS: number): number =>
  random.fork('phase').int(0, intervalS * 1000 - 1);

function carrier(mover: Mover, outdoors: boolean, common: Common, battery: boolean): Carrier {
  const { random, incidents = [] } = common;
  return new Carrier({
    mover,
    noise: new Noise(outdoors ? openSky : lightRoof, random.fork('noise')),
    random: random.fork('carrier'),
    incidents,
    battery,
  });
}

/** A road sweeper on JT/T 808: slow, near its depot, all editions mixed. */
export function sweeper({ city, graph }: Stage, common: Common): SimulatedDevice {
  const { index, random } = common;
  const style: DriveStyle = {
    home: somewhere(city, random),
    rangeM: 900,
    maxKmh: random.fork('pace').between(8, 15),
    lights: { chance: 0.2, minS: 5, maxS: 25 },
    parking: { chance: 0.03, minS: 120, maxS: 420 },
    ignition: true,
  };
  return {
    id: String(14_800_000_001 + index),
    protocol: 'jt808',
    edition: editions[index % editions.length] ?? '2013',
    kind: 'vehicle',
    duty: 'sweeper',
    name: `沪A·1${digits(index, 7)}`,
    group: index % 2 === 0 ? '环卫一队' : '环卫二队',
    intervalS: common.intervalS ?? 10,
    phaseMs: phaseMs(random, common.intervalS ?? 10),
    carrier: carrier(new Drive(graph, random.fork('drive'), style), true, common, false),
  };
}

/** A van or truck with a GT06 tracker: through the whole city. */
export function vehicle({ city, graph }: Stage, common: Common): SimulatedDevice {
  const { index, random } = common;
  const style: DriveStyle = {
    home: somewhere(city, random),
    rangeM: 2600,
    maxKmh: random.fork('pace').between(40, 58),
    lights: { chance: 0.25, minS: 8, maxS: 40 },
    parking: { chance: 0.02, minS: 120, maxS: 600 },
    ignition: true,
  };
  return {
    id: String(860_000_000_000_101 + index * 10),
    protocol: 'gt06',
    edition: null,
    kind: 'vehicle',
    duty: 'vehicle',
    name: `沪A·3${digits(index, 3)}`,
    group: '物流车队',
    intervalS: common.intervalS ?? 10,
    phaseMs: phaseMs(random, common.intervalS ?? 10),
    carrier: carrier(new Drive(graph, random.fork('drive'), style), true, common, false),
  };
}

/** Somebody with a badge who works inside a hall and may go on an errand. */
export function worker(
  hall: Hall,
  common: Common & { readonly errand?: Errand; readonly start?: Point },
): SimulatedDevice {
  const { index, random, errand = null, start } = common;
  return {
    ...badge(index, hall.name, common),
    duty: 'worker',
    carrier: carrier(
      new Walk(random.fork('walk'), hall.outline, errand, start),
      false,
      common,
      true,
    ),
  };
}

/** Somebody who walks the streets of the old town with a badge. */
export function patrol({ city, graph }: Stage, common: Common): SimulatedDevice {
  const { index, random } = common;
  const style: DriveStyle = {
    home: centreOf(city.patrolZone.outline),
    rangeM: 320,
    maxKmh: random.fork('pace').between(3.8, 5.2),
    lights: { chance: 0.3, minS: 5, maxS: 40 },
    parking: { chance: 0, minS: 0, maxS: 0 },
    ignition: false,
  };
  return {
    ...badge(index, '巡逻队', common),
    duty: 'patrol',
    carrier: carrier(new Drive(graph, random.fork('drive'), style), true, common, true),
  };
}

const badge = (index: number, group: string, { random, intervalS }: Common) => ({
  id: `badge-${String(index + 1).padStart(2, '0')}`,
  protocol: 'mqtt' as const,
  edition: null,
  kind: 'badge' as const,
  name: personName(index),
  group,
  intervalS: intervalS ?? 10,
  phaseMs: phaseMs(random, intervalS ?? 10),
});

/** Four digits that look like a plate's and differ from index to index. */
const digits = (index: number, salt: number): string =>
  String((index * 137 + salt * 53) % 10_000).padStart(4, '0');

/** Within the ring of the outer avenues, mostly near the centre. */
function somewhere(city: City, random: Random): Point {
  const home = random.fork('home');
  const { name: _, at } = home.pick(city.districts);
  return { x: at.x * home.between(0.2, 1), y: at.y * home.between(0.2, 1) };
}
