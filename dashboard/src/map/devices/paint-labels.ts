import type { Fleet } from '../../live/fleet.ts';
import type { NameRoom } from '../base/base-layer.ts';
import { Boxes } from '../boxes.ts';
import { fontOf, type Palette } from '../palette.ts';
import type { View } from '../project.ts';
import type { Drawn } from './drawn.ts';
import { LABEL_PX, type LabelSheet } from './label-sheet.ts';
import { MAX_LABELS } from './lod.ts';
import { labelOff, type Marked, SPRITE_REACH } from './paint-devices.ts';
import { placeLabel } from './place-label.ts';

/** A name of something else that stands still on the map: a fence's. */
export interface FixedLabel {
  readonly text: string;
  /** CSS pixels: left end and middle height. */
  readonly x: number;
  readonly y: number;
  readonly loud: boolean;
}

/** Paints names so that none covers another, a device or a street's name. Keeps the sides from frame to frame. */
export class Labelling {
  #boxes = new Boxes();
  #sides = new Map<number, number>();

  /**
   * @param keepOut left, top, width, height of the map's own controls, CSS px
   * @param all whether every device is named, or only the selected and alarmed ones
   */
  paint(
    g: CanvasRenderingContext2D,
    drawn: Drawn,
    fleet: Fleet,
    sheet: LabelSheet,
    view: View,
    now: number,
    marked: Marked,
    names: NameRoom | null,
    fixed: readonly FixedLabel[],
    keepOut: readonly (readonly [number, number, number, number])[],
    all: boolean,
  ): void {
    const boxes = this.#boxes;
    boxes.clear();
    for (const [x, y, w, h] of keepOut) boxes.add(x, y, w, h);
    for (let i = 0; i < drawn.count; i += 1) {
      const x = (drawn.x[i] ?? 0) - SPRITE_REACH;
      const y = (drawn.y[i] ?? 0) - SPRITE_REACH;
      boxes.add(x, y, 2 * SPRITE_REACH, 2 * SPRITE_REACH);
    }
    let left = MAX_LABELS;
    const sides = new Map<number, number>();
    // Topmost first: the selected, the alarmed, then the rest from moving to parked.
    for (let k = drawn.count - 1; k >= 0 && left > 0; k -= 1) {
      const i = drawn.order[k] ?? 0;
      const slot = drawn.slot[i] ?? 0;
      const selected = slot === marked.selected;
      const alarmed = marked.alarms.has(slot);
      const loud = selected || alarmed;
      if (!loud && !all) break;
      const name = fleet.device(slot)?.name;
      if (name === undefined) continue;
      if (!loud && fleet.state(slot, now) === 'offline') continue;
      const style = loud ? 'loud' : 'plain';
      const width = sheet.width(name, style);
      const x = drawn.x[i] ?? 0;
      const y = drawn.y[i] ?? 0;
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      const off = labelOff(loud);
      const before = this.#sides.get(slot) ?? -1;
      const spot = placeLabel(boxes, names, x, y, width, off, before, loud);
      if (spot === null) continue;
      sides.set(slot, spot.side);
      left -= 1;
      if (selected) paintTag(g, sheet.palette, view, name, spot.x, spot.y, width);
      else sheet.draw(g, name, style, spot.x, spot.y);
    }
    this.#sides = sides;
    for (const label of fixed) {
      const width = sheet.width(label.text, label.loud ? 'loud' : 'quiet');
      const h = LABEL_PX + 5;
      if (boxes.hit(label.x - 4, label.y - h / 2, width + 8, h) && !label.loud) continue;
      boxes.add(label.x - 4, label.y - h / 2, width + 8, h);
      sheet.draw(g, label.text, label.loud ? 'loud' : 'quiet', label.x, label.y);
    }
  }
}

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
