import type { Road } from './city.ts';
import { courseDeg, distanceM, distanceToSegmentM, type Line, type Point } from './geo.ts';

/** A stretch of road between two junctions, directed. */
export interface Edge {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly class: 0 | 1 | 2;
  readonly name: string;
  readonly points: Line;
  readonly lengthM: number;
  /** Courses at its two ends. */
  readonly startDeg: number;
  readonly endDeg: number;
}
export interface RoadGraph {
  readonly nodes: readonly Point[];
  readonly edges: readonly Edge[];
  /** Edges that leave a node, by node. */
  readonly leaving: readonly (readonly Edge[])[];
}

/** Ends closer than this to another road are joined to it. */
const snapM = 3;
/** Junctions closer than this are one. */
const mergeM = 4;

interface Piece {
  readonly road: number;
  readonly a: Point;
  readonly b: Point;
  /** Distance from the road's start to `a`. */
  readonly startM: number;
  readonly lengthM: number;
}

/** Joins roads where they cross or touch. Cost: near-linear in the number of road pieces. */
export function buildGraph(roads: readonly Road[]): RoadGraph {
  const drivable = roads.filter((r) => r.drivable);
  const pieces = drivable.flatMap((road, r) => piecesOf(road.points, r));
  const cuts = drivable.map((road) => {
    const last = piecesOf(road.points, 0).at(-1);
    return [0, last === undefined ? 0 : last.startM + last.lengthM];
  });
  for (const [one, other] of neighbours(pieces)) {
    for (const [p, q] of [
      [one, other],
      [other, one],
    ] as const) {
      const at = crossingM(p, q);
      if (at !== null) cuts[p.road]?.push(p.startM + at);
    }
  }

  const nodes = new Nodes();
  const edges: Edge[] = [];
  drivable.forEach((road, r) => {
    const at = [...new Set(cuts[r])].sort((a, b) => a - b);
    const merged = at.filter((m, i) => i === 0 || m - (at[i - 1] as number) > mergeM);
    for (let i = 1; i < merged.length; i++) {
      const piece = stretch(road.points, merged[i - 1] as number, merged[i] as number);
      const from = nodes.at(piece[0] as Point);
      const to = nodes.at(piece.at(-1) as Point);
      if (from === to) continue;
      // Ends lie on their junctions, so that nothing jumps from edge to edge.
      const points = [
        nodes.points[from] as Point,
        ...piece.slice(1, -1),
        nodes.points[to] as Point,
      ];
      for (const way of [points, [...points].reverse()]) {
        const [start, end] = way === points ? [from, to] : [to, from];
        edges.push({
          id: edges.length,
          from: start,
          to: end,
          class: road.class,
          name: road.name,
          points: way,
          lengthM: lineLengthM(way),
          startDeg: courseDeg(way[0] as Point, way[1] as Point),
          endDeg: courseDeg(way.at(-2) as Point, way.at(-1) as Point),
        });
      }
    }
  });
  return mainland(nodes.points, edges);
}

/** Keeps what can be reached from the best-connected part, so that nobody starts on an island. */
function mainland(nodes: readonly Point[], edges: readonly Edge[]): RoadGraph {
  const leaving: Edge[][] = nodes.map(() => []);
  for (const edge of edges) leaving[edge.from]?.push(edge);
  const part = new Int32Array(nodes.length).fill(-1);
  const sizes: number[] = [];
  for (let start = 0; start < nodes.length; start++) {
    if (part[start] !== -1) continue;
    const id = sizes.push(0) - 1;
    const open = [start];
    part[start] = id;
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      sizes[id] = (sizes[id] as number) + 1;
      for (const edge of leaving[node] ?? []) {
        if (part[edge.to] !== -1) continue;
        part[edge.to] = id;
        open.push(edge.to);
      }
    }
  }
  const largest = sizes.indexOf(Math.max(...sizes));
  const kept = edges.filter((e) => part[e.from] === largest);
  return {
    nodes,
    edges: kept,
    leaving: leaving.map((list) => list.filter((e) => part[e.from] === largest)),
  };
}

class Nodes {
  readonly points: Point[] = [];
  readonly #cells = new Map<string, number[]>();

  at(p: Point): number {
    const cx = Math.floor(p.x / 10);
    const cy = Math.floor(p.y / 10);
    for (let x = cx - 1; x <= cx + 1; x++) {
      for (let y = cy - 1; y <= cy + 1; y++) {
        for (const id of this.#cells.get(`${x},${y}`) ?? []) {
          if (distanceM(this.points[id] as Point, p) <= mergeM + snapM) return id;
        }
      }
    }
    const id = this.points.push(p) - 1;
    const key = `${cx},${cy}`;
    this.#cells.set(key, [...(this.#cells.get(key) ?? []), id]);
    return id;
  }
}

function piecesOf(points: Line, road: number): Piece[] {
  const pieces: Piece[] = [];
  let startM = 0;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1] as Point;
    const b = points[i] as Point;
    const lengthM = distanceM(a, b);
    pieces.push({ road, a, b, startM, lengthM });
    startM += lengthM;
  }
  return pieces;
}

/** Pairs of pieces of different roads that share a 150 m cell; a pair may come twice. */
function* neighbours(pieces: readonly Piece[]): Generator<readonly [Piece, Piece]> {
  const cellM = 150;
  const cells = new Map<string, Piece[]>();
  for (const piece of pieces) {
    const { a, b } = piece;
    const low = (v: number) => Math.floor((v - snapM) / cellM);
    const high = (v: number) => Math.floor((v + snapM) / cellM);
    for (let x = low(Math.min(a.x, b.x)); x <= high(Math.max(a.x, b.x)); x++) {
      for (let y = low(Math.min(a.y, b.y)); y <= high(Math.max(a.y, b.y)); y++) {
        const key = `${x},${y}`;
        const list = cells.get(key);
        if (list === undefined) cells.set(key, [piece]);
        else list.push(piece);
      }
    }
  }
  for (const list of cells.values()) {
    for (let i = 0; i < list.length; i++) {
      for (let j = i + 1; j < list.length; j++) {
        const pair = [list[i] as Piece, list[j] as Piece] as const;
        if (pair[0].road !== pair[1].road) yield pair;
      }
    }
  }
}

/** Metres along `p` at which `q` crosses it or ends on it, or null. */
function crossingM(p: Piece, q: Piece): number | null {
  for (const end of [q.a, q.b]) {
    if (distanceToSegmentM(end, p.a, p.b) <= snapM) return alongM(p, end);
  }
  const d = cross(p, q.a, q.b);
  if (Math.abs(d) < 1e-9) return null;
  const ax = q.a.x - p.a.x;
  const ay = q.a.y - p.a.y;
  const share = (ax * (q.b.y - q.a.y) - ay * (q.b.x - q.a.x)) / d;
  const other = (ax * (p.b.y - p.a.y) - ay * (p.b.x - p.a.x)) / d;
  return share >= 0 && share <= 1 && other >= 0 && other <= 1 ? share * p.lengthM : null;
}

const cross = (p: Piece, a: Point, b: Point): number =>
  (p.b.x - p.a.x) * (b.y - a.y) - (p.b.y - p.a.y) * (b.x - a.x);

const alongM = ({ a, b, lengthM }: Piece, at: Point): number =>
  Math.max(
    0,
    Math.min(
      lengthM,
      ((at.x - a.x) * (b.x - a.x) + (at.y - a.y) * (b.y - a.y)) / Math.max(lengthM, 1e-9),
    ),
  );

const lineLengthM = (points: Line): number => {
  let sum = 0;
  for (let i = 1; i < points.length; i++) {
    sum += distanceM(points[i - 1] as Point, points[i] as Point);
  }
  return sum;
};

/** The part of a line between two distances from its start. */
function stretch(points: Line, fromM: number, toM: number): Point[] {
  const part: Point[] = [pointAlong(points, fromM)];
  let walked = 0;
  for (let i = 1; i < points.length; i++) {
    walked += distanceM(points[i - 1] as Point, points[i] as Point);
    if (walked > fromM + 0.01 && walked < toM - 0.01) part.push(points[i] as Point);
  }
  part.push(pointAlong(points, toM));
  return part;
}

/** The point `m` metres along a line; its ends beyond. */
export function pointAlong(points: Line, m: number): Point {
  let left = Math.max(0, m);
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1] as Point;
    const b = points[i] as Point;
    const length = distanceM(a, b);
    if (left <= length && length > 0) {
      return { x: a.x + ((b.x - a.x) * left) / length, y: a.y + ((b.y - a.y) * left) / length };
    }
    left -= length;
  }
  return points.at(-1) as Point;
}
