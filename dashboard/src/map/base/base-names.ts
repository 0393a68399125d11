import { Boxes } from '../boxes.ts';
import type { PaintedName } from '../devices/place-names.ts';
import { fontOf, type Palette, type Token } from '../palette.ts';
import { groundResolution, pixelX, pixelY, toX, toY, type View } from '../project.ts';
import type { BaseData, Street } from './base-data.ts';
import { CITY_MAX_ZOOM, cities } from './cities.ts';

type Context = CanvasRenderingContext2D;

const SIZE = 12;
/** Names keep this far from the edge of what is painted, px. */
const MARGIN = 24;

/** How a street is named: distance between two names along it, px. */
const streetStyles: Readonly<
  Record<Street['kind'], { every: number; first: number; size: number; color: Token; gap: number }>
> = {
  river: { every: 900, first: 0.45, size: SIZE + 2, color: 'm-water-label', gap: 16 },
  road2: { every: 620, first: 0.35, size: SIZE, color: 'm-label', gap: 2 },
  road1: { every: 700, first: 0.35, size: SIZE, color: 'm-label-2', gap: 2 },
  road0: { every: 420, first: 0.35, size: SIZE - 1, color: 'm-label-2', gap: 2 },
  rail: { every: 900, first: 0.5, size: SIZE - 1, color: 'm-label-2', gap: 2 },
};
/** Loudest first, so that a lane's name yields to an avenue's. */
const streetOrder = ['river', 'road2', 'road1', 'road0', 'rail'] as const;
/** Metres a pixel above which lanes and parks are not named, below which districts are not. */
const LANES_BELOW = 5;
const PARKS_BELOW = 14;
const DISTRICTS_ABOVE = 3;
const MINOR_BELOW = 20;
/** A city's name stands this far above its dot, px. */
const CITY_LIFT = 11;

/** Whether each sign of a name may stand by itself, upright on a steep street. */
export const standsAlone = (name: string): boolean => /^[\p{Script=Han}\p{N}]+$/u.test(name);

/** A spot on a line: where, and the direction folded so that text reads left to right. */
interface Spot {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
}

/** Spots along a polyline of pixels at equal distances, the first after the share `first` of that distance. */
export const spotsAlong = (line: readonly number[], every: number, first: number): Spot[] => {
  const spots: Spot[] = [];
  let due = every * first;
  for (let i = 2; i < line.length; i += 2) {
    const ax = line[i - 2] ?? 0;
    const ay = line[i - 1] ?? 0;
    const dx = (line[i] ?? 0) - ax;
    const dy = (line[i + 1] ?? 0) - ay;
    const length = Math.hypot(dx, dy);
    if (length === 0) continue;
    let angle = Math.atan2(dy, dx);
    if (angle > Math.PI / 2) angle -= Math.PI;
    if (angle <= -Math.PI / 2) angle += Math.PI;
    while (due <= length) {
      spots.push({ x: ax + (dx * due) / length, y: ay + (dy * due) / length, angle });
      due += every;
    }
    due -= length;
  }
  return spots;
};

/** Between the signs of a name and the edge of its rectangle, px: the halo. */
const HALO = 4;

/** Paints names so that none covers another. */
class Lettering {
  readonly names: PaintedName[] = [];
  #taken = new Boxes();
  #g: Context;
  #view: View;
  #palette: Palette;

  constructor(g: Context, view: View, palette: Palette) {
    this.#g = g;
    this.#view = view;
    this.#palette = palette;
    g.setTransform(view.pixelRatio, 0, 0, view.pixelRatio, 0, 0);
    g.textAlign = 'center';
    g.textBaseline = 'middle';
    g.lineJoin = 'round';
  }

  /** A level name around a spot, with a dot below it for a city; nothing where it found no room. */
  level(
    name: string,
    x: number,
    y: number,
    size: number,
    color: Token,
    how: { readonly spacing?: number; readonly dotBelow?: number } = {},
  ): void {
    const { spacing = 0, dotBelow = 0 } = how;
    const g = this.#g;
    g.font = fontOf(this.#palette, size);
    g.letterSpacing = `${spacing}px`;
    const w = g.measureText(name).width - spacing;
    if (this.#inside(x, y) && !this.#taken.hit(x - w / 2 - 4, y - size, w + 8, size * 2)) {
      this.#taken.add(x - w / 2 - 4, y - size, w + 8, size * 2);
      // The space after the last sign would push the name off its middle.
      this.#ink(name, x + spacing / 2, y, color, spacing > 0 ? 4 : 3);
      if (dotBelow > 0) this.#dot(x, y + dotBelow, color);
      const top = y - size / 2 - HALO;
      const h = Math.max(size + 2 * HALO, dotBelow + size / 2 + HALO + 3);
      const movable = dotBelow === 0;
      this.names.push({ x: x - w / 2 - HALO, y: top, w: w + 2 * HALO, h, movable });
    }
    g.letterSpacing = '0px';
  }

  /** A name along a street: Han signs one by one, upright where it is steep; others as one turned word. */
  along(name: string, spot: Spot, size: number, color: Token, gap: number): void {
    const g = this.#g;
    const { x, y, angle } = spot;
    if (!this.#inside(x, y)) return;
    g.font = fontOf(this.#palette, size);
    const signs = standsAlone(name) ? [...name] : [name];
    const pitch = size + gap;
    const w = signs.length > 1 ? signs.length * pitch : g.measureText(name).width;
    const steep = signs.length > 1 && Math.abs(angle) > 0.9;
    const bw = steep ? size + 6 + Math.abs(Math.cos(angle)) * w : w + 6;
    const bh = steep ? w + 6 : size + 8 + Math.abs(Math.sin(angle)) * w;
    if (this.#taken.hit(x - bw / 2, y - bh / 2, bw, bh)) return;
    this.#taken.add(x - bw / 2 - 8, y - bh / 2 - 8, bw + 16, bh + 16);
    this.names.push({ x: x - bw / 2, y: y - bh / 2, w: bw, h: bh, movable: false });
    const down = steep && angle < 0 ? -1 : 1;
    signs.forEach((sign, i) => {
      const off = (i - (signs.length - 1) / 2) * pitch * down;
      g.save();
      g.translate(x + Math.cos(angle) * off, y + Math.sin(angle) * off);
      if (!steep) g.rotate(angle);
      this.#ink(sign, 0, 0, color, 3);
      g.restore();
    });
  }

  #ink(text: string, x: number, y: number, color: Token, halo: number): void {
    const g = this.#g;
    g.strokeStyle = this.#palette.of['m-halo'];
    g.lineWidth = halo;
    g.strokeText(text, x, y);
    g.fillStyle = this.#palette.of[color];
    g.fillText(text, x, y);
  }

  #dot(x: number, y: number, color: Token): void {
    const g = this.#g;
    g.beginPath();
    g.arc(x, y, 2, 0, 2 * Math.PI);
    g.fillStyle = this.#palette.of[color];
    g.fill();
  }

  #inside(x: number, y: number): boolean {
    const { width, height } = this.#view;
    return x > MARGIN && y > MARGIN && x < width - MARGIN && y < height - MARGIN;
  }
}

/**
 * Paints the names of the base map on a clear canvas and tells where each stands.
 * Names hang on the ground, so that they stay when the map is moved.
 */
export const paintNames = (
  g: Context,
  view: View,
  zoom: number,
  palette: Palette,
  data: BaseData | null,
  language: 'zh' | 'en',
): PaintedName[] => {
  const letters = new Lettering(g, view, palette);
  if (zoom <= CITY_MAX_ZOOM) paintCities(letters, view, zoom, language);
  if (data === null) return letters.names;
  const mpp = groundResolution(view);
  const left = (x: number): number => pixelX(view, data.originX + x);
  const top = (y: number): number => pixelY(view, data.originY - y);

  if (mpp < PARKS_BELOW) {
    for (const p of data.places) {
      if (p.kind === 'park') letters.level(p.name, left(p.x), top(p.y), SIZE, 'm-park-label');
    }
  }
  if (mpp > DISTRICTS_ABOVE && mpp < 60) {
    for (const p of data.places) {
      if (p.kind === 'district') {
        letters.level(p.name, left(p.x), top(p.y), SIZE + 4, 'm-label', { spacing: 6 });
      }
    }
  }
  if (mpp >= MINOR_BELOW) return letters.names;
  for (const kind of streetOrder) {
    if (kind === 'road0' && mpp >= LANES_BELOW) continue;
    const { every, first, size, color, gap } = streetStyles[kind];
    for (const street of data.streets) {
      if (street.kind !== kind) continue;
      const line: number[] = [];
      for (let i = 0; i < street.points.length; i += 2) {
        line.push(left(street.points[i] ?? 0), top(street.points[i + 1] ?? 0));
      }
      for (const spot of spotsAlong(line, every, first)) {
        letters.along(street.name, spot, size, color, gap);
      }
    }
  }
  return letters.names;
};

const paintCities = (letters: Lettering, view: View, zoom: number, language: 'zh' | 'en'): void => {
  for (const [zh, en, lon, lat, from] of cities) {
    if (zoom < from) continue;
    const y = pixelY(view, toY(lat)) - CITY_LIFT;
    const name = language === 'zh' ? zh : en;
    letters.level(name, pixelX(view, toX(lon)), y, SIZE, 'm-label', { dotBelow: CITY_LIFT });
  }
};
