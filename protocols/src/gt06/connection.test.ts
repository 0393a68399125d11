import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitsOfTime, fromHex, toHex } from '../bytes.ts';
import { boundedMemory } from '../memory.ts';
import type { DeviceProfile, Fault, Message, Outgoing } from '../protocol.ts';
import { alarmCodes } from './alarms.ts';
import { partsOf, writeFrame } from './frame.ts';
import { gt06 } from './index.ts';
import { modelOf, models } from './models.ts';

const NOW = Date.UTC(2026, 10, 23, 8, 0, 0);
const bytesOf = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
const NONE = new Uint8Array(0);
const write = (id: string, fields: Outgoing['fields'], serial = 1, device: string | null = 'x') =>
  gt06.encode({ id, device, edition: null, serial, fields });
const login = (device: string) => write('0x01', {}, 1, device);
const fix = {
  time: digitsOfTime(NOW, 0),
  gpsInfo: { length: 12, satellites: 9 },
  latitude: 56_214_749,
  longitude: 218_652_662,
  speed: 40,
  courseStatus: { course: 90, flags: ['north', 'positioned'] },
  cell: { mcc: 460, mnc: 0, lac: 1, cellId: 2 },
};
const alarm = {
  ...fix,
  lbsLength: 9,
  terminalInfo: [],
  voltageLevel: 6,
  signal: 4,
  alarmCode: 1,
  language: 1,
};

function one(items: readonly (Message | Fault)[]): Message {
  const [item] = items;
  if (items.length !== 1 || item?.kind !== 'message') throw new Error('wants one message');
  return item;
}

describe('a GT06 connection', () => {
  it('knows its device by the log-in, and another after a second one', () => {
    const connection = gt06.open();
    const device = (bytes: Uint8Array) => one(connection.push(bytes, NOW)).device;
    expect(device(write('0x12', fix))).toBeNull();
    expect(device(login('861234567890123'))).toBe('861234567890123');
    expect(device(write('0x12', fix))).toBe('861234567890123');
    expect(device(login('1863760000000031'))).toBe('1863760000000031');
    expect(device(write('0x12', fix))).toBe('1863760000000031');
    expect(device(login('0a3f45b7c9012345'))).toBe('0a3f45b7c9012345');
  });

  it('has no protocol until a sound frame came', () => {
    const connection = gt06.open();
    connection.push(bytesOf('7878050100010000'), NOW);
    expect(connection.protocol).toBeNull();
    connection.push(bytesOf('0d0a'), NOW);
    expect(connection.protocol).toBeNull();
    connection.push(login('861234567890123'), NOW);
    expect(connection.protocol).toBe('gt06');
  });

  it('forgets what it learned of a device when another logs in', () => {
    const connection = gt06.open();
    connection.push(login('861234567890123'), NOW);
    const clone = { course: 0, flags: ['north', 'positioned', 'bit15'] };
    connection.push(write('0x12', { ...fix, courseStatus: clone }), NOW);
    const ignition = () => one(connection.push(write('0x12', fix), NOW)).positions[0]?.ignition;
    expect(ignition()).toBe(false);
    connection.push(login('861234567890123'), NOW);
    expect(ignition()).toBe(false);
    connection.push(login('861234567890124'), NOW);
    expect(ignition()).toBeNull();
  });

  it('answers log-in, heartbeat and alarms with the serial of the device, positions never', () => {
    const connection = gt06.open();
    const answerTo = (bytes: Uint8Array) => {
      const reply = connection.reply(one(connection.push(bytes, NOW)), { result: 'accepted' });
      return reply && toHex(reply);
    };
    const bare = (type: number, serial: number) =>
      toHex(writeFrame(type, new Uint8Array(0), serial));
    expect(answerTo(login('861234567890123'))).toBe('787805010001d9dc0d0a');
    expect(answerTo(write('0x13', { terminalInfo: [], voltageLevel: 6, signal: 4 }, 0xffff))).toBe(
      bare(0x13, 0xffff),
    );
    expect(answerTo(write('0x16', alarm, 0))).toBe(bare(0x16, 0));
    expect(answerTo(write('0x26', { ...alarm, language: 0 }, 7))).toBe(bare(0x26, 7));
    expect(answerTo(write('0x12', fix))).toBeNull();
    expect(answerTo(write('0x22', fix))).toBeNull();
    expect(answerTo(writeFrame(0x5a, bytesOf('010203'), 9))).toBeNull();
  });

  it('answers a stranger so that it does not reconnect for ever, and nothing that was refused', () => {
    const connection = gt06.open();
    const hello = one(connection.push(login('861234567890123'), NOW));
    const sos = one(connection.push(write('0x16', alarm), NOW));
    expect(connection.reply(hello, { result: 'unknownDevice' })).not.toBeNull();
    expect(connection.reply(sos, { result: 'unknownDevice' })).toBeNull();
    for (const result of ['refused', 'malformed', 'unsupported'] as const) {
      expect(connection.reply(hello, { result })).toBeNull();
      expect(connection.reply(sos, { result })).toBeNull();
    }
  });

  it('keeps what an unknown type holds', () => {
    const frame = writeFrame(0x5a, bytesOf('010203'), 9);
    expect(one(gt06.open().push(frame, NOW))).toMatchObject({
      id: '0x5A',
      name: 'unknown',
      intent: 'unknown',
      serial: 9,
      fields: { content: '010203' },
      raw: frame,
    });
  });

  it('names the field of a sound frame that is too short', () => {
    const connection = gt06.open();
    connection.push(login('861234567890123'), NOW);
    const whole = write('0x12', fix);
    const short = writeFrame(0x12, whole.slice(4, -8), 3);
    expect(connection.push(short, NOW)).toEqual([
      {
        kind: 'fault',
        protocol: 'gt06',
        code: 'badBody',
        offset: 18,
        bytes: short.length,
        detail: 'position.cell: wants 8 bytes, found 6',
        message: expect.objectContaining({ name: 'position', device: '861234567890123' }),
      },
    ]);
    expect(connection.push(writeFrame(0x01, new Uint8Array(7), 1), NOW)).toMatchObject([
      { code: 'badBody', message: { name: 'login' } },
    ]);
  });

  it('marks what lenient mode lets through', () => {
    const broken = write('0x12', fix);
    broken[10] = 0xca;
    const message = one(gt06.open({ lenient: true }).push(broken, NOW));
    expect(message.fields['crcOk']).toBe(false);
    expect(message.positions[0]?.extras['crcOk']).toBe(false);
    expect(gt06.open().push(broken, NOW)).toMatchObject([{ code: 'badChecksum' }]);
  });

  it('reads answers on the side of the terminal and reports on that of the platform', () => {
    const answer = gt06.encode({ id: '0x13', device: null, edition: null, serial: 5, fields: {} });
    expect(toHex(answer)).toBe('787805130005afd50d0a');
    const heard = one(gt06.open({ side: 'terminal' }).push(answer, NOW));
    expect(heard).toMatchObject({ name: 'heartbeatAnswer', intent: 'answer', serial: 5 });
    expect(gt06.open().push(answer, NOW)).toMatchObject([{ code: 'badBody' }]);
  });
});

describe('a writer', () => {
  it.each([
    ['speed', '0x12', { ...fix, speed: 256 }],
    ['latitude', '0x12', { ...fix, latitude: -1 }],
    ['courseStatus', '0x12', { ...fix, courseStatus: { course: 1024, flags: [] } }],
    ['courseStatus', '0x12', { ...fix, courseStatus: { course: 0, flags: ['up'] } }],
    ['time', '0x12', { ...fix, time: 'yesterday' }],
    ['cell', '0x22', { ...fix, cell: undefined }],
    ['reupload', '0x22', { ...fix, acc: 1, reupload: 0 }],
    ['alarmCode', '0x16', { ...alarm, alarmCode: undefined }],
    ['terminalId', '0x01', { terminalId: '12' }],
    ['extra', '0x12', { ...fix, extra: 'x' }],
    ['terminalInfo', '0x13', {}],
    ['id', '0x5A', fix],
  ])('names %s when it does not fit %s', (field, id, fields) => {
    expect(() => write(id, fields)).toThrow(RangeError);
    expect(() => write(id, fields)).toThrow(new RegExp(field));
  });

  it.each([-1, 65536, 1.5])('refuses the serial %d', (serial) => {
    expect(() => write('0x12', fix, serial)).toThrow(/serial/);
  });
});

describe('the alarm codes', () => {
  it.each([...alarmCodes])('say %i is %o', (alarmCode, { key, alarm: meaning }) => {
    const [position] = one(gt06.open().push(write('0x16', { ...alarm, alarmCode }), NOW)).positions;
    expect(position?.alarms).toEqual(meaning === null ? [] : [meaning]);
    expect(position?.extras['alarmKey']).toBe(key);
  });
});

describe('any content under a sound checksum', () => {
  /** Rows whose reading leaves something out on purpose. */
  const isLossy = ({ fields }: Message) => fields['hasKey'] === true;
  const types = [...new Set(gt06.messages.map(({ id }) => Number(id))), 0x5a];
  const subtype = fc.constantFrom(0, 4, 5, 8, 9, 10, 13, 16, 27, 33, 35);
  const module = fc
    .tuple(
      fc.constantFrom(0, 1, 0x11, 0x12, 0x33, 0x36, 0x43, 0x45, 0x1000),
      fc.uint8Array({ maxLength: 30 }),
    )
    .map(([id, bytes]) => [id >> 8, id & 0xff, 0, bytes.length, ...bytes]);
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.uint8Array({ minLength: 90, maxLength: 120 }),
    fc
      .tuple(subtype, fc.uint8Array({ maxLength: 40 }))
      .map(([first, rest]) => Uint8Array.of(first, ...rest)),
    fc.array(module, { maxLength: 4 }).map((modules) => Uint8Array.from(modules.flat())),
  );

  it('is a message or a fault, and what is a message is written back to the same bytes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        content,
        fc.nat({ max: 0xffff }),
        fc.constantFrom('platform' as const, 'terminal' as const),
        fc.boolean(),
        (type, body, serial, side, isLong) => {
          const frame = writeFrame(type, body, serial, isLong);
          const connection = gt06.open({ side });
          const [item, ...rest] = connection.push(frame, NOW);
          expect(rest).toEqual([]);
          expect(item?.kind === 'message' ? item.raw : item?.bytes).toEqual(
            item?.kind === 'message' ? frame : frame.length,
          );
          if (item?.kind !== 'message') return;
          for (const position of item.positions) {
            expect(Number.isFinite(position.fixTime)).toBe(true);
            if (position.valid) {
              expect(Math.abs(position.latitude ?? 91)).toBeLessThanOrEqual(90);
              expect(Math.abs(position.longitude ?? 181)).toBeLessThanOrEqual(180);
            }
          }
          if (item.name === 'unknown' || isLossy(item)) return;
          const { id, device, fields } = item;
          const direction = side === 'terminal' ? 'down' : 'up';
          const again = gt06.encode({ id, device, edition: null, serial, fields, direction });
          const { contentStart, contentEnd } = partsOf(again);
          expect(toHex(again.slice(contentStart, contentEnd))).toBe(toHex(body));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('what a device shows of itself', () => {
  const zoneMs = 8 * 3_600_000;
  const local = (now: number) => write('0x12', { ...fix, time: digitsOfTime(now + zoneMs, 0) });

  it('outlives its connection where somebody remembers it', () => {
    const memory = boundedMemory(10);
    const first = gt06.open({ memory });
    first.push(login('861234567890123'), NOW);
    for (let i = 0; i < 5; i++) first.push(local(NOW + i * 10_000), NOW + i * 10_000);
    const fixTime = (device: string) => {
      const next = gt06.open({ memory });
      next.push(login(device), NOW);
      const [position] = one(next.push(local(NOW), NOW)).positions;
      return [position?.timeSource, position?.fixTime];
    };
    expect(fixTime('861234567890123')).toEqual(['device', NOW]);
    expect(fixTime('861234567890124')).toEqual(['server', NOW]);
  });

  it('makes alarms of a heartbeat news once, and again after they were gone', () => {
    const connection = gt06.open();
    connection.push(login('861234567890123'), NOW);
    const beat = (...terminalInfo: string[]) => {
      const fields = { terminalInfo, voltageLevel: 6, signal: 4, alarmCode: 0, language: 2 };
      return one(connection.push(write('0x13', fields), NOW)).positions.map(({ alarms }) => alarms);
    };
    expect(beat('gpsOn')).toEqual([]);
    expect(beat('sos')).toEqual([['sos']]);
    expect(beat('sos', 'acc')).toEqual([]);
    expect(beat('lowBattery')).toEqual([['lowBattery']]);
    expect(beat()).toEqual([[]]);
    expect(beat()).toEqual([]);
    expect(beat('sos')).toEqual([['sos']]);
  });
});

describe('what nobody may keep', () => {
  it('is named by the message: the key of a lock, the voices of people', () => {
    const heard = (id: string, fields: Outgoing['fields']) =>
      one(gt06.open().push(write(id, fields), NOW));
    const lock = {
      subtype: 0x21,
      address: 'ac233fa018e3',
      key: '00112233445566778899aabbccddeeff',
    };
    const withKey = heard('0x94', lock);
    expect(withKey.sensitive).toEqual(['key']);
    expect(withKey.fields).toEqual({ subtype: 0x21, address: 'ac233fa018e3', hasKey: true });
    expect(heard('0x94', { subtype: 0x21, address: 'ac233fa018e3' }).sensitive).toEqual([]);
    const part = {
      fileType: 0,
      fileLength: 4,
      checkType: 0,
      check: 'beef',
      fileOffset: 0,
      part: '01',
    };
    expect(heard('0x8D', part).sensitive).toContain('part');
  });
});

describe('a protocol that only looks like this one', () => {
  const tr02 =
    '686825266a035868800000015800111a0b1708090a02' + '7ac8390c4657c5000156001df1000000060d0a';
  const topin = '78780a010123456789012345010d0a';
  it.each([
    ['GT02A/TR02', tr02],
    ['Topin/ZX303', topin],
  ])('is named, whole or byte by byte: %s', (name, hex) => {
    for (const pieces of [[hex], hex.match(/../g) ?? []]) {
      const connection = gt06.open();
      const items = pieces.flatMap((piece) => [...connection.push(bytesOf(piece), NOW)]);
      const variants = items.filter((i) => i.kind === 'fault' && i.code === 'unsupportedVariant');
      expect(variants).toHaveLength(1);
      expect(variants[0]).toMatchObject({ detail: expect.stringContaining(name) });
      expect(items.every(({ kind }) => kind === 'fault')).toBe(true);
      expect(connection.protocol).toBeNull();
    }
  });
});

describe('the models', () => {
  it('are found whatever the case and separators of their names', () => {
    for (const { name } of models) {
      expect(modelOf(name.toLowerCase())).toBe(modelOf(name));
      expect(modelOf(`JM-${name}`).name).toBe(name);
      expect(models.filter((model) => model.name === name)).toHaveLength(1);
    }
    expect(modelOf('no such box')).toBe(modelOf(undefined));
  });

  it('change what codes mean to them alone', () => {
    const keyOf = (model: string | undefined) => {
      const connection = gt06.open(model === undefined ? {} : { model });
      const frame = write('0x16', { ...alarm, alarmCode: 0x16 });
      return one(connection.push(frame, NOW)).positions[0]?.extras['alarmKey'];
    };
    expect([keyOf(undefined), keyOf('Clone 77')]).toEqual(['sound', 'speedNormal']);
  });
});

describe('what people set for a device', () => {
  const broken = write('0x12', fix);
  broken[10] = 0xca;
  const set = { '861234567890123': { lenient: true, model: 'AM01' } } as const;
  const open = (settings: Readonly<Record<string, DeviceProfile>>) =>
    gt06.open({ profileOf: (_, device) => settings[device] ?? null });
  const kinds = (items: readonly (Message | Fault)[]) => items.map(({ kind }) => kind);

  it('holds from its log-in on, and for it alone', () => {
    const connection = open(set);
    expect(kinds(connection.push(broken, NOW))).toEqual(['fault']);
    connection.push(login('861234567890123'), NOW);
    const message = one(connection.push(broken, NOW));
    expect(toHex(connection.reply(message, { result: 'accepted' }) ?? NONE)).toBe(
      toHex(writeFrame(0x12, NONE, 1)),
    );
    connection.push(login('861234567890124'), NOW);
    expect(kinds(connection.push(broken, NOW))).toEqual(['fault']);
  });

  it('is heeded while its connection lasts', () => {
    const settings: Record<string, DeviceProfile> = {};
    const connection = open(settings);
    connection.push(login('861234567890123'), NOW);
    Object.assign(settings, set);
    expect(kinds(connection.push(broken, NOW + 9_999))).toEqual(['fault']);
    expect(kinds(connection.push(broken, NOW + 10_000))).toEqual(['message']);
  });
});
