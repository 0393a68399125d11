import { expect, test } from 'vitest';
import { setTimeZone, zoneMark } from './text.ts';

test('the zone is named exactly where the site keeps another one than the browser', () => {
  const noon = Date.UTC(2026, 10, 23, 12);
  expect(zoneMark(noon)).toBe('');
  setTimeZone(Intl.DateTimeFormat().resolvedOptions().timeZone);
  expect(zoneMark(noon)).toBe('');
  setTimeZone('Pacific/Kiritimati');
  expect(zoneMark(noon)).toBe('UTC+14');
});
