import type { Random } from './random.ts';

/** The square in which everything drives, half its side in metres, and its middle. */
const HALF_SIDE_M = 700;
const MIDDLE = { latitude: 31.2, longitude: 121.4 };
const M_PER_DEGREE = 111_195.08;
const M_PER_LONGITUDE = M_PER_DEGREE * Math.cos((MIDDLE.latitude * Math.PI) / 180);

/** Drives from one random point to the next and sometimes waits there. */
export class Drive {
  readonly #random: Random;
  #east: number;
  #north: number;
  #toEast = 0;
  #toNorth = 0;
  #speedMs = 0;
  #waitsUntil = 0;
  #time = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#east = random.between(-HALF_SIDE_M, HALF_SIDE_M);
    this.#north = random.between(-HALF_SIDE_M, HALF_SIDE_M);
    this.#turn();
  }

  /** @param now ms of the run, not before the last one */
  at(now: number): { latitude: number; longitude: number; speedKmh: number; courseDeg: number } {
    const seconds = (now - Math.max(this.#time, Math.min(now, this.#waitsUntil))) / 1000;
    this.#time = now;
    const east = this.#toEast - this.#east;
    const north = this.#toNorth - this.#north;
    const left = Math.hypot(east, north);
    const way = this.#speedMs * seconds;
    const courseDeg = Math.floor((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
    if (way >= left) {
      this.#east = this.#toEast;
      this.#north = this.#toNorth;
      this.#turn();
      if (this.#random.chance(0.4)) this.#waitsUntil = now + this.#random.between(10_000, 90_000);
    } else {
      this.#east += (east * way) / left;
      this.#north += (north * way) / left;
    }
    return {
      latitude: MIDDLE.latitude + this.#north / M_PER_DEGREE,
      longitude: MIDDLE.longitude + this.#east / M_PER_LONGITUDE,
      speedKmh: seconds === 0 ? 0 : Math.round(this.#speedMs * 3.6),
      courseDeg,
    };
  }

  #turn(): void {
    this.#toEast = this.#random.between(-HALF_SIDE_M, HALF_SIDE_M);
    this.#toNorth = this.#random.between(-HALF_SIDE_M, HALF_SIDE_M);
    this.#speedMs = this.#random.between(4, 20);
  }
}
