import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import { readBody, writeBody } from './body.ts';
import { terminalControl } from './control.ts';

const written = (fields: object) => toHex(terminalControl.encode({ ...fields }));
const read = (...bytes: number[]) => readBody(terminalControl, Uint8Array.from(bytes));

describe('a control command', () => {
  it('is written with all its named arguments, empty ones between semicolons', () => {
    const text = (hex: string) => Buffer.from(hex.slice(2), 'hex').toString('latin1');
    expect(text(written({ command: 2, arguments: { control: '0', address: '10.0.0.9' } }))).toBe(
      '0;;;;;10.0.0.9;;;',
    );
    expect(text(written({ command: 2, arguments: { control: 0, tcpPort: 5015 } }))).toBe(
      '0;;;;;;5015;;',
    );
    expect(text(written({ command: 1, arguments: { url: 'ftp://x' } }))).toBe('ftp://x;;;;;;;;;;');
  });

  it('goes back to the default server with nothing behind', () => {
    expect(written({ command: 2, arguments: { control: '1' } })).toBe('0231');
    expect(read(2, 0x31)).toEqual({
      ok: true,
      fields: { command: 2, arguments: { control: '1' } },
    });
  });

  it('goes back with empty arguments where they were sent', () => {
    const bytes = Uint8Array.from([2, 0x31, ...new Uint8Array(8).fill(0x3b)]);
    const found = readBody(terminalControl, bytes);
    expect(found).toMatchObject({ fields: { arguments: { control: '1', timeLimit: '' } } });
    expect(found.ok && writeBody(terminalControl, found.fields)).toEqual(bytes);
  });

  const refused: [string, object, RegExp][] = [
    ['no command', {}, /^command: /],
    ['a command beyond a byte', { command: 256 }, /^command: /],
    ['a semicolon', { command: 2, arguments: { apn: 'a;b' } }, /^arguments\.apn: /],
    [
      'an argument of another command',
      { command: 2, arguments: { url: 'x' } },
      /^arguments\.url: /,
    ],
    ['named arguments where none are known', { command: 4, arguments: {} }, /^arguments: /],
    ['a list', { command: 2, arguments: { apn: [] } }, /^arguments\.apn: /],
    ['a number', { command: 4, arguments: 5 }, /^arguments: /],
    ['text beyond GBK', { command: 100, arguments: '🚜' }, /^arguments: /],
    ['no hex', { command: 100, argumentsHex: 'x' }, /^argumentsHex: /],
  ];
  it.each(refused)('is refused by name: %s', (_, fields, message) => {
    expect(() => written(fields)).toThrow(RangeError);
    expect(() => written(fields)).toThrow(message);
  });

  it('comes back to the very bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (bytes) => {
        const found = readBody(terminalControl, bytes);
        if (!found.ok) throw new Error(found.expected);
        expect(writeBody(terminalControl, found.fields)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });
});
