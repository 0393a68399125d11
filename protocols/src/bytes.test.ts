import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitNames,
  bitsOf,
  bitTable,
  copyCrcItu,
  crcItu,
  decodeGbk,
  digitsOfTime,
  encodeGbk,
  fromHex,
  timeOfDigits,
  toHex,
  xor8,
} from './bytes.ts';

const ascii = (text: string) => new TextEncoder().encode(text);

describe('checksums', () => {
  it('gives the catalogue check value of CRC-16/X-25', () => {
    expect(crcItu(ascii('123456789'))).toBe(0x906e);
  });
  it('gives the CRC of the log-in answer worked out in the wire reference', () => {
    expect(crcItu(Uint8Array.of(0x78, 0x78, 5, 1, 0, 1), 2)).toBe(0xd9dc);
  });
  it('gives the same CRC in the pass that copies, wherever it begins and ends', () => {
    const places = fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.nat({ max: 9 }));
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 30, maxLength: 60 }),
        places,
        (b, [from, since, rest]) => {
          const copy = new Uint8Array(b.length - from);
          const until = copy.length - rest;
          const crc = copyCrcItu(b, from, copy, since, until);
          expect(copy).toEqual(b.slice(from));
          expect(crc).toBe(crcItu(b, from + since, from + until));
        },
      ),
    );
  });
  it('is zero over bytes and their own XOR', () => {
    fc.assert(fc.property(fc.uint8Array(), (b) => xor8(Uint8Array.from([...b, xor8(b)])) === 0));
  });
});

describe('text', () => {
  it('reads back every text it can write as GBK', () => {
    for (const text of ['', '测A1234', '京B·88888', '甘J-123459', '鉴权码 123']) {
      expect(decodeGbk(encodeGbk(text))).toBe(text);
    }
    expect(toHex(encodeGbk('测'))).toBe('b2e2');
  });
  it('refuses a text that GBK does not hold', () => {
    expect(() => encodeGbk('🚛')).toThrow(RangeError);
  });
  it('takes UTF-8 where GBK makes no sense of it', () => {
    expect(decodeGbk(ascii('车'))).toBe('车');
    // GBK has all of these bytes, but reads a character of nobody's.
    expect(decodeGbk(ascii('粤B12345'))).toBe('粤B12345');
    expect(decodeGbk(Uint8Array.of(0xaa, 0xa1))).toBe('\uE000');
  });
  it('never throws on bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (b) => typeof decodeGbk(b) === 'string'));
  });
});

describe('hex', () => {
  it('is undone by fromHex', () => {
    fc.assert(fc.property(fc.uint8Array(), (b) => toHex(fromHex(toHex(b)) ?? b) === toHex(b)));
    // Long ones are written another way.
    const long = Uint8Array.from({ length: 3000 }, (_, i) => i * 7);
    const pieces = [0, 1000, 2000].map((at) => toHex(long.subarray(at, at + 1000)));
    expect(toHex(long)).toBe(pieces.join(''));
    expect(fromHex(toHex(long).toUpperCase())).toEqual(long);
  });
  it('is refused when it is not whole bytes', () => {
    expect(fromHex('7e0')).toBeNull();
    expect(fromHex('7e 0')).toBeNull();
    expect(fromHex('zz')).toBeNull();
  });
});

describe('bits', () => {
  const table = bitTable(16, { 0: 'acc', 5: 'door' }, [
    { shift: 8, mask: 3, names: ['', 'half', 'odd', 'full'] },
  ]);
  it('names every word and finds it again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        (word) => bitsOf(bitNames(word, table), table) === word,
      ),
    );
  });
  it('keeps bits without a meaning', () => {
    expect(bitNames(0b1000_0011, table)).toEqual(['acc', 'bit1', 'bit7']);
    expect(bitNames(0x300, table)).toEqual(['full']);
  });
  it('finds the highest bit of a double word', () => {
    const wide = bitTable(32, {});
    expect(bitNames(0x80000001, wide)).toEqual(['bit0', 'bit31']);
    expect(bitsOf(['bit31'], wide)).toBe(0x80000000);
  });
  it('refuses a name the table does not have', () => {
    expect(() => bitsOf(['nothing'], table)).toThrow(RangeError);
    expect(() => bitsOf([''], table)).toThrow(RangeError);
  });
});

describe('times', () => {
  it('are GMT+8 on the wire and UTC here', () => {
    expect(timeOfDigits('261123145500', 8)).toBe(Date.UTC(2026, 10, 23, 6, 55, 0));
    expect(digitsOfTime(Date.UTC(2026, 10, 23, 6, 55, 0), 8)).toBe('261123145500');
  });
  it('do not exist on impossible dates', () => {
    for (const digits of [
      '000000000000',
      '261301000000',
      '260230000000',
      '250229000000',
      '260101240000',
      '26010100600a',
      '',
    ]) {
      expect(timeOfDigits(digits, 8), digits).toBeNull();
    }
    expect(timeOfDigits('240229235959', 8)).not.toBeNull();
  });
  it('refuses years the wire cannot say', () => {
    expect(() => digitsOfTime(Date.UTC(1999, 0, 1), 8)).toThrow(RangeError);
    expect(() => digitsOfTime(Number.NaN, 8)).toThrow(RangeError);
  });
});
