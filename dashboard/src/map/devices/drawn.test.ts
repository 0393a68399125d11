import { expect, test } from 'vitest';
import { Drawn, outwards, pick, REACH_PX } from './drawn.ts';
import { lodOf, MAX_SPRITES } from './lod.ts';

const drawn = (...places: [number, number, number?][]): Drawn => {
  const d = new Drawn();
  places.forEach(([x, y, rank = 0], slot) => {
    d.add(slot, x, y, rank);
  });
  d.sort();
  return d;
};

test('a click takes the nearest device within reach, and nothing beyond', () => {
  const d = drawn([100, 100], [120, 100]);
  expect(pick(d, 105, 100, REACH_PX.mouse)).toEqual([0]);
  expect(pick(d, 100, 112, REACH_PX.mouse)).toEqual([0]);
  expect(pick(d, 100, 113, REACH_PX.mouse)).toEqual([]);
  expect(pick(d, 100, 113, REACH_PX.touch)).toEqual([0]);
});

test('devices lying on one another are all offered, nearest first', () => {
  const d = drawn([100, 100], [103, 100], [100, 102], [111, 100]);
  expect(pick(d, 100, 100, REACH_PX.mouse)).toEqual([0, 2, 1]);
});

test('drawing order follows rank, and arrival within a rank', () => {
  const d = drawn([0, 0, 9], [0, 0, 2], [0, 0, 9], [0, 0, 0]);
  expect([...d.order.slice(0, d.count)]).toEqual([3, 1, 0, 2]);
});

test('the columns grow with the fleet and keep what they hold', () => {
  const d = new Drawn();
  for (let i = 0; i < 1000; i += 1) d.add(i, i, i, i % 3);
  d.sort();
  expect(d.count).toBe(1000);
  expect(d.slot[999]).toBe(999);
  expect(new Set(d.order.slice(0, 1000)).size).toBe(1000);
  d.clear();
  expect(pick(d, 5, 5, 12)).toEqual([]);
});

test('Tab goes from the centre outwards', () => {
  expect(outwards(drawn([0, 0], [50, 50], [60, 60]), 55, 54)).toEqual([1, 2, 0]);
});

test('up to 3,000 devices get sprites, more get dots', () => {
  expect(lodOf(0)).toBe('sprites');
  expect(lodOf(MAX_SPRITES)).toBe('sprites');
  expect(lodOf(MAX_SPRITES + 1)).toBe('dots');
});

test('picking among 10,000 drawn devices takes less than 5 ms', () => {
  const d = new Drawn();
  for (let i = 0; i < 10_000; i += 1) d.add(i, (i * 37) % 1176, (i * 91) % 1024, i % 8);
  const costs = Array.from({ length: 5 }, () => {
    const started = performance.now();
    for (let k = 0; k < 20; k += 1) pick(d, k * 50, k * 40, REACH_PX.mouse);
    return (performance.now() - started) / 20;
  }).sort((a, b) => a - b);
  expect(costs[2]).toBeLessThan(5);
});
