import { expect, test } from 'vitest';
import { Fleet } from '../live/fleet.ts';
import { placedBox, wider } from './camera.ts';

test('the subscription box is a fifth wider and stays within the legal degrees', () => {
  const [w, s, e, n] = wider([120, 30, 121, 31]);
  expect([w, s, e, n].map((v) => Number(v.toFixed(6)))).toEqual([119.9, 29.9, 121.1, 31.1]);
  expect(wider([-180, -85, 180, 85])).toEqual([-180, -90, 180, 90]);
});

test('the box of the fleet holds every device with a place and none without', () => {
  const fleet = new Fleet();
  expect(placedBox(fleet)).toBeNull();
  fleet.snapshot(
    'map',
    0,
    [
      [0, 121_000_000, 31_000_000, 0, 0, 3, 0],
      [1, 122_000_000, 30_000_000, 0, 0, 3, 0],
      [2, 0, 0, 0, 0, 1, 0],
    ],
    0,
    1,
  );
  expect(placedBox(fleet)).toEqual([121, 30, 122, 31]);
});
