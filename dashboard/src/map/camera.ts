import { easeOut } from 'ol/easing.js';
import type OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import type { Fleet } from '../live/fleet.ts';
import { type View as Painted, toLat, toLon, toX, toY } from './project.ts';
import type { MapViewport } from './scene.ts';

const FLIGHT_MS = 300;
/** A single place is looked at no closer than this when fitted. */
const FIT_ZOOM = 16;
const MAX_ZOOM = 20;
const MIN_ZOOM = 2;
const FIRST = { lon: 104, lat: 34, zoom: 4 } as const;

const still = (): boolean =>
  typeof matchMedia !== 'undefined' && matchMedia('(prefers-reduced-motion: reduce)').matches;

/** How far a box is widened for the subscription, share of its size on all sides together. */
const WIDER = 0.2;

/** A box [west, south, east, north] grown by a fifth, cut to the degrees that exist. */
export const wider = (
  box: readonly [number, number, number, number],
): [number, number, number, number] => {
  const [w, s, e, n] = box;
  const dx = ((e - w) * WIDER) / 2;
  const dy = ((n - s) * WIDER) / 2;
  return [
    Math.max(-180, w - dx),
    Math.max(-90, s - dy),
    Math.min(180, e + dx),
    Math.min(90, n + dy),
  ];
};

/** The box of all devices that have a place; null while there is none. */
export const placedBox = (fleet: Fleet): [number, number, number, number] | null => {
  const box: [number, number, number, number] = [180, 90, -180, -90];
  let any = false;
  for (let slot = 0; slot < fleet.top; slot += 1) {
    if (!fleet.placed(slot)) continue;
    any = true;
    const lon = fleet.at.lon[slot] ?? 0;
    const lat = fleet.at.lat[slot] ?? 0;
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  }
  return any ? box : null;
};

/** What lies over the map's upper and lower edge, px. */
interface Covered {
  readonly top: number;
  readonly bottom: number;
}

/** Where a flight ends; what is absent stays. */
interface Flight {
  readonly center?: number[];
  readonly zoom?: number;
}

/** Moves the view. Knows when the user last moved it, so that nobody else does too soon. */
export class Camera {
  readonly view = new View({
    center: [toX(FIRST.lon), toY(FIRST.lat)],
    zoom: FIRST.zoom,
    minZoom: MIN_ZOOM,
    maxZoom: MAX_ZOOM,
    enableRotation: false,
    multiWorld: false,
    showFullExtent: true,
  });
  /** When the user last moved the map, ms of `performance.now()`. */
  touchedAt = Number.NEGATIVE_INFINITY;
  /** Whether anybody has chosen where to look; until then the map may look for itself. */
  chosen = false;
  #covered: Covered = { top: 0, bottom: 0 };
  /** Where a flight under way ends. */
  #goal: Flight = {};
  #map: OlMap;

  constructor(map: OlMap) {
    this.#map = map;
  }

  /** The view as painters take it; null while the map has no size. */
  painted(): Painted | null {
    const size = this.#map.getSize();
    const center = this.view.getCenter();
    const resolution = this.view.getResolution();
    if (!size || !center || resolution === undefined) return null;
    const [width = 0, height = 0] = size;
    if (width <= 0 || height <= 0) return null;
    return {
      cx: center[0] ?? 0,
      cy: center[1] ?? 0,
      resolution,
      width,
      height,
      pixelRatio: this.#map.getPixelRatio(),
    };
  }

  /** Where the map looks; null while it has no size. */
  viewport(): MapViewport | null {
    const p = this.painted();
    if (p === null) return null;
    const halfX = (p.width / 2) * p.resolution;
    const halfY = (p.height / 2) * p.resolution;
    const bbox = [
      Math.max(-180, toLon(p.cx - halfX)),
      Math.max(-90, toLat(p.cy - halfY)),
      Math.min(180, toLon(p.cx + halfX)),
      Math.min(90, toLat(p.cy + halfY)),
    ] as const;
    return {
      center: [toLon(p.cx), toLat(p.cy)],
      zoom: this.view.getZoom() ?? 0,
      bbox,
      wideBox: wider(bbox),
    };
  }

  /** Looks at a place, at the present zoom unless another is given. Flies unless motion is unwanted. */
  centerOn(lon: number, lat: number, zoom?: number): void {
    const wanted = zoom ?? this.#goal.zoom;
    const to = wanted === undefined ? {} : { zoom: Math.min(MAX_ZOOM, wanted) };
    const resolution =
      to.zoom === undefined ? this.view.getResolution() : this.view.getResolutionForZoom(to.zoom);
    this.#go({ center: [toX(lon), toY(lat) - this.#lift() * (resolution ?? 0)], ...to });
  }

  /** What is covered does not count as seen from now on; moves nothing. */
  cover(covered: Covered): void {
    this.#covered = covered;
  }

  /** Shows a whole box of degrees; a box without extent is looked at from zoom 16. */
  fit(box: readonly [number, number, number, number], fly = true, padding = 48): void {
    const [w, s, e, n] = box;
    this.chosen = true;
    const size = this.#map.getSize();
    const extent = [toX(w), toY(s), toX(e), toY(n)];
    const room = Math.min(padding, (size?.[0] ?? 0) / 6, (size?.[1] ?? 0) / 6);
    this.view.cancelAnimations();
    this.#goal = {};
    this.view.fit(extent, {
      padding: [room, room, room, room],
      maxZoom: FIT_ZOOM,
      duration: fly && !still() ? FLIGHT_MS : 0,
    });
  }

  /** Looks there at once. */
  jump(center: readonly [number, number], zoom: number): void {
    this.chosen = true;
    this.view.cancelAnimations();
    this.#goal = {};
    this.view.setCenter([toX(center[0]), toY(center[1])]);
    this.view.setZoom(zoom);
  }

  /** Steps nearer (1) or further (-1). */
  zoomBy(steps: number): void {
    this.touched();
    this.#go({ ...this.#goal, zoom: (this.#goal.zoom ?? this.view.getZoom() ?? 0) + steps });
  }

  /** Moves by CSS pixels. */
  panBy(dx: number, dy: number): void {
    const center = this.view.getCenter();
    const resolution = this.view.getResolution() ?? 1;
    if (!center) return;
    this.touched();
    this.#go({
      center: [(center[0] ?? 0) + dx * resolution, (center[1] ?? 0) - dy * resolution],
    });
  }

  /**
   * Whether a projected place lies within that share of what is not covered, around its centre; while the view
   * flies, of what it flies to.
   */
  within(x: number, y: number, share: number): boolean {
    const now = this.painted();
    if (now === null) return true;
    const p = this.#landed(now);
    const { top, bottom } = this.#covered;
    const height = Math.max(0, p.height - top - bottom);
    const cy = p.cy + this.#lift() * p.resolution;
    return (
      Math.abs(x - p.cx) <= (p.width / 2) * p.resolution * share &&
      Math.abs(y - cy) <= (height / 2) * p.resolution * share
    );
  }

  #landed(now: Painted): Painted {
    const { center, zoom } = this.#goal;
    return {
      ...now,
      cx: center?.[0] ?? now.cx,
      cy: center?.[1] ?? now.cy,
      resolution: zoom === undefined ? now.resolution : this.view.getResolutionForZoom(zoom),
    };
  }

  /** How far the middle of what is not covered lies above the middle of the map, px. */
  #lift(): number {
    return (this.#covered.bottom - this.#covered.top) / 2;
  }

  /** The user has just moved the map. */
  touched(): void {
    this.chosen = true;
    this.touchedAt = performance.now();
  }

  #go(to: Flight): void {
    this.chosen = true;
    this.view.cancelAnimations();
    if (still() || this.#map.getSize() === undefined) {
      if (to.center) this.view.setCenter(to.center);
      if (to.zoom !== undefined) this.view.setZoom(to.zoom);
      return;
    }
    this.#goal = to;
    // The end of a flight that was broken off is told after the next has begun.
    this.view.animate({ ...to, duration: FLIGHT_MS, easing: easeOut }, () => {
      if (this.#goal === to) this.#goal = {};
    });
  }
}
