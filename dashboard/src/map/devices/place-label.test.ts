import { expect, test } from 'vitest';
import { Boxes } from '../boxes.ts';
import { placeLabel, sides, takeRoom } from './place-label.ts';

test('a name stands on the right where there is room', () => {
  const spot = placeLabel([new Boxes()], 100, 100, 60, 14, -1);
  expect(spot).toEqual({ x: 114, y: 100, side: 0 });
});

test('it goes round the device until a side is free, and gives up when none is', () => {
  const taken = new Boxes();
  const seen: number[] = [];
  for (;;) {
    const spot = placeLabel([taken], 100, 100, 60, 14, -1);
    if (spot === null) break;
    seen.push(spot.side);
    takeRoom(taken, spot, 60);
  }
  expect(seen).toEqual([0, 1, 2, 3]);
  expect(seen).toHaveLength(sides.length);
});

test('it stays on the side of the last frame although a better one is free', () => {
  expect(placeLabel([new Boxes()], 100, 100, 60, 14, 2)?.side).toBe(2);
});

test('it yields to all that is taken', () => {
  const names = new Boxes();
  names.add(114, 90, 60, 20);
  expect(placeLabel([new Boxes(), names], 100, 100, 60, 14, -1)?.side).toBe(1);
});
