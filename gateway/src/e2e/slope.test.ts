import { describe, expect, it } from 'vitest';
import { median, slopeOf } from './slope.ts';

const samples = (values: readonly number[]) => values.map((value, i) => ({ at: i * 5, value }));

describe('the slope of samples', () => {
  it('is that of a line, and a bad moment does not change it', () => {
    expect(slopeOf(samples([10, 20, 30, 40, 50]))).toBe(2);
    expect(slopeOf(samples([10, 20, 900, 40, 50, 60, 70]))).toBe(2);
    expect(slopeOf(samples([7, 7, 7, 7]))).toBe(0);
  });

  it('is none of less than two', () => {
    expect([slopeOf([]), slopeOf(samples([3]))]).toEqual([0, 0]);
  });

  it('has a median between its two middle values', () => {
    expect([median([]), median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([0, 2, 2.5]);
  });
});
