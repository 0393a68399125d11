import type { Point, Ring } from '../geo.ts';
import type { Random } from '../random.ts';
import { type Bend, bentLine } from './bend.ts';
import type { River } from './river.ts';
import { embankmentM, type Plot } from './streets.ts';

/** What stands in one block. */
export interface BuiltBlock {
  readonly outline: Ring;
  readonly buildings: readonly Ring[];
}

const blockInsetM = 11;

/** Outline and houses of a block; null where the river leaves no room. */
export function buildBlock(
  plot: Plot,
  bend: Bend,
  river: River,
  random: Random,
): BuiltBlock | null {
  const p0 = plot.p0 + blockInsetM;
  const q0 = plot.q0 + blockInsetM;
  const p1 = plot.p1 - blockInsetM;
  const q1 = plot.q1 - blockInsetM;
  const corners = [
    { p: p0, q: q0 },
    { p: p1, q: q0 },
    { p: p1, q: q1 },
    { p: p0, q: q1 },
  ];
  const middle = { p: (p0 + p1) / 2, q: (q0 + q1) / 2 };
  if (river.bankM(middle) < 0 && corners.every((c) => river.bankM(c) < 0)) return null;
  const outline = bentLine(bend, [...corners, corners[0] as (typeof corners)[0]], 260).slice(0, -1);

  const buildings: Ring[] = [];
  // Outside the centre houses stand apart; the map need not know every one.
  const away = Math.hypot(middle.p, middle.q);
  const bareShare = away < 1900 ? 0.18 : away < 3400 ? 0.42 : 0.7;
  const columns = Math.max(1, Math.round((p1 - p0) / random.between(72, 100)));
  const rows = Math.max(1, Math.round((q1 - q0) / random.between(64, 88)));
  const wide = (p1 - p0) / columns;
  const high = (q1 - q0) / rows;
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < rows; j++) {
      if (random.chance(bareShare)) continue;
      const a0 = p0 + wide * (i + random.between(0.1, 0.2));
      const b0 = q0 + high * (j + random.between(0.12, 0.24));
      const a1 = p0 + wide * (i + random.between(0.74, 0.9));
      const b1 = q0 + high * (j + random.between(0.62, 0.86));
      const house = random.chance(0.22)
        ? corner(a0, b0, a1, b1, random)
        : [
            { p: a0, q: b0 },
            { p: a1, q: b0 },
            { p: a1, q: b1 },
            { p: a0, q: b1 },
          ];
      if (house.some((c) => river.bankM(c) < embankmentM + 14)) continue;
      buildings.push(house.map(bend));
    }
  }
  return { outline, buildings };
}

/** An L-shaped house. */
function corner(a0: number, b0: number, a1: number, b1: number, random: Random) {
  const a = a0 + (a1 - a0) * random.between(0.4, 0.6);
  const b = b0 + (b1 - b0) * random.between(0.4, 0.6);
  return [
    { p: a0, q: b0 },
    { p: a1, q: b0 },
    { p: a1, q: b },
    { p: a, q: b },
    { p: a, q: b1 },
    { p: a0, q: b1 },
  ];
}

/** A park fills its plot with rounded corners; its pond lies off the middle. */
export function buildPark(
  plot: Plot,
  bend: Bend,
  random: Random,
): { readonly outline: Ring; readonly pond: Ring } {
  const middle = { p: (plot.p0 + plot.p1) / 2, q: (plot.q0 + plot.q1) / 2 };
  const halfP = (plot.p1 - plot.p0) / 2 - 16;
  const halfQ = (plot.q1 - plot.q0) / 2 - 16;
  const round = (
    at: { p: number; q: number },
    a: number,
    b: number,
    power: number,
    wobble: number,
  ): Point[] => {
    const phases = [random.between(0, 6), random.between(0, 6)];
    return Array.from({ length: 44 }, (_, i) => {
      const angle = (i / 44) * 2 * Math.PI;
      const c = Math.cos(angle);
      const s = Math.sin(angle);
      const swell =
        1 -
        wobble *
          (1 +
            0.6 * Math.sin(2 * angle + (phases[0] as number)) +
            0.4 * Math.sin(3 * angle + (phases[1] as number)));
      return bend({
        p: at.p + Math.sign(c) * Math.abs(c) ** power * a * swell,
        q: at.q + Math.sign(s) * Math.abs(s) ** power * b * swell,
      });
    });
  };
  const pondAt = {
    p: middle.p + halfP * random.between(-0.25, 0.25),
    q: middle.q + halfQ * random.between(-0.25, 0.25),
  };
  return {
    outline: round(middle, halfP, halfQ, 0.42, 0.02),
    pond: round(pondAt, halfP * 0.46, halfQ * 0.42, 0.85, 0.12),
  };
}
