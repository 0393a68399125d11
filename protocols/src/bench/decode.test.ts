import { expect, it } from 'vitest';
import { measureDecode } from './decode.ts';

it('measures frames that really decode', () => {
  let ms = 0;
  const clock = () => {
    ms += 500;
    return ms;
  };
  const start = Date.UTC(2026, 10, 23, 7, 0, 0);
  expect(measureDecode(clock, start, { frames: 1500, rounds: 2 })).toEqual({
    frames: 1500,
    framesPerSecond: [3000, 3000],
  });
});
