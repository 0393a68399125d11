import type { FenceGeometry } from '../wire.ts';

/** Metres of one degree of latitude on the mean sphere (radius 6 371 008.8 m). */
export const M_PER_DEGREE = 111_195.08;
const RAD = Math.PI / 180;

/** Degrees, WGS-84. */
export interface BoundingBox {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

export interface Circle {
  readonly kind: 'circle';
  readonly latitude: number;
  readonly longitude: number;
  readonly radiusM: number;
  readonly box: BoundingBox;
}
export interface Area {
  readonly kind: 'area';
  /** One entry a polygon: the edges of all its rings, four numbers each: lon, lat, lon, lat in degrees. */
  readonly polygons: readonly Float64Array[];
  readonly box: BoundingBox;
}
/** A fence's outline made ready for many questions. */
export type Shape = Circle | Area;

/** Metres of one degree of longitude at a latitude in degrees. */
export const metresPerLongitude = (latitude: number): number =>
  M_PER_DEGREE * Math.cos(latitude * RAD);

/**
 * Makes a validated geometry ready.
 * @param radiusM the circle's radius; only read for a Point
 */
export function shapeOf(geometry: FenceGeometry, radiusM: number | undefined): Shape {
  if (geometry.type === 'Point') {
    const [longitude = 0, latitude = 0] = geometry.coordinates;
    const radius = radiusM ?? 0;
    const dLat = radius / M_PER_DEGREE;
    // Widest where the circle is nearest to a pole.
    const dLon = radius / metresPerLongitude(Math.min(89.9, Math.abs(latitude) + dLat));
    return {
      kind: 'circle',
      latitude,
      longitude,
      radiusM: radius,
      box: {
        west: longitude - dLon,
        south: latitude - dLat,
        east: longitude + dLon,
        north: latitude + dLat,
      },
    };
  }
  const members = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  let west = 180;
  let south = 90;
  let east = -180;
  let north = -90;
  const polygons = members.map((rings) => {
    const edges: number[] = [];
    for (const ring of rings) {
      for (let i = 1; i < ring.length; i++) {
        const [x1 = 0, y1 = 0] = ring[i - 1] ?? [];
        const [x2 = 0, y2 = 0] = ring[i] ?? [];
        edges.push(x1, y1, x2, y2);
        west = Math.min(west, x1, x2);
        east = Math.max(east, x1, x2);
        south = Math.min(south, y1, y2);
        north = Math.max(north, y1, y2);
      }
    }
    return Float64Array.from(edges);
  });
  return { kind: 'area', polygons, box: { west, south, east, north } };
}

/**
 * Distance to the outline in metres, negative inside, 0 on it; holes are outside. In the plane that touches the
 * asked point (longitude scaled by its latitude), so exact where it matters: near the outline. Linear in the edges.
 */
export function signedDistanceM(shape: Shape, latitude: number, longitude: number): number {
  if (shape.kind === 'circle') {
    const kx = metresPerLongitude((latitude + shape.latitude) / 2);
    const dx = (longitude - shape.longitude) * kx;
    const dy = (latitude - shape.latitude) * M_PER_DEGREE;
    return Math.sqrt(dx * dx + dy * dy) - shape.radiusM;
  }
  const kx = metresPerLongitude(latitude);
  let best = Number.POSITIVE_INFINITY;
  for (const edges of shape.polygons) {
    const d = polygonDistanceM(edges, latitude, longitude, kx);
    if (d < best) best = d;
  }
  return best;
}

function polygonDistanceM(
  edges: Float64Array,
  latitude: number,
  longitude: number,
  kx: number,
): number {
  let inside = false;
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < edges.length; i += 4) {
    // The asked point is the origin.
    const x1 = ((edges[i] as number) - longitude) * kx;
    const y1 = ((edges[i + 1] as number) - latitude) * M_PER_DEGREE;
    const x2 = ((edges[i + 2] as number) - longitude) * kx;
    const y2 = ((edges[i + 3] as number) - latitude) * M_PER_DEGREE;
    const dx = x2 - x1;
    const dy = y2 - y1;
    // Half-open in y, so that a ray through a vertex counts it once.
    if (y1 > 0 !== y2 > 0 && x1 - (y1 * dx) / dy > 0) inside = !inside;
    const length2 = dx * dx + dy * dy;
    let t = length2 > 0 ? -(x1 * dx + y1 * dy) / length2 : 0;
    if (t < 0) t = 0;
    else if (t > 1) t = 1;
    const px = x1 + t * dx;
    const py = y1 + t * dy;
    const d2 = px * px + py * py;
    if (d2 < nearest) nearest = d2;
  }
  const d = Math.sqrt(nearest);
  return inside ? -d : d;
}

/** A place in degrees. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * Where the straight way from `from` to `to` meets the outline for the last time.
 * @returns the share of the way, 0 to 1; null when it does not meet it
 */
export function lastCrossing(shape: Shape, from: Place, to: Place): number | null {
  return shape.kind === 'circle' ? circleCrossing(shape, from, to) : areaCrossing(shape, from, to);
}

function circleCrossing(circle: Circle, from: Place, to: Place): number | null {
  const kx = metresPerLongitude(circle.latitude);
  const ax = (from.longitude - circle.longitude) * kx;
  const ay = (from.latitude - circle.latitude) * M_PER_DEGREE;
  const dx = (to.longitude - from.longitude) * kx;
  const dy = (to.latitude - from.latitude) * M_PER_DEGREE;
  const a = dx * dx + dy * dy;
  const b = ax * dx + ay * dy;
  const c = ax * ax + ay * ay - circle.radiusM * circle.radiusM;
  const root = b * b - a * c;
  if (a === 0 || root < 0) return null;
  const far = (-b + Math.sqrt(root)) / a;
  const near = (-b - Math.sqrt(root)) / a;
  if (far >= 0 && far <= 1) return far;
  return near >= 0 && near <= 1 ? near : null;
}

function areaCrossing(area: Area, from: Place, to: Place): number | null {
  // Shares of a straight way do not change with the scale of the axes: degrees will do.
  const dx = to.longitude - from.longitude;
  const dy = to.latitude - from.latitude;
  let last: number | null = null;
  for (const edges of area.polygons) {
    for (let i = 0; i < edges.length; i += 4) {
      const x1 = (edges[i] as number) - from.longitude;
      const y1 = (edges[i + 1] as number) - from.latitude;
      const ex = (edges[i + 2] as number) - from.longitude - x1;
      const ey = (edges[i + 3] as number) - from.latitude - y1;
      const cross = dx * ey - dy * ex;
      if (cross === 0) continue;
      const t = (x1 * ey - y1 * ex) / cross;
      const u = (x1 * dy - y1 * dx) / cross;
      if (t >= 0 && t <= 1 && u >= 0 && u <= 1 && (last === null || t > last)) last = t;
    }
  }
  return last;
}
