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
 * Finds room for a name beside a device, clear of everything in `yieldTo`. The side it stood on before is tried
 * first, so that names do not jump about while their devices move. Null when no side is free.
 * @param off distance from the device's middle to the text, px
 * @param before the side of the last frame, or -1
 */
export const placeLabel = (
  yieldTo: readonly Boxes[],
  x: number,
  y: number,
  width: number,
  off: number,
  before: number,
): LabelSpot | null => {
  const start = Math.max(before, 0);
  for (let i = 0; i < sides.length; i += 1) {
    const side = i === 0 ? start : i <= start ? i - 1 : i;
    const spot = spotAt(side, x, y, width, off);
    const left = spot.x - PAD;
    const top = spot.y - HEIGHT / 2;
    const isFree = yieldTo.every((boxes) => !boxes.hit(left, top, width + 2 * PAD, HEIGHT));
    if (isFree) return spot;
  }
  return null;
};

/** Takes the room of a placed name. */
export const takeRoom = (boxes: Boxes, spot: LabelSpot, width: number): void => {
  boxes.add(spot.x - PAD, spot.y - HEIGHT / 2, width + 2 * PAD, HEIGHT);
};

/** The spot on a side. */
export const spotAt = (
  side: number,
  x: number,
  y: number,
  width: number,
  off: number,
): LabelSpot => {
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
