import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { Fault, Message } from '../protocol.ts';
import { dialectOf } from './dialects.ts';
import { seal } from './frame.ts';
import { jt808 } from './index.ts';
import { areaMessages } from './messages/areas.ts';
import { interactionMessages } from './messages/interaction.ts';
import { recorderMessages } from './messages/recorder.ts';
import { type Row, tablesOf } from './row.ts';
import { type Edition, editions } from './versions.ts';

/*
 * Whatever values a message of areas, interaction or the recorder may have, it comes back from its bytes; whatever
 * bytes come as its body, it is read or refused.
 */

const rows = [...areaMessages, ...interactionMessages, ...recorderMessages];

const byte = fc.nat(0xff);
const word = fc.nat(0xffff);
const dword = fc.nat(0xffffffff);
const hexOf = (most: number) => fc.uint8Array({ maxLength: most }).map(toHex);
/** Texts that GBK holds and that lose nothing to padding. */
const gbk = (most: number) =>
  fc
    .array(fc.constantFrom(...'区域路线张三李四AZaz09-_·°（）'), { maxLength: most })
    .map((letters) => letters.join(''));
const digits = (count: number) =>
  fc
    .array(fc.nat(9), { minLength: count, maxLength: count })
    .map((all) => all.map(String).join(''));
const subset = (...names: readonly string[]) => fc.subarray([...names]);

/** The parts that attributes announce. */
function announced(
  head: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  names: readonly string[],
  parts: (said: readonly string[]) => Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Fields> {
  return subset(...names).chain((attributes) =>
    fc.record({ ...head, attributes: fc.constant(attributes), ...parts(attributes) }),
  );
}

const times = { startTime: digits(12), endTime: digits(12) };
const speed = { maxSpeed: word, overspeedDuration: byte };
const limits = (said: readonly string[], edition: Edition) => ({
  ...(said.includes('times') ? times : {}),
  ...(said.includes('speedLimit')
    ? { ...speed, ...(edition === '2019' ? { nightMaxSpeed: word } : {}) }
    : {}),
  ...(edition === '2019' ? { name: gbk(20) } : {}),
});
const areaNames = ['times', 'speedLimit', 'alarmDriverOnEntry', 'south', 'west'] as const;
const place = { latitude: dword, longitude: dword };

const circle = (edition: Edition) =>
  announced({ id: dword, ...place, radius: dword }, areaNames, (said) => limits(said, edition));
const corners = {
  topLatitude: dword,
  leftLongitude: dword,
  bottomLatitude: dword,
  rightLongitude: dword,
};
const rectangle = (edition: Edition) =>
  announced({ id: dword, ...corners }, areaNames, (said) => limits(said, edition));
const polygon = (edition: Edition) =>
  announced({ id: dword }, areaNames, (said) => ({
    ...limits(said, edition),
    vertices: fc.array(fc.record(place), { maxLength: 40 }),
  }));
const corner = (edition: Edition) =>
  announced(
    { ...(edition === '2011' ? {} : { cornerId: dword }), segmentId: dword, ...place, width: byte },
    ['travelTime', 'speedLimit', 'south', 'west'],
    (said) => ({
      ...(!said.includes('travelTime')
        ? {}
        : edition === '2011'
          ? { travelTime: word }
          : { maxTravelTime: word, minTravelTime: word }),
      ...(said.includes('speedLimit')
        ? { ...speed, ...(edition === '2019' ? { nightMaxSpeed: word } : {}) }
        : {}),
    }),
  );
const route = (edition: Edition) =>
  announced({ id: dword }, ['times', 'alarmDriverOnEntry', 'alarmPlatformOnLeaving'], (said) => ({
    ...(said.includes('times') ? times : {}),
    ...(edition === '2019' ? { name: gbk(20) } : {}),
    corners: fc.array(corner(edition), { maxLength: 20 }),
  }));
const set = (item: fc.Arbitrary<unknown>) =>
  fc.record({ action: byte, areas: fc.array(item, { maxLength: 12 }) });
const stored = (edition: Edition) =>
  fc.oneof(
    ...[circle, rectangle, polygon, route].map((object, i) =>
      fc.record({
        kind: fc.constant(i + 1),
        items: fc.array(object(edition), { maxLength: 6 }),
      }),
    ),
  );
const contacts = fc.record({
  action: byte,
  contacts: fc.array(fc.record({ flag: byte, phone: gbk(11), name: gbk(20) }), { maxLength: 20 }),
});
const driver = fc.record({
  state: fc.constantFrom(1, 2),
  time: fc.constantFrom('261123145500', '280229235959'),
  cardResult: byte,
  name: gbk(20),
  qualification: gbk(10),
  issuer: gbk(30),
  validUntil: digits(8),
});
const can = fc.record({
  count: word,
  receiveTime: digits(10),
  items: fc.array(
    fc.record({
      canId: fc.nat(0x1fffffff),
      channel: fc.nat(1),
      extended: fc.boolean(),
      averaged: fc.boolean(),
      data: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(toHex),
    }),
    { maxLength: 30 },
  ),
});

/** Bodies by id, in the editions that have the message. */
const bodies: readonly (readonly [
  string,
  readonly Edition[],
  (edition: Edition) => fc.Arbitrary<Fields>,
])[] = [
  ['0x8600', editions, (edition) => set(circle(edition))],
  ['0x8602', editions, (edition) => set(rectangle(edition))],
  ['0x8604', editions, polygon],
  ['0x8606', editions, route],
  ['0x8607', editions, () => fc.record({ ids: fc.array(dword, { maxLength: 125 }) })],
  ['0x0608', ['2019'], stored],
  ['0x8401', editions, () => contacts],
  ['0x0702', ['2013'], () => driver],
  ['0x0705', ['2013', '2019'], () => can],
  ['0x0701', editions, () => fc.record({ content: hexOf(300) })],
];
const each = bodies.flatMap(([id, of, body]) =>
  of.map((edition) => [id, edition, body(edition)] as const),
);

function rowFor(id: string): Row {
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw new Error(`no row ${id}`);
  return row;
}
/** As the first table reads them that explains every byte. */
function fieldsOf(id: string, edition: Edition, fields: Fields): Fields {
  const written = bodyOf(id, edition, fields);
  for (const table of tablesOf(rowFor(id), dialectOf(edition, null))) {
    const read = table.decode(written);
    if (read.ok && read.trailing === 0) return read.value;
  }
  throw new Error(`${id} of ${edition} is not read back`);
}
/** As it is written between header and check code. */
function bodyOf(id: string, edition: Edition, fields: Fields): Uint8Array {
  const fit = tablesOf(rowFor(id), dialectOf(edition, null))
    .filter((table) => table.fieldNames.every((name) => fields[name] !== undefined))
    .sort((a, b) => b.fieldNames.length - a.fieldNames.length);
  return fit[0]?.encode(fields) ?? new Uint8Array(0);
}

describe('generated bodies', () => {
  it.each(each)('of %s in %s come back from their bytes', (id, edition, body) => {
    fc.assert(
      fc.property(body, (fields) => {
        expect(fieldsOf(id, edition, fields)).toEqual(fields);
      }),
      { numRuns: 60 },
    );
  });

  it.each(each)('of %s in %s are refused when cut, or say that they were', (id, edition, body) => {
    fc.assert(
      fc.property(body, fc.nat(), (fields, where) => {
        const whole = bodyOf(id, edition, fields);
        if (whole.length === 0) return;
        const cut = whole.subarray(0, where % whole.length);
        for (const table of tablesOf(rowFor(id), dialectOf(edition, null))) {
          const read = table.decode(cut);
          if (read.ok) expect(read.value).not.toEqual(fields);
          else expect(read.expected).not.toBe('');
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** Reads a body as one connection would, whatever its length: sub-packages have no bound of a frame. */
function open(edition: Edition) {
  const connection = jt808.open({ side: 'platform' });
  return (number: number, body: Uint8Array): readonly (Message | Fault)[] => {
    const long = edition === '2019';
    const head = [number >> 8, number & 0xff, (long ? 0x40 : 0) | (body.length >> 8)];
    head.push(
      body.length & 0xff,
      ...(long ? [1, 0, 0, 0, 0] : []),
      1,
      0x39,
      0x12,
      0x34,
      0x56,
      0x78,
    );
    return connection.push(seal(Uint8Array.from([...head, 0, 1, ...body])), 0);
  };
}

/** Bytes that look like counts, lengths and flags more often than chance has it. */
const bytes = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 7, 0xff), byte), { maxLength: 300 })
  .map((all) => Uint8Array.from(all));

describe('any bytes as a body', () => {
  it.each(rows.map((row) => [row.id, row] as const))(
    'of %s',
    (_, { number, name, bodies: own }) => {
      fc.assert(
        fc.property(bytes, fc.constantFrom<Edition>('2013', '2019'), (body, edition) => {
          const [item] = open(edition)(number, body);
          if (item?.kind === 'fault') {
            expect(item.code).toBe('badBody');
            expect(item.detail).toContain(name);
            return;
          }
          expect(item?.name).toBe(name);
          expect(JSON.parse(JSON.stringify(item?.fields))).toEqual(item?.fields);
        }),
        { numRuns: 60 },
      );
      // The text of 2011 too, which headers do not tell.
      fc.assert(
        fc.property(bytes, (body) => {
          for (const table of own['2011'] ?? []) {
            const read = table.decode(body);
            expect(read.ok ? read.trailing : read.offset).toBeLessThanOrEqual(body.length);
          }
        }),
        { numRuns: 40 },
      );
    },
  );

  it('cost no more than their length asks for: counts that lie are not believed', () => {
    const millions = Uint8Array.from({ length: 200_000 }, () => 0xff);
    const zeros = new Uint8Array(200_000);
    const started = process.cpuUsage();
    for (const row of rows) {
      for (const body of [millions, zeros]) {
        for (const edition of editions) {
          for (const table of tablesOf(row, dialectOf(edition, null))) table.decode(body);
        }
      }
    }
    const spent = process.cpuUsage(started);
    // Some 200 tables of 200 kB each: anything quadratic takes hours.
    expect((spent.user + spent.system) / 1e6).toBeLessThan(60);
  });
});

describe('a value that does not fit', () => {
  const circleOf = (more: object) => ({
    action: 1,
    areas: [{ id: 1, attributes: ['times'], latitude: 0, longitude: 0, radius: 1, ...more }],
  });
  it.each<readonly [string, Edition, Fields, RegExp]>([
    ['0x8300', '2019', { flags: ['advertisingScreen'], textType: 1, text: '' }, /^flags: no bit/],
    ['0x8300', '2019', { flags: [], textType: 256, text: '' }, /^textType: /],
    ['0x8300', '2013', { flags: [], text: 'a'.repeat(1025) }, /^text: .*1024/],
    ['0x8300', '2011', { flags: [], text: 'a'.repeat(1024) }, /^text: .*1024/],
    ['0x8301', '2013', { action: 1 }, /^action: /],
    ['0x8301', '2013', { action: 1, events: [{ id: 256, text: '' }] }, /^events\.0\.id: /],
    [
      '0x8301',
      '2013',
      { action: 1, events: [{ id: 1, text: 'x'.repeat(256) }] },
      /^events\.0\.text: /,
    ],
    ['0x8301', '2013', { action: 1, events: 'all' }, /^events: wants a list/],
    [
      '0x8302',
      '2013',
      { flags: [], question: '?', answers: [{ id: -1, text: '' }] },
      /^answers\.0\.id: /,
    ],
    ['0x8400', '2013', { flag: 0, phone: '1'.repeat(21) }, /^phone: .*20/],
    [
      '0x8401',
      '2019',
      { action: 1, contacts: [{ flag: 1, phone: 7, name: '' }] },
      /^contacts\.0\.phone: /,
    ],
    ['0x8500', '2013', { flags: ['openDoors'] }, /^flags: /],
    ['0x8500', '2019', { controls: [{ type: 1, value: 256 }] }, /^controls\.0\.value: /],
    ['0x8500', '2019', { controls: [{ type: 1 }] }, /^controls\.0\.value: /],
    ['0x8600', '2013', circleOf({}), /^areas\.0\.startTime: /],
    ['0x8600', '2013', circleOf({ startTime: '26', endTime: '' }), /^areas\.0\.startTime: /],
    ['0x8600', '2013', circleOf({ radius: 2 ** 32 }), /^areas\.0\.radius: /],
    ['0x8600', '2011', circleOf({ attributes: ['doorsClosed'] }), /^areas\.0\.attributes: /],
    ['0x8600', '2013', circleOf({ attributes: 7 }), /^areas\.0\.attributes: /],
    ['0x8600', '2013', { action: 1, areas: Array(256).fill({}) }, /^areas\.length: /],
    ['0x8600', '2011', { action: 1, areas: 9 }, /^areas: /],
    ['0x8601', '2013', { ids: Array.from({ length: 126 }, (_, i) => i) }, /^ids\.length: /],
    ['0x8601', '2013', { ids: [1, 2 ** 32] }, /^ids\.1: /],
    [
      '0x8604',
      '2013',
      { id: 1, attributes: [], vertices: [{ latitude: -1, longitude: 0 }] },
      /^vertices\.0\.latitude: /,
    ],
    ['0x8606', '2013', { id: 1, attributes: [], corners: [{}] }, /^corners\.0\.cornerId: /],
    ['0x8606', '2013', { id: 1, attributes: ['speedLimit'], corners: [] }, /^attributes: /],
    ['0x8608', '2019', { kind: 256, ids: [] }, /^kind: /],
    ['0x0702', '2019', { state: 3, time: '261123145500' }, /^state: /],
    ['0x0702', '2019', { state: 1, time: '2613231455' }, /^time: /],
    ['0x0705', '2013', { count: 1, receiveTime: '12', items: [] }, /^receiveTime: /],
    [
      '0x0705',
      '2013',
      {
        count: 1,
        receiveTime: '0000000000',
        items: [
          { canId: 2 ** 29, channel: 0, extended: false, averaged: false, data: '00'.repeat(8) },
        ],
      },
      /^items\.0: canId/,
    ],
    ['0x0701', '2013', { content: 'xyz' }, /^content: /],
  ])('in %s of %s is refused by name: %j', (id, edition, fields, message) => {
    const wanted = { id, device: '13912345678', edition, serial: 0, fields };
    let refused: unknown;
    try {
      jt808.encode(wanted);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(RangeError);
    expect((refused as RangeError).message).toMatch(message);
  });
});

describe('what is too long to be written', () => {
  it('is still read', () => {
    const ids = Uint8Array.from({ length: 1 + 4 * 126 }, (_, i) => (i === 0 ? 126 : 0));
    const [item] = open('2013')(0x8601, ids);
    expect((item as Message).fields['ids']).toHaveLength(126);
    const phone = Uint8Array.from({ length: 31 }, (_, i) => (i === 0 ? 0 : 0x31));
    const [call] = open('2013')(0x8400, phone);
    expect((call as Message).fields['phone']).toBe('1'.repeat(30));
  });
});
