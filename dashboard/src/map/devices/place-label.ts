import type { Boxes } from '../boxes.ts';

/** Where a name may stand around its device, in order of liking. */
export const sides = ['right', 'left', 'below', 'above'] as const;

/** Left end of the text and its middle height, CSS px, and which side was taken. */
export interface LabelSpot {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

const HEIGHT = 17;
const PAD = 4;

/**
 * Finds room for a name beside a device and takes it in `taken`. The side it stood on before is tried first, so
 * that names do not jump about while their devices move.
 * @param off distance from the device's middle to the text, px
 * @param room further rectangles to yield to, shifted by `dx`, `dy`
 * @param force the name stands on its first side even where there is no room
 */
export const placeLabel = (
  taken: Boxes,
  room: { readonly boxes: Boxes; readonly dx: number; readonly dy: number } | null,
  x: number,
  y: number,
  width: number,
  off: number,
  before: number,
  force: boolean,
): LabelSpot | null => {
  const start = Math.max(before, 0);
  for (let i = 0; i < sides.length; i += 1) {
    const side = i === 0 ? start : i <= start ? i - 1 : i;
    const spot = at(side, x, y, width, off);
    const bx = spot.x - PAD;
    const by = spot.y - HEIGHT / 2;
    const bw = width + 2 * PAD;
    if (taken.hit(bx, by, bw, HEIGHT)) continue;
    if (room?.boxes.hit(bx + room.dx, by + room.dy, bw, HEIGHT)) continue;
    taken.add(bx, by, bw, HEIGHT);
    return spot;
  }
  if (!force) return null;
  const spot = at(0, x, y, width, off);
  taken.add(spot.x - PAD, spot.y - HEIGHT / 2, width + 2 * PAD, HEIGHT);
  return spot;
};

const at = (side: number, x: number, y: number, width: number, off: number): LabelSpot => {
  switch (side) {
    case 1:
      return { x: x - off - width, y, side };
    case 2:
      return { x: x - width / 2, y: y + off + 4, side };
    case 3:
      return { x: x - width / 2, y: y - off - 4, side };
    default:
      return { x: x + off, y, side: 0 };
  }
};
