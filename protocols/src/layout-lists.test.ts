import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from './bytes.ts';
import { layout, sizedBytes, textOf, u8, u16, u32 } from './layout.ts';
import { followed, list, listToEnd, sized } from './layout-lists.ts';

const corner = layout({ id: u16, name: textOf(sizedBytes(1)) });
const timed = followed(layout({ flags: u8 }), ({ flags }) =>
  (flags & 1) === 1 ? layout({ start: u16, end: u16 }) : null,
);
const limited = followed(timed, ({ flags }) => ((flags & 2) === 2 ? layout({ limit: u8 }) : null));
const area = layout({
  kind: u8,
  marks: list(1, u32),
  corners: list(2, corner.kind),
  rule: limited.kind,
  more: sized(1, listToEnd(u16)),
  end: u8,
});
const value = {
  kind: 9,
  marks: [1, 0xffffffff],
  corners: [
    { id: 7, name: 'ab' },
    { id: 8, name: '' },
  ],
  rule: { flags: 3, start: 1, end: 2, limit: 60 },
  more: [5, 6],
  end: 0xee,
};
const WIRE = `09 02 00000001 ffffffff 0002 0007 02 6162 0008 00 03 0001 0002 3c 04 0005 0006 ee`;
const bytesOf = (text: string) => fromHex(text.replaceAll(' ', '')) ?? new Uint8Array(0);

describe('lists and dependent fields', () => {
  it('write and read back', () => {
    expect(toHex(area.encode(value))).toBe(WIRE.replaceAll(' ', ''));
    expect(area.decode(bytesOf(WIRE))).toEqual({ ok: true, value, trailing: 0 });
  });

  it('leave out what the first fields do not announce', () => {
    const none = { ...value, marks: [], corners: [], rule: { flags: 0 }, more: [] };
    const wire = area.encode(none);
    expect(toHex(wire)).toBe('09' + '00' + '0000' + '00' + '00' + 'ee');
    expect(area.decode(wire)).toEqual({ ok: true, value: none, trailing: 0 });
  });

  it('are refused when cut short at any byte', () => {
    const wire = bytesOf(WIRE);
    for (let size = 0; size < wire.length; size++) {
      expect(area.decode(wire.subarray(0, size)).ok, `${size} bytes`).toBe(false);
    }
  });

  it('keep the last item that is cut short as trailing when a list goes to the end', () => {
    const open = layout({ items: listToEnd(corner.kind) });
    expect(open.decode(bytesOf('0007 01 61 0008 05 61'))).toEqual({
      ok: true,
      value: { items: [{ id: 7, name: 'a' }] },
      trailing: 4,
    });
  });

  it('name the item and field that cannot be read', () => {
    const one = layout({ inside: sized(1, layout({ a: u8, b: u8 }).kind) });
    expect(one.decode(bytesOf('01 07'))).toMatchObject({ ok: false, field: 'inside' });
    expect(one.decode(bytesOf('03 07 08 09'))).toMatchObject({ ok: false, field: 'inside' });
  });

  it('name the field whose value does not fit', () => {
    const encode = (part: object) => () => area.encode({ ...value, ...part });
    expect(encode({ marks: Array.from({ length: 256 }, () => 0) })).toThrow('marks.length');
    expect(encode({ corners: [{ id: 70_000, name: '' }] })).toThrow('corners.0.id');
    expect(encode({ rule: { flags: 1, start: 1 } })).toThrow('rule.end');
    expect(encode({ more: Array.from({ length: 200 }, () => 1) })).toThrow('more');
    expect(encode({ more: 5 })).toThrow('more: wants a list');
  });

  it('take any bytes without a throw, and give back what they read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const read = area.decode(bytes);
        if (!read.ok) return;
        const used = bytes.subarray(0, bytes.length - read.trailing);
        const again = area.decode(area.encode(read.value));
        expect(again).toEqual({ ok: true, value: read.value, trailing: 0 });
        expect(used.length).toBeGreaterThanOrEqual(area.minBytes);
      }),
    );
  });

  it('cost no more than the input is long, whatever the counts say', () => {
    const nested = layout({ lists: list(4, list(4, u8)) });
    const lie = new Uint8Array(4096).fill(0xff);
    expect(nested.decode(lie).ok).toBe(false);
    expect(layout({ wide: list(4, u32) }).decode(lie).ok).toBe(false);
    const zeros = new Uint8Array(4096);
    zeros.fill(0xff, 0, 4);
    expect(nested.decode(zeros).ok).toBe(false);
  });
});
