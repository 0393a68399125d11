import { Boxes } from '../boxes.ts';

/** A name of the base map as it was painted: its rectangle, px of the picture it was painted into. */
export interface PaintedName {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  /** Names of districts and parks may step aside; those of streets lie on their street or nowhere. */
  readonly movable: boolean;
}

/** The base map's names, painted once a view, and how that picture lies in a later view of it. */
export interface NameSheet {
  readonly canvas: HTMLCanvasElement;
  readonly names: readonly PaintedName[];
  /** A pixel of the view is `left + x * scale`. */
  readonly left: number;
  readonly top: number;
  readonly scale: number;
}

/** How far a movable name steps aside, px down: not at all where it can. */
const STEPS = [0, -32, 32] as const;
/** A name that was hidden comes back once everything is this much further away, px: it must not flicker. */
const RETURN_PX = 6;
const HIDDEN = -1;

/** Decides which names of the base map are seen: none lies half under a device or its name. */
export class NamePlacer {
  /** For each name how far down it is shown, px of the view, or null where it is not. */
  readonly shown: (number | null)[] = [];
  #names: readonly PaintedName[] | null = null;
  #chosen: number[] = [];
  #own = new Boxes();

  /**
   * Names stay where the last frame had them if they can.
   * @param things devices and controls, px of the view
   * @param placed names that go before these; takes those that are shown
   */
  place(sheet: NameSheet, things: Boxes, placed: Boxes): void {
    const { names, left, top, scale } = sheet;
    if (names !== this.#names) {
      this.#names = names;
      this.#chosen = names.map(() => 0);
    }
    this.#own.clear();
    this.shown.length = 0;
    for (const { x, y, w, h } of names) {
      this.#own.add(left + x * scale, top + y * scale, w * scale, h * scale);
    }
    names.forEach((name, i) => {
      const x = left + name.x * scale;
      const y = top + name.y * scale;
      const w = name.w * scale;
      const h = name.h * scale;
      const before = this.#chosen[i] ?? 0;
      const isFree = (step: number, margin: number): boolean => {
        const at = [x - margin, y + step - margin, w + 2 * margin, h + 2 * margin] as const;
        if (things.hit(...at) || placed.hit(...at)) return false;
        // Its own place is among its own kind's.
        return step === 0 || !this.#own.hit(...at);
      };
      let chosen = HIDDEN;
      if (before !== HIDDEN && isFree(STEPS[before] ?? 0, 0)) chosen = before;
      for (let k = 0; chosen === HIDDEN && k < (name.movable ? STEPS.length : 1); k += 1) {
        if (isFree(STEPS[k] ?? 0, RETURN_PX)) chosen = k;
      }
      this.#chosen[i] = chosen;
      const step = chosen === HIDDEN ? null : (STEPS[chosen] ?? 0);
      this.shown.push(step);
      if (step !== null) placed.add(x, y + step, w, h);
    });
  }

  /** Paints what is shown beneath all that `g` holds already; `g` is left untransformed. */
  paint(g: CanvasRenderingContext2D, sheet: NameSheet, pixelRatio: number): void {
    const { canvas, names, left, top, scale } = sheet;
    const r = pixelRatio;
    g.globalCompositeOperation = 'destination-over';
    names.forEach(({ x, y, w, h }, i) => {
      const step = this.shown[i];
      if (step === null || step === undefined) return;
      const sx = Math.round(x * r);
      const sy = Math.round(y * r);
      const sw = Math.ceil(w * r);
      const sh = Math.ceil(h * r);
      // At its own scale the picture is copied pixel by pixel: no letter may blur.
      const dx = scale === 1 ? sx + Math.round(left * r) : (left + x * scale) * r;
      const dy = (scale === 1 ? sy + Math.round(top * r) : (top + y * scale) * r) + step * r;
      g.drawImage(canvas, sx, sy, sw, sh, dx, dy, sw * scale, sh * scale);
    });
    g.globalCompositeOperation = 'source-over';
  }
}
