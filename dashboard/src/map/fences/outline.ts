import type { Fence } from '@xunji/gateway/wire';
import MultiPolygon from 'ol/geom/MultiPolygon.js';
import Polygon from 'ol/geom/Polygon.js';
import { circleRing, inRing, lengthM, R, toX, toY } from '../project.ts';
import type { FenceShape } from '../scene.ts';

type Ring = readonly (readonly number[])[];

/** Corners a circle is drawn with. */
const CIRCLE_STEPS = 96;

/** The polygons of a shape as rings of [lon, lat], outer ring first; a circle as a ring at its radius on the ground. */
export const polygonsOf = (shape: FenceShape): Ring[][] => {
  const { geometry } = shape;
  switch (geometry.type) {
    case 'Polygon':
      return [geometry.coordinates];
    case 'MultiPolygon':
      return geometry.coordinates;
    case 'Point': {
      const [lon = 0, lat = 0] = geometry.coordinates;
      return [[circleRing(lon, lat, shape.radiusM ?? 0, CIRCLE_STEPS)]];
    }
  }
};

/** The shape of a fence as the wire has it. */
export const shapeOfFence = (fence: Fence): FenceShape => ({
  geometry: fence.geometry,
  radiusM: fence.properties.radiusM,
});

const project = (ring: Ring): number[][] => ring.map(([lon = 0, lat = 0]) => [toX(lon), toY(lat)]);

/** The shape in EPSG:3857 for a vector layer. */
export const geometryOf = (shape: FenceShape): Polygon | MultiPolygon => {
  const polygons = polygonsOf(shape).map((rings) => rings.map(project));
  const [only] = polygons;
  return polygons.length === 1 && only !== undefined
    ? new Polygon(only)
    : new MultiPolygon(polygons);
};

/** Whether the shape holds a place; holes are outside. */
export const holds = (shape: FenceShape, lon: number, lat: number): boolean => {
  if (shape.geometry.type === 'Point') {
    return lengthM(shape.geometry.coordinates, [lon, lat]) <= (shape.radiusM ?? 0);
  }
  return polygonsOf(shape).some(
    ([outer, ...holes]) =>
      outer !== undefined && inRing(outer, lon, lat) && !holes.some((h) => inRing(h, lon, lat)),
  );
};

/** [west, south, east, north] of a shape, degrees. */
export const boxOfShape = (shape: FenceShape): [number, number, number, number] => {
  const box: [number, number, number, number] = [180, 90, -180, -90];
  for (const [outer = []] of polygonsOf(shape)) {
    for (const [lon = 0, lat = 0] of outer) {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    }
  }
  return box;
};

/** EPSG:3857 metres that a metre on the ground takes at a projected y. */
export const stretchAt = (y: number): number => Math.cosh(y / R);
