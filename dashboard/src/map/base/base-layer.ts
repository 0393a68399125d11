import Layer from 'ol/layer/Layer.js';
import type { FrameState } from 'ol/Map.js';
import ViewHint from 'ol/ViewHint.js';
import type { NameSheet, PaintedName } from '../devices/place-names.ts';
import { viewOf } from '../frame-view.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../project.ts';
import type { BaseData } from './base-data.ts';
import { paintNames } from './base-names.ts';
import { paintBase, paintLand } from './base-paint.ts';
import { loadLand } from './land.ts';

/** Painted beyond the view on each side, px, so that a pan moves a finished picture. */
const SPARE = 160;
/** While the view moves, painting may take at most this share of the time. */
const BUSY_SHARE = 0.3;

/**
 * The base map: painted once a view into a canvas larger than the map, which is then moved and scaled by CSS
 * until the view comes to rest or leaves it. Names are painted beside it: the device layer copies those that
 * no device covers.
 */
export class BaseLayer extends Layer {
  #element = document.createElement('div');
  #canvas = document.createElement('canvas');
  #data: BaseData | null = null;
  #palette: Palette | null = null;
  #language: 'zh' | 'en' = 'zh';
  #dirty = true;
  #painted: View | null = null;
  #nameCanvas = document.createElement('canvas');
  #names: readonly PaintedName[] = [];
  #paintedAt = 0;
  /** How long the last painting took, ms. */
  costMs = 0;

  constructor() {
    super({ className: 'map-base' });
    this.#element.className = 'map-base';
    this.#element.style.cssText = 'position:absolute;inset:0;overflow:hidden';
    this.#canvas.style.cssText = 'position:absolute;left:0;top:0;transform-origin:0 0';
    this.#element.append(this.#canvas);
    loadLand().then(
      () => this.#repaint(),
      () => {
        // The map stays without its coast; what lies on it is unharmed.
      },
    );
  }

  /** Whether the present base map has been painted at least once. */
  get ready(): boolean {
    return this.#painted !== null && !this.#dirty;
  }

  /** The operator's map over the built-in one; null for the built-in one alone. */
  setData(data: BaseData | null): void {
    if (data === this.#data) return;
    this.#data = data;
    this.#repaint();
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.#repaint();
  }

  setLanguage(language: 'zh' | 'en'): void {
    if (language === this.#language) return;
    this.#language = language;
    this.#repaint();
  }

  /** The names and where they lie in a view; null before anything was painted. */
  names(view: View): NameSheet | null {
    const p = this.#painted;
    if (p === null) return null;
    return { canvas: this.#nameCanvas, names: this.#names, ...placeOf(p, view) };
  }

  override render(frame: FrameState | null): HTMLElement {
    if (frame === null || this.#palette === null) return this.#element;
    const { zoom } = frame.viewState;
    const view = viewOf(frame);
    const moves =
      (frame.viewHints[ViewHint.ANIMATING] ?? 0) > 0 ||
      (frame.viewHints[ViewHint.INTERACTING] ?? 0) > 0;
    if (this.#needsPaint(view, moves)) this.#paint(view, zoom, this.#palette);
    this.#place(view);
    return this.#element;
  }

  #repaint(): void {
    this.#dirty = true;
    this.changed();
  }

  #needsPaint(view: View, moves: boolean): boolean {
    const p = this.#painted;
    if (p === null || this.#dirty) return true;
    if (p.pixelRatio !== view.pixelRatio) return true;
    const covers =
      Math.abs(p.cx - view.cx) <= (p.width * p.resolution - view.width * view.resolution) / 2 &&
      Math.abs(p.cy - view.cy) <= (p.height * p.resolution - view.height * view.resolution) / 2;
    if (covers && (moves || p.resolution === view.resolution)) return false;
    if (!moves) return true;
    return performance.now() - this.#paintedAt > this.costMs / BUSY_SHARE;
  }

  #paint(view: View, zoom: number, palette: Palette): void {
    const started = performance.now();
    const wide: View = { ...view, width: view.width + 2 * SPARE, height: view.height + 2 * SPARE };
    const w = Math.round(wide.width * view.pixelRatio);
    const h = Math.round(wide.height * view.pixelRatio);
    const canvas = this.#canvas;
    const nameCanvas = this.#nameCanvas;
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.width = `${wide.width}px`;
      canvas.style.height = `${wide.height}px`;
      nameCanvas.width = w;
      nameCanvas.height = h;
    }
    const g = canvas.getContext('2d', { alpha: false });
    const letters = nameCanvas.getContext('2d');
    if (g === null || letters === null) return;
    paintLand(g, wide, palette);
    if (this.#data !== null) paintBase(g, wide, palette, this.#data);
    letters.setTransform(1, 0, 0, 1, 0, 0);
    letters.clearRect(0, 0, w, h);
    this.#names = paintNames(letters, wide, zoom, palette, this.#data, this.#language);
    this.#painted = wide;
    this.#dirty = false;
    this.#paintedAt = performance.now();
    this.costMs = this.#paintedAt - started;
  }

  #place(view: View): void {
    const p = this.#painted;
    if (p === null) return;
    const { left, top, scale } = placeOf(p, view);
    this.#canvas.style.transform = `translate(${left}px,${top}px) scale(${scale})`;
  }
}

/** Where a picture painted for one view lies in another, CSS px; whole device pixels at its own scale. */
const placeOf = (p: View, view: View): { left: number; top: number; scale: number } => {
  const scale = p.resolution / view.resolution;
  const snap = (v: number): number =>
    scale === 1 ? Math.round(v * view.pixelRatio) / view.pixelRatio : v;
  return {
    left: snap((p.cx - view.cx) / view.resolution + (view.width - p.width * scale) / 2),
    top: snap((view.cy - p.cy) / view.resolution + (view.height - p.height * scale) / 2),
    scale,
  };
};
