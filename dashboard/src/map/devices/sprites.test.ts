import { expect, test } from 'vitest';
import { HEADINGS, headingStep } from './sprites.ts';

test('courses fall into 72 columns, north first, whatever the wire says', () => {
  expect(headingStep(0)).toBe(0);
  expect(headingStep(360)).toBe(0);
  expect(headingStep(358)).toBe(0);
  expect(headingStep(90)).toBe(HEADINGS / 4);
  expect(headingStep(-90)).toBe((3 * HEADINGS) / 4);
  for (let d = 0; d < 720; d += 1) {
    expect(headingStep(d)).toBeGreaterThanOrEqual(0);
    expect(headingStep(d)).toBeLessThan(HEADINGS);
  }
});
