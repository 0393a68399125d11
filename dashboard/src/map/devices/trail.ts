import type { TrackPosition } from '@xunji/gateway/wire';
import { toX, toY } from '../project.ts';

/** How far back a trail reaches, ms. */
export const TRAIL_MS = 600_000;
/** Two fixes further apart than this are not joined by a solid line, ms. */
export const GAP_MS = 90_000;

export interface TrailPoint {
  /** EPSG:3857, m. */
  readonly x: number;
  readonly y: number;
  /** Ms UTC. */
  readonly time: number;
}

/** The last ten minutes of one device, from the history and from live rows as they come. */
export class Trail {
  /** Oldest first. */
  points: TrailPoint[] = [];

  /** Starts anew. */
  clear(): void {
    this.points = [];
  }

  /** Adds a live fix; one not newer than the last is left out, fixes beyond ten minutes are dropped. */
  add(x: number, y: number, time: number): void {
    const last = this.points[this.points.length - 1];
    if (last !== undefined && time <= last.time) return;
    this.points.push({ x, y, time });
    this.#trim(time);
  }

  /** Puts the history before the live fixes that came meanwhile. */
  fill(track: readonly TrackPosition[]): void {
    const first = this.points[0]?.time ?? Infinity;
    const past: TrailPoint[] = [];
    for (const p of track) {
      if (!p.valid || p.latitude === null || p.longitude === null) continue;
      const time = Date.parse(p.fixTime);
      if (time < first) past.push({ x: toX(p.longitude), y: toY(p.latitude), time });
    }
    past.sort((a, b) => a.time - b.time);
    this.points = [...past, ...this.points];
    this.#trim(this.points[this.points.length - 1]?.time ?? 0);
  }

  #trim(newest: number): void {
    const from = newest - TRAIL_MS;
    let old = 0;
    while ((this.points[old]?.time ?? Infinity) < from) old += 1;
    if (old > 0) this.points.splice(0, old);
  }
}

/** How strongly a piece of trail is drawn by the age of its end, 0 to 1: it fades towards the past. */
export const trailAlpha = (ageMs: number): number => {
  const fresh = Math.max(0, 1 - ageMs / TRAIL_MS);
  return 0.08 + 0.85 * fresh * fresh;
};
