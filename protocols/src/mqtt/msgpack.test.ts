import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../bytes.ts';
import { readMessagePack } from './msgpack.ts';

const read = (hex: string) => readMessagePack(fromHex(hex) ?? new Uint8Array(0));

describe('MessagePack', () => {
  it.each([
    ['80', {}],
    ['81a16101', { a: 1 }],
    ['de0001a161ff', { a: -1 }],
    ['df00000001a161c3', { a: true }],
    ['81a161a26869', { a: Uint8Array.of(0x68, 0x69) }],
    ['81a161a2fffe', { a: Uint8Array.of(0xff, 0xfe) }],
    ['81a161c40168', { a: Uint8Array.of(0x68) }],
    ['81a16192c0cb3ff8000000000000', { a: [null, 1.5] }],
  ])('%s is read, texts as bytes', (hex, value) => {
    expect(read(hex)).toEqual(value);
  });

  it.each([
    '',
    '01',
    'c1',
    '9101',
    '81a161',
    '81a1610101',
    '81a161ddffffffff',
    'dfffffffff',
    '81a161c6ffffffff68',
    '81a161c70101ff',
    '81a95f5f70726f746f5f5f01',
    `81a161${'91'.repeat(16_000)}`,
  ])('%s is nothing', (hex) => {
    expect(read(hex)).toBeNull();
  });

  it('takes any bytes without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const value = readMessagePack(Uint8Array.from([0x81, 0xa1, 0x61, ...bytes]));
        expect(value === null || Object.keys(value).join() === 'a').toBe(true);
      }),
    );
  });
});
