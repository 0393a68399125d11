import { expect, test } from 'vitest';
import { backAfter } from './back.ts';

test('a second break does not wipe out what was missed in the first', () => {
  const first = backAfter(null, 60_000, 7);
  expect(first).toEqual({ awayMs: 60_000, alarms: 7 });
  expect(backAfter(first, 5_000, 0)).toEqual({ awayMs: 65_000, alarms: 7 });
  expect(backAfter(first, 5_000, 2)).toEqual({ awayMs: 65_000, alarms: 9 });
});

test('a break without alarms is no longer of interest after the next', () => {
  expect(backAfter({ awayMs: 60_000, alarms: 0 }, 5_000, 1)).toEqual({ awayMs: 5_000, alarms: 1 });
});
