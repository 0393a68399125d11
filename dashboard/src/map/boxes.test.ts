import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Boxes } from './boxes.ts';

const box = fc.tuple(
  fc.integer({ min: -300, max: 3000 }),
  fc.integer({ min: -300, max: 3000 }),
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 300 }),
);

test('the index says what comparing with every rectangle says', () => {
  fc.assert(
    fc.property(fc.array(box, { maxLength: 40 }), box, (taken, [x, y, w, h]) => {
      const boxes = new Boxes();
      for (const [a, b, c, d] of taken) boxes.add(a, b, c, d);
      const overlaps = taken.some(
        ([a, b, c, d]) => x < a + c && a < x + w && y < b + d && b < y + h,
      );
      expect(boxes.hit(x, y, w, h)).toBe(overlaps);
    }),
  );
});

test('touching edges are no overlap, and clearing forgets all', () => {
  const boxes = new Boxes();
  boxes.add(0, 0, 10, 10);
  expect(boxes.hit(10, 0, 5, 5)).toBe(false);
  expect(boxes.hit(9, 0, 5, 5)).toBe(true);
  boxes.clear();
  expect(boxes.hit(0, 0, 10, 10)).toBe(false);
});
