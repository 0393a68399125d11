import { expect, test } from 'vitest';
import { spotsAlong, standsAlone } from './base-names.ts';

test('names repeat along a street at equal distances', () => {
  const spots = spotsAlong([0, 0, 1000, 0], 300, 0.5);
  expect(spots.map((s) => s.x)).toEqual([150, 450, 750]);
});

test('distances run on over the corners of a street', () => {
  const spots = spotsAlong([0, 0, 100, 0, 100, 400], 200, 0.5);
  expect(spots.map((s) => [s.x, s.y])).toEqual([
    [100, 0],
    [100, 200],
    [100, 400],
  ]);
});

test('a name never stands on its head, whichever way the street was drawn', () => {
  const there = spotsAlong([0, 0, 100, 50], 60, 0.5)[0];
  const back = spotsAlong([100, 50, 0, 0], 60, 0.5)[0];
  expect(there?.angle).toBeCloseTo(back?.angle ?? Number.NaN, 9);
  for (let degrees = 0; degrees < 360; degrees += 7) {
    const a = (degrees / 180) * Math.PI;
    const [spot] = spotsAlong([0, 0, 100 * Math.cos(a), 100 * Math.sin(a)], 50, 0.5);
    expect(Math.abs(spot?.angle ?? 9)).toBeLessThanOrEqual(Math.PI / 2 + 1e-9);
  }
});

test('a street shorter than the first distance has no name; a point has none', () => {
  expect(spotsAlong([0, 0, 10, 0], 300, 0.5)).toEqual([]);
  expect(spotsAlong([5, 5, 5, 5], 300, 0)).toEqual([]);
});

test('Han signs stand alone, Latin words stay together', () => {
  expect(standsAlone('工业大道')).toBe(true);
  expect(standsAlone('G15高速')).toBe(false);
  expect(standsAlone('Main Street')).toBe(false);
});
