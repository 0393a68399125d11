import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import { deviceAlarms } from '../position.ts';
import type { Fault, Message } from '../protocol.ts';
import { jt808 } from './index.ts';
import { type Edition, editions, versions } from './versions.ts';

const NOW = Date.UTC(2026, 10, 23, 7, 0, 0);
const beat = (serial: number, edition: Edition = '2013') =>
  jt808.encode({ id: '0x0002', device: '13912345678', edition, serial, fields: {} });
const read = (...chunks: Uint8Array[]) => {
  const connection = jt808.open({ anyTime: true });
  return { connection, items: chunks.flatMap((chunk) => connection.push(chunk, NOW)) };
};
const concat = (...pieces: readonly Uint8Array[]) =>
  Uint8Array.from(pieces.flatMap((piece) => [...piece]));

describe('framing', () => {
  it('lets two frames share a flag', () => {
    const shared = concat(beat(1).subarray(0, -1), beat(2));
    expect(read(shared).items.map((m) => (m as Message).serial)).toEqual([1, 2]);
  });

  it('loses a frame that was cut off, and not the one behind it', () => {
    const { items } = read(beat(1).subarray(0, 9), beat(2));
    expect(items).toMatchObject([
      { kind: 'fault', code: 'badLength', offset: 0 },
      { kind: 'message', serial: 2 },
    ]);
  });

  it('lets NUL and line ends pass between frames and waits for nothing behind a frame', () => {
    const { connection, items } = read(
      concat(beat(1), Uint8Array.of(0, 13, 10)),
      concat(beat(2), Uint8Array.of(10)),
    );
    expect(items.map((item) => item.kind)).toEqual(['message', 'message']);
    expect(connection.pendingBytes).toBe(0);
  });

  it('gives up a frame that does not end, and finds the next', () => {
    const endless = concat(Uint8Array.of(0x7e), new Uint8Array(5000).fill(0x41));
    for (const chunkBytes of [5001, 1000, 1]) {
      const connection = jt808.open();
      const items: (Message | Fault)[] = [];
      for (let at = 0; at < endless.length; at += chunkBytes)
        items.push(...connection.push(endless.subarray(at, at + chunkBytes), NOW));
      expect(connection.pendingBytes).toBe(0);
      items.push(...connection.push(beat(3), NOW));
      expect(items[0]).toMatchObject({ code: 'frameTooLong', offset: 0 });
      expect(items.at(-1)).toMatchObject({ kind: 'message', serial: 3 });
      const lost = items.reduce((sum, item) => sum + (item.kind === 'fault' ? item.bytes : 0), 0);
      expect(lost).toBe(endless.length);
    }
  });

  it('takes the longest frame there is, every byte of its body escaped', () => {
    const extras = [251, 251, 251, 232].map((size, i) => ({
      id: `0xE${i + 1}`,
      hex: '7e'.repeat(size),
    }));
    const fields = {
      alarms: [],
      status: [],
      latitude: 0x7e7e7e7e,
      longitude: 0x7e7e7e7e,
      altitude: 0x7e7e,
      speed: 0x7e7e,
      direction: 0x7e7e,
      time: '7e7e7e7e7e7e',
      extras,
    };
    const frame = jt808.encode({
      id: '0x0200',
      device: '7e7e7e7e7e7e7e7e7e7e',
      edition: '2019',
      serial: 0x7e7e,
      fields,
    });
    expect(read(frame).items).toMatchObject([{ kind: 'message', fields }]);
    const longer = {
      ...fields,
      extras: [...extras, { id: '0xEF', hex: '' }, { id: '0xEF', hex: '' }],
    };
    const parts = jt808.encode({
      id: '0x0200',
      device: '1',
      edition: '2019',
      serial: 65535,
      fields: longer,
    });
    expect(read(parts).items).toMatchObject([{ kind: 'message', serial: 65535, fields: longer }]);
  });

  it('reports the offset in the stream, not in the chunk', () => {
    const bad = beat(2);
    bad[bad.length - 2] = (bad[bad.length - 2] ?? 0) ^ 1;
    const { items } = read(beat(1), bad.subarray(0, 5), bad.subarray(5));
    expect(items[1]).toMatchObject({ code: 'badChecksum', offset: 15, bytes: 15 });
  });

  it('passes a wrong check code when told to', () => {
    const bad = beat(2);
    bad[bad.length - 2] = (bad[bad.length - 2] ?? 0) ^ 1;
    expect(jt808.open({ lenient: true }).push(bad, NOW)).toMatchObject([{ serial: 2 }]);
  });
});

describe('a location report', () => {
  const bits = fc.integer({ min: 0, max: 0xffffffff });
  const digits = fc.stringMatching(/^[0-9a-f]{12}$/);
  const item = fc.oneof(
    fc.record({ id: fc.constant('0x01'), name: fc.constant('mileage'), value: bits }),
    fc.record({ id: fc.constant('0x31'), name: fc.constant('satellites'), value: fc.nat(255) }),
    fc
      .tuple(fc.integer({ min: 0x68, max: 0xdf }), fc.uint8Array({ maxLength: 40 }))
      .map(([id, body]) => ({ id: `0x${id.toString(16).toUpperCase()}`, hex: toHex(body) })),
  );
  const names = (word: number, table: readonly string[]) =>
    table.filter((_, bit) => (word >>> bit) & 1);

  it('of any values is read back as it was written, and its position is sane', () => {
    const fields = fc.record({
      alarms: bits,
      status: bits,
      latitude: bits,
      longitude: bits,
      altitude: fc.integer({ min: -32768, max: 32767 }),
      speed: fc.nat(0xffff),
      direction: fc.nat(0xffff),
      time: digits,
      extras: fc.array(item, { maxLength: 8 }),
    });
    fc.assert(
      fc.property(
        fields,
        fc.constantFrom(...editions.slice(1)),
        fc.nat(0xffff),
        (raw, edition, serial) => {
          const { alarms, status } = versions[edition];
          const given = {
            ...raw,
            alarms: names(raw.alarms, alarms.names),
            // Bits 8 and 9 are the load, which the vectors cover.
            status: names(raw.status & ~0x300, status.names),
          };
          const frame = jt808.encode({
            id: '0x0200',
            device: '13912345678',
            edition,
            serial,
            fields: given,
          });
          const connection = jt808.open();
          const [message] = connection.push(frame, NOW) as Message[];
          expect(message).toMatchObject({ edition, serial, device: '13912345678' });
          expect(message?.fields).toEqual(given);
          const [p] = message?.positions ?? [];
          expect(Math.abs((p?.fixTime ?? 0) - NOW)).toBeLessThanOrEqual(30 * 86_400_000);
          expect(p?.courseDeg ?? 0).toBeLessThan(360);
          expect(p?.speedKmh ?? 0).toBeLessThanOrEqual(300);
          expect(p?.alarms.every((alarm) => deviceAlarms.includes(alarm))).toBe(true);
          if (p?.valid) {
            expect(Math.abs(p.latitude ?? 91)).toBeLessThanOrEqual(90);
            expect(Math.abs(p.longitude ?? 181)).toBeLessThanOrEqual(180);
            expect(p.flags).not.toContain('noFix');
          }
        },
      ),
    );
  });
});

describe('answers', () => {
  const verdicts = [
    ['accepted', 0],
    ['refused', 1],
    ['unknownDevice', 1],
    ['malformed', 2],
    ['unsupported', 3],
  ] as const;
  it.each(verdicts)('say %s as result %i', (result, code) => {
    const { connection, items } = read(beat(9));
    const reply = connection.reply(items[0] as Message, { result });
    const answer = jt808.encode({
      id: '0x8001',
      device: '13912345678',
      edition: '2013',
      serial: 0,
      fields: { answeredSerial: 9, answeredId: '0x0002', result: code },
    });
    expect(toHex(reply ?? answer.subarray(1))).toBe(toHex(answer));
  });

  it('count our serials and wrap them', () => {
    const { connection, items } = read(beat(9));
    const serials: number[] = [];
    for (let i = 0; i < 65538; i++) {
      const reply = connection.reply(items[0] as Message, { result: 'accepted' });
      if (i < 2 || i > 65533)
        serials.push(
          (jt808.open({ side: 'terminal' }).push(reply ?? beat(0), NOW)[0] as Message).serial,
        );
    }
    expect(serials).toEqual([0, 1, 65534, 65535, 0, 1]);
  });

  it('refuse a stranger by 0x8100 without a code', () => {
    const register = jt808.encode({
      id: '0x0100',
      device: '13912345678',
      edition: '2019',
      serial: 4,
      fields: {
        provinceId: 31,
        cityId: 115,
        manufacturerId: 'QHKJ1',
        terminalModel: 'SW-200',
        terminalId: '7654321',
        plateColor: 2,
        plate: '沪A12345',
      },
    });
    const { connection, items } = read(register);
    const reply = connection.reply(items[0] as Message, { result: 'unknownDevice' });
    expect(jt808.open().push(reply ?? register, NOW)).toMatchObject([
      { id: '0x8100', edition: '2019', fields: { answeredSerial: 4, result: 4 } },
    ]);
  });

  it('remember a device of 2011 by its register', () => {
    const register = jt808.encode({
      id: '0x0100',
      device: '13912345678',
      edition: '2011',
      serial: 4,
      fields: {
        provinceId: 31,
        cityId: 115,
        manufacturerId: 'QHKJ1',
        terminalModel: 'SW-200',
        terminalId: '7654321',
        plateColor: 2,
        plate: '沪A12345',
      },
    });
    expect(read(register, beat(5)).items.map((m) => (m as Message).edition)).toEqual([
      '2011',
      '2011',
    ]);
    expect(read(beat(5)).items.map((m) => (m as Message).edition)).toEqual(['2013']);
  });

  it('of a terminal are 0x0001, and none to an answer', () => {
    const terminal = jt808.open({ side: 'terminal' });
    const answer = jt808.encode({
      id: '0x8001',
      device: '13912345678',
      edition: '2013',
      serial: 0,
      fields: { answeredSerial: 9, answeredId: '0x0002', result: 0 },
    });
    const [message] = terminal.push(answer, NOW) as Message[];
    expect(message && terminal.reply(message, { result: 'accepted' })).toBeNull();
    // A command without a row is refused as not supported.
    const command = answer.slice();
    command[1] = 0x8f;
    command[2] = 0x42;
    command[command.length - 2] = (command[command.length - 2] ?? 0) ^ 0x0f ^ 0x43;
    const [asked] = terminal.push(command, NOW) as Message[];
    expect(asked).toMatchObject({ id: '0x8F42', intent: 'unknown' });
    const reply = asked && terminal.reply(asked, { result: 'unsupported' });
    expect(jt808.open().push(reply ?? beat(0), NOW)).toMatchObject([
      { id: '0x0001', fields: { answeredId: '0x8F42', result: 3 } },
    ]);
  });
});

describe('a writer', () => {
  it.each([
    ['edition', { edition: '2022' }],
    ['edition', { edition: null }],
    ['device', { device: null }],
    ['device', { device: '1234567890123' }],
    ['device', { device: '' }],
    ['serial', { serial: -1 }],
    ['id', { id: '0x9999' }],
    ['protocolVersion', { edition: '2019', fields: { protocolVersion: 256 } }],
    ['trailing', { fields: { trailing: 'x' } }],
  ])('names %s for %j', (field, over) => {
    const message = { id: '0x0002', device: '1', edition: '2013', serial: 0, fields: {}, ...over };
    expect(() => jt808.encode(message)).toThrow(new RegExp(`^${field}: `));
  });
});
