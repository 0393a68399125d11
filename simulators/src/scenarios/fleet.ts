import { buildCity } from '../city.ts';
import { buildGraph } from '../graph.ts';
import { seeded } from '../random.ts';
import type { Incident } from '../report.ts';
import type { Errand } from '../walk.ts';
import { patrol, type Stage, sweeper, vehicle, worker } from './crew.ts';
import type { Scenario, ScenarioMaker, SimulatedDevice, TrueFence } from './scenario.ts';

/** The areas of the city that matter to a story. */
export const fencesOf = ({ city }: Stage): TrueFence[] => [
  ...city.estate.halls.map(
    (hall): TrueFence => ({
      id: hall.id,
      name: hall.name,
      kind: 'workshop',
      outline: hall.outline,
    }),
  ),
  {
    id: 'patrol-1',
    name: city.patrolZone.name,
    kind: 'patrol',
    outline: city.patrolZone.outline,
  },
];

/** Out of ten: four sweepers, three vehicles, and badges; one badge in eight is a patrol. */
const sweeperShare = 0.4;
const vehicleShare = 0.3;

export const stageOf = (seed: string): Stage => {
  const city = buildCity(seed);
  return { city, graph: buildGraph(city.roads) };
};

/**
 * A working day: sweepers, vehicles and people on routes of the seeded city. Of the badges in halls one in five goes
 * on an errand; a sweeper in fifteen and a vehicle in ten raise an alarm of their own.
 */
export const fleet: ScenarioMaker = ({ devices, seed, intervalS }): Scenario => {
  const random = seeded(seed).fork('fleet');
  const stage = stageOf(seed);
  const sweepers = Math.round(devices * sweeperShare);
  const vehicles = Math.round(devices * vehicleShare);
  const badges = devices - sweepers - vehicles;
  const make = (count: number, one: (index: number) => SimulatedDevice) =>
    Array.from({ length: count }, (_, index) => one(index));
  const own = (label: string, index: number) => ({
    index,
    random: random.fork(`${label}/${index}`),
    intervalS,
  });
  const { halls } = stage.city.estate;
  return {
    name: 'fleet',
    seed,
    city: stage.city,
    fences: fencesOf(stage),
    devices: [
      ...make(sweepers, (index) =>
        sweeper(stage, {
          ...own('sweeper', index),
          incidents: index % 15 === 7 ? [incident('sos', 240 + index * 20, 30)] : [],
        }),
      ),
      ...make(vehicles, (index) =>
        vehicle(stage, {
          ...own('vehicle', index),
          incidents: index % 10 === 4 ? [incident('powerCut', 90 + index * 15, 60)] : [],
        }),
      ),
      ...make(badges, (index) => {
        const common = own('badge', index);
        const hall = halls[index % halls.length];
        if (hall === undefined || index % 8 === 7) return patrol(stage, common);
        const errand: Errand | null =
          index % 5 === 1
            ? {
                leaveS: common.random.fork('errand').int(60, 600),
                // By the middle, so that nobody walks through a wall of the angled hall.
                way: [hall.middle, hall.door, ...hall.wayOut],
                speedMs: 1.2,
                stayS: common.random.fork('stay').int(120, 300),
              }
            : null;
        return worker(hall, errand === null ? common : { ...common, errand });
      }),
    ],
  };
};

const incident = (alarm: Incident['alarm'], fromS: number, forS: number): Incident => ({
  alarm,
  fromS,
  forS,
  everyS: 1800,
});
