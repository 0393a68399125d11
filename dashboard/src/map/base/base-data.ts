import { toX, toY } from '../project.ts';

/** Areas in painting order. */
export const areaKinds = [
  'land',
  'block',
  'industrial',
  'park',
  'river',
  'water',
  'building',
] as const;
export type AreaKind = (typeof areaKinds)[number];
/** Lines in painting order; roads from lanes (0) to main avenues (2). */
export const lineKinds = ['rail', 'road0', 'road1', 'road2'] as const;
export type LineKind = (typeof lineKinds)[number];

/** Points x, y, x, y, ... in metres of EPSG:3857 from the data's origin, y to the south. */
export type Points = Float64Array;

/** Shapes that lie near one another: painted or skipped together. */
export interface Bucket {
  /** left, top, right, bottom. */
  readonly box: [number, number, number, number];
  readonly shapes: Points[];
  /** Made when first painted. */
  path: Path2D | null;
}

export interface Street {
  readonly name: string;
  readonly kind: LineKind | 'river';
  readonly points: Points;
}
export interface PlaceName {
  readonly name: string;
  readonly kind: 'park' | 'district';
  readonly x: number;
  readonly y: number;
}

/** A GeoJSON base map sorted for painting. */
export interface BaseData {
  readonly originX: number;
  readonly originY: number;
  readonly areas: Readonly<Record<AreaKind, Bucket[]>>;
  readonly lines: Readonly<Record<LineKind, Bucket[]>>;
  readonly streets: readonly Street[];
  readonly places: readonly PlaceName[];
  /** Features of no use: unknown geometry or coordinates that are not numbers. */
  readonly skipped: number;
}

/** Shapes wider than this stand alone; smaller ones share the bucket of their square, m. */
const CELL_M = 1200;

type Position = readonly [number, number];

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null;
const isPosition = (v: unknown): v is Position =>
  Array.isArray(v) && Number.isFinite(v[0]) && Number.isFinite(v[1]);
const isLine = (v: unknown): v is readonly Position[] =>
  Array.isArray(v) && v.length > 1 && v.every(isPosition);

/** Rings, lines and points of a geometry, whatever its type; null if any of it is damaged. */
const partsOf = (
  geometry: unknown,
): {
  rings: (readonly Position[])[][];
  lines: (readonly Position[])[];
  points: Position[];
} | null => {
  const parts = {
    rings: [] as (readonly Position[])[][],
    lines: [] as (readonly Position[])[],
    points: [] as Position[],
  };
  const rings = (v: unknown): boolean => {
    if (!Array.isArray(v) || !v.every(isLine)) return false;
    parts.rings.push(v);
    return true;
  };
  const line = (v: unknown): boolean => {
    if (!isLine(v)) return false;
    parts.lines.push(v);
    return true;
  };
  const point = (v: unknown): boolean => {
    if (!isPosition(v)) return false;
    parts.points.push(v);
    return true;
  };
  const take = (g: unknown): boolean => {
    if (!isRecord(g)) return false;
    const at = g['coordinates'];
    const each = (run: (v: unknown) => boolean): boolean => Array.isArray(at) && at.every(run);
    switch (g['type']) {
      case 'Polygon':
        return rings(at);
      case 'MultiPolygon':
        return each(rings);
      case 'LineString':
        return line(at);
      case 'MultiLineString':
        return each(line);
      case 'Point':
        return point(at);
      case 'MultiPoint':
        return each(point);
      case 'GeometryCollection':
        return Array.isArray(g['geometries']) && g['geometries'].every(take);
      default:
        return false;
    }
  };
  return take(geometry) ? parts : null;
};

const boxOf = (points: Points): [number, number, number, number] => {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i] ?? 0;
    const y = points[i + 1] ?? 0;
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
};

class Buckets {
  readonly list: Bucket[] = [];
  #cells = new Map<string, Bucket>();

  /** Adds one shape of one or more rings. */
  add(shapes: readonly Points[]): void {
    const outer = shapes[0];
    if (outer === undefined) return;
    const box = boxOf(outer);
    if (Math.max(box[2] - box[0], box[3] - box[1]) > CELL_M) {
      this.list.push({ box, shapes: [...shapes], path: null });
      return;
    }
    const key = `${Math.floor((box[0] + box[2]) / 2 / CELL_M)}:${Math.floor((box[1] + box[3]) / 2 / CELL_M)}`;
    const cell = this.#cells.get(key);
    if (cell === undefined) {
      const made: Bucket = { box, shapes: [...shapes], path: null };
      this.#cells.set(key, made);
      this.list.push(made);
      return;
    }
    cell.shapes.push(...shapes);
    cell.box[0] = Math.min(cell.box[0], box[0]);
    cell.box[1] = Math.min(cell.box[1], box[1]);
    cell.box[2] = Math.max(cell.box[2], box[2]);
    cell.box[3] = Math.max(cell.box[3], box[3]);
  }
}

const isAreaKind = (v: unknown): v is AreaKind => (areaKinds as readonly unknown[]).includes(v);

/** The line halfway between the banks of a ring that runs down one bank and back along the other. */
export const midline = (ring: Points): Points => {
  const closed = ring[0] === ring[ring.length - 2] && ring[1] === ring[ring.length - 1];
  const n = ring.length / 2 - (closed ? 1 : 0);
  const half = Math.floor(n / 2);
  const mid = new Float64Array(half * 2);
  for (let i = 0; i < half; i += 1) {
    const j = n - 1 - i;
    mid[2 * i] = ((ring[2 * i] ?? 0) + (ring[2 * j] ?? 0)) / 2;
    mid[2 * i + 1] = ((ring[2 * i + 1] ?? 0) + (ring[2 * j + 1] ?? 0)) / 2;
  }
  return mid;
};

/**
 * Sorts a GeoJSON FeatureCollection in WGS-84 for painting. `properties.kind` says what a feature is (and
 * `class` 0 to 2 how wide a road is); one without a known kind is painted as block, lane or district name.
 * Damaged features are skipped and counted; null when nothing can be painted.
 */
export const sortFeatures = (collection: unknown): BaseData | null => {
  const features =
    isRecord(collection) && Array.isArray(collection['features']) ? collection['features'] : [];
  let origin: { x: number; y: number } | null = null;
  const project = (line: readonly Position[]): Points => {
    origin ??= { x: toX(line[0]?.[0] ?? 0), y: toY(line[0]?.[1] ?? 0) };
    const points = new Float64Array(line.length * 2);
    line.forEach(([lon, lat], i) => {
      points[2 * i] = toX(lon) - (origin?.x ?? 0);
      points[2 * i + 1] = (origin?.y ?? 0) - toY(lat);
    });
    return points;
  };
  const make = <K extends string>(kinds: readonly K[]): Record<K, Buckets> =>
    Object.fromEntries(kinds.map((k) => [k, new Buckets()])) as Record<K, Buckets>;
  const areas = make(areaKinds);
  const lines = make(lineKinds);
  const streets: Street[] = [];
  const places: PlaceName[] = [];
  let skipped = 0;

  for (const feature of features) {
    const parts = isRecord(feature) ? partsOf(feature['geometry']) : null;
    if (parts === null) {
      skipped += 1;
      continue;
    }
    const properties = isRecord(feature) ? feature['properties'] : null;
    const { kind, class: width, name } = isRecord(properties) ? properties : {};
    const text = typeof name === 'string' ? name : '';
    for (const rings of parts.rings) {
      const area = isAreaKind(kind) ? kind : 'block';
      const projected = rings.map(project);
      areas[area].add(projected);
      const outer = projected[0];
      if (text === '' || outer === undefined) continue;
      if (area === 'river') streets.push({ name: text, kind: 'river', points: midline(outer) });
      if (area === 'park') {
        const [left, top, right, bottom] = boxOf(outer);
        places.push({ name: text, kind: 'park', x: (left + right) / 2, y: (top + bottom) / 2 });
      }
    }
    for (const line of parts.lines) {
      const road: LineKind =
        kind === 'rail' ? 'rail' : width === 2 ? 'road2' : width === 1 ? 'road1' : 'road0';
      const points = project(line);
      lines[road].add([points]);
      if (text !== '') streets.push({ name: text, kind: road, points });
    }
    for (const point of parts.points) {
      const [x = 0, y = 0] = project([point]);
      if (text !== '') places.push({ name: text, kind: 'district', x, y });
    }
  }
  if (origin === null) return null;
  const { x: originX, y: originY } = origin as { x: number; y: number };
  const lists = <K extends string>(all: Record<K, Buckets>, kinds: readonly K[]) =>
    Object.fromEntries(kinds.map((k) => [k, all[k].list])) as Record<K, Bucket[]>;
  return {
    originX,
    originY,
    areas: lists(areas, areaKinds),
    lines: lists(lines, lineKinds),
    streets,
    places,
    skipped,
  };
};
