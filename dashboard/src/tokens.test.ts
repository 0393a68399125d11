import { expect, test } from 'vitest';
import css from './tokens.css?raw';

/** The tokens of one theme: those of dark, overwritten by light's where light is asked for. */
const tokens = (theme: 'dark' | 'light'): Map<string, string> => {
  const cut = css.indexOf('[data-theme="light"]');
  const read = (text: string): [string, string][] =>
    [...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{3,6})\b/g)].map((m) => [m[1] ?? '', m[2] ?? '']);
  return new Map([...read(css.slice(0, cut)), ...(theme === 'light' ? read(css.slice(cut)) : [])]);
};

const luminance = (hex: string): number => {
  const full = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join('') : hex.slice(1);
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((i) => {
    const c = Number.parseInt(full.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string): number => {
  const [hi = 0, lo = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
};

const texts: [string, string[]][] = [
  ['text', ['panel', 'raised', 'hover', 'active', 'inset']],
  ['text-2', ['panel', 'raised', 'hover', 'active', 'inset']],
  ['text-3', ['panel', 'raised', 'hover', 'inset']],
  ['on-ink', ['ink']],
  ['crit-t', ['panel', 'crit-bg']],
  ['high-t', ['panel', 'high-bg']],
  ['med-t', ['panel', 'med-bg']],
  ['low-t', ['panel', 'low-bg']],
  ['on-crit', ['crit']],
  ['on-high', ['high']],
  ['on-med', ['med']],
  ['on-low', ['low']],
];
const states = ['moving', 'idle', 'parked', 'nofix', 'offline', 'suspect'].map((s) => `st-${s}`);

for (const theme of ['dark', 'light'] as const) {
  const all = tokens(theme);
  const of = (name: string): string => {
    const value = all.get(name);
    if (value === undefined) throw new Error(`no token ${name}`);
    return value;
  };
  test(`${theme}: text reaches 4.5, symbols, focus and input edges reach 3`, () => {
    for (const [name, grounds] of texts) {
      for (const ground of grounds) {
        expect([name, ground, contrast(of(name), of(ground)) >= 4.5]).toEqual([name, ground, true]);
      }
    }
    const symbols =
      theme === 'dark' ? ['crit', 'high', 'med', 'low'] : ['crit-e', 'high-e', 'med-e', 'low-e'];
    for (const name of [...states, ...symbols]) {
      for (const ground of ['panel', 'm-land']) {
        expect([name, ground, contrast(of(name), of(ground)) >= 3]).toEqual([name, ground, true]);
      }
    }
    for (const name of ['focus', 'line-ctl']) {
      for (const ground of ['panel', 'active']) {
        expect([name, ground, contrast(of(name), of(ground)) >= 3]).toEqual([name, ground, true]);
      }
    }
  });
}

test('the ratios written beside the tokens are the computed ones', () => {
  const dark = tokens('dark');
  const light = tokens('light');
  const ratio = (all: Map<string, string>, a: string, b: string): string =>
    contrast(all.get(a) ?? '', all.get(b) ?? '').toFixed(1);
  expect(['panel', 'raised', 'hover', 'active'].map((g) => ratio(dark, 'text', g))).toEqual([
    '15.3',
    '13.8',
    '12.3',
    '10.6',
  ]);
  expect(['panel', 'raised', 'hover', 'active'].map((g) => ratio(light, 'text', g))).toEqual([
    '17.4',
    '16.3',
    '15.4',
    '14.1',
  ]);
  expect(states.map((s) => ratio(dark, s, 'm-land'))).toEqual([
    '8.3',
    '8.5',
    '7.2',
    '8.0',
    '5.4',
    '7.8',
  ]);
  expect(states.map((s) => ratio(light, s, 'm-land'))).toEqual([
    '4.7',
    '4.5',
    '4.7',
    '5.3',
    '3.5',
    '5.5',
  ]);
  expect(ratio(dark, 'on-ink', 'ink')).toBe('17.2');
  expect(ratio(light, 'focus', 'panel')).toBe('6.7');
});
