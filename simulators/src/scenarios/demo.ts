import type { Hall } from '../city/estate.ts';
import { between, distanceM, type Line, type Point } from '../geo.ts';
import { pointAlong } from '../graph.ts';
import { seeded } from '../random.ts';
import type { Incident } from '../report.ts';
import type { Errand } from '../walk.ts';
import { patrol, sweeper, vehicle, worker } from './crew.ts';
import { fencesOf, stageOf } from './fleet.ts';
import type { Scenario, ScenarioMaker, SimulatedDevice } from './scenario.ts';

/** Reports of what moves come often enough for a map one watches. */
const movingS = 5;
const workingS = 10;

/**
 * The story of the demo. The first badge stands by the door of workshop two and leaves at once, so that its alarm,
 * which needs a minute outside, comes soon; later others leave. Device alarms come now and then and the rest is calm.
 */
export const demo: ScenarioMaker = ({ devices, seed, intervalS }): Scenario => {
  const random = seeded(seed).fork('demo');
  const stage = stageOf(seed);
  const { halls } = stage.city.estate;
  const [hallOne, hallTwo] = halls as readonly [Hall, Hall];
  const sweepers = Math.round(devices * 0.35);
  const vehicles = Math.round(devices * 0.3);
  const patrols = Math.max(1, Math.round(devices * 0.05));
  const workers = Math.max(1, devices - sweepers - vehicles - patrols);

  const own = (label: string, index: number, usualS: number) => ({
    index,
    random: random.fork(`${label}/${index}`),
    intervalS: intervalS ?? usualS,
  });
  const people = Array.from({ length: workers }, (_, index): SimulatedDevice => {
    const hall = index % 2 === 0 ? hallTwo : hallOne;
    if (index === 0) {
      return worker(hall, {
        ...own('worker', index, movingS),
        errand: errandFrom(hall, 2, 1.3, 150),
        start: behindDoor(hall),
      });
    }
    const leaveS = laterErrands.get(index);
    const common = own('worker', index, workingS);
    return worker(
      hall,
      leaveS === undefined ? common : { ...common, errand: errandFrom(hall, leaveS, 1.2, 180) },
    );
  });
  return {
    name: 'demo',
    seed,
    city: stage.city,
    fences: fencesOf(stage),
    devices: [
      ...Array.from({ length: sweepers }, (_, index) =>
        sweeper(stage, {
          ...own('sweeper', index, movingS),
          incidents: index === 3 ? [weakBattery] : [],
        }),
      ),
      ...Array.from({ length: vehicles }, (_, index) =>
        vehicle(stage, {
          ...own('vehicle', index, movingS),
          incidents: index === 2 ? [powerCut] : [],
        }),
      ),
      ...people,
      ...Array.from({ length: patrols }, (_, index) =>
        patrol(stage, {
          ...own('patrol', index, movingS),
          index: workers + index,
          incidents: index === 0 ? [sos] : [],
        }),
      ),
    ],
  };
};

/** Worker and second of leaving, for those who leave after the first. */
const laterErrands = new Map([
  [5, 15 * 60],
  [8, 40 * 60],
]);
const powerCut: Incident = { alarm: 'powerCut', fromS: 50, forS: 60, everyS: 45 * 60 };
const weakBattery: Incident = { alarm: 'undervoltage', fromS: 180, forS: 240, everyS: 60 * 60 };
const sos: Incident = { alarm: 'sos', fromS: 7 * 60, forS: 20, everyS: 40 * 60 };

/** How far people walk from the hall. */
const errandM = 300;

/** Starts in the middle of the hall unless somebody stands by the door already. */
function errandFrom(hall: Hall, leaveS: number, speedMs: number, stayS: number): Errand {
  const way: Line = [hall.door, ...hall.wayOut];
  const start = leaveS < 60 ? [] : [hall.middle];
  return { leaveS, way: [...start, ...firstMetres(way, errandM)], speedMs, stayS };
}

function firstMetres(way: Line, metres: number): Point[] {
  const part: Point[] = [];
  let walked = 0;
  for (const [i, point] of way.entries()) {
    walked += i === 0 ? 0 : distanceM(way[i - 1] as Point, point);
    if (walked > metres) break;
    part.push(point);
  }
  part.push(pointAlong(way, metres));
  return part;
}

/** Eight metres inside the door. */
const behindDoor = (hall: Hall): Point =>
  between(hall.door, hall.middle, 8 / distanceM(hall.door, hall.middle));
