import PointerInteraction from 'ol/interaction/Pointer.js';
import type MapBrowserEvent from 'ol/MapBrowserEvent.js';
import { toLat, toLon, toX, toY } from '../project.ts';
import type { FenceDraft, FenceShape, FenceShapeKind } from '../scene.ts';
import type { DraftLayer } from './draft-layer.ts';
import {
  addPoint,
  type Handle,
  handlesOf,
  moveHandle,
  type Place,
  removeVertex,
  type Sketch,
  shapeOfSketch,
  startSketch,
  undoPoint,
} from './sketch.ts';

/** How near a handle must be, CSS px. */
const REACH_PX = { mouse: 10, touch: 22 } as const;
/** Two clicks nearer than this are a double click: the outline ends, px. */
const SAME_PX = 6;

/** What the tool tells. */
export interface FenceToolEvents {
  readonly onShape: (shape: FenceShape) => void;
  readonly onVertex: (index: number | null) => void;
  readonly onDrawEnd: (finished: boolean) => void;
}

/** Draws new outlines by clicks and drags the handles of the one in the editor. */
export class FenceTool extends PointerInteraction {
  #layer: DraftLayer;
  #tell: FenceToolEvents;
  #draft: FenceDraft | null = null;
  #sketch: Sketch | null = null;
  #pointer: Place | null = null;
  #held: Handle | null = null;
  #moved = false;

  constructor(layer: DraftLayer, tell: FenceToolEvents) {
    super();
    this.#layer = layer;
    this.#tell = tell;
  }

  /** Whether clicks set points. */
  get drawing(): boolean {
    return this.#sketch !== null;
  }

  /** Whether a handle is being dragged. */
  get busy(): boolean {
    return this.#held !== null;
  }

  setDraft(draft: FenceDraft | null): void {
    this.#draft = draft;
    this.#show();
  }

  /** Begins a new outline, or puts the pencil down without telling. */
  setDrawing(kind: FenceShapeKind | null): void {
    this.#sketch = kind === null ? null : startSketch(kind);
    this.#pointer = null;
    this.#show();
  }

  undo(): void {
    if (this.#sketch === null) return;
    this.#sketch = undoPoint(this.#sketch);
    this.#show();
  }

  cancel(): void {
    if (this.#sketch === null) return;
    this.#sketch = null;
    this.#show();
    this.#tell.onDrawEnd(false);
  }

  /** Removes the chosen vertex of the draft; false when there is none to remove. */
  removeChosen(): boolean {
    const draft = this.#draft;
    if (draft === null || draft.vertex === null) return false;
    const less = removeVertex(draft, draft.vertex);
    if (less === draft) return false;
    this.#tell.onVertex(null);
    this.#tell.onShape(less);
    return true;
  }

  /** A click while drawing: a point, or the end. */
  click(event: MapBrowserEvent): void {
    const sketch = this.#sketch;
    if (sketch === null) return;
    const [x = 0, y = 0] = event.coordinate;
    const place: Place = [toLon(x), toLat(y)];
    const resolution = event.map.getView().getResolution() ?? 1;
    const near = (p: Place | undefined, px: number): boolean =>
      p !== undefined && Math.hypot(toX(p[0]) - x, toY(p[1]) - y) / resolution <= px;
    const { points } = sketch;
    const reach = reachOf(event);
    const again = near(points[points.length - 1], SAME_PX);
    if (sketch.kind === 'polygon' && points.length > 2 && (again || near(points[0], reach))) {
      this.#finish(sketch);
      return;
    }
    if (again) return;
    const more = addPoint(sketch, place);
    if (more.kind === 'circle' && more.points.length === 2) this.#finish(more);
    else {
      this.#sketch = more;
      this.#show();
    }
  }

  /** The pointer moved over the map; whether it is over something to take hold of. */
  hover(event: MapBrowserEvent): boolean {
    if (this.#sketch !== null) {
      const [x = 0, y = 0] = event.coordinate;
      this.#pointer = [toLon(x), toLat(y)];
      this.#show();
      return true;
    }
    return this.#handleAt(event) !== null;
  }

  /** Whether the pointer is over a handle. */
  over(event: MapBrowserEvent): boolean {
    return this.#handleAt(event) !== null;
  }

  override handleDownEvent(event: MapBrowserEvent): boolean {
    if (this.#sketch !== null) return false;
    this.#held = this.#handleAt(event);
    this.#moved = false;
    return this.#held !== null;
  }

  override handleDragEvent(event: MapBrowserEvent): void {
    const { coordinate } = event;
    const [x = 0, y = 0] = coordinate;
    if (this.#draft === null || this.#held === null) return;
    const to: Place = [toLon(x), toLat(y)];
    const held = this.#held;
    this.#moved = true;
    const shape = moveHandle(this.#draft, held, to);
    if (held.kind === 'middle') {
      this.#held = { kind: 'vertex', index: held.index + 1, at: to };
      this.#tell.onVertex(held.index + 1);
    }
    this.#draft = { ...this.#draft, ...shape };
    this.#show();
    this.#tell.onShape(shape);
  }

  override handleUpEvent(): boolean {
    const held = this.#held;
    this.#held = null;
    if (held?.kind === 'vertex') this.#tell.onVertex(held.index);
    else if (held?.kind === 'middle' && !this.#moved && this.#draft !== null) {
      this.#tell.onShape(moveHandle(this.#draft, held, held.at));
      this.#tell.onVertex(held.index + 1);
    }
    return false;
  }

  #finish(sketch: Sketch): void {
    const shape = shapeOfSketch(sketch, null);
    this.#sketch = null;
    this.#show();
    if (shape !== null) this.#tell.onShape(shape);
    this.#tell.onDrawEnd(shape !== null);
  }

  #show(): void {
    this.#layer.show(this.#sketch === null ? this.#draft : null, this.#sketch, this.#pointer);
  }

  #handleAt(event: MapBrowserEvent): Handle | null {
    if (this.#draft === null) return null;
    const [x = 0, y = 0] = event.coordinate;
    const resolution = event.map.getView().getResolution() ?? 1;
    let best: Handle | null = null;
    let least = reachOf(event);
    for (const handle of handlesOf(this.#draft)) {
      const d = Math.hypot(toX(handle.at[0]) - x, toY(handle.at[1]) - y) / resolution;
      // Of two as near, the earlier: a vertex before a middle.
      if (d < least) {
        best = handle;
        least = d;
      }
    }
    return best;
  }
}

const reachOf = (event: MapBrowserEvent): number => {
  const { originalEvent } = event;
  return 'pointerType' in originalEvent && originalEvent.pointerType === 'touch'
    ? REACH_PX.touch
    : REACH_PX.mouse;
};
