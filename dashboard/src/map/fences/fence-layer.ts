import type { Fence } from '@xunji/gateway/wire';
import Feature from 'ol/Feature.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import Style from 'ol/style/Style.js';
import type { FixedLabel } from '../devices/paint-labels.ts';
import type { Palette } from '../palette.ts';
import { areaM2, pixelX, pixelY, toX, toY, type View } from '../project.ts';
import type { FenceShape } from '../scene.ts';
import { type FenceAlarm, fenceLook } from './fence-looks.ts';
import { boxOfShape, geometryOf, holds, polygonsOf, shapeOfFence } from './outline.ts';
import { type PixelRings, paintFence, paintFormer } from './paint-fence.ts';

interface Known {
  readonly fence: Fence;
  readonly shape: FenceShape;
  readonly box: readonly [number, number, number, number];
  readonly areaM2: number;
  readonly feature: Feature;
}

/** A fence's name stands inside when it is at least this wide on the screen, px; smaller ones have it beside. */
const NAMED_INSIDE_PX = 150;
/** Fences smaller than this are not named, px. */
const NAMED_FROM_PX = 10;

/** Saved fences, each kind with its own stroke; those with open alarms above the rest. */
export class FenceLayer {
  readonly layer: VectorLayer<VectorSource>;
  #source = new VectorSource();
  #known = new Map<string, Known>();
  #alarms: ReadonlyMap<string, FenceAlarm> = new Map();
  #selected: string | null = null;
  #draft: string | null = null;
  #palette: Palette | null = null;

  constructor() {
    this.layer = new VectorLayer({
      className: 'map-fences',
      source: this.#source,
      updateWhileAnimating: true,
      updateWhileInteracting: true,
      renderBuffer: 64,
      renderOrder: (a, b) => this.#rank(a.get('fence')) - this.#rank(b.get('fence')),
      style: new Style({
        renderer: (coordinates, state) => {
          const id: unknown = state.feature.get('fence');
          if (typeof id !== 'string') return;
          const many = state.geometry.getType() === 'MultiPolygon';
          const polygons = (many ? coordinates : [coordinates]) as unknown as PixelRings[];
          for (const rings of polygons) this.#paint(state.context, rings, id, state.pixelRatio);
        },
      }),
    });
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.layer.changed();
  }

  /** Replaces the fences; those unchanged keep their features. */
  setFences(fences: readonly Fence[]): void {
    const kept = new Map<string, Known>();
    for (const fence of fences) {
      const before = this.#known.get(fence.id);
      if (before?.fence === fence) {
        kept.set(fence.id, before);
        continue;
      }
      if (before !== undefined) this.#source.removeFeature(before.feature);
      const shape = shapeOfFence(fence);
      const feature = new Feature({ geometry: geometryOf(shape), fence: fence.id });
      this.#source.addFeature(feature);
      const area = polygonsOf(shape).reduce((sum, [outer = []]) => sum + areaM2(outer), 0);
      kept.set(fence.id, { fence, shape, box: boxOfShape(shape), areaM2: area, feature });
    }
    for (const [id, { feature }] of this.#known) {
      if (!kept.has(id)) this.#source.removeFeature(feature);
    }
    this.#known = kept;
    this.layer.changed();
  }

  /** The worst open alarm of each fence by id. */
  setAlarms(alarms: ReadonlyMap<string, FenceAlarm>): void {
    this.#alarms = alarms;
    this.#reorder();
  }

  /** @param draft the fence whose former outline lies dotted beneath its draft */
  setChosen(selected: string | null, draft: string | null): void {
    if (selected === this.#selected && draft === this.#draft) return;
    this.#selected = selected;
    this.#draft = draft;
    this.#reorder();
  }

  /** The smallest fence that holds a place, or null. */
  at(lon: number, lat: number): string | null {
    let best: Known | null = null;
    for (const known of this.#known.values()) {
      const [w, s, e, n] = known.box;
      if (lon < w || lon > e || lat < s || lat > n) continue;
      if ((best === null || known.areaM2 < best.areaM2) && holds(known.shape, lon, lat)) {
        best = known;
      }
    }
    return best?.fence.id ?? null;
  }

  /** [west, south, east, north] of a fence, degrees; null when it is not on the map. */
  boxOf(id: string): readonly [number, number, number, number] | null {
    return this.#known.get(id)?.box ?? null;
  }

  /** Names for the view: inside the upper left corner of large fences, to the right of small ones. */
  labels(view: View): FixedLabel[] {
    if (!this.layer.getVisible()) return [];
    const labels: FixedLabel[] = [];
    for (const { fence, shape, box } of this.#known.values()) {
      if (fence.id === this.#draft) continue;
      const left = pixelX(view, toX(box[0]));
      const right = pixelX(view, toX(box[2]));
      const top = pixelY(view, toY(box[3]));
      const bottom = pixelY(view, toY(box[1]));
      if (right < 0 || bottom < 0 || left > view.width || top > view.height) continue;
      if (right - left < NAMED_FROM_PX) continue;
      const loud = this.#alarms.get(fence.id)?.waiting === true || fence.id === this.#selected;
      const text = fence.properties.name;
      if (right - left < NAMED_INSIDE_PX || shape.geometry.type === 'Point') {
        labels.push({ text, x: right + 6, y: (top + bottom) / 2, loud });
      } else {
        const [x, y] = upperLeft(shape, view);
        labels.push({ text, x: x + 10, y: y + 16, loud });
      }
    }
    return labels;
  }

  #rank(id: unknown): number {
    if (typeof id !== 'string') return 0;
    if (id === this.#draft) return -1;
    if (this.#alarms.has(id)) return 2;
    return id === this.#selected ? 3 : 0;
  }

  #reorder(): void {
    // The order is decided when features are built, which only a change of the source starts anew.
    this.#source.changed();
  }

  #paint(g: CanvasRenderingContext2D, rings: PixelRings, id: string, pixelRatio: number): void {
    const known = this.#known.get(id);
    if (known === undefined || this.#palette === null) return;
    if (id === this.#draft) {
      paintFormer(g, rings, this.#palette, pixelRatio);
      return;
    }
    const { kind } = known.fence.properties;
    const look = fenceLook(kind, this.#alarms.get(id) ?? null, id === this.#selected);
    paintFence(g, rings, look, this.#palette, pixelRatio);
  }
}

/** The corner nearest the upper left of the shape's box, CSS px. */
const upperLeft = (shape: FenceShape, view: View): [number, number] => {
  let best: [number, number] = [0, 0];
  let least = Infinity;
  for (const [outer = []] of polygonsOf(shape)) {
    for (const [lon = 0, lat = 0] of outer) {
      const x = pixelX(view, toX(lon));
      const y = pixelY(view, toY(lat));
      if (x + y < least) {
        least = x + y;
        best = [x, y];
      }
    }
  }
  return best;
};
