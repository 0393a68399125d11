/** Metres on the city's plane: x east, y north of `origin`. */
export interface Point {
  readonly x: number;
  readonly y: number;
}
/** A closed outline without the repeated first point. */
export type Ring = readonly Point[];
export type Line = readonly Point[];

/** WGS-84 degrees of the plane's zero point. */
export const origin = { latitude: 31.23, longitude: 121.47 } as const;

const phi = (origin.latitude * Math.PI) / 180;
/** Length of a degree at `origin` on the WGS-84 ellipsoid, series to 1 cm. */
const metresPerDegree = {
  latitude: 111132.92 - 559.82 * Math.cos(2 * phi) + 1.175 * Math.cos(4 * phi),
  longitude: 111412.84 * Math.cos(phi) - 93.5 * Math.cos(3 * phi),
};

export const toDegrees = (p: Point): { latitude: number; longitude: number } => ({
  latitude: origin.latitude + p.y / metresPerDegree.latitude,
  longitude: origin.longitude + p.x / metresPerDegree.longitude,
});

export const toPlane = (latitude: number, longitude: number): Point => ({
  x: (longitude - origin.longitude) * metresPerDegree.longitude,
  y: (latitude - origin.latitude) * metresPerDegree.latitude,
});

export const distanceM = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The point `share` of the way from a to b. */
export const between = (a: Point, b: Point, share: number): Point => ({
  x: a.x + (b.x - a.x) * share,
  y: a.y + (b.y - a.y) * share,
});

/** Compass course from a to b, degrees in [0, 360). */
export const courseDeg = (a: Point, b: Point): number => {
  const degrees = (Math.atan2(b.x - a.x, b.y - a.y) * 180) / Math.PI;
  return degrees < 0 ? degrees + 360 : degrees;
};

/** Smallest angle between two courses, 0-180. */
export const turnDeg = (from: number, to: number): number => {
  const difference = Math.abs(from - to) % 360;
  return difference > 180 ? 360 - difference : difference;
};

export function distanceToSegmentM(p: Point, a: Point, b: Point): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const squared = dx * dx + dy * dy;
  const share =
    squared === 0 ? 0 : Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / squared));
  return distanceM(p, { x: a.x + dx * share, y: a.y + dy * share });
}

/** The consecutive pairs of a line; of a ring with `closed`. */
export function* segments(points: Line, closed = false): Generator<readonly [Point, Point]> {
  for (let i = 1; i < points.length; i++) yield [points[i - 1] as Point, points[i] as Point];
  if (closed && points.length > 1) yield [points.at(-1) as Point, points[0] as Point];
}

/** Metres to the outline, negative inside. */
export function signedDistanceM(p: Point, ring: Ring): number {
  let inside = false;
  let nearest = Number.POSITIVE_INFINITY;
  for (const [a, b] of segments(ring, true)) {
    if (b.y > p.y !== a.y > p.y && p.x < ((a.x - b.x) * (p.y - b.y)) / (a.y - b.y) + b.x) {
      inside = !inside;
    }
    nearest = Math.min(nearest, distanceToSegmentM(p, a, b));
  }
  return inside ? -nearest : nearest;
}

export const centreOf = (ring: Ring): Point => ({
  x: ring.reduce((sum, p) => sum + p.x, 0) / ring.length,
  y: ring.reduce((sum, p) => sum + p.y, 0) / ring.length,
});

export const lengthM = (line: Line): number => {
  let sum = 0;
  for (const [a, b] of segments(line)) sum += distanceM(a, b);
  return sum;
};

/** GeoJSON ring of an outline: closed, counter-clockwise, [longitude, latitude]. @see RFC 7946, section 3.1.6 */
export function geoRing(outline: Ring, decimals = 6): [number, number][] {
  let doubled = 0;
  outline.forEach((p, i) => {
    const next = outline[(i + 1) % outline.length] as Point;
    doubled += p.x * next.y - next.x * p.y;
  });
  const turned = doubled < 0 ? [...outline].reverse() : outline;
  return [...turned, turned[0] as Point].map((p) => geoPoint(p, decimals));
}

/** @param decimals 6 are 0.1 m, 5 are 1 m */
export function geoPoint(p: Point, decimals = 6): [number, number] {
  const { latitude, longitude } = toDegrees(p);
  const scale = 10 ** decimals;
  return [Math.round(longitude * scale) / scale, Math.round(latitude * scale) / scale];
}
