import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { position } from './messages/positions.ts';
import { baseModel } from './models.ts';
import { positionOf, type Receipt } from './position.ts';
import { freshProfile } from './profile.ts';
import { readPosition } from './report.ts';

const RECEIVED = Date.UTC(2026, 10, 23, 8, 0, 0);
const byte = fc.nat({ max: 255 });
/** Mostly dates that may be, and times near ours, so that more than faults is compared. */
const time = fc.oneof(
  fc.tuple(byte, byte, byte, byte, byte, byte),
  fc.tuple(
    fc.constantFrom(26, 0, 28, 99, 0x26),
    fc.constantFrom(11, 2, 12, 13, 0x11),
    fc.constantFrom(23, 29, 30, 31, 0x23),
    fc.constantFrom(8, 23, 24),
    fc.constantFrom(0, 59, 60),
    fc.constantFrom(0, 59, 60),
  ),
  {
    weight: 8,
    arbitrary: fc.tuple(
      fc.constant(26),
      fc.constantFrom(11, 11, 10),
      fc.constantFrom(23, 23, 22),
      fc.constantFrom(8, 7, 0, 15, 16, 23),
      fc.constantFrom(0, 5, 59),
      fc.constantFrom(0, 30, 59),
    ),
  },
);
const word32 = fc
  .oneof(fc.constantFrom(0, 1, 162_000_000, 162_000_001, 324_000_000), fc.nat({ max: 0xffffffff }))
  .map((value) => [value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const content = fc
  .tuple(
    time,
    byte,
    fc.tuple(word32, word32),
    byte,
    fc.tuple(
      fc.oneof(fc.nat({ max: 63 }), fc.constantFrom(0, 4, 5, 6, 7, 0x25)),
      fc.oneof(fc.constantFrom(0, 359, 360, 361), fc.nat(0x3ff)),
    ),
    fc.oneof(fc.constant(Array<number>(8).fill(0)), fc.array(byte, { minLength: 8, maxLength: 8 })),
    fc.oneof(
      fc.constantFrom([1], [0, 3], [1, 5, 1], [1, 0, 0], [0, 0, 1, 2], [1, 0, 0, 9, 9, 9, 9]),
      fc.array(byte, { maxLength: 9 }),
    ),
  )
  .map(([date, gps, places, speed, [flags, course], cell, tail]) => {
    const word = (flags << 10) | course;
    const fix = [...date, gps, ...places.flat(), speed, word >> 8, word & 0xff];
    return Uint8Array.from([...fix, ...cell, ...tail]);
  });

describe('the short way', () => {
  it('reads what the tables read and learns what they learn, or leaves it to them', () => {
    let read = 0;
    fc.assert(
      fc.property(
        fc.array(content, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (frames, any) => {
          const receipt = (): Receipt => ({
            ...{
              receivedTime: RECEIVED,
              profile: freshProfile(any),
              model: baseModel,
              crcOk: true,
            },
          });
          const [short, long] = [receipt(), receipt()];
          for (const bytes of frames) {
            const found = readPosition(bytes, 0, bytes.length, short);
            const table = position.body.decode(bytes);
            if (found === null) {
              // What it leaves to the tables teaches them, and so it does here.
              if (table.ok) positionOf(table.value, short);
            } else read++;
            const expected = table.ok ? positionOf(table.value, long) : null;
            if (found !== null) expect(found).toEqual(expected);
            expect(short.profile.usesSpareCourseBits).toBe(long.profile.usesSpareCourseBits);
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(1000);
  });

  it('leaves a forgiven checksum to the tables, which say that it was', () => {
    const bytes = Uint8Array.from([26, 11, 23, 8, 0, 0, 0xc9, ...Array(19).fill(1)]);
    const base = { receivedTime: RECEIVED, profile: freshProfile(false), model: baseModel };
    expect(readPosition(bytes, 0, bytes.length, { ...base, crcOk: true })).not.toBeNull();
    expect(readPosition(bytes, 0, bytes.length, { ...base, crcOk: false })).toBeNull();
  });
});
