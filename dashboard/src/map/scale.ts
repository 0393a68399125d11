import { groundResolution, type View } from './project.ts';

/** A length on the ground and how long it is on the screen. */
export interface Scale {
  readonly metres: number;
  /** Whole CSS pixels. */
  readonly px: number;
}

const LEAST_PX = 80;

/** The shortest round length (1, 2 or 5 times a power of ten) that is at least 80 px long at the view's centre. */
export const scaleOf = (view: View): Scale => {
  const mpp = groundResolution(view);
  const least = mpp * LEAST_PX;
  const power = 10 ** Math.floor(Math.log10(least));
  const metres = ([1, 2, 5, 10].find((n) => n * power >= least) ?? 10) * power;
  return { metres, px: Math.round(metres / mpp) };
};
