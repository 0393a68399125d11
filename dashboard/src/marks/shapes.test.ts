import { expect, test } from 'vitest';
import { deviceStates } from '../live/device-state.ts';
import { severityShapes, shapeOf, shapeParts, spriteScale } from './shapes.ts';

test('every state has a shape with a size on the map, and no two states share one', () => {
  const shown = deviceStates.filter((s) => s !== 'offHours').map((s) => shapeOf(s, true));
  expect(new Set(shown).size).toBe(shown.length);
  for (const shape of shown) expect(spriteScale[shape]).toBeGreaterThan(1);
});

test('a delayed device keeps the outline of how it last went, dashed', () => {
  expect(shapeOf('stale', true)).toBe('staleMoving');
  expect(shapeOf('stale', false)).toBe('staleParked');
  for (const shape of ['staleMoving', 'staleParked'] as const) {
    for (const part of shapeParts[shape]) expect(part).toHaveProperty('dash');
  }
});

test('the four levels differ by outline and by letter, so that colour is never alone', () => {
  const shapes = Object.values(severityShapes);
  expect(new Set(shapes.map((s) => s.d)).size).toBe(4);
  expect(shapes.map((s) => s.letter).join('')).toBe('CHML');
});
