import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplePosition } from '../journal/entries.test-support.ts';
import { positionHash } from './position-hash.ts';

const place = fc.record({
  latitude: fc.option(fc.integer({ min: -90_000_000, max: 90_000_000 }).map((n) => n / 1e6)),
  longitude: fc.option(fc.integer({ min: -180_000_000, max: 180_000_000 }).map((n) => n / 1e6)),
  altitudeM: fc.option(fc.integer({ min: -500, max: 9000 })),
  speedKmh: fc.option(fc.integer({ min: 0, max: 3000 }).map((n) => n / 10)),
  courseDeg: fc.option(fc.integer({ min: 0, max: 359 })),
});

describe('the hash of a position', () => {
  it('does not depend on time, serial or extras, and does on alarms', () => {
    const p = samplePosition(0);
    const again = { ...p, fixTime: 1, extras: { signal: 3 }, buffered: true };
    expect(positionHash(again)).toBe(positionHash(p));
    expect(positionHash({ ...p, alarms: ['sos'] })).not.toBe(positionHash(p));
    expect(positionHash({ ...p, latitude: -0 })).toBe(positionHash({ ...p, latitude: 0 }));
  });

  it('is a whole number below 2^52 and tells every two places apart', () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        const a = positionHash(samplePosition(0, one));
        const b = positionHash(samplePosition(0, other));
        expect(Number.isInteger(a) && a >= 0 && a < 2 ** 52).toBe(true);
        expect(a === b).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 2000 },
    );
  });

  it('stays what it was when these values were written down: stores find fixes by it', () => {
    expect(positionHash(samplePosition(0))).toBe(1_918_331_527_320_809);
    expect(positionHash(samplePosition(1, { alarms: ['sos', 'fall'], ignition: null }))).toBe(
      3_379_370_780_370_914,
    );
  });

  it('has no two equal ones among a hundred thousand fixes a metre apart', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i++) {
      const latitude = 31.2 + (i % 317) * 1e-5;
      const longitude = 121.4 + Math.floor(i / 317) * 1e-5;
      seen.add(positionHash(samplePosition(0, { latitude, longitude })));
    }
    expect(seen.size).toBe(100_000);
  });
});
