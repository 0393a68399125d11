/** Radius of the sphere of EPSG:3857, m. */
export const R = 6_378_137;
/** Mean radius for lengths and areas on the ground, m. */
const EARTH = 6_371_008.8;
const RAD = Math.PI / 180;

/** Degrees east to EPSG:3857 x, m. */
export const toX = (lon: number): number => R * lon * RAD;
/** Degrees north to EPSG:3857 y, m; beyond 85.06 degrees it stays at the edge. */
export const toY = (lat: number): number =>
  R * Math.log(Math.tan(Math.PI / 4 + (Math.max(-85.06, Math.min(85.06, lat)) * RAD) / 2));
/** EPSG:3857 x to degrees east. */
export const toLon = (x: number): number => x / R / RAD;
/** EPSG:3857 y to degrees north. */
export const toLat = (y: number): number => (2 * Math.atan(Math.exp(y / R)) - Math.PI / 2) / RAD;

/** What a painter needs to know of the view: EPSG:3857 centre, metres a pixel, size in CSS pixels. */
export interface View {
  readonly cx: number;
  readonly cy: number;
  readonly resolution: number;
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
}

/** Pixel of a projected x. */
export const pixelX = (v: View, x: number): number => (x - v.cx) / v.resolution + v.width / 2;
/** Pixel of a projected y. */
export const pixelY = (v: View, y: number): number => (v.cy - y) / v.resolution + v.height / 2;
/** Metres on the ground a pixel stands for at the view's centre. */
export const groundResolution = (v: View): number => v.resolution / Math.cosh(v.cy / R);

type Place = readonly number[];

/** Great-circle length between two [lon, lat], m. */
export const lengthM = (a: Place, b: Place): number => {
  const [lonA = 0, latA = 0] = a;
  const [lonB = 0, latB = 0] = b;
  const s1 = Math.sin(((latB - latA) * RAD) / 2);
  const s2 = Math.sin(((lonB - lonA) * RAD) / 2);
  const h = s1 * s1 + Math.cos(latA * RAD) * Math.cos(latB * RAD) * s2 * s2;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(h)));
};

/** The ring's points without a closing repeat of the first. */
export const openRing = (ring: readonly Place[]): Place[] => {
  const first = ring[0];
  const last = ring[ring.length - 1];
  const closed =
    first !== undefined &&
    last !== undefined &&
    ring.length > 1 &&
    first[0] === last[0] &&
    first[1] === last[1];
  return closed ? ring.slice(0, -1) : [...ring];
};

/** Length around a ring of [lon, lat], closed or not, m. */
export const perimeterM = (ring: readonly Place[]): number => {
  const points = openRing(ring);
  let sum = 0;
  points.forEach((p, i) => {
    sum += lengthM(p, points[(i + 1) % points.length] ?? p);
  });
  return sum;
};

/** Area of a ring of [lon, lat] on the local equirectangular plane, m2; exact enough below 100 km. */
export const areaM2 = (ring: readonly Place[]): number => {
  const points = openRing(ring);
  const mid = points.reduce((s, p) => s + (p[1] ?? 0), 0) / Math.max(1, points.length);
  const kx = EARTH * RAD * Math.cos(mid * RAD);
  const ky = EARTH * RAD;
  const x0 = points[0]?.[0] ?? 0;
  const y0 = points[0]?.[1] ?? 0;
  let twice = 0;
  points.forEach((p, i) => {
    const q = points[(i + 1) % points.length] ?? p;
    const px = ((p[0] ?? 0) - x0) * kx;
    const py = ((p[1] ?? 0) - y0) * ky;
    const qx = ((q[0] ?? 0) - x0) * kx;
    const qy = ((q[1] ?? 0) - y0) * ky;
    twice += px * qy - qx * py;
  });
  return Math.abs(twice / 2);
};

const side = (a: Place, b: Place, c: Place): number =>
  Math.sign(
    ((b[0] ?? 0) - (a[0] ?? 0)) * ((c[1] ?? 0) - (a[1] ?? 0)) -
      ((b[1] ?? 0) - (a[1] ?? 0)) * ((c[0] ?? 0) - (a[0] ?? 0)),
  );
const between = (a: Place, b: Place, p: Place): boolean =>
  Math.min(a[0] ?? 0, b[0] ?? 0) <= (p[0] ?? 0) &&
  (p[0] ?? 0) <= Math.max(a[0] ?? 0, b[0] ?? 0) &&
  Math.min(a[1] ?? 0, b[1] ?? 0) <= (p[1] ?? 0) &&
  (p[1] ?? 0) <= Math.max(a[1] ?? 0, b[1] ?? 0);
const meet = (a: Place, b: Place, c: Place, d: Place): boolean => {
  const d1 = side(a, b, c);
  const d2 = side(a, b, d);
  const d3 = side(c, d, a);
  const d4 = side(c, d, b);
  if (d1 !== d2 && d3 !== d4) return true;
  return (
    (d1 === 0 && between(a, b, c)) ||
    (d2 === 0 && between(a, b, d)) ||
    (d3 === 0 && between(c, d, a)) ||
    (d4 === 0 && between(c, d, b))
  );
};

/** Whether two edges of the ring that are not neighbours meet. Quadratic; a ring has at most 500 vertices. */
export const crossesItself = (ring: readonly Place[]): boolean => {
  const p = openRing(ring);
  const n = p.length;
  if (n < 4) return false;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 2; j < n; j += 1) {
      if (i === 0 && j === n - 1) continue;
      const [a, b, c, d] = [p[i], p[(i + 1) % n], p[j], p[(j + 1) % n]];
      if (a && b && c && d && meet(a, b, c, d)) return true;
    }
  }
  return false;
};

/** Whether [lon, lat] lies inside the ring, by crossing number. */
export const inRing = (ring: readonly Place[], lon: number, lat: number): boolean => {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [xi = 0, yi = 0] = ring[i] ?? [];
    const [xj = 0, yj = 0] = ring[j] ?? [];
    if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
};

/** A ring of [lon, lat] at that many metres around a centre; used to draw circles and measure them. */
export const circleRing = (
  lon: number,
  lat: number,
  radiusM: number,
  steps = 64,
): [number, number][] => {
  const ky = EARTH * RAD;
  const kx = ky * Math.max(1e-6, Math.cos(lat * RAD));
  return Array.from({ length: steps }, (_, i) => {
    const a = (i / steps) * 2 * Math.PI;
    return [lon + (radiusM * Math.sin(a)) / kx, lat + (radiusM * Math.cos(a)) / ky];
  });
};
