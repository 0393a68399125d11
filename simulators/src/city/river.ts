import type { Random } from '../random.ts';
import type { PlanPoint } from './bend.ts';

/** The river on the plan: it runs from west to east and falls to the south. */
export interface River {
  /** Metres from the nearest bank, negative in the water. */
  bankM(at: PlanPoint): number;
  /** q of the line `awayM` from the bank, on the `north` or south side. */
  along(p: number, awayM: number, side: 'north' | 'south'): number;
}

export function makeRiver(random: Random): River {
  const phase = random.between(-0.3, 0.3);
  const middle = (p: number) => -560 - 0.3 * p + 300 * Math.sin(p / 1650 + phase);
  const slope = (p: number) => (middle(p + 5) - middle(p - 5)) / 10;
  const halfWidth = (p: number) => 115 + 24 * Math.sin(p / 1300 + 2);
  return {
    bankM: ({ p, q }) => Math.abs(q - middle(p)) / Math.hypot(1, slope(p)) - halfWidth(p),
    along: (p, awayM, side) =>
      middle(p) + (side === 'north' ? 1 : -1) * (halfWidth(p) + awayM) * Math.hypot(1, slope(p)),
  };
}
