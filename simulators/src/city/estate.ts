import type { Line, Point, Ring } from '../geo.ts';
import type { Bend, PlanPoint } from './bend.ts';
import type { Plot } from './streets.ts';

/** A workshop building; its outline is the fence of its people. */
export interface Hall {
  readonly id: string;
  readonly name: string;
  readonly outline: Ring;
  /** Middle of the doorway, on the outline. */
  readonly door: Point;
  /** From just outside the door to the avenue, for those who leave. */
  readonly wayOut: Line;
  /** Somewhere well inside. */
  readonly middle: Point;
}
/** The industrial estate: works, halls and their own roads. */
export interface Estate {
  readonly centre: Point;
  /** The whole plot. */
  readonly outline: Ring;
  readonly yards: readonly Ring[];
  readonly buildings: readonly Ring[];
  readonly halls: readonly Hall[];
  readonly roads: readonly { readonly name: string; readonly points: Line }[];
}

/** A rectangle of the works' own grid: metres from its centre, a along the street, b across. */
type Box = readonly [a: number, b: number, wide: number, high: number];

const buildings: readonly Box[] = [
  [-40, -240, 140, 64],
  [-40, -150, 140, 46],
  [150, -240, 96, 136],
  [-40, 6, 118, 72],
  [110, 6, 66, 72],
  [-40, 104, 66, 62],
  [56, 104, 120, 62],
  [206, 6, 60, 62],
  [206, 92, 26, 26],
  [240, 92, 26, 26],
  [206, 128, 26, 26],
  [240, 128, 26, 26],
  [-360, 214, 130, 60],
  [-200, 214, 110, 60],
  [-40, 214, 160, 52],
  [150, 214, 100, 52],
  [276, -240, 44, 210],
];
const yards: readonly Box[] = [
  [-400, -320, 740, 620],
  [-520, -320, 96, 290],
  [-520, -6, 96, 306],
  [364, -320, 150, 200],
  [364, -96, 150, 190],
  [364, 118, 150, 182],
  [-400, 324, 300, 96],
  [-76, 324, 416, 96],
  [-400, -440, 230, 96],
  [-146, -440, 486, 96],
];
/** Works roads; the outer two reach the avenues on both sides. */
const streetA = { west: -412, middle: -84, east: 352 };
const streetB = { south: -332, middle: -72, north: 312 };

/** Lays the estate into its plot; all its buildings stand square to one another. */
export function layEstate(plot: Plot, bend: Bend): Estate {
  const middle: PlanPoint = { p: (plot.p0 + plot.p1) / 2, q: (plot.q0 + plot.q1) / 2 };
  const centre = bend(middle);
  const ahead = bend({ p: middle.p + 50, q: middle.q });
  const norm = Math.hypot(ahead.x - centre.x, ahead.y - centre.y);
  const along = { x: (ahead.x - centre.x) / norm, y: (ahead.y - centre.y) / norm };
  const at = (a: number, b: number): Point => ({
    x: centre.x + a * along.x - b * along.y,
    y: centre.y + a * along.y + b * along.x,
  });
  const box = ([a, b, wide, high]: Box): Ring => [
    at(a, b),
    at(a + wide, b),
    at(a + wide, b + high),
    at(a, b + high),
  ];
  const { west, middle: mid, east } = streetA;
  const { south, middle: lane, north } = streetB;
  /** From the avenue at the plot's edge to the works road. */
  const gate = (p: number, b: number): Line => [
    bend({ p, q: middle.q + b }),
    at(p < middle.p ? west : east, b),
  ];
  const westGate = gate(plot.p0, lane);
  const hallOne: Hall = {
    id: 'workshop-1',
    name: '一车间',
    outline: box([-312, -252, 196, 134]),
    door: at(-116, -150),
    wayOut: [at(-106, -150), at(mid, -150), at(mid, lane), at(west, lane), westGate[0] as Point],
    middle: at(-214, -185),
  };
  const hallTwo: Hall = {
    id: 'workshop-2',
    name: '二车间',
    outline: [
      at(-312, -34),
      at(-116, -34),
      at(-116, 62),
      at(-196, 62),
      at(-196, 176),
      at(-312, 176),
    ],
    door: at(-116, 20),
    // Out of the door, over the works road and past the canteen to the eastern gate.
    wayOut: [at(-106, 20), at(mid, 20), at(mid, lane), at(east, lane)],
    middle: at(-252, 20),
  };
  return {
    centre,
    outline: [
      bend({ p: plot.p0 + 12, q: plot.q0 + 12 }),
      bend({ p: plot.p1 - 12, q: plot.q0 + 12 }),
      bend({ p: plot.p1 - 12, q: plot.q1 - 12 }),
      bend({ p: plot.p0 + 12, q: plot.q1 - 12 }),
    ],
    yards: yards.map(box),
    buildings: buildings.map(box),
    halls: [hallOne, hallTwo],
    roads: [
      { name: '厂西路', points: [at(west, south), at(west, north)] },
      { name: '厂东路', points: [at(east, south), at(east, north)] },
      { name: '厂南路', points: [at(west, south), at(east, south)] },
      { name: '厂北路', points: [at(west, north), at(east, north)] },
      { name: '厂中路', points: [at(west, lane), at(east, lane)] },
      { name: '', points: [at(mid, south), at(mid, north)] },
      { name: '', points: [at(mid, 190), at(east, 190)] },
      { name: '', points: westGate },
      { name: '', points: gate(plot.p1, lane) },
      { name: '', points: [bend({ p: middle.p + mid, q: plot.q0 }), at(mid, south)] },
      { name: '', points: [bend({ p: middle.p + mid, q: plot.q1 }), at(mid, north)] },
    ],
  };
}
