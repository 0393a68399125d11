import type { Random } from '../random.ts';
import type { PlanPoint } from './bend.ts';
import { avenuesEastWest, avenuesNorthSouth, streetNames } from './names.ts';
import type { River } from './river.ts';

/** 2 = main avenue, 1 = avenue, 0 = street. */
export type RoadClass = 0 | 1 | 2;
/** A straight street of the plan. */
export interface PlanStreet {
  readonly name: string;
  readonly class: RoadClass;
  readonly from: PlanPoint;
  readonly to: PlanPoint;
}
/** A rectangle of the plan between streets. */
export interface Plot {
  readonly p0: number;
  readonly q0: number;
  readonly p1: number;
  readonly q1: number;
}
export interface Streets {
  readonly streets: readonly PlanStreet[];
  readonly blocks: readonly Plot[];
  readonly parks: readonly Plot[];
  /** The plot between four avenues that holds the industrial estate. */
  readonly estate: Plot;
  readonly avenuesP: readonly number[];
  readonly avenuesQ: readonly number[];
}

const spacing = { p: 1120, q: 960 };
/** Column and row between avenues: where the estate and the parks lie. */
const estateCell = { column: 6, row: 4 };
const parkCells = [
  { column: 4, row: 4, corner: 'sw' },
  { column: 1, row: 1, corner: 'se' },
  { column: 2, row: 6, corner: 'ne' },
  { column: 1, row: 4, corner: 'nw' },
  { column: 6, row: 1, corner: 'ne' },
] as const;
/** No street comes closer to the water; the embankment roads run on this line. */
export const embankmentM = 34;

/** Lays the avenues and divides what is between them into blocks, smaller towards the centre. */
export function layStreets(random: Random, river: River): Streets {
  const avenuesP = avenuesNorthSouth.map((_, i) => (i - 4) * spacing.p + random.between(-90, 90));
  const avenuesQ = avenuesEastWest.map((_, i) => (i - 3.5) * spacing.q + random.between(-80, 80));
  const west = (avenuesP[0] as number) - 700;
  const east = (avenuesP.at(-1) as number) + 700;
  const south = (avenuesQ[0] as number) - 600;
  const north = (avenuesQ.at(-1) as number) + 600;

  const streets: PlanStreet[] = [];
  avenuesNorthSouth.forEach(({ name, class: c }, i) => {
    const p = avenuesP[i] as number;
    // Every north-south avenue has a bridge.
    streets.push({ name, class: c, from: { p, q: south }, to: { p, q: north } });
  });
  avenuesEastWest.forEach(({ name, class: c }, i) => {
    const q = avenuesQ[i] as number;
    const whole: PlanStreet = { name, class: c, from: { p: west, q }, to: { p: east, q } };
    // An avenue that meets the river at a small angle would need a bridge of half a kilometre: only main ones have it.
    streets.push(...(c === 2 ? [whole] : dryParts(whole, river, 150)));
  });

  const divider = new Divider(random.fork('blocks'), river);
  const estate = cell(avenuesP, avenuesQ, estateCell.column, estateCell.row);
  for (let column = 0; column < avenuesP.length - 1; column++) {
    for (let row = 0; row < avenuesQ.length - 1; row++) {
      if (column === estateCell.column && row === estateCell.row) continue;
      const park = parkCells.find((c) => c.column === column && c.row === row);
      divider.superblock(cell(avenuesP, avenuesQ, column, row), park?.corner ?? null);
    }
  }
  divider.edges({ p0: west, q0: south, p1: east, q1: north }, avenuesP, avenuesQ);
  return {
    streets: [...streets, ...divider.streets],
    blocks: divider.blocks,
    parks: divider.parks,
    estate,
    avenuesP,
    avenuesQ,
  };
}

const cell = (ps: readonly number[], qs: readonly number[], column: number, row: number): Plot => ({
  p0: ps[column] as number,
  q0: qs[row] as number,
  p1: ps[column + 1] as number,
  q1: qs[row + 1] as number,
});

class Divider {
  readonly streets: PlanStreet[] = [];
  readonly blocks: Plot[] = [];
  readonly parks: Plot[] = [];
  readonly #random: Random;
  readonly #river: River;
  #named = 0;

  constructor(random: Random, river: River) {
    this.#random = random;
    this.#river = river;
  }

  superblock(plot: Plot, parkCorner: 'sw' | 'se' | 'nw' | 'ne' | null): void {
    if (parkCorner === null) {
      this.#divide(plot, grainM(plot), 0);
      return;
    }
    const r = this.#random;
    const shareP = r.between(0.52, 0.62);
    const shareQ = r.between(0.5, 0.6);
    const west = parkCorner.endsWith('w');
    const south = parkCorner.startsWith('s');
    const p = plot.p0 + (plot.p1 - plot.p0) * (west ? shareP : 1 - shareP);
    const q = plot.q0 + (plot.q1 - plot.q0) * (south ? shareQ : 1 - shareQ);
    this.#street({ p, q: plot.q0 }, { p, q: plot.q1 }, true);
    const park = west ? { ...plot, p1: p } : { ...plot, p0: p };
    const rest = west ? { ...plot, p0: p } : { ...plot, p1: p };
    this.#street({ p: park.p0, q }, { p: park.p1, q }, true);
    this.parks.push(south ? { ...park, q1: q } : { ...park, q0: q });
    this.#divide(south ? { ...park, q0: q } : { ...park, q1: q }, grainM(plot), 1);
    this.#divide(rest, grainM(plot), 1);
  }

  /** The strips outside the last avenues: big, loose plots. */
  edges(outer: Plot, ps: readonly number[], qs: readonly number[]): void {
    const [pw, pe] = [ps[0] as number, ps.at(-1) as number];
    const [qs0, qn] = [qs[0] as number, qs.at(-1) as number];
    for (let i = 0; i < ps.length - 1; i++) {
      const [p0, p1] = [ps[i] as number, ps[i + 1] as number];
      this.#divide({ p0, p1, q0: outer.q0, q1: qs0 }, 420, 2);
      this.#divide({ p0, p1, q0: qn, q1: outer.q1 }, 420, 2);
    }
    for (let i = 0; i < qs.length - 1; i++) {
      const [q0, q1] = [qs[i] as number, qs[i + 1] as number];
      this.#divide({ p0: outer.p0, p1: pw, q0, q1 }, 420, 2);
      this.#divide({ p0: pe, p1: outer.p1, q0, q1 }, 420, 2);
    }
  }

  #divide(plot: Plot, grain: number, depth: number): void {
    const wide = plot.p1 - plot.p0;
    const high = plot.q1 - plot.q0;
    const r = this.#random;
    const small = wide < grain * 1.8 && high < grain * 1.8;
    if (small || depth > 6 || (depth > 3 && r.chance(0.1))) {
      this.blocks.push(plot);
      return;
    }
    const share = r.between(0.4, 0.6);
    if (wide > high * r.between(0.85, 1.25)) {
      const p = plot.p0 + wide * share;
      this.#street({ p, q: plot.q0 }, { p, q: plot.q1 }, depth < 2);
      this.#divide({ ...plot, p1: p }, grain, depth + 1);
      this.#divide({ ...plot, p0: p }, grain, depth + 1);
    } else {
      const q = plot.q0 + high * share;
      this.#street({ p: plot.p0, q }, { p: plot.p1, q }, depth < 2);
      this.#divide({ ...plot, q1: q }, grain, depth + 1);
      this.#divide({ ...plot, q0: q }, grain, depth + 1);
    }
  }

  #street(from: PlanPoint, to: PlanPoint, named: boolean): void {
    const name = named ? (streetNames[this.#named++ % streetNames.length] as string) : '';
    this.streets.push(...dryParts({ name, class: 0, from, to }, this.#river, 60));
  }
}

/** Typical edge of a block: 150 m in the centre, 300 m outside. */
const grainM = (plot: Plot): number => {
  const away = Math.hypot((plot.p0 + plot.p1) / 2, (plot.q0 + plot.q1) / 2);
  return 150 + Math.min(150, away / 24);
};

/** The stretches of a street that keep off the river, each at least `minM` long. */
function dryParts(street: PlanStreet, river: River, minM: number): PlanStreet[] {
  const { from, to } = street;
  const length = Math.hypot(to.p - from.p, to.q - from.q);
  const at = (m: number): PlanPoint => ({
    p: from.p + ((to.p - from.p) * m) / length,
    q: from.q + ((to.q - from.q) * m) / length,
  });
  const isDry = (m: number) => river.bankM(at(m)) >= embankmentM;
  const parts: PlanStreet[] = [];
  let start = isDry(0) ? 0 : null;
  const close = (end: number) => {
    if (start !== null && end - start >= minM) {
      parts.push({ ...street, from: at(start), to: at(end) });
    }
    start = null;
  };
  const stepM = 15;
  for (let m = stepM; m < length + stepM; m += stepM) {
    const here = Math.min(m, length);
    if (isDry(here) === (start !== null)) continue;
    const edge = bisect(isDry, Math.max(0, here - stepM), here);
    if (start === null) start = edge;
    else close(edge);
  }
  close(length);
  return parts;
}

/** Where `claim` changes between two places that differ in it. */
function bisect(claim: (m: number) => boolean, from: number, to: number): number {
  const first = claim(from);
  let low = from;
  let high = to;
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (claim(middle) === first) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
