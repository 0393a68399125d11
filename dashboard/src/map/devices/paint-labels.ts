import type { Fleet } from '../../live/fleet.ts';
import { Boxes } from '../boxes.ts';
import { fontOf, type Palette } from '../palette.ts';
import type { View } from '../project.ts';
import type { Drawn } from './drawn.ts';
import { LABEL_PX, type LabelSheet } from './label-sheet.ts';
import { MAX_LABELS } from './lod.ts';
import { type Marked, RING_REACH, SPRITE_REACH } from './paint-devices.ts';
import { placeLabel, spotAt, takeRoom } from './place-label.ts';
import { NamePlacer, type NameSheet } from './place-names.ts';

/** A name of something else that stands still on the map: a fence's. */
export interface FixedLabel {
  readonly text: string;
  /** CSS pixels: left end and middle height. */
  readonly x: number;
  readonly y: number;
  readonly loud: boolean;
}

/** Thickness of what lies around the view, px: no name is so short as to jump it. */
const EDGE = 8;
/** Height a fence's name takes, px. */
const HEIGHT = LABEL_PX + 5;

/** What the names of one frame are painted from. */
export interface LabelFrame {
  readonly drawn: Drawn;
  readonly fleet: Fleet;
  readonly sheet: LabelSheet;
  readonly view: View;
  readonly now: number;
  readonly marked: Marked;
  /** Names of the base map. */
  readonly names: NameSheet | null;
  readonly fixed: readonly FixedLabel[];
  /** Left, top, width, height of the map's own controls, CSS px. */
  readonly keepOut: readonly (readonly [number, number, number, number])[];
  /** Whether every device is named, or only the selected and alarmed ones. */
  readonly all: boolean;
  /** Devices are too many to yield to one by one. */
  readonly crowded: boolean;
}

/**
 * Paints names so that none covers another or a device: first those of the selected and alarmed, which always find
 * a place, then those of the base map, then all others. Keeps the sides from frame to frame.
 */
export class Labelling {
  /** Names of the base map, placed by `paint`. */
  readonly names = new NamePlacer();
  /** Devices and controls. */
  #things = new Boxes();
  /** Rings and marks of the selected and alarmed: not even a loud fence's name may lie on them. */
  #rings = new Boxes();
  /** Just outside the view: a name across its edge would be cut. */
  #edges = new Boxes();
  /** Names placed so far: every name yields to them. */
  #placed = new Boxes();
  /** Where names of the base map would like to stand: even loud names leave them if they can. */
  #wished = new Boxes();
  #before = new Map<number, number>();
  #sides = new Map<number, number>();

  paint(g: CanvasRenderingContext2D, frame: LabelFrame): void {
    const { drawn, marked, names, fixed, all } = frame;
    this.#before = this.#sides;
    this.#sides = new Map();
    this.#placed.clear();
    this.#takeThings(frame);
    // Topmost first: the selected, the alarmed, then the rest from moving to parked.
    let k = drawn.count - 1;
    for (; k >= 0; k -= 1) {
      const i = drawn.order[k] ?? 0;
      const slot = drawn.slot[i] ?? 0;
      if (slot !== marked.selected && !marked.alarms.has(slot)) break;
      if (this.#sides.size < MAX_LABELS) this.#paintLoud(g, frame, i);
    }
    for (const label of fixed) if (label.loud) this.#paintFixed(g, frame, label);
    if (names !== null) this.names.place(names, this.#things, this.#placed);
    for (; all && k >= 0 && this.#sides.size < MAX_LABELS; k -= 1) {
      this.#paintPlain(g, frame, drawn.order[k] ?? 0);
    }
    for (const label of fixed) if (!label.loud) this.#paintFixed(g, frame, label);
  }

  #takeThings({ drawn, marked, keepOut, names, crowded, view }: LabelFrame): void {
    this.#edges.clear();
    this.#edges.add(-EDGE, 0, EDGE, view.height);
    this.#edges.add(view.width, 0, EDGE, view.height);
    this.#edges.add(0, -EDGE, view.width, EDGE);
    this.#edges.add(0, view.height, view.width, EDGE);
    this.#things.clear();
    this.#rings.clear();
    for (const [x, y, w, h] of keepOut) this.#things.add(x, y, w, h);
    for (let i = 0; i < drawn.count; i += 1) {
      const slot = drawn.slot[i] ?? 0;
      const isRinged = slot === marked.selected || marked.alarms.has(slot);
      if (crowded && !isRinged) continue;
      const reach = isRinged ? RING_REACH : SPRITE_REACH;
      const x = (drawn.x[i] ?? 0) - reach;
      const y = (drawn.y[i] ?? 0) - reach;
      this.#things.add(x, y, 2 * reach, 2 * reach);
      if (isRinged) this.#rings.add(x, y, 2 * reach, 2 * reach);
    }
    this.#wished.clear();
    if (names === null || (marked.selected < 0 && marked.alarms.size === 0)) return;
    const { left, top, scale } = names;
    for (const { x, y, w, h } of names.names) {
      this.#wished.add(left + x * scale, top + y * scale, w * scale, h * scale);
    }
  }

  #paintLoud(g: CanvasRenderingContext2D, frame: LabelFrame, i: number): void {
    const { drawn, fleet, sheet, view, marked } = frame;
    const slot = drawn.slot[i] ?? 0;
    const name = fleet.device(slot)?.name;
    const x = drawn.x[i] ?? 0;
    const y = drawn.y[i] ?? 0;
    if (name === undefined || !isInside(x, y, view)) return;
    const selected = slot === marked.selected;
    const width = sheet.width(name, 'loud');
    const before = this.#before.get(slot) ?? -1;
    const spot =
      placeLabel(
        [this.#placed, this.#things, this.#wished, this.#edges],
        x,
        y,
        width,
        OFF.loud,
        before,
      ) ??
      placeLabel([this.#placed, this.#things, this.#edges], x, y, width, OFF.loud, before) ??
      placeLabel([this.#placed], x, y, width, OFF.loud, before) ??
      (selected ? spotAt(0, x, y, width, OFF.loud) : null);
    if (spot === null) return;
    takeRoom(this.#placed, spot, width);
    this.#sides.set(slot, spot.side);
    if (selected) paintTag(g, sheet.palette, view, name, spot.x, spot.y, width);
    else sheet.draw(g, name, 'loud', spot.x, spot.y);
  }

  #paintPlain(g: CanvasRenderingContext2D, frame: LabelFrame, i: number): void {
    const { drawn, fleet, sheet, view, now } = frame;
    const slot = drawn.slot[i] ?? 0;
    const name = fleet.device(slot)?.name;
    const x = drawn.x[i] ?? 0;
    const y = drawn.y[i] ?? 0;
    if (name === undefined || !isInside(x, y, view)) return;
    if (fleet.state(slot, now) === 'offline') return;
    const width = sheet.width(name, 'plain');
    const before = this.#before.get(slot) ?? -1;
    const room = [this.#placed, this.#things, this.#edges];
    const spot = placeLabel(room, x, y, width, OFF.plain, before);
    if (spot === null) return;
    takeRoom(this.#placed, spot, width);
    this.#sides.set(slot, spot.side);
    sheet.draw(g, name, 'plain', spot.x, spot.y);
  }

  #paintFixed(g: CanvasRenderingContext2D, { sheet }: LabelFrame, label: FixedLabel): void {
    const { text, x, y, loud } = label;
    const style = loud ? 'loud' : 'quiet';
    const width = sheet.width(text, style);
    const at = [x - 4, y - HEIGHT / 2, width + 8, HEIGHT] as const;
    if (this.#placed.hit(...at) || (loud ? this.#rings : this.#things).hit(...at)) return;
    takeRoom(this.#placed, { x, y, side: 0 }, width);
    sheet.draw(g, text, style, x, y);
  }
}

const isInside = (x: number, y: number, view: View): boolean =>
  x >= 0 && y >= 0 && x <= view.width && y <= view.height;

/** Distance from a device's middle to its name, px: a mark and a ring stand between. */
const OFF = { loud: 26, plain: 14 } as const;

const paintTag = (
  g: CanvasRenderingContext2D,
  palette: Palette,
  view: View,
  text: string,
  x: number,
  y: number,
  width: number,
): void => {
  const r = view.pixelRatio;
  g.save();
  g.setTransform(r, 0, 0, r, 0, 0);
  g.fillStyle = palette.of.ink;
  g.beginPath();
  g.roundRect(x - 6, y - LABEL_PX / 2 - 5, width + 12, LABEL_PX + 10, 4);
  g.fill();
  g.font = fontOf(palette, LABEL_PX, true);
  g.textAlign = 'left';
  g.textBaseline = 'middle';
  g.fillStyle = palette.of['on-ink'];
  g.fillText(text, x, y + 0.5);
  g.restore();
};
