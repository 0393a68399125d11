import Layer from 'ol/layer/Layer.js';
import type { FrameState } from 'ol/Map.js';
import { viewOf } from '../frame-view.ts';
import type { Palette } from '../palette.ts';
import type { FenceDraft } from '../scene.ts';
import { paintDraft, paintSketch } from './paint-draft.ts';
import type { Place, Sketch } from './sketch.ts';

/** The fence in the editor and the outline being drawn, above everything else. Hidden while there is neither. */
export class DraftLayer extends Layer {
  #canvas = document.createElement('canvas');
  #palette: Palette | null = null;
  #draft: FenceDraft | null = null;
  #sketch: Sketch | null = null;
  #pointer: Place | null = null;

  constructor() {
    super({ className: 'map-draft', visible: false });
    this.#canvas.style.cssText = 'position:absolute;left:0;top:0;width:100%;height:100%';
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.changed();
  }

  show(draft: FenceDraft | null, sketch: Sketch | null, pointer: Place | null): void {
    this.#draft = draft;
    this.#sketch = sketch;
    this.#pointer = pointer;
    this.setVisible(draft !== null || sketch !== null);
    this.changed();
  }

  override render(frame: FrameState | null): HTMLElement {
    const palette = this.#palette;
    const g = this.#canvas.getContext('2d');
    if (frame === null || palette === null || g === null) return this.#canvas;
    const view = viewOf(frame);
    this.#canvas.width = Math.round(view.width * view.pixelRatio);
    this.#canvas.height = Math.round(view.height * view.pixelRatio);
    if (this.#draft !== null) paintDraft(g, view, this.#draft, palette);
    if (this.#sketch !== null) paintSketch(g, view, this.#sketch, this.#pointer, palette);
    return this.#canvas;
  }
}
