import Layer from 'ol/layer/Layer.js';
import type { FrameState } from 'ol/Map.js';
import type { Fleet } from '../../live/fleet.ts';
import { viewOf } from '../frame-view.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../project.ts';
import type { Lod } from '../scene.ts';
import { Drawn, outwards, pick } from './drawn.ts';
import { LabelSheet } from './label-sheet.ts';
import { lodOf } from './lod.ts';
import {
  collect,
  type DeviceAlarmMark,
  type Marked,
  paintDevices,
  paintTrail,
} from './paint-devices.ts';
import { type FixedLabel, Labelling } from './paint-labels.ts';
import type { NameSheet } from './place-names.ts';
import { SpriteAtlas } from './sprites.ts';
import { Trail } from './trail.ts';

/** How much is left of devices while an outline is edited over them. */
const DIMMED = 0.5;

/** What the layer asks each frame. */
export interface DeviceLayerSources {
  readonly fleet: Fleet;
  readonly now: () => number;
  /** Names of the base map. */
  readonly names: (view: View) => NameSheet | null;
  /** Names of fences for the view. */
  readonly fixedLabels: (view: View) => readonly FixedLabel[];
  readonly keepOut: () => readonly (readonly [number, number, number, number])[];
}

/** All devices on one canvas, painted straight from the fleet's columns. */
export class DeviceLayer extends Layer {
  readonly trail = new Trail();
  readonly drawn = new Drawn();
  lod: Lod = 'sprites';
  /** How long the last frame took, ms. */
  costMs = 0;
  #marked: Marked = { alarms: new Map<number, DeviceAlarmMark>(), selected: -1, focused: -1 };
  #labels = true;
  #dimmed = false;
  #sources: DeviceLayerSources;
  #palette: Palette | null = null;
  #atlas: SpriteAtlas | null = null;
  #sheet: LabelSheet | null = null;
  #labelling = new Labelling();
  #canvas = document.createElement('canvas');

  constructor(sources: DeviceLayerSources) {
    super({ className: 'map-devices' });
    this.#sources = sources;
    this.#canvas.className = 'map-devices';
    this.#canvas.style.cssText = 'position:absolute;left:0;top:0;width:100%;height:100%';
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.#atlas = null;
    this.#sheet = null;
    this.changed();
  }

  /** Whether each device is named; the selected and alarmed ones always are. */
  setLabels(on: boolean): void {
    this.#labels = on;
    this.changed();
  }

  /** Draws devices faintly, while an outline is edited over them. */
  setDimmed(on: boolean): void {
    if (on === this.#dimmed) return;
    this.#dimmed = on;
    this.changed();
  }

  mark(change: Partial<Marked>): void {
    this.#marked = { ...this.#marked, ...change };
    this.changed();
  }

  get marked(): Marked {
    return this.#marked;
  }

  /** Slots under a click, nearest first. */
  pick(x: number, y: number, reachPx: number): number[] {
    return pick(this.drawn, x, y, reachPx);
  }

  /** Slots from a point outwards. */
  outwards(x: number, y: number): number[] {
    return outwards(this.drawn, x, y);
  }

  /** Alarmed devices in the last frame. */
  alarmsDrawn(): number {
    let n = 0;
    for (let i = 0; i < this.drawn.count; i += 1) {
      if (this.#marked.alarms.has(this.drawn.slot[i] ?? -1)) n += 1;
    }
    return n;
  }

  override render(frame: FrameState | null): HTMLElement {
    const palette = this.#palette;
    if (frame === null || palette === null) return this.#canvas;
    const started = performance.now();
    const view = viewOf(frame);
    const g = this.#prepare(view);
    if (g === null) return this.#canvas;
    this.#paint(g, view, palette);
    this.costMs = performance.now() - started;
    return this.#canvas;
  }

  #prepare(view: View): CanvasRenderingContext2D | null {
    const canvas = this.#canvas;
    const w = Math.round(view.width * view.pixelRatio);
    const h = Math.round(view.height * view.pixelRatio);
    const g = canvas.getContext('2d');
    if (g === null) return null;
    g.setTransform(1, 0, 0, 1, 0, 0);
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
    } else {
      g.clearRect(0, 0, w, h);
    }
    return g;
  }

  #paint(g: CanvasRenderingContext2D, view: View, palette: Palette): void {
    const { fleet, now: clock, names, fixedLabels, keepOut } = this.#sources;
    const now = clock();
    const { pixelRatio } = view;
    if (this.#atlas === null || this.#atlas.pixelRatio !== pixelRatio) {
      this.#atlas = new SpriteAtlas(palette, pixelRatio);
    }
    if (this.#sheet === null || this.#sheet.pixelRatio !== pixelRatio) {
      this.#sheet = new LabelSheet(palette, pixelRatio);
    }
    collect(this.drawn, fleet, view, now, this.#marked);
    this.lod = lodOf(this.drawn.count);
    g.globalAlpha = 1;
    paintTrail(g, this.trail.points, view, palette.of.ink, now);
    paintDevices(g, this.drawn, fleet, this.#atlas, this.lod, now, this.#marked);
    const sheet = names(view);
    this.#labelling.paint(g, {
      drawn: this.drawn,
      fleet,
      sheet: this.#sheet,
      view,
      now,
      marked: this.#marked,
      names: sheet,
      fixed: fixedLabels(view),
      keepOut: keepOut(),
      all: this.#labels && this.lod === 'sprites' && !this.#dimmed,
      crowded: this.lod !== 'sprites',
    });
    if (this.#dimmed) fade(g, view);
    if (sheet !== null) this.#labelling.names.paint(g, sheet, pixelRatio);
  }
}

/** Makes all that was painted fainter. */
const fade = (g: CanvasRenderingContext2D, view: View): void => {
  g.globalCompositeOperation = 'destination-in';
  g.fillStyle = `rgb(0 0 0 / ${DIMMED})`;
  g.fillRect(0, 0, view.width * view.pixelRatio, view.height * view.pixelRatio);
  g.globalCompositeOperation = 'source-over';
};
