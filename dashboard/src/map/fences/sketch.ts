import type { FenceGeometry } from '@xunji/gateway/wire';
import { lengthM, openRing } from '../project.ts';
import type { FenceShape, FenceShapeKind } from '../scene.ts';

export type Place = readonly [number, number];

/** Degrees are kept to six digits, a tenth of a metre. */
const round = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;
const rounded = ([lon, lat]: Place): Place => [round(lon), round(lat)];
/** Vertices a fence may have. */
export const MAX_VERTICES = 500;
const LEAST_RADIUS_M = 1;

/** An outline being drawn: the points set so far. */
export interface Sketch {
  readonly kind: FenceShapeKind;
  readonly points: readonly Place[];
}

/** Nothing drawn yet. */
export const startSketch = (kind: FenceShapeKind): Sketch => ({ kind, points: [] });

/** Sets one more point; a circle takes two, its centre and one on its edge. */
export const addPoint = (sketch: Sketch, place: Place): Sketch =>
  sketch.points.length >= (sketch.kind === 'circle' ? 2 : MAX_VERTICES)
    ? sketch
    : { ...sketch, points: [...sketch.points, rounded(place)] };

/** Takes the last point back. */
export const undoPoint = (sketch: Sketch): Sketch => ({
  ...sketch,
  points: sketch.points.slice(0, -1),
});

const polygon = (points: readonly Place[]): FenceGeometry => {
  const ring = points.map((p) => [...p]);
  const first = ring[0];
  return { type: 'Polygon', coordinates: [first === undefined ? ring : [...ring, [...first]]] };
};

/** The shape of the points set so far and one under the pointer; null while they do not make one. */
export const shapeOfSketch = (sketch: Sketch, pointer: Place | null): FenceShape | null => {
  const points = pointer === null ? sketch.points : [...sketch.points, rounded(pointer)];
  const [centre, edge] = points;
  if (sketch.kind === 'circle') {
    if (centre === undefined || edge === undefined) return null;
    const radiusM = Math.round(lengthM(centre, edge));
    if (radiusM < LEAST_RADIUS_M) return null;
    return { geometry: { type: 'Point', coordinates: [...centre] }, radiusM };
  }
  return points.length < 3 ? null : { geometry: polygon(points) };
};

/** What of a shape can be dragged. */
export type Handle =
  | { readonly kind: 'vertex'; readonly index: number; readonly at: Place }
  /** Between vertex `index` and the next: dragging it makes a vertex. */
  | { readonly kind: 'middle'; readonly index: number; readonly at: Place }
  | { readonly kind: 'centre'; readonly at: Place }
  | { readonly kind: 'edge'; readonly at: Place };

/** The outer ring of a polygon without its closing repeat; null for other shapes. */
export const verticesOf = (shape: FenceShape): Place[] | null =>
  shape.geometry.type === 'Polygon'
    ? openRing(shape.geometry.coordinates[0] ?? []).map(([lon = 0, lat = 0]) => [lon, lat] as const)
    : null;

/** The handles of a shape, vertices before middles; a shape of several polygons has none. */
export const handlesOf = (shape: FenceShape): Handle[] => {
  const vertices = verticesOf(shape);
  if (vertices !== null) {
    return [
      ...vertices.map((at, index): Handle => ({ kind: 'vertex', index, at })),
      ...vertices.map((a, index): Handle => {
        const b = vertices[(index + 1) % vertices.length] ?? a;
        return { kind: 'middle', index, at: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] };
      }),
    ];
  }
  if (shape.geometry.type !== 'Point') return [];
  const [lon = 0, lat = 0] = shape.geometry.coordinates;
  const east = lon + (shape.radiusM ?? 0) / lengthM([lon - 0.5, lat], [lon + 0.5, lat]);
  return [
    { kind: 'centre', at: [lon, lat] },
    { kind: 'edge', at: [east, lat] },
  ];
};

const withRing = (shape: FenceShape, ring: readonly Place[]): FenceShape => {
  const outer = polygon(ring);
  const holes = shape.geometry.type === 'Polygon' ? shape.geometry.coordinates.slice(1) : [];
  return outer.type === 'Polygon'
    ? { geometry: { ...outer, coordinates: [...outer.coordinates, ...holes] } }
    : shape;
};

/** The shape with a handle moved; a middle becomes a vertex behind its index. */
export const moveHandle = (shape: FenceShape, handle: Handle, to: Place): FenceShape => {
  const place = rounded(to);
  if (shape.geometry.type === 'Point') {
    const centre = shape.geometry.coordinates;
    if (handle.kind === 'centre') {
      return { ...shape, geometry: { type: 'Point', coordinates: [...place] } };
    }
    return { ...shape, radiusM: Math.max(LEAST_RADIUS_M, Math.round(lengthM(centre, place))) };
  }
  const vertices = verticesOf(shape);
  if (vertices === null) return shape;
  if (handle.kind === 'vertex') return withRing(shape, vertices.with(handle.index, place));
  if (handle.kind === 'middle' && vertices.length < MAX_VERTICES) {
    return withRing(shape, vertices.toSpliced(handle.index + 1, 0, place));
  }
  return shape;
};

/** The shape without a vertex; a triangle keeps all three. */
export const removeVertex = (shape: FenceShape, index: number): FenceShape => {
  const vertices = verticesOf(shape);
  if (vertices === null || vertices.length <= 3 || vertices[index] === undefined) return shape;
  return withRing(shape, vertices.toSpliced(index, 1));
};
