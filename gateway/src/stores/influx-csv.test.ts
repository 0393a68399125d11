import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvReader } from './influx-csv.ts';

const quoted = (cell: string) =>
  /[",\n\r ]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
/** Reads the bytes in pieces of the given sizes, over and over. */
function rowsOf(bytes: Buffer, sizes: readonly number[]): string[][] {
  const rows: string[][] = [];
  const reader = new CsvReader((cells) => rows.push([...cells]), 1 << 20);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    reader.push(bytes.subarray(at, at + size));
    at += size;
  }
  expect(reader.end()).toBe(true);
  return rows;
}

describe('the CSV of an answer', () => {
  it('gives the same rows however its bytes are cut', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom('"', '""', ',', '\n', 'a"b,c\nd', '巡迹🚛', ''),
    );
    const row = fc.array(cell, { minLength: 2, maxLength: 5 });
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 8 }), sizes, async (rows, cut) => {
        const text = rows.map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
        expect(rowsOf(Buffer.from(text), cut)).toEqual(rows);
      }),
    );
  });

  it('skips the empty lines between series and takes line ends of either kind', () => {
    expect(rowsOf(Buffer.from('a,b\r\n\n1,\n'), [3])).toEqual([
      ['a', 'b'],
      ['1', ''],
    ]);
  });

  it('says when the answer ends within a row', () => {
    const reader = new CsvReader(() => undefined, 100);
    reader.push(Buffer.from('a,b\n1,'));
    expect(reader.end()).toBe(false);
  });

  it('gives up on a row that does not end', () => {
    const reader = new CsvReader(() => undefined, 100);
    expect(() => reader.push(Buffer.alloc(101, 'x'))).toThrow(RangeError);
  });
});
