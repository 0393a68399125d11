import type { Point } from '../geo.ts';
import type { Random } from '../random.ts';

/**
 * A place on the drawing board, metres: streets are straight there. `bend` carries it to the plane, where
 * the grid leans and curves a little, as a grown city's does.
 */
export interface PlanPoint {
  readonly p: number;
  readonly q: number;
}
export type Bend = (at: PlanPoint) => Point;

/** Bends stay under about 5 degrees, so blocks keep their shape and streets never cross themselves. */
export function makeBend(random: Random): Bend {
  const phase = Array.from({ length: 4 }, () => random.between(0, 2 * Math.PI));
  const [a = 0, b = 0, c = 0, d = 0] = phase;
  const lean = random.between(0.06, 0.09);
  const cos = Math.cos(lean);
  const sin = Math.sin(lean);
  return ({ p, q }) => {
    const x = p + 95 * Math.sin(q / 1500 + a) + 28 * Math.sin(p / 900 + q / 1400 + b);
    const y = q - 90 * Math.sin(p / 1700 + c) + 26 * Math.sin(q / 950 - p / 1600 + d);
    return { x: x * cos - y * sin, y: x * sin + y * cos };
  };
}

/** The plane's line of a straight stretch of plan, a point at least every `stepM`. */
export function bentLine(bend: Bend, corners: readonly PlanPoint[], stepM = 90): Point[] {
  const line: Point[] = [];
  for (let i = 1; i < corners.length; i++) {
    const from = corners[i - 1] as PlanPoint;
    const to = corners[i] as PlanPoint;
    const steps = Math.max(1, Math.ceil(Math.hypot(to.p - from.p, to.q - from.q) / stepM));
    for (let k = i === 1 ? 0 : 1; k <= steps; k++) {
      const share = k / steps;
      line.push(bend({ p: from.p + (to.p - from.p) * share, q: from.q + (to.q - from.q) * share }));
    }
  }
  return line;
}
