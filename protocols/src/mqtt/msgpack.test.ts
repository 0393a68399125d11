import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../bytes.ts';
import { type Packed, readMessagePack } from './msgpack.ts';

const read = (hex: string): Packed | undefined =>
  readMessagePack(fromHex(hex) ?? new Uint8Array(0));

describe('MessagePack', () => {
  it.each([
    ['c0', null],
    ['c2', false],
    ['c3', true],
    ['7f', 127],
    ['ff', -1],
    ['e0', -32],
    ['ccff', 255],
    ['cdffff', 65_535],
    ['ceffffffff', 4_294_967_295],
    ['cf0000000100000000', 4_294_967_296],
    ['d080', -128],
    ['d18000', -32_768],
    ['d280000000', -2_147_483_648],
    ['d3ffffffffffffffff', -1],
    ['ca3fc00000', 1.5],
    ['cb3ff8000000000000', 1.5],
    ['93010203', [1, 2, 3]],
    ['dc000101', [1]],
    ['dd0000000101', [1]],
    ['81a16101', new Map([['a', 1]])],
    ['de0001a16101', new Map([['a', 1]])],
    ['df00000001a16101', new Map([['a', 1]])],
    ['a26869', Uint8Array.of(0x68, 0x69)],
    ['d90168', Uint8Array.of(0x68)],
    ['da000168', Uint8Array.of(0x68)],
    ['db0000000168', Uint8Array.of(0x68)],
    ['c40168', Uint8Array.of(0x68)],
    ['c5000168', Uint8Array.of(0x68)],
    ['c60000000168', Uint8Array.of(0x68)],
    // A key that is no text goes with its value.
    ['820102a16103', new Map([['a', 3]])],
  ])('%s is read', (hex, value) => {
    expect(read(hex)).toEqual(value);
  });

  it.each(['', 'c1', 'c7', 'd4', '91', 'cc', 'c60000000268', '0101', 'ddffffffff', '91'.repeat(9)])(
    '%s is nothing',
    (hex) => {
      expect(read(hex)).toBeUndefined();
    },
  );

  it('is never read beyond its end, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const value = readMessagePack(bytes);
        if (value instanceof Uint8Array) expect(value.length).toBeLessThan(bytes.length);
      }),
    );
  });
});
