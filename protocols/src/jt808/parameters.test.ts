import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields, Layout } from '../layout.ts';
import { readBody, writeBody } from './body.ts';
import { dialectOf } from './dialects.ts';
import { jt808 } from './index.ts';
import { rowOfId } from './messages.ts';
import type { Parameter } from './parameter-items.ts';
import { parameterId, parameterOf, parameters } from './parameters.ts';
import { tablesOf } from './row.ts';
import { type Edition, editions } from './versions.ts';

const tables = (id: string, edition: Edition): readonly Layout<Fields>[] => {
  const row = rowOfId(id);
  if (row === undefined) throw new Error(`no row ${id}`);
  return tablesOf(row, dialectOf(edition, null));
};
const encode = (id: string, fields: Fields, edition: Edition = '2013') =>
  jt808.encode({ id, device: '13912345678', edition, serial: 1, fields });
/** Opens a connection that knows its edition, and reads one frame. */
function reread(frame: Uint8Array): Fields {
  const [item] = jt808.open({ anyTime: true }).push(frame, 0);
  if (item?.kind !== 'message') throw new Error(`no message: ${JSON.stringify(item)}`);
  return item.fields;
}
const set = (parameter: object, edition: Edition = '2013') =>
  encode('0x8103', { parameters: [parameter] }, edition);

/** Ids of the table, of vendors and of nobody; bytes of any length, mostly those of numbers. */
const id = fc.oneof(
  fc.constantFrom(...parameters.flatMap((row) => [row.id, row.last])),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const content = fc.oneof(
  ...[1, 2, 4, 8].map((size) => fc.uint8Array({ minLength: size, maxLength: size })),
  fc.uint8Array({ maxLength: 255 }),
  fc.string({ maxLength: 40 }).map((text) => new TextEncoder().encode(text)),
);
const item = fc.tuple(id, content).map(([number, bytes]) => {
  const head = new DataView(new ArrayBuffer(5));
  head.setUint32(0, number);
  head.setUint8(4, bytes.length);
  return [...new Uint8Array(head.buffer), ...bytes];
});
const items = fc.array(item, { maxLength: 8 }).map((all) => Uint8Array.from(all.flat()));

describe('a list of parameters', () => {
  it.each(editions)('is read and written again in %s, whatever it holds', (edition) => {
    const [table] = tables('0x0104', edition);
    if (table === undefined) throw new Error('no table');
    const head = edition === '2011' ? [0, 7, 3, 3] : [0, 7, 3];
    fc.assert(
      fc.property(items, fc.uint8Array({ maxLength: 4 }), (list, tail) => {
        const read = readBody(table, Uint8Array.from([...head, ...list, ...tail]));
        if (!read.ok) throw new Error(read.field);
        const again = readBody(table, writeBody(table, read.fields));
        expect(again).toEqual(read);
        const found = read.fields['parameters'] as readonly Parameter[];
        expect(found.every((one) => /^0x[0-9A-F]{4,8}$/.test(one.id))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps ids that come several times, in their order', () => {
    const one = { id: '0x0040', name: 'platformPhone', value: '1' };
    const other = { id: '0x0001', name: 'heartbeatInterval', value: 2 };
    const list = [one, other, { ...one, value: '3' }, one];
    expect(reread(encode('0x8103', { parameters: list }))).toEqual({ count: 4, parameters: list });
  });

  it('counts by itself what it is not told', () => {
    const list = [{ id: '0x0001', name: 'heartbeatInterval', value: 2 }];
    expect(reread(encode('0x8103', { parameters: list }))['count']).toBe(1);
    expect(reread(encode('0x8103', { count: 9, parameters: list }))['count']).toBe(9);
    const [table] = tables('0x8103', '2011');
    expect(table?.encode({ parameters: list }).subarray(0, 2)).toEqual(Uint8Array.of(1, 1));
  });
});

describe('a parameter that cannot be written', () => {
  const refused: [string, object, RegExp][] = [
    ['a number above its type', { id: '0x0001', value: 2 ** 32 }, /0x0001 heartbeatInterval/],
    ['a number below zero', { id: '0x0031', value: -1 }, /0x0031 fenceRadius/],
    ['half a number', { id: '0x0091', value: 1.5 }, /0x0091 gnssBaudRate/],
    ['a text for a number', { id: '0x0055', value: '120' }, /0x0055 topSpeed/],
    ['a number for a text', { id: '0x0013', value: 5 }, /0x0013 mainServerAddress/],
    ['no value', { id: '0x0001' }, /0x0001 heartbeatInterval/],
    ['a text too long', { id: '0x0013', value: 'x'.repeat(256) }, /at most 255 bytes/],
    ['a text beyond GBK', { id: '0x0083', value: '🚜' }, /0x0083 plate/],
    ['an angle of 180', { id: '0x0030', value: 180 }, /0x0030 cornerAngle.*0\.\.179/],
    ['a quality of 0', { id: '0x0070', value: 0 }, /0x0070 imageQuality.*1\.\.10/],
    ['a contrast of 128', { id: '0x0072', value: 128 }, /0x0072 imageContrast/],
    ['no time of day', { id: '0x0032', value: { start: '24:00', end: '1:00' } }, /0x0032/],
    [
      'a duration between two steps',
      { id: '0x005D', value: { durationMs: 6, acceleration: 10 } },
      /0x005D collisionAlarm.*durationMs/,
    ],
    [
      'channel 6',
      { id: '0x0064', value: { channels: [6], uploadChannels: [], unit: 'second', interval: 5 } },
      /0x0064 timedPhotos.*channel/,
    ],
    [
      'an unknown unit',
      { id: '0x0065', value: { channels: [], uploadChannels: [], unit: 'mile', interval: 5 } },
      /0x0065 distancePhotos.*unit/,
    ],
    [
      'CAN 3',
      {
        id: '0x0110',
        value: { interval: 1, channel: 3, extended: false, averaged: false, canId: 1 },
      },
      /0x0110 canSampling.*channel/,
    ],
    ['an alarm that is none', { id: '0x0050', value: ['lateTea'] }, /0x0050 hiddenAlarms/],
    ['a value without a row', { id: '0xF001', value: 1 }, /0xF001 has no row/],
    ['an id in small letters', { id: '0x005d', value: 1 }, /id: .*0x005d/],
    ['an id with zeros in front', { id: '0x00000001', value: 1 }, /id: /],
    ['a name of another', { id: '0x0001', name: 'topSpeed', value: 1 }, /name: /],
    ['no hex', { id: '0xF001', hex: '1' }, /hex: /],
    ['no object', [], /id: /],
  ];
  it.each(refused)('is named: %s', (_, parameter, message) => {
    expect(() => set(parameter)).toThrow(RangeError);
    expect(() => set(parameter)).toThrow(/^parameters\.0/);
    expect(() => set(parameter)).toThrow(message);
  });

  it('is named in a list of 256', () => {
    const parameter = { id: '0x0084', value: 1 };
    const fields = { parameters: Array.from({ length: 256 }, () => parameter) };
    expect(() => encode('0x8103', fields)).toThrow(/^parameters\.length: /);
    expect(() => encode('0x8103', { parameters: 5 })).toThrow(/^parameters: /);
    expect(() => encode('0x8103', {})).toThrow(/^parameters: /);
  });

  it('may still be told by a terminal', () => {
    const parameter = { id: '0x0070', name: 'imageQuality', value: 0 };
    const frame = encode('0x0104', { answeredSerial: 1, parameters: [parameter] });
    expect(reread(frame)['parameters']).toEqual([parameter]);
  });
});

describe('the table of parameters', () => {
  it('names every id once, in the order of ids', () => {
    expect(new Set(parameters.map((row) => row.name)).size).toBe(parameters.length);
    let before = -1;
    for (const row of parameters) {
      expect(row.id).toBeGreaterThan(before);
      expect(row.last).toBeGreaterThanOrEqual(row.id);
      before = row.last;
    }
    expect(parameterOf(0x01ff)?.name).toBe('canSampling');
    expect(parameterOf(0x0200)).toBeUndefined();
    expect(parameterId(0x5d)).toBe('0x005D');
  });

  it('counts the time of a collision in 4 ms up to 2013 and in 1 ms from 2019 on', () => {
    for (const [edition, durationMs] of [
      ['2011', 1020],
      ['2013', 1020],
      ['2019', 255],
    ] as const) {
      const [table] = tables('0x8103', edition);
      const parameter = { id: '0x005D', value: { durationMs, acceleration: 10 } };
      const bytes = table?.encode({ parameters: [parameter] }) ?? new Uint8Array(0);
      expect(bytes.subarray(-2)).toEqual(Uint8Array.of(10, 255));
    }
  });
});
