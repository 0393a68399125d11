import type { BaseMap, Fence, FenceGeometry, TrackPosition } from '@xunji/gateway/wire';
import type { AlarmBook } from '../live/alarm-book.ts';
import type { Fleet } from '../live/fleet.ts';

/** What the map reads by itself, outside React. */
export interface MapSources {
  readonly fleet: Fleet;
  readonly alarms: AlarmBook;
  /** The server's clock as this page knows it, ms UTC. */
  readonly now: () => number;
  /** The past of a device, oldest first, for the trail of the selected one; a failure leaves the trail to live rows. */
  readonly loadTrack?:
    | ((
        key: string,
        fromMs: number,
        toMs: number,
        signal: AbortSignal,
      ) => Promise<readonly TrackPosition[]>)
    | undefined;
}

export type FenceShapeKind = 'polygon' | 'circle';

/** An outline as the wire has it; `radiusM` is set exactly for a Point. */
export interface FenceShape {
  readonly geometry: FenceGeometry;
  readonly radiusM?: number | undefined;
}

/** A fence in the editor. Only a Polygon's outer ring and a circle have handles. */
export interface FenceDraft extends FenceShape {
  /** The saved fence it will replace: drawn dotted beneath it. Null for a new one. */
  readonly id: string | null;
  /** Hysteresis on both sides of the outline, m. */
  readonly bufferM: number;
  /** Distance outside that still counts as on post, m; null where the profile has none. */
  readonly blindRingM: number | null;
  /** The vertex marked as chosen: index into the outer ring. */
  readonly vertex: number | null;
}

/** What the map shows; whoever owns it replaces parts of it. */
export interface MapScene {
  /** Null: the built-in one alone. */
  readonly baseMap: BaseMap | null;
  readonly fences: readonly Fence[];
  readonly showFences: boolean;
  readonly showLabels: boolean;
  /** Device key, see `keyOf`. */
  readonly selected: string | null;
  /** Whether the selected device is kept within the inner 60 % of the view. */
  readonly follow: boolean;
  readonly selectedFence: string | null;
  readonly draft: FenceDraft | null;
  /** While set, clicks set points of a new outline instead of picking. */
  readonly drawing: FenceShapeKind | null;
}

/** The map before anybody said what to show. */
export const emptyScene: MapScene = {
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
  /** [lon, lat], degrees. */
  readonly center: readonly [number, number];
  readonly zoom: number;
}

/** How the map lies, told at most each 300 ms. */
export interface MapViewport {
  /** [lon, lat] of the centre, degrees. */
  readonly center: readonly [number, number];
  readonly zoom: number;
  /** [west, south, east, north], degrees: exactly what is seen. */
  readonly bbox: readonly [number, number, number, number];
  /** The same, 20 % wider and within the legal ranges: for the `map` subscription. */
  readonly wideBox: readonly [number, number, number, number];
}

export type BaseMapState = 'loading' | 'ready' | 'failed';

/** How much a device is drawn with: 3,000 sprites, above that dots. */
export type Lod = 'sprites' | 'dots';

/** What stands on the map, once a second. */
export interface MapSummary {
  /** Devices drawn within the view. */
  readonly drawn: number;
  /** Of those, devices with an open alarm. */
  readonly alarms: number;
  readonly lod: Lod;
  readonly zoom: number;
}

/** Several devices under one click, nearest first. */
export interface Overlap {
  readonly keys: readonly string[];
  /** CSS pixels from the map's left top corner. */
  readonly pixel: readonly [number, number];
}

/** What the map tells. */
export interface MapEvents {
  /** A device was clicked or chosen by key; null for a click on nothing. */
  readonly onPick: (key: string | null) => void;
  /** Several lie under the click; the map's own chooser answers this one. */
  readonly onOverlap: (overlap: Overlap | null) => void;
  /** The keyboard stands on that device, or on none. */
  readonly onFocus: (key: string | null) => void;
  /** A click on no device lay within that fence; told after `onPick(null)`. */
  readonly onPickFence: (id: string) => void;
  readonly onView: (view: MapViewport) => void;
  /** Following ended because the user moved the map. */
  readonly onFollowEnd: () => void;
  /** The draft's outline as changed by a handle, or the outline just drawn. */
  readonly onShape: (shape: FenceShape) => void;
  /** A vertex was chosen, or none. */
  readonly onVertex: (index: number | null) => void;
  /** Drawing is over: `true` after its outline was told, `false` when cancelled. */
  readonly onDrawEnd: (finished: boolean) => void;
  readonly onBaseMap: (state: BaseMapState) => void;
}
