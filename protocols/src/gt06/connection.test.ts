import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitsOfTime, fromHex, toHex } from '../bytes.ts';
import type { Fault, Message, Outgoing } from '../protocol.ts';
import { alarmCodes } from './alarms.ts';
import { writeFrame } from './frame.ts';
import { gt06 } from './index.ts';

const NOW = Date.UTC(2026, 10, 23, 8, 0, 0);
const bytesOf = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
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
  it('is a message or a fault, and what is a message is written back to the same bytes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x01, 0x12, 0x13, 0x16, 0x22, 0x26, 0x5a),
        fc.uint8Array({ maxLength: 60 }),
        fc.nat({ max: 0xffff }),
        (type, content, serial) => {
          const frame = writeFrame(type, content, serial);
          const [item, ...rest] = gt06.open().push(frame, NOW);
          expect(rest).toEqual([]);
          expect(item?.kind === 'message' ? item.raw : item?.bytes).toEqual(
            item?.kind === 'message' ? frame : frame.length,
          );
          if (item?.kind !== 'message' || item.name === 'unknown') return;
          const { id, device, fields } = item;
          expect(toHex(gt06.encode({ id, device, edition: null, serial, fields }))).toBe(
            toHex(frame),
          );
          for (const position of item.positions) {
            expect(Number.isFinite(position.fixTime)).toBe(true);
            if (position.valid) {
              expect(Math.abs(position.latitude ?? 91)).toBeLessThanOrEqual(90);
              expect(Math.abs(position.longitude ?? 181)).toBeLessThanOrEqual(180);
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
