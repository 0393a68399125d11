import type { Position, PositionSource } from '@xunji/protocols';

/** Numbered for good: the number is part of every hash in every store. */
const sourceNumbers: Readonly<Record<PositionSource, number>> = {
  ...{ gnss: 0, wifi: 1, cell: 2, beacon: 3, manual: 4, fused: 5 },
};

const numbers = new Float64Array(5);
const words = new Uint32Array(numbers.buffer);

/**
 * What makes a resent fix the same fix, whatever serial or message carries it: a whole number below 2^52 made of
 * coordinates, altitude, speed, course, alarms and status. Device and `fixTime` complete the identity.
 *
 * Two lanes of multiply-and-rotate over the ten 32-bit halves of the five numbers (null as NaN), the status bits and
 * the characters of the alarms. It never changes: stores find what they hold by it.
 */
export function positionHash(p: Position): number {
  // Adding zero makes one of the two zeros of IEEE 754.
  numbers[0] = (p.latitude ?? Number.NaN) + 0;
  numbers[1] = (p.longitude ?? Number.NaN) + 0;
  numbers[2] = (p.altitudeM ?? Number.NaN) + 0;
  numbers[3] = (p.speedKmh ?? Number.NaN) + 0;
  numbers[4] = (p.courseDeg ?? Number.NaN) + 0;
  const ignition = p.ignition === null ? 0 : p.ignition ? 2 : 1;
  let a = (p.valid ? 1 : 0) | (ignition << 1) | (sourceNumbers[p.source] << 3);
  let b = a ^ 0x9e3779b9;
  for (let i = 0; i < 10; i++) {
    const word = words[i] as number;
    a = lane(a, word, 0xcc9e2d51);
    b = lane(b, word, 0x85ebca6b);
  }
  for (const alarm of p.alarms) {
    for (let i = 0; i < alarm.length; i++) {
      const code = alarm.charCodeAt(i);
      a = lane(a, code, 0xcc9e2d51);
      b = lane(b, code, 0x85ebca6b);
    }
    a = lane(a, 0x2c, 0xcc9e2d51);
    b = lane(b, 0x2c, 0x85ebca6b);
  }
  return (spread(a) & 0xfffff) * 0x1_0000_0000 + (spread(b) >>> 0);
}

function lane(state: number, word: number, factor: number): number {
  const k = Math.imul(word, factor);
  const h = state ^ ((k << 15) | (k >>> 17));
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** Every bit of the input changes about half of the bits of the result. */
function spread(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
