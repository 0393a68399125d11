import {
  type BoundingBox,
  M_PER_DEGREE,
  metresPerLongitude,
  type Shape,
  signedDistanceM,
} from './geometry.ts';

/** What the grid holds: an outline and how far around it positions still concern it. */
export interface Placed {
  readonly shape: Shape;
  readonly reachM: number;
}

/** What is known of all positions in one cell. Everything not listed is farther away than its reach. */
export interface Cell<T> {
  /** The whole cell lies inside these: no test needed. */
  readonly covers: T[];
  /** The outline, enlarged by its reach, passes through the cell: test exactly. */
  readonly edges: T[];
}

/** Side of the smallest cells in degrees, about 220 m. */
const FINEST_DEGREES = 0.002;
/** Each level's cells are this much larger. */
const LEVEL_FACTOR = 4;
const LEVELS = 9;
/** A fence goes to the finest level on which it spans no more cells than this in either direction. */
const MAX_SPAN = 16;
const COLUMNS = 2 ** 20;

/**
 * Index over fences of any size: a few grids of growing cells, each fence in one of them. Asking costs one look-up a
 * level in use; adding and removing a fence touches its own cells only (at most 17 x 17).
 */
export class Grid<T extends Placed> {
  readonly #levels: (Map<number, Cell<T>> | undefined)[] = [];
  readonly #places = new Map<T, { level: number; keys: number[] }>();

  /** Every fence that may concern a position there is in one of the returned cells. `into` is emptied and reused. */
  at(latitude: number, longitude: number, into: Cell<T>[]): Cell<T>[] {
    into.length = 0;
    let size = FINEST_DEGREES;
    for (let level = 0; level < this.#levels.length; level++, size *= LEVEL_FACTOR) {
      const cells = this.#levels[level];
      if (cells === undefined) continue;
      const cell = cells.get(keyOf(row(latitude, size), column(longitude, size)));
      if (cell !== undefined) into.push(cell);
    }
    return into;
  }

  add(fence: T): void {
    const box = enlarged(fence.shape.box, fence.reachM);
    let level = 0;
    let size = FINEST_DEGREES;
    while (
      level < LEVELS - 1 &&
      (column(box.east, size) - column(box.west, size) >= MAX_SPAN ||
        row(box.north, size) - row(box.south, size) >= MAX_SPAN)
    ) {
      level++;
      size *= LEVEL_FACTOR;
    }
    while (this.#levels.length <= level) this.#levels.push(undefined);
    const cells = this.#levels[level] ?? new Map<number, Cell<T>>();
    this.#levels[level] = cells;
    const keys: number[] = [];
    for (let r = row(box.south, size); r <= row(box.north, size); r++) {
      for (let c = column(box.west, size); c <= column(box.east, size); c++) {
        const relation = relate(fence, r * size - 90, c * size - 180, size);
        if (relation === 'apart') continue;
        const key = keyOf(r, c);
        let cell = cells.get(key);
        if (cell === undefined) {
          cell = { covers: [], edges: [] };
          cells.set(key, cell);
        }
        cell[relation].push(fence);
        keys.push(key);
      }
    }
    this.#places.set(fence, { level, keys });
  }

  remove(fence: T): void {
    const place = this.#places.get(fence);
    const cells = place && this.#levels[place.level];
    if (place === undefined || cells === undefined) return;
    this.#places.delete(fence);
    for (const key of place.keys) {
      const cell = cells.get(key);
      if (cell === undefined) continue;
      drop(cell.covers, fence);
      drop(cell.edges, fence);
      if (cell.covers.length === 0 && cell.edges.length === 0) cells.delete(key);
    }
    if (cells.size === 0) this.#levels[place.level] = undefined;
  }
}

const row = (latitude: number, size: number): number => Math.floor((latitude + 90) / size);
const column = (longitude: number, size: number): number => Math.floor((longitude + 180) / size);
const keyOf = (r: number, c: number): number => r * COLUMNS + c;

function drop<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}

function enlarged(box: BoundingBox, byM: number): BoundingBox {
  // A little more than asked, so that rounding never cuts a cell off.
  const dLat = (byM * 1.01 + 1) / M_PER_DEGREE;
  const nearest = Math.min(89, Math.max(Math.abs(box.south), Math.abs(box.north)) + dLat);
  const dLon = (byM * 1.01 + 1) / metresPerLongitude(nearest);
  return {
    west: Math.max(-180, box.west - dLon),
    south: Math.max(-90, box.south - dLat),
    east: Math.min(180, box.east + dLon),
    north: Math.min(90, box.north + dLat),
  };
}

/**
 * Places a whole cell by the distance of its centre: no point of it is farther from the centre than half a diagonal.
 * The scale of longitude differs within the cell, so the bound is taken down by the smallest ratio.
 */
function relate(
  fence: Placed,
  south: number,
  west: number,
  size: number,
): 'covers' | 'edges' | 'apart' {
  const latitude = south + size / 2;
  const outer = Math.max(Math.abs(south), Math.abs(south + size));
  const inner =
    south <= 0 && south + size >= 0 ? 0 : Math.min(Math.abs(south), Math.abs(south + size));
  const centre = Math.max(metresPerLongitude(latitude), 1);
  const halfDiagonal =
    Math.hypot(M_PER_DEGREE, fence.shape.kind === 'circle' ? metresPerLongitude(inner) : centre) *
    (size / 2) *
    1.001;
  const d = signedDistanceM(fence.shape, latitude, west + size / 2);
  if (d < -halfDiagonal) return 'covers';
  const ratio = Math.min(1, Math.max(0, metresPerLongitude(Math.min(90, outer))) / centre) * 0.99;
  return ratio * (d - halfDiagonal) > fence.reachM ? 'apart' : 'edges';
}
