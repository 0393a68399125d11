import { isClear, type Palette } from '../palette.ts';
import type { FenceLook } from './fence-looks.ts';

type Context = CanvasRenderingContext2D;
/** Rings of device pixels, outer first. */
export type PixelRings = readonly (readonly (readonly number[])[])[];

/** Puts the rings on the context as its current path. */
export const trace = (g: Context, rings: PixelRings): void => {
  g.beginPath();
  for (const ring of rings) {
    ring.forEach(([x = 0, y = 0], i) => {
      if (i === 0) g.moveTo(x, y);
      else g.lineTo(x, y);
    });
    g.closePath();
  }
};

const hatches = new Map<string, CanvasPattern | null>();

/** A pattern of 45 degree lines. */
export const hatch = (g: Context, color: string, stepPx: number): CanvasPattern | null => {
  const key = `${color}${stepPx}`;
  const known = hatches.get(key);
  if (known !== undefined) return known;
  const tile = document.createElement('canvas');
  tile.width = stepPx;
  tile.height = stepPx;
  const t = tile.getContext('2d');
  if (t !== null) {
    t.strokeStyle = color;
    t.lineWidth = stepPx * 0.13;
    t.beginPath();
    // The corners continue the line of the neighbouring tiles.
    for (const shift of [-stepPx, 0, stepPx]) {
      t.moveTo(shift - 1, stepPx + 1);
      t.lineTo(shift + stepPx + 1, -1);
    }
    t.stroke();
  }
  const made = g.createPattern(tile, 'repeat');
  hatches.set(key, made);
  return made;
};

/** Paints one fence: fill or hatching, halo, outline, inner ticks. */
export const paintFence = (
  g: Context,
  rings: PixelRings,
  look: FenceLook,
  palette: Palette,
  r: number,
): void => {
  const color = palette.of[look.color];
  g.save();
  g.lineJoin = 'round';
  g.lineCap = 'butt';
  trace(g, rings);
  g.globalAlpha = look.fillOpacity;
  g.fillStyle = (look.hatched ? hatch(g, color, Math.round(10 * r)) : null) ?? color;
  g.fill('evenodd');
  g.globalAlpha = 1;
  g.strokeStyle = palette.of['m-halo'];
  g.lineWidth = look.halo * r;
  g.stroke();
  g.setLineDash(look.dash.map((d) => d * r));
  const edge = look.edge === null ? '' : palette.of[look.edge];
  if (!isClear(edge)) {
    g.strokeStyle = edge;
    g.lineWidth = (look.width + 2.2) * r;
    g.stroke();
  }
  g.globalAlpha = look.opacity;
  g.strokeStyle = color;
  g.lineWidth = look.width * r;
  g.stroke();
  if (look.ticks) {
    g.clip('evenodd');
    g.lineWidth = 10 * r;
    g.setLineDash([1.6 * r, 5 * r]);
    g.stroke();
  }
  g.restore();
};

/** Paints the outline a draft is about to replace. */
export const paintFormer = (g: Context, rings: PixelRings, palette: Palette, r: number): void => {
  g.save();
  trace(g, rings);
  g.setLineDash([3 * r, 5 * r]);
  g.strokeStyle = palette.of['text-3'];
  g.lineWidth = 1.4 * r;
  g.stroke();
  g.restore();
};
