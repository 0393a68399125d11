/** Why an outline cannot be a fence; `path` below `geometry`. */
export interface GeometryFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Most corners of one fence, over all its rings. */
export const MAX_VERTICES = 500;

type Position = readonly [number, number];
type Ring = readonly Position[];

/**
 * What a schema cannot say of polygons: closed rings with at least three corners and some area, none crossing or
 * touching itself or another of its polygon, holes inside, not over the antimeridian. Quadratic in the corners, which
 * are at most 500.
 * @param polygons rings of [longitude, latitude] in degrees, bounds already checked
 * @param pathOf from a polygon's index to its place below `geometry`
 */
export function polygonFaults(
  polygons: readonly (readonly Ring[])[],
  pathOf: (polygon: number) => (string | number)[],
): GeometryFault[] {
  const corners = polygons.flat().reduce((sum, ring) => sum + Math.max(0, ring.length - 1), 0);
  if (corners > MAX_VERTICES) {
    return [
      { path: pathOf(0), message: `${corners} corners, at most ${MAX_VERTICES} are allowed` },
    ];
  }
  return polygons.flatMap((rings, p) => {
    const faults = rings.flatMap((ring, r) => {
      const message = ringFault(ring);
      return message === null ? [] : [{ path: [...pathOf(p), r], message }];
    });
    if (faults.length > 0) return faults;
    const message = polygonFault(rings);
    return message === null ? [] : [{ path: pathOf(p), message }];
  });
}

function ringFault(ring: Ring): string | null {
  const [first, last] = [ring[0], ring.at(-1)];
  if (first === undefined || last === undefined || !same(first, last)) {
    return 'the ring is not closed: its last position must repeat its first';
  }
  const open = ring.slice(0, -1);
  if (new Set(open.map(([x, y]) => `${x},${y}`)).size < 3) {
    return 'a ring needs at least three different corners';
  }
  const longitudes = open.map(([x]) => x);
  if (Math.max(...longitudes) - Math.min(...longitudes) > 180) {
    return 'the outline crosses the antimeridian; draw two polygons, one on each side';
  }
  for (let i = 0; i < open.length; i++) {
    const [a, b] = [at(open, i), at(open, i + 1)];
    if (same(a, b)) return `position ${i + 1} repeats the one before it`;
    if (folds(a, b, at(open, i + 2))) {
      return `the outline folds back onto itself at position ${i + 1}`;
    }
  }
  return crossing(open);
}

/** Whether edges that are no neighbours have a point in common, in words. */
function crossing(open: Ring): string | null {
  for (let i = 0; i < open.length; i++) {
    for (let j = i + 2; j < open.length; j++) {
      const areNeighbours = i === 0 && j === open.length - 1;
      if (!areNeighbours && meet(at(open, i), at(open, i + 1), at(open, j), at(open, j + 1))) {
        return `the outline crosses or touches itself between positions ${i} and ${j}`;
      }
    }
  }
  return null;
}

function polygonFault([shell, ...holes]: readonly Ring[]): string | null {
  if (shell === undefined) return 'a polygon needs a ring';
  const rings = [shell, ...holes];
  for (let a = 0; a < rings.length; a++) {
    for (let b = a + 1; b < rings.length; b++) {
      if (ringsMeet(rings[a] as Ring, rings[b] as Ring))
        return `rings ${a} and ${b} cross or touch`;
    }
  }
  const outside = holes.findIndex((hole) => !isInside(shell, hole[0] as Position));
  if (outside >= 0) return `the hole in ring ${outside + 1} lies outside the polygon`;
  const nested = holes.some((hole, i) =>
    holes.some((other, j) => i !== j && isInside(other, hole[0] as Position)),
  );
  return nested ? 'a hole lies inside another hole' : null;
}

const at = (ring: Ring, i: number): Position => ring[i % ring.length] as Position;
const same = (a: Position, b: Position): boolean => a[0] === b[0] && a[1] === b[1];
/** Twice the signed area of the triangle. */
const turn = (a: Position, b: Position, c: Position): number =>
  (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

const folds = (a: Position, b: Position, c: Position): boolean =>
  turn(a, b, c) === 0 && (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) < 0;

/** Whether `p`, which is on the line through a and b, lies between them. */
const between = (a: Position, b: Position, p: Position): boolean =>
  Math.min(a[0], b[0]) <= p[0] &&
  p[0] <= Math.max(a[0], b[0]) &&
  Math.min(a[1], b[1]) <= p[1] &&
  p[1] <= Math.max(a[1], b[1]);

/** Whether two segments have a point in common. */
function meet(a: Position, b: Position, c: Position, d: Position): boolean {
  const abc = turn(a, b, c);
  const abd = turn(a, b, d);
  const cda = turn(c, d, a);
  const cdb = turn(c, d, b);
  if (
    abc > 0 !== abd > 0 &&
    cda > 0 !== cdb > 0 &&
    abc !== 0 &&
    abd !== 0 &&
    cda !== 0 &&
    cdb !== 0
  ) {
    return true;
  }
  return (
    (abc === 0 && between(a, b, c)) ||
    (abd === 0 && between(a, b, d)) ||
    (cda === 0 && between(c, d, a)) ||
    (cdb === 0 && between(c, d, b))
  );
}

function ringsMeet(one: Ring, other: Ring): boolean {
  for (let i = 1; i < one.length; i++) {
    for (let j = 1; j < other.length; j++) {
      const [a, b] = [one[i - 1] as Position, one[i] as Position];
      if (meet(a, b, other[j - 1] as Position, other[j] as Position)) return true;
    }
  }
  return false;
}

function isInside(ring: Ring, [x, y]: Position): boolean {
  let inside = false;
  for (let i = 1; i < ring.length; i++) {
    const [x1, y1] = ring[i - 1] as Position;
    const [x2, y2] = ring[i] as Position;
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}
