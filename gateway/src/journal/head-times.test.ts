import { describe, expect, it } from 'vitest';
import { HeadTimes } from './head-times.ts';

describe('the head of the journal over time', () => {
  it('says how long a reader is behind', () => {
    const heads = new HeadTimes();
    expect(heads.behindMs(0, 50)).toBe(0);
    heads.note(10, 0);
    heads.note(10, 500);
    heads.note(20, 1000);
    expect(heads.behindMs(20, 3000)).toBe(0);
    expect(heads.behindMs(19, 3000)).toBe(2000);
    expect(heads.behindMs(10, 3000)).toBe(2000);
    expect(heads.behindMs(9, 3000)).toBe(3000);
  });

  it('knows days as well as minutes, to some hundredths', () => {
    const heads = new HeadTimes();
    const end = 3 * 86_400;
    for (let s = 0; s <= end; s += 2) heads.note(s + 1, s * 1000);
    for (const ago of [10, 300, 3600, 86_400, end - 10]) {
      const behindS = heads.behindMs(end - ago, end * 1000) / 1000;
      expect(Math.abs(behindS - ago)).toBeLessThanOrEqual(2 + ago * 0.05);
    }
  });
});
