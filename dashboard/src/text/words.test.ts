import { expect, test } from 'vitest';
import { en, zh } from './words.ts';

const places = (s: string): string[] => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort();

test('both languages have the same words, none empty', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
  for (const word of [...Object.values(zh), ...Object.values(en)]) expect(word.trim()).not.toBe('');
});

test('each sentence has the same places in both languages', () => {
  for (const [key, sentence] of Object.entries(zh)) {
    expect([key, places(en[key as keyof typeof zh])]).toEqual([key, places(sentence)]);
  }
});

test('English holds no Chinese, and nobody shouts', () => {
  for (const sentence of Object.values(en)) expect(sentence).not.toMatch(/[\u4e00-\u9fff]/);
  for (const s of [...Object.values(zh), ...Object.values(en)]) expect(s).not.toMatch(/[!！]/);
});
