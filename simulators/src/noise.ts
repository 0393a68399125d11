import type { Point } from './geo.ts';
import type { Random } from './random.ts';

/** How a receiver errs. @see product.md, decisive facts: first-order Gauss-Markov per axis */
export interface NoiseModel {
  readonly sigmaM: number;
  readonly timeConstantS: number;
  readonly satellites: { readonly min: number; readonly max: number };
}

export const openSky: NoiseModel = {
  sigmaM: 1.6,
  timeConstantS: 60,
  satellites: { min: 9, max: 15 },
};
/** Light roof, windows: what a good badge sees in a workshop. */
export const lightRoof: NoiseModel = {
  sigmaM: 2.4,
  timeConstantS: 60,
  satellites: { min: 8, max: 10 },
};

/** The error of one receiver, in whole seconds of world time. */
export class Noise {
  readonly #model: NoiseModel;
  readonly #random: Random;
  #second = 0;
  #x: number;
  #y: number;

  constructor(model: NoiseModel, random: Random) {
    this.#model = model;
    this.#random = random;
    this.#x = model.sigmaM * random.gauss();
    this.#y = model.sigmaM * random.gauss();
  }

  /** @param second never less than at the call before */
  at(second: number, truth: Point): Point {
    const { sigmaM, timeConstantS } = this.#model;
    const keep = Math.exp(-1 / timeConstantS);
    const fresh = sigmaM * Math.sqrt(1 - keep * keep);
    for (; this.#second < second; this.#second++) {
      this.#x = this.#x * keep + fresh * this.#random.gauss();
      this.#y = this.#y * keep + fresh * this.#random.gauss();
    }
    return { x: truth.x + this.#x, y: truth.y + this.#y };
  }

  satellites(): number {
    return this.#random.int(this.#model.satellites.min, this.#model.satellites.max);
  }
}
