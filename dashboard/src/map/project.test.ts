import { expect, test } from 'vitest';
import {
  areaM2,
  circleRing,
  crossesItself,
  inRing,
  lengthM,
  openRing,
  perimeterM,
  toLat,
  toLon,
  toX,
  toY,
} from './project.ts';

test('projection and its inverse agree', () => {
  for (const [lon, lat] of [
    [121.47, 31.23],
    [-179.9, -80],
    [0, 0],
  ] as const) {
    expect(toLon(toX(lon))).toBeCloseTo(lon, 9);
    expect(toLat(toY(lat))).toBeCloseTo(lat, 9);
  }
  expect(toX(180)).toBeCloseTo(20_037_508.34, 1);
});

test('a degree of latitude is about 111.2 km, one of longitude at 60 degrees half of it', () => {
  expect(lengthM([0, 0], [0, 1])).toBeCloseTo(111_195, 0);
  expect(lengthM([0, 60], [1, 60])).toBeGreaterThan(55_500);
  expect(lengthM([0, 60], [1, 60])).toBeLessThan(55_700);
});

test('a circle of 500 m has its area and perimeter within half a percent', () => {
  const ring = circleRing(121.47, 31.23, 500);
  expect(areaM2(ring) / (Math.PI * 500 ** 2)).toBeCloseTo(1, 2);
  expect(perimeterM(ring) / (2 * Math.PI * 500)).toBeCloseTo(1, 2);
  for (const p of ring) expect(lengthM([121.47, 31.23], p)).toBeCloseTo(500, 0);
});

test('closing a ring changes neither its area nor its perimeter', () => {
  const open = [
    [0, 0],
    [0.01, 0],
    [0.01, 0.01],
    [0, 0.01],
  ];
  const closed = [...open, [0, 0]];
  expect(openRing(closed)).toEqual(open);
  expect(areaM2(closed)).toBeCloseTo(areaM2(open), 6);
  expect(perimeterM(closed)).toBeCloseTo(perimeterM(open), 6);
});

test('a bow tie crosses itself, a square and an L do not', () => {
  expect(
    crossesItself([
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ]),
  ).toBe(true);
  expect(
    crossesItself([
      [0, 0],
      [2, 0],
      [2, 1],
      [1, 1],
      [1, 2],
      [0, 2],
      [0, 0],
    ]),
  ).toBe(false);
  expect(
    crossesItself([
      [0, 0],
      [2, 0],
      [2, 2],
      [1, 0],
      [0, 2],
    ]),
  ).toBe(true);
});

test('inside is told by crossing number', () => {
  const ell = [
    [0, 0],
    [2, 0],
    [2, 1],
    [1, 1],
    [1, 2],
    [0, 2],
  ];
  expect(inRing(ell, 0.5, 1.5)).toBe(true);
  expect(inRing(ell, 1.5, 1.5)).toBe(false);
});
