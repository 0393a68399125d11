import type { Motion, Mover } from './drive.ts';
import {
  between,
  courseDeg,
  distanceM,
  type Line,
  type Point,
  type Ring,
  signedDistanceM,
} from './geo.ts';
import type { Random } from './random.ts';

/** Leaves the hall along `way`, waits at its end and comes back. Seconds of world time. */
export interface Errand {
  readonly leaveS: number;
  readonly way: Line;
  readonly speedMs: number;
  readonly stayS: number;
}

/** Nobody works closer than this to the hall's wall. */
const wallM = 11;

/** A person at work inside a hall: walks from place to place, stands a while, and may go on one errand. */
export class Walk implements Mover {
  readonly #random: Random;
  readonly #hall: Ring;
  readonly #errand: Errand | null;
  readonly #places: Line;
  /** How fast this person walks at work. */
  readonly #paceMs: number;
  #second = 0;
  #at: Point;
  #goal: Point;
  #speedMs = 0;
  #standS = 0;
  #courseDeg = 0;
  #metres = 0;
  /** What is left of the errand: points still to be reached. */
  #route: Point[] = [];
  #phase: 'work' | 'out' | 'away' | 'back' = 'work';
  #backS = 0;

  /** @param start where the day begins; a random place inside when not given */
  constructor(random: Random, hall: Ring, errand: Errand | null = null, start?: Point) {
    this.#random = random;
    this.#hall = hall;
    this.#errand = errand;
    this.#places = Array.from({ length: 6 }, () => this.#somewhere());
    this.#at = start ?? this.#somewhere();
    this.#goal = this.#at;
    this.#standS = random.int(2, 60);
    this.#paceMs = random.between(0.8, 1.3);
  }

  at(second: number): Motion {
    for (; this.#second < second; this.#second++) this.#step();
    return {
      at: this.#at,
      speedKmh: this.#speedMs * 3.6,
      courseDeg: this.#courseDeg,
      ignition: null,
      odometerKm: this.#metres / 1000,
    };
  }

  #step(): void {
    const errand = this.#errand;
    if (errand !== null && this.#phase === 'work' && this.#second === errand.leaveS) {
      this.#phase = 'out';
      this.#route = [...errand.way];
    }
    if (this.#phase === 'out' || this.#phase === 'back') {
      this.#follow((errand as Errand).speedMs);
      if (this.#route.length > 0) return;
      if (this.#phase === 'out') this.#backS = this.#second + (errand as Errand).stayS;
      this.#phase = this.#phase === 'out' ? 'away' : 'work';
      this.#goal = this.#at;
      this.#standS = 5;
      return;
    }
    if (this.#phase === 'away') {
      this.#speedMs = 0;
      if (errand !== null && this.#second >= this.#backS) {
        this.#phase = 'back';
        this.#route = [...errand.way].reverse();
        this.#route.push(this.#places[0] as Point);
      }
      return;
    }
    this.#work();
  }

  #work(): void {
    if (this.#standS > 0) {
      this.#standS--;
      this.#speedMs = 0;
      return;
    }
    if (distanceM(this.#at, this.#goal) < 0.5) {
      this.#goal = this.#random.chance(0.7) ? this.#random.pick(this.#places) : this.#somewhere();
      // In an angled hall the straight way may lead through the yard: then another place.
      if (!this.#isClear(this.#at, this.#goal)) this.#goal = this.#at;
      this.#standS = this.#random.int(15, 120);
      return;
    }
    this.#toward(this.#goal, this.#paceMs);
  }

  #follow(speedMs: number): void {
    let left = speedMs;
    while (left > 0 && this.#route.length > 0) {
      const next = this.#route[0] as Point;
      const away = distanceM(this.#at, next);
      this.#toward(next, Math.min(left, away));
      left -= away;
      if (left >= 0) this.#route.shift();
    }
    this.#speedMs = speedMs;
  }

  #toward(goal: Point, metres: number): void {
    const away = distanceM(this.#at, goal);
    if (away < 1e-9) return;
    this.#courseDeg = courseDeg(this.#at, goal);
    const step = Math.min(metres, away);
    this.#at = between(this.#at, goal, step / away);
    this.#metres += step;
    this.#speedMs = step;
  }

  #isClear(from: Point, to: Point): boolean {
    for (let i = 0; i <= 10; i++) {
      if (signedDistanceM(between(from, to, i / 10), this.#hall) > -wallM + 2) return false;
    }
    return true;
  }

  #somewhere(): Point {
    const xs = this.#hall.map((p) => p.x);
    const ys = this.#hall.map((p) => p.y);
    for (let attempt = 0; attempt < 1000; attempt++) {
      const p = {
        x: this.#random.between(Math.min(...xs), Math.max(...xs)),
        y: this.#random.between(Math.min(...ys), Math.max(...ys)),
      };
      if (signedDistanceM(p, this.#hall) <= -wallM) return p;
    }
    throw new RangeError('the hall has no room between its walls');
  }
}
