import type { BaseMap } from '@xunji/gateway/wire';
import DoubleClickZoom from 'ol/interaction/DoubleClickZoom.js';
import DragPan from 'ol/interaction/DragPan.js';
import MouseWheelZoom from 'ol/interaction/MouseWheelZoom.js';
import PinchZoom from 'ol/interaction/PinchZoom.js';
import Kinetic from 'ol/Kinetic.js';
import OlMap from 'ol/Map.js';
import { createTopic, type Topic } from '../topic.ts';
import { Camera } from './camera.ts';
import type { MapEvents, MapScene, MapSources, MapSummary } from './scene.ts';

export type * from './scene.ts';

/** The least time between two `onView`, ms. */
const VIEW_MS = 300;

const emptyScene: MapScene = {
  baseMap: null,
  fences: [],
  showFences: true,
  showLabels: true,
  selected: null,
  follow: false,
  selectedFence: null,
  draft: null,
  drawing: null,
};

/** Where the map looks first; without it, home. */
export interface MapStart {
  readonly center: readonly [number, number];
  readonly zoom: number;
}

/** The map outside React: owns the ol map, its layers and its view, reads the fleet's columns itself. */
export class MapView {
  /** Told once a second; read with `summary`. */
  readonly summaryTopic: Topic = createTopic();
  summary: MapSummary = { drawn: 0, alarms: 0, lod: 'sprites', zoom: 0 };
  readonly camera: Camera;
  #map: OlMap;
  #scene: MapScene = emptyScene;
  #tell: MapEvents;
  #sources: MapSources;
  #viewTimer: ReturnType<typeof setTimeout> | null = null;
  #stops: (() => void)[] = [];

  /**
   * @param target an element with a size; its content is the map's
   * @param interactive false for the inset: no gestures, no picking
   */
  constructor(
    target: HTMLElement,
    sources: MapSources,
    tell: MapEvents,
    interactive = true,
    start: MapStart | null = null,
  ) {
    this.#sources = sources;
    this.#tell = tell;
    this.#map = new OlMap({
      controls: [],
      interactions: interactive
        ? [
            new DragPan({ kinetic: new Kinetic(-0.005, 0.05, 100) }),
            new MouseWheelZoom(),
            new PinchZoom(),
            new DoubleClickZoom(),
          ]
        : [],
      layers: [],
    });
    this.camera = new Camera(this.#map);
    this.#map.setView(this.camera.view);
    this.#map.setTarget(target);
    if (start === null) this.home(false);
    else this.camera.jump(start.center, start.zoom);
    this.camera.view.on('change', () => this.#viewSoon());
    this.#map.on('change:size', () => this.#viewSoon());
    this.#map.on('pointerdrag', () => this.#moved());
  }

  /** Replaces parts of what is shown. */
  update(change: Partial<MapScene>): void {
    this.#scene = { ...this.#scene, ...change };
    this.#map.render();
  }

  /** Shows the base map's box, else all devices that have a place, else the first view. */
  home(fly = true): void {
    const box = this.#scene.baseMap?.bbox ?? this.#fleetBox();
    if (box !== null) this.camera.fit(box, fly, 0);
  }

  /** Shows a device: centres on it unless it already lies within the inner 80 %. False without a place. */
  reveal(key: string): boolean {
    const { fleet } = this.#sources;
    const slot = fleet.slotOf(key);
    if (slot < 0 || !fleet.placed(slot)) return false;
    if (!this.camera.within(fleet.at.x[slot] ?? 0, fleet.at.y[slot] ?? 0, 0.8)) {
      this.camera.centerOn(fleet.at.lon[slot] ?? 0, fleet.at.lat[slot] ?? 0);
    }
    return true;
  }

  /** Takes the last point of the outline being drawn back; with none left, drawing goes on. */
  undoPoint(): void {}

  /** Ends drawing without an outline. */
  cancelDraw(): void {
    this.#tell.onDrawEnd(false);
  }

  /** How long ago the user moved the map, ms; Infinity if never. */
  idleMs(): number {
    return performance.now() - this.camera.touchedAt;
  }

  /** Whether the device in a slot lies within the view, whatever is drawn of it. */
  inView(slot: number): boolean {
    const { at } = this.#sources.fleet;
    return this.camera.within(at.x[slot] ?? 0, at.y[slot] ?? 0, 1);
  }

  /** Where a device is, CSS pixels from the map's left top corner; null without a place. */
  pixelOf(key: string): [number, number] | null {
    const { fleet } = this.#sources;
    const slot = fleet.slotOf(key);
    const p = this.camera.painted();
    if (slot < 0 || p === null || !fleet.placed(slot)) return null;
    const x = ((fleet.at.x[slot] ?? 0) - p.cx) / p.resolution + p.width / 2;
    const y = (p.cy - (fleet.at.y[slot] ?? 0)) / p.resolution + p.height / 2;
    return [x, y];
  }

  /** Lets go of everything; the element is empty afterwards. */
  dispose(): void {
    if (this.#viewTimer !== null) clearTimeout(this.#viewTimer);
    for (const stop of this.#stops) stop();
    this.#map.setTarget(undefined);
    this.#map.dispose();
  }

  #fleetBox(): BaseMap['bbox'] {
    const { fleet } = this.#sources;
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
  }

  #moved(): void {
    this.camera.touched();
    if (this.#scene.follow) this.#tell.onFollowEnd();
  }

  #viewSoon(): void {
    if (this.#viewTimer !== null) return;
    this.#viewTimer = setTimeout(() => {
      this.#viewTimer = null;
      const view = this.camera.viewport();
      if (view !== null) this.#tell.onView(view);
    }, VIEW_MS);
  }
}
