import type { Fleet } from '../../live/fleet.ts';
import type { NameRoom } from '../base/base-layer.ts';
import { Boxes } from '../boxes.ts';
import { fontOf, type Palette } from '../palette.ts';
import type { View } from '../project.ts';
import type { Drawn } from './drawn.ts';
import { LABEL_PX, type LabelSheet } from './label-sheet.ts';
import { MAX_LABELS } from './lod.ts';
import { type Marked, SPRITE_REACH } from './paint-devices.ts';
import { placeLabel, type Room, spotAt, takeRoom } from './place-label.ts';

/** A name of something else that stands still on the map: a fence's. */
export interface FixedLabel {
  readonly text: string;
  /** CSS pixels: left end and middle height. */
  readonly x: number;
  readonly y: number;
  readonly loud: boolean;
}

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
  readonly names: NameRoom | null;
  readonly fixed: readonly FixedLabel[];
  /** Left, top, width, height of the map's own controls, CSS px. */
  readonly keepOut: readonly (readonly [number, number, number, number])[];
  /** Whether every device is named, or only the selected and alarmed ones. */
  readonly all: boolean;
}

/** Paints names so that none covers another, a device or a street's name. Keeps the sides from frame to frame. */
export class Labelling {
  /** Devices and controls: plain names yield to them. */
  #things = new Boxes();
  /** Names placed so far: every name yields to them. */
  #placed = new Boxes();
  #sides = new Map<number, number>();

  paint(g: CanvasRenderingContext2D, frame: LabelFrame): void {
    const { drawn, keepOut, sheet, fixed, names } = frame;
    this.#things.clear();
    this.#placed.clear();
    for (const [x, y, w, h] of keepOut) this.#things.add(x, y, w, h);
    for (let i = 0; i < drawn.count; i += 1) {
      const x = (drawn.x[i] ?? 0) - SPRITE_REACH;
      const y = (drawn.y[i] ?? 0) - SPRITE_REACH;
      this.#things.add(x, y, 2 * SPRITE_REACH, 2 * SPRITE_REACH);
    }
    this.#paintDevices(g, frame);
    for (const label of fixed) {
      const style = label.loud ? 'loud' : 'quiet';
      const width = sheet.width(label.text, style);
      const spot = { x: label.x, y: label.y, side: 0 };
      const left = label.x - 4;
      const top = label.y - HEIGHT / 2;
      const w = width + 8;
      if (this.#placed.hit(left, top, w, HEIGHT)) continue;
      const isCrowded =
        this.#things.hit(left, top, w, HEIGHT) ||
        names?.boxes.hit(left + names.dx, top + names.dy, w, HEIGHT) === true;
      if (isCrowded && !label.loud) continue;
      takeRoom(this.#placed, spot, width);
      sheet.draw(g, label.text, style, label.x, label.y);
    }
  }

  #paintDevices(g: CanvasRenderingContext2D, frame: LabelFrame): void {
    const { drawn, fleet, sheet, view, now, marked, names, all } = frame;
    const placed: Room = { boxes: this.#placed, dx: 0, dy: 0 };
    const quietly: Room[] = [placed, { boxes: this.#things, dx: 0, dy: 0 }];
    if (names !== null) quietly.push(names);
    const sides = new Map<number, number>();
    // Topmost first: the selected, the alarmed, then the rest from moving to parked.
    for (let k = drawn.count - 1; k >= 0 && sides.size < MAX_LABELS; k -= 1) {
      const i = drawn.order[k] ?? 0;
      const slot = drawn.slot[i] ?? 0;
      const selected = slot === marked.selected;
      const loud = selected || marked.alarms.has(slot);
      if (!loud && !all) break;
      const name = fleet.device(slot)?.name;
      if (name === undefined) continue;
      if (!loud && fleet.state(slot, now) === 'offline') continue;
      const x = drawn.x[i] ?? 0;
      const y = drawn.y[i] ?? 0;
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      const style = loud ? 'loud' : 'plain';
      const width = sheet.width(name, style);
      const off = loud ? OFF.loud : OFF.plain;
      const before = this.#sides.get(slot) ?? -1;
      const spot =
        placeLabel(quietly, x, y, width, off, before) ??
        (loud ? placeLabel([placed], x, y, width, off, before) : null) ??
        (selected ? spotAt(0, x, y, width, off) : null);
      if (spot === null) continue;
      takeRoom(this.#placed, spot, width);
      sides.set(slot, spot.side);
      if (selected) paintTag(g, sheet.palette, view, name, spot.x, spot.y, width);
      else sheet.draw(g, name, style, spot.x, spot.y);
    }
    this.#sides = sides;
  }
}

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
