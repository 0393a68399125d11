import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toY } from './project.ts';
import { scaleOf } from './scale.ts';

const view = (resolution: number, lat: number) => ({
  cx: 0,
  cy: toY(lat),
  resolution,
  width: 100,
  height: 100,
  pixelRatio: 1,
});

test('the scale bar is a round length between 80 and 200 px long', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 80_000, noNaN: true }),
      fc.double({ min: -70, max: 70, noNaN: true }),
      (resolution, lat) => {
        const { metres, px } = scaleOf(view(resolution, lat));
        expect(px).toBeGreaterThanOrEqual(80);
        expect(px).toBeLessThanOrEqual(201);
        expect(Number(metres.toExponential().slice(0, 1))).toBeOneOf([1, 2, 5]);
      },
    ),
  );
});

test('it measures the ground, not the stretched projection', () => {
  expect(scaleOf(view(10, 0)).metres).toBe(1000);
  // At 60 degrees a metre of the projection is half a metre on the ground.
  expect(scaleOf(view(10, 60)).metres).toBe(500);
});
