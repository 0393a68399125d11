import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_VERTICES, polygonFaults } from './fence-geometry.ts';

type Ring = [number, number][];
const square = (west: number, south: number, side: number): Ring => [
  [west, south],
  [west + side, south],
  [west + side, south + side],
  [west, south + side],
  [west, south],
];
const faults = (...rings: Ring[]) => polygonFaults([rings], () => ['coordinates']);
const messages = (...rings: Ring[]) => faults(...rings).map((f) => f.message);

describe('an outline', () => {
  it('of any simple shape is taken, whichever way it turns', () => {
    expect(faults(square(121, 31, 1))).toEqual([]);
    expect(faults(square(121, 31, 1).reverse())).toEqual([]);
    expect(faults(square(121, 31, 1), square(121.2, 31.2, 0.2))).toEqual([]);
    const star = (n: number): Ring => {
      const ring = Array.from({ length: n }, (_, i): [number, number] => {
        const r = i % 2 === 0 ? 1 : 0.4;
        const angle = (i / n) * 2 * Math.PI;
        return [121 + r * Math.cos(angle), 31 + r * Math.sin(angle)];
      });
      return [...ring, ring[0] as [number, number]];
    };
    expect(faults(star(MAX_VERTICES))).toEqual([]);
    expect(messages(star(MAX_VERTICES + 2))).toEqual([expect.stringContaining('502 corners')]);
  });

  it.each<[string, Ring, string]>([
    [
      'open',
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
      'not closed',
    ],
    [
      'a line there and back',
      [
        [0, 0],
        [1, 0],
        [0, 0],
        [0, 0],
      ],
      'three different corners',
    ],
    [
      'flat',
      [
        [0, 0],
        [1, 0],
        [2, 0],
        [0, 0],
      ],
      'folds back',
    ],
    [
      'a bow tie',
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
        [0, 0],
      ],
      'crosses',
    ],
    [
      'touching itself in a corner',
      [
        [0, 0],
        [2, 0],
        [1, 1],
        [2, 2],
        [0, 2],
        [1, 1],
        [0, 0],
      ],
      'crosses or touches',
    ],
    [
      'standing still',
      [
        [0, 0],
        [1, 0],
        [1, 0],
        [1, 1],
        [0, 0],
      ],
      'repeats',
    ],
    [
      'with a spike',
      [
        [0, 0],
        [2, 0],
        [3, 0],
        [2, 0],
        [2, 2],
        [0, 0],
      ],
      'folds back',
    ],
    [
      'over the antimeridian',
      [
        [179, 0],
        [-179, 0],
        [-179, 1],
        [179, 1],
        [179, 0],
      ],
      'antimeridian',
    ],
  ])('that is %s is refused', (_what, ring, message) => {
    expect(messages(ring)).toEqual([expect.stringContaining(message)]);
  });

  it.each<[string, Ring[], string]>([
    ['crosses its hole', [square(0, 0, 2), square(1, 1, 2)], 'cross or touch'],
    ['has its hole elsewhere', [square(0, 0, 1), square(5, 5, 1)], 'outside'],
    ['lies in its own hole', [square(1, 1, 1), square(0, 0, 4)], 'outside'],
    ['has a hole in a hole', [square(0, 0, 9), square(1, 1, 6), square(2, 2, 1)], 'inside another'],
  ])('that %s is refused', (_what, rings, message) => {
    expect(messages(...rings)).toEqual([expect.stringContaining(message)]);
  });

  it('names the ring of the polygon at fault', () => {
    const bow: Ring = [
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
      [0, 0],
    ];
    const path = (p: number) => ['coordinates', p];
    expect(polygonFaults([[square(5, 5, 1)], [square(0, 0, 3), bow]], path)).toEqual([
      { path: ['coordinates', 1, 1], message: expect.any(String) },
    ]);
  });

  it('never makes the check throw, and rotating a sound ring does not change the verdict', () => {
    const corner = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }));
    fc.assert(
      fc.property(fc.array(corner, { minLength: 3, maxLength: 8 }), fc.nat(7), (open, turn) => {
        const close = (ring: Ring): Ring => [...ring, ring[0] as [number, number]];
        const at = turn % open.length;
        const rotated = [...open.slice(at), ...open.slice(0, at)];
        expect(faults(close(open)).length === 0).toBe(faults(close(rotated)).length === 0);
      }),
    );
  });
});
