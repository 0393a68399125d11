import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitTable, toHex } from './bytes.ts';
import {
  bcdTime,
  bytes,
  flags,
  hex,
  i16,
  layout,
  mapped,
  restBytes,
  sizedBytes,
  text,
  textOf,
  Unreadable,
  u8,
  u16,
  u32,
} from './layout.ts';

const point = layout({ x: u16, y: i16 });
const whole = layout({
  kind: u8,
  count: u32,
  marks: flags(bitTable(16, { 0: 'first', 15: 'last' })),
  at: point.kind,
  time: bcdTime,
  name: text(6),
  model: text(5, 'nulBefore'),
  plate: textOf(sizedBytes(1)),
  tail: hex(restBytes),
});
const value = {
  kind: 7,
  count: 0xfffffffe,
  marks: ['first', 'bit3'],
  at: { x: 65535, y: -2 },
  time: '261123145500',
  name: 'abc',
  model: '测1',
  plate: '京A1',
  tail: 'c0ffee',
};
const WIRE =
  '07' +
  'fffffffe' +
  '0009' +
  'fffffffe' +
  '261123145500' +
  '616263000000' +
  '0000b2e231' +
  '04bea94131' +
  'c0ffee';

describe('a field table', () => {
  it('writes its values in order, big-endian', () => {
    expect(toHex(whole.encode(value))).toBe(WIRE);
  });
  it('reads back what it wrote', () => {
    expect(whole.decode(whole.encode(value))).toEqual({ ok: true, value, trailing: 0 });
  });
  it('names the field and its offset for every shorter input', () => {
    const wire = whole.encode({ ...value, tail: '' });
    const starts: [number, string][] = [
      [0, 'kind'],
      [1, 'count'],
      [5, 'marks'],
      [7, 'at'],
      [11, 'time'],
      [17, 'name'],
      [23, 'model'],
      [28, 'plate'],
    ];
    for (let size = 0; size < wire.length; size++) {
      const [offset, field] = starts.findLast(([start]) => start <= size) ?? [0, ''];
      expect(whole.decode(wire.subarray(0, size)), `${size} bytes`).toMatchObject({
        ok: false,
        field,
        offset,
      });
    }
  });
  it('says how many bytes it has no field for', () => {
    expect(point.decode(Uint8Array.of(0, 1, 0, 2, 9, 9))).toEqual({
      ok: true,
      value: { x: 1, y: 2 },
      trailing: 2,
    });
  });
  it('knows its shortest input', () => {
    expect(whole.minBytes).toBe(29);
    expect(layout({}).minBytes).toBe(0);
    expect(layout({}).decode(new Uint8Array(0))).toEqual({ ok: true, value: {}, trailing: 0 });
  });
  it('keeps no view of its input', () => {
    const input = Uint8Array.of(1, 2, 3, 4, 5);
    const read = layout({ head: bytes(2), rest: restBytes }).decode(input);
    input.fill(0);
    expect(read).toMatchObject({
      value: { head: Uint8Array.of(1, 2), rest: Uint8Array.of(3, 4, 5) },
    });
  });
  it('reads a view that does not start at the beginning of its buffer', () => {
    const buffer = Uint8Array.of(9, 9, 0, 1, 0, 2);
    expect(point.decode(buffer.subarray(2))).toMatchObject({ value: { x: 1, y: 2 } });
  });
  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (input) => {
        const read = whole.decode(input);
        return read.ok || (read.field !== '' && read.offset <= input.length);
      }),
    );
  });
});

describe('a writer', () => {
  const refused: [string, Record<string, unknown>][] = [
    ['kind', { kind: 256 }],
    ['kind', { kind: -1 }],
    ['kind', { kind: 1.5 }],
    ['kind', { kind: '7' }],
    ['count', { count: 2 ** 32 }],
    ['count', { count: undefined }],
    ['marks', { marks: ['unheard'] }],
    ['marks', { marks: null }],
    ['at.y', { at: { x: 0, y: -32769 } }],
    ['at', { at: 3 }],
    ['time', { time: '2611231455' }],
    ['name', { name: 'seven77' }],
    ['name', { name: '🚛' }],
    ['plate', { plate: 'x'.repeat(256) }],
    ['tail', { tail: 'abc' }],
  ];
  it.each(refused)('names %s for a value that does not fit: %o', (field, over) => {
    expect(() => whole.encode({ ...value, ...over } as typeof value)).toThrow(
      new RegExp(`^${field.replace('.', '\\.')}: `),
    );
    expect(() => whole.encode({ ...value, ...over } as typeof value)).toThrow(RangeError);
  });
});

describe('a kind that may refuse', () => {
  const even = mapped(
    u8,
    (n) => (n % 2 === 0 ? n : new Unreadable('an even number')),
    (n: number) => n,
  );
  const inner = layout({ pad: u8, n: even });
  it('names the path and the offset of the outer field', () => {
    const outer = layout({ first: u16, inner: inner.kind });
    expect(outer.decode(Uint8Array.of(0, 0, 0, 3))).toEqual({
      ok: false,
      field: 'inner.n',
      offset: 2,
      expected: 'an even number',
    });
  });
});
