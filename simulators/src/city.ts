import { type Bend, bentLine, makeBend, type PlanPoint } from './city/bend.ts';
import { buildBlock, buildPark } from './city/build-up.ts';
import { type Estate, layEstate } from './city/estate.ts';
import { cityName, parkNames, railName, ringRoadName, riverName } from './city/names.ts';
import { makeRiver, type River } from './city/river.ts';
import { embankmentM, layStreets, type RoadClass, type Streets } from './city/streets.ts';
import type { Line, Point, Ring } from './geo.ts';
import { seeded } from './random.ts';

export interface Road {
  /** Empty for lanes. */
  readonly name: string;
  readonly class: RoadClass;
  readonly points: Line;
  /** The ring road has no level crossings: it is drawn, and vehicles keep to the streets. */
  readonly drivable: boolean;
}
interface Named<T> {
  readonly name: string;
  readonly outline: T;
}
/** An invented city on the plane; the same seed is the same city. */
export interface City {
  readonly name: string;
  readonly seed: string | number;
  readonly land: Ring;
  readonly river: Named<Ring>;
  readonly ponds: readonly Ring[];
  readonly parks: readonly Named<Ring>[];
  readonly blocks: readonly Ring[];
  readonly buildings: readonly Ring[];
  readonly estate: Estate;
  readonly roads: readonly Road[];
  readonly rail: Named<Line>;
  readonly districts: readonly { readonly name: string; readonly at: Point }[];
  /** The old town, walked by the patrol. */
  readonly patrolZone: Named<Ring>;
}

/** Builds the city of `seed` around `origin`, about 10 by 8 km. */
export function buildCity(seed: string | number): City {
  const random = seeded(seed).fork('city');
  const bend = makeBend(random.fork('bend'));
  const river = makeRiver(random.fork('river'));
  const streets = layStreets(random.fork('streets'), river);
  const estate = layEstate(streets.estate, bend);
  const houses = random.fork('houses');
  const built = streets.blocks.flatMap((plot) => buildBlock(plot, bend, river, houses) ?? []);
  const green = random.fork('parks');
  const parks = streets.parks.map((plot) => buildPark(plot, bend, green));
  const edge = outerEdge(streets);
  return {
    name: cityName,
    seed,
    land: outerRing(edge, 500, bend),
    river: { name: riverName, outline: riverRing(river, edge, bend) },
    ponds: parks.map((p) => p.pond),
    parks: parks.map((p, i) => ({ name: parkNames[i] ?? '', outline: p.outline })),
    blocks: built.map((b) => b.outline),
    buildings: [...built.flatMap((b) => b.buildings), ...estate.buildings],
    estate,
    roads: [
      ...streets.streets.map((s) => ({
        name: s.name,
        class: s.class,
        points: bentLine(bend, [s.from, s.to]),
        drivable: true,
      })),
      ...embankments(river, edge, bend),
      ...estate.roads.map((r) => ({ ...r, class: 0 as const, drivable: true })),
      ringRoad(streets, bend),
    ],
    rail: { name: railName, outline: railLine(edge, streets, bend) },
    districts: districts(streets, bend),
    patrolZone: { name: '巡逻一区', outline: oldTown(streets, bend) },
  };
}

interface Edge {
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}
const outerEdge = ({ avenuesP, avenuesQ }: Streets): Edge => ({
  west: (avenuesP[0] as number) - 700,
  east: (avenuesP.at(-1) as number) + 700,
  south: (avenuesQ[0] as number) - 600,
  north: (avenuesQ.at(-1) as number) + 600,
});

function outerRing({ west, east, south, north }: Edge, beyondM: number, bend: Bend): Ring {
  const corners: PlanPoint[] = [
    { p: west - beyondM, q: south - beyondM },
    { p: east + beyondM, q: south - beyondM },
    { p: east + beyondM, q: north + beyondM },
    { p: west - beyondM, q: north + beyondM },
    { p: west - beyondM, q: south - beyondM },
  ];
  return bentLine(bend, corners, 600).slice(0, -1);
}

/** p from edge to edge and a little beyond. */
const across = ({ west, east }: Edge, stepM: number): number[] => {
  const count = Math.ceil((east - west + 1000) / stepM);
  return Array.from(
    { length: count + 1 },
    (_, i) => west - 500 + ((east - west + 1000) * i) / count,
  );
};

function riverRing(river: River, edge: Edge, bend: Bend): Ring {
  const ps = across(edge, 80);
  return [
    ...ps.map((p) => bend({ p, q: river.along(p, 0, 'south') })),
    ...ps.reverse().map((p) => bend({ p, q: river.along(p, 0, 'north') })),
  ];
}

/** A road along each bank, on which the streets that end at the river meet. */
function embankments(river: River, { west, east }: Edge, bend: Bend): Road[] {
  const stepM = 50;
  const count = Math.ceil((east - west) / stepM);
  const ps = Array.from({ length: count + 1 }, (_, i) => west + ((east - west) * i) / count);
  const road = (name: string, side: 'north' | 'south'): Road => ({
    name,
    class: 0,
    points: ps.map((p) => bend({ p, q: river.along(p, embankmentM, side) })),
    drivable: true,
  });
  return [road('滨江北路', 'north'), road('滨江南路', 'south')];
}

/** Between the outer avenues, rounded at the corners. */
function ringRoad({ avenuesP, avenuesQ }: Streets, bend: Bend): Road {
  const a = ((avenuesP.at(-1) as number) - (avenuesP[0] as number)) / 2 - 330;
  const b = ((avenuesQ.at(-1) as number) - (avenuesQ[0] as number)) / 2 - 300;
  const power = 0.36;
  const points = Array.from({ length: 161 }, (_, i) => {
    const angle = (i / 160) * 2 * Math.PI;
    const c = Math.cos(angle);
    const s = Math.sin(angle);
    return bend({
      p: Math.sign(c) * Math.abs(c) ** power * a,
      q: Math.sign(s) * Math.abs(s) ** power * b,
    });
  });
  return { name: ringRoadName, class: 2, points, drivable: false };
}

function railLine(edge: Edge, { avenuesQ }: Streets, bend: Bend): Line {
  const q = ((avenuesQ[5] as number) + (avenuesQ[6] as number)) / 2;
  return across(edge, 120).map((p) => bend({ p, q: q + 0.07 * p + 150 * Math.sin(p / 1800 + 1) }));
}

function districts({ avenuesP: ps, avenuesQ: qs }: Streets, bend: Bend): City['districts'] {
  const inCell = (name: string, column: number, row: number, q = 0.5) => ({
    name,
    at: bend({
      p: ((ps[column] as number) + (ps[column + 1] as number)) / 2,
      q: (qs[row] as number) + ((qs[row + 1] as number) - (qs[row] as number)) * q,
    }),
  });
  return [
    inCell('老城区', 3, 3, 0.62),
    inCell('北塘新区', 2, 5),
    inCell('大学城', 0, 5),
    inCell('东郊工业园', 6, 4, 0.93),
    inCell('南苑', 4, 0, 0.6),
    inCell('西岭', 0, 2),
    inCell('港东', 7, 2, 0.3),
  ];
}

/** The two blocks of avenues around the crossing of the middle ones, north of the river. */
function oldTown({ avenuesP: ps, avenuesQ: qs }: Streets, bend: Bend): Ring {
  const [west, east] = [(ps[3] as number) + 60, (ps[5] as number) - 40];
  const [south, north] = [(qs[3] as number) + 40, (qs[4] as number) - 40];
  return [
    { p: west, q: south },
    { p: east, q: south },
    { p: east, q: north - 120 },
    { p: east - 180, q: north },
    { p: west, q: north },
  ].map(bend);
}
