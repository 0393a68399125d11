import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../layout.ts';
import { readBody, writeBody } from './body.ts';
import { dialectOf } from './dialects.ts';
import { messages } from './messages.ts';
import { tablesOf } from './row.ts';
import { editions } from './versions.ts';

/*
 * The same hard questions to the tables of every message, without frames around them: longer bodies than one frame
 * holds come joined from parts.
 */

const NOW = Date.UTC(2026, 10, 23, 7, 0, 0);
/** Bytes as bodies have them: small counts, text, flags, and anything. */
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .array(fc.constantFrom(0, 1, 2, 3, 4, 8, 0x10, 0x31, 0x3b, 0x7f, 0x80, 0xff), {
      maxLength: 120,
    })
    .map((bytes) => Uint8Array.from(bytes)),
);
const cases = messages.flatMap((row) =>
  editions
    .filter((edition) => row.bodies[edition] !== undefined)
    .map((edition) => ({ row, id: row.id, name: row.name, edition })),
);

describe('any bytes as the body of', () => {
  it.each(cases)('$id $name of $edition are read or refused', ({ row, edition }) => {
    fc.assert(
      fc.property(body, (bytes) => {
        for (const table of tablesOf(row, dialectOf(edition, null))) {
          const read = readBody(table, bytes);
          if (!read.ok) {
            expect(read.offset).toBeLessThanOrEqual(bytes.length);
            continue;
          }
          // What was read says something to whoever asks for JSON or positions.
          JSON.stringify(read.fields);
          row.reject?.(read.fields);
          row.positions?.(read.fields, {
            receivedTime: NOW,
            anyTime: false,
            dialect: dialectOf(edition, null),
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(cases)('$id $name of $edition cost time in proportion to their length', (one) => {
    const worst = (size: number) => {
      let slowest = 0;
      for (const fill of [0, 1, 0xff]) {
        const bytes = new Uint8Array(size).fill(fill);
        let best = Number.POSITIVE_INFINITY;
        for (let round = 0; round < 3; round++) {
          const start = performance.now();
          for (const table of tablesOf(one.row, dialectOf(one.edition, null)))
            readBody(table, bytes);
          best = Math.min(best, performance.now() - start);
        }
        slowest = Math.max(slowest, best);
      }
      return slowest;
    };
    // Sixteen times the bytes: far from the 256 times of quadratic work, with room for a busy machine.
    expect(worst(1 << 16)).toBeLessThan(worst(1 << 12) * 100 + 100);
  });
});

/** Texts come back without what filled them up, and characters that cannot be written again stay where they are. */
const isWritable = (fields: Fields): boolean => !JSON.stringify(fields).includes('\uFFFD');

describe('what was read of any bytes', () => {
  it.each(cases)('of $id $name of $edition can be written and read again', ({ row, edition }) => {
    fc.assert(
      fc.property(body, (bytes) => {
        for (const table of tablesOf(row, dialectOf(edition, null))) {
          const read = readBody(table, bytes);
          if (!read.ok || read.fields['trailing'] !== undefined || !isWritable(read.fields))
            continue;
          let written: Uint8Array;
          try {
            written = writeBody(table, read.fields);
          } catch (error) {
            // A text in UTF-8 beyond GBK, or a value no platform may send, is refused by name.
            expect(error).toBeInstanceOf(RangeError);
            continue;
          }
          const again = readBody(table, written);
          expect(again).toEqual(read);
        }
      }),
      { numRuns: 60 },
    );
  });
});
