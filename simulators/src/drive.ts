import { courseDeg, distanceM, type Point, turnDeg } from './geo.ts';
import { type Edge, pointAlong, type RoadGraph } from './graph.ts';
import type { Random } from './random.ts';

/** True state of a carrier at one second. */
export interface Motion {
  readonly at: Point;
  readonly speedKmh: number;
  readonly courseDeg: number;
  /** Null where the device has no ignition wire. */
  readonly ignition: boolean | null;
  readonly odometerKm: number;
}

/** Moves from whole second to whole second of world time; the same seed and second give the same state. */
export interface Mover {
  /** @param second since the world began; never less than at the call before */
  at(second: number): Motion;
}

export interface DriveStyle {
  /** Where it belongs; it turns back beyond `rangeM`. */
  readonly home: Point;
  readonly rangeM: number;
  /** Upper bound; the road's own limit counts too. */
  readonly maxKmh: number;
  /** Share of junctions at which it waits, and for how long. */
  readonly lights: { readonly chance: number; readonly minS: number; readonly maxS: number };
  /** Every so often it parks with the engine off. */
  readonly parking: { readonly chance: number; readonly minS: number; readonly maxS: number };
  readonly ignition: boolean;
}

const limitKmh = [28, 45, 58] as const;
const accelerationMs2 = 1.3;
const brakingMs2 = 1.9;
/** Turns sharper than this are taken slowly. */
const sharpTurnDeg = 35;
const turningKmh = 16;

/** Drives the road graph by itself: keeps limits, slows into turns, waits at junctions, parks. */
export class Drive implements Mover {
  readonly #graph: RoadGraph;
  readonly #random: Random;
  readonly #style: DriveStyle;
  #second = 0;
  #edge: Edge;
  #next: Edge;
  #alongM: number;
  #speedMs = 0;
  /** Seconds to stand still. */
  #waitS = 0;
  #parked = false;
  #stopAtEnd = false;
  #odometerM: number;

  constructor(graph: RoadGraph, random: Random, style: DriveStyle) {
    this.#graph = graph;
    this.#random = random;
    this.#style = style;
    const near = graph.edges.filter(
      (e) => distanceM(graph.nodes[e.from] as Point, style.home) <= style.rangeM,
    );
    this.#edge = random.pick(near.length > 0 ? near : graph.edges);
    this.#alongM = this.#edge.lengthM * random.next();
    this.#next = this.#choose(this.#edge);
    this.#odometerM = random.between(2_000, 90_000) * 1000;
    this.#waitS = random.chance(style.parking.chance * 4) ? random.int(20, 120) : 0;
    this.#parked = this.#waitS > 0;
  }

  at(second: number): Motion {
    for (; this.#second < second; this.#second++) this.#step();
    const ahead = pointAlong(this.#edge.points, Math.min(this.#edge.lengthM, this.#alongM + 1));
    const here = pointAlong(this.#edge.points, this.#alongM);
    return {
      at: here,
      speedKmh: this.#speedMs * 3.6,
      courseDeg: distanceM(here, ahead) < 0.01 ? this.#edge.endDeg : courseDeg(here, ahead),
      ignition: this.#style.ignition ? !this.#parked : null,
      odometerKm: this.#odometerM / 1000,
    };
  }

  #step(): void {
    if (this.#waitS > 0) {
      this.#waitS--;
      this.#speedMs = 0;
      if (this.#waitS === 0) this.#parked = false;
      return;
    }
    const limitMs = Math.min(this.#style.maxKmh, limitKmh[this.#edge.class]) / 3.6;
    const left = this.#edge.lengthM - this.#alongM;
    const sharp = turnDeg(this.#edge.endDeg, this.#next.startDeg) > sharpTurnDeg;
    const atEndMs = this.#stopAtEnd
      ? 0
      : Math.min(limitMs, sharp ? turningKmh / 3.6 : Number.POSITIVE_INFINITY);
    const safeMs = Math.sqrt(atEndMs * atEndMs + 2 * brakingMs2 * Math.max(0, left - 2));
    this.#speedMs = Math.min(limitMs, safeMs, this.#speedMs + accelerationMs2);
    if (this.#stopAtEnd && left < 4) {
      this.#stop();
      return;
    }
    // A crawl at least, so that the last metres to a stop line come to an end.
    this.#advance(Math.max(this.#speedMs, 0.6));
  }

  #stop(): void {
    this.#stopAtEnd = false;
    this.#speedMs = 0;
    const { lights, parking } = this.#style;
    this.#parked = this.#random.chance(parking.chance);
    const { minS, maxS } = this.#parked ? parking : lights;
    this.#waitS = this.#random.int(minS, maxS);
  }

  #advance(metres: number): void {
    this.#alongM += metres;
    this.#odometerM += metres;
    while (this.#alongM >= this.#edge.lengthM) {
      this.#alongM -= this.#edge.lengthM;
      this.#edge = this.#next;
      this.#next = this.#choose(this.#edge);
      this.#stopAtEnd = this.#random.chance(this.#style.lights.chance);
    }
  }

  /** Mostly straight on, rather on big roads, seldom beyond the range, back only out of a dead end. */
  #choose(edge: Edge): Edge {
    const options = this.#graph.leaving[edge.to] ?? [];
    const onward = options.filter((e) => e.to !== edge.from);
    if (onward.length === 0) return this.#random.pick(options);
    const { home, rangeM } = this.#style;
    const hereM = distanceM(this.#graph.nodes[edge.to] as Point, home);
    const weights = onward.map((e) => {
      const thereM = distanceM(this.#graph.nodes[e.to] as Point, home);
      const homeward = thereM > rangeM && thereM > hereM ? 0.02 : 1;
      const straight = turnDeg(edge.endDeg, e.startDeg) < sharpTurnDeg ? 3 : 1;
      const deadEnd = (this.#graph.leaving[e.to]?.length ?? 0) < 2 ? 0.05 : 1;
      return homeward * straight * deadEnd * (1 + e.class);
    });
    let draw = this.#random.next() * weights.reduce((sum, w) => sum + w, 0);
    for (let i = 0; i < onward.length; i++) {
      draw -= weights[i] as number;
      if (draw < 0) return onward[i] as Edge;
    }
    return onward.at(-1) as Edge;
  }
}
