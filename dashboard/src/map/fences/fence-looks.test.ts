import type { FenceKind, Severity } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { fenceLook } from './fence-looks.ts';

const kinds: FenceKind[] = ['workshop', 'patrol', 'site', 'forbidden', 'zone'];

test('kinds are told apart by their stroke alone, without colour', () => {
  const strokes = kinds.map((kind) => {
    const { dash, width, ticks } = fenceLook(kind, null, false);
    return JSON.stringify({ dash, width, ticks });
  });
  expect(new Set(strokes).size).toBe(kinds.length);
});

test('an alarm that waits hatches the fence in its colour, at most 34 % strong', () => {
  const colors = (['critical', 'high', 'medium', 'low'] as Severity[]).map((severity) => {
    const look = fenceLook('patrol', { severity, waiting: true }, false);
    expect(look).toMatchObject({ hatched: true, width: 2.4, dash: [10, 5] });
    expect(look.fillOpacity).toBeLessThanOrEqual(0.34);
    return look.color;
  });
  expect(colors).toEqual(['crit', 'high', 'med', 'low']);
});

test('an acknowledged alarm keeps the colour of the outline and loses the hatching', () => {
  const look = fenceLook('workshop', { severity: 'high', waiting: false }, false);
  expect(look).toMatchObject({ hatched: false, color: 'high' });
});

test('a chosen fence is ink, an alarm is louder', () => {
  expect(fenceLook('site', null, true).color).toBe('ink');
  expect(fenceLook('site', { severity: 'low', waiting: true }, true).color).toBe('low');
});
