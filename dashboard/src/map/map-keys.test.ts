import { expect, test, vi } from 'vitest';
import { answerKey } from './map-keys.ts';

const targets = (over = {}) => ({
  pan: vi.fn(),
  zoom: vi.fn(),
  step: vi.fn(() => true),
  choose: vi.fn(() => true),
  leave: vi.fn(() => true),
  remove: vi.fn(() => true),
  ...over,
});
const press = (key: string, over = {}) => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...over,
});

test('arrows pan, plus and minus zoom', () => {
  const to = targets();
  for (const key of ['ArrowLeft', 'ArrowUp', '+', '=', '-']) {
    expect(answerKey(press(key), to)).toBe(true);
  }
  expect(to.pan).toHaveBeenCalledWith(-96, 0);
  expect(to.pan).toHaveBeenCalledWith(0, -96);
  expect(to.zoom.mock.calls).toEqual([[1], [1], [-1]]);
});

test('Tab leaves the map when there is no further device', () => {
  const to = targets({ step: vi.fn(() => false) });
  expect(answerKey(press('Tab'), to)).toBe(false);
  expect(answerKey(press('Tab', { shiftKey: true }), to)).toBe(false);
  expect(to.step.mock.calls).toEqual([[1], [-1]]);
});

test('keys with Ctrl, Alt or Meta and other letters belong to the page', () => {
  const to = targets();
  for (const over of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }]) {
    expect(answerKey(press('+', over), to)).toBe(false);
  }
  expect(answerKey(press('a'), to)).toBe(false);
  expect(to.zoom).not.toHaveBeenCalled();
});
