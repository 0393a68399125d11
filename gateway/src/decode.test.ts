import { gt06, jt808 } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import { DECODE_AUTH_CODE, LineDecoder, modelNamed } from './decode-lines.ts';
import { gt06Frame, gt06Position, jt808Ack, jt808Frame, locationBody } from './e2e/frames.ts';

const NOW = Date.UTC(2026, 10, 24);
const FIX = {
  time: new Date('2026-11-23T06:55:00.000Z'),
  latitude: 31.230416,
  longitude: 121.473701,
  speedKmh: 52.3,
  courseDeg: 126,
};
const report = jt808Frame(0x0200, '13912345678', 4660, locationBody(FIX));
const decoder = (lenient = false) => new LineDecoder(jt808, { lenient });

describe('decode', () => {
  it('shows a report with its position by REST names and the answer', () => {
    const line = decoder().decode(report, NOW);
    expect(line.faults).toEqual([]);
    expect(line.messages).toHaveLength(1);
    expect(line.messages[0]).toMatchObject({
      id: '0x0200',
      name: 'locationReport',
      device: '13912345678',
      edition: '2013',
      serial: 4660,
      fields: { alarms: [], status: ['acc', 'fixed'], latitude: 31230416, time: '261123145500' },
      positions: [
        {
          device: '13912345678',
          fixTime: '2026-11-23T06:55:00.000Z',
          valid: true,
          latitude: 31.230416,
          longitude: 121.473701,
          altitudeM: 7,
          speedKmh: 52.3,
          courseDeg: 126,
          satellites: 14,
          mileageKm: 1234.5,
          alarms: [],
          flags: [],
        },
      ],
      reply: jt808Ack('13912345678', 0, 4660, 0x0200, 0),
    });
    expect(Object.keys(line.messages[0] ?? {})).toEqual([
      ...['id', 'name', 'device', 'edition', 'serial', 'fields', 'positions', 'reply'],
    ]);
  });

  it('keeps the time of an old report', () => {
    const body = locationBody({ ...FIX, time: new Date('2015-03-01T00:00:00.000Z') });
    const line = decoder().decode(jt808Frame(0x0200, '1', 1, body), NOW);
    expect(line.messages).toMatchObject([
      { positions: [{ fixTime: '2015-03-01T00:00:00.000Z', timeSource: 'device', flags: [] }] },
    ]);
  });

  it('takes the lines as chunks of one connection and counts our serials', () => {
    const one = decoder();
    expect(one.decode(report.slice(0, 20), NOW)).toEqual({ messages: [], faults: [] });
    expect(one.decode(report.slice(20), NOW).messages).toMatchObject([
      { reply: jt808Ack('13912345678', 0, 4660, 0x0200, 0) },
    ]);
    expect(one.decode(report.toUpperCase(), NOW).messages).toMatchObject([
      { reply: jt808Ack('13912345678', 1, 4660, 0x0200, 0) },
    ]);
  });

  it('answers a register with the fixed auth code', () => {
    const body = Buffer.concat([
      Buffer.from([0, 31, 0, 115]),
      Buffer.from(`QHKJ1${'SW-200'.padEnd(20, '\0')}7654321`),
      Buffer.from([2]),
      Buffer.from('B12345'),
    ]);
    const answer = jt808Frame(
      0x8100,
      '13912345678',
      0,
      Buffer.concat([Buffer.from([0, 5, 0]), Buffer.from(DECODE_AUTH_CODE)]),
    );
    expect(
      decoder().decode(jt808Frame(0x0100, '13912345678', 5, body), NOW).messages,
    ).toMatchObject([{ name: 'register', reply: answer }]);
  });

  it('tells what cannot be used, with its answer where the frame was sound', () => {
    const good = jt808Frame(0x0002, '13900000001', 9, Buffer.alloc(0));
    const broken = good.replace(/..7e$/, '007e');
    expect(decoder().decode(broken, NOW)).toMatchObject({
      messages: [],
      faults: [{ code: 'badChecksum', offset: 0, bytes: good.length / 2 }],
    });
    expect(decoder(true).decode(broken, NOW)).toMatchObject({
      messages: [{ id: '0x0002' }],
      faults: [],
    });
    const short = jt808Frame(0x0200, '13900000001', 10, Buffer.from([0, 1, 2]));
    expect(decoder().decode(short, NOW).faults).toMatchObject([
      { code: 'badBody', id: '0x0200', reply: jt808Ack('13900000001', 0, 10, 0x0200, 2) },
    ]);
    expect(
      decoder().decode(jt808Frame(0x0f42, '13900000001', 11, Buffer.from([1])), NOW).messages,
    ).toMatchObject([{ name: 'unknown', reply: jt808Ack('13900000001', 0, 11, 0x0f42, 3) }]);
  });

  it.each(['xyz', '7e0', '0x7e'])('calls the line %j a fault and goes on', (text) => {
    const one = decoder();
    one.decode('00ff', NOW);
    expect(one.decode(text, NOW)).toMatchObject({
      messages: [],
      faults: [{ code: 'badPayload', offset: 2, bytes: 0 }],
    });
    expect(one.decode(report, NOW).messages).toHaveLength(1);
  });

  it('reads an empty line as nothing', () => {
    expect(decoder().decode('  ', NOW)).toEqual({ messages: [], faults: [] });
  });

  it('reads bits and items by the model that is named, and by no other', () => {
    const alarmed = locationBody(FIX);
    alarmed.writeUInt32BE(1 << 16, 0);
    const body = Buffer.concat([alarmed, Buffer.from([0xfb, 4, 55, 4, 0xb0, 1])]);
    const frame = jt808Frame(0x0200, '13900000001', 1, body);
    expect(decoder().decode(frame, NOW).messages).toMatchObject([
      {
        positions: [
          {
            alarms: [],
            batteryPercent: null,
            extras: { itemFB: '3704b001', unnamedAlarms: 'bit16' },
          },
        ],
      },
    ]);
    const named = new LineDecoder(jt808, { lenient: false, model: 'gps51' });
    expect(named.decode(frame, NOW).messages).toMatchObject([
      {
        positions: [
          { alarms: ['vibration'], batteryPercent: 55, extras: { mainPowerV: 12, charging: true } },
        ],
      },
    ]);
  });

  it('knows models however they are written', () => {
    expect(modelNamed(jt808, 'GPS-51')).toBe('gps51');
    expect(modelNamed(gt06, 'JM-LL301')).toBe('LL301');
    expect(modelNamed(jt808, 'LL301')).toBeUndefined();
  });

  it('reads GT06, whose positions are not answered', () => {
    const one = new LineDecoder(gt06, { lenient: false });
    const login = gt06Frame(0x01, Buffer.from('0861234567890123', 'hex'), 1);
    expect(one.decode(login, NOW).messages).toMatchObject([
      { id: '0x01', device: '861234567890123', reply: gt06Frame(0x01, Buffer.alloc(0), 1) },
    ]);
    expect(one.decode(gt06Frame(0x22, gt06Position(FIX), 2), NOW).messages).toMatchObject([
      {
        id: '0x22',
        device: '861234567890123',
        positions: [{ device: '861234567890123', fixTime: FIX.time.toISOString(), speedKmh: 52 }],
        reply: null,
      },
    ]);
  });

  it('answers a GT06 frame that is shown alone as one behind a log-in', () => {
    const alone = new LineDecoder(gt06, { lenient: false });
    const heartbeat = gt06Frame(0x13, Buffer.from('4006040002', 'hex'), 7);
    expect(alone.decode(heartbeat, NOW).messages).toMatchObject([
      { id: '0x13', device: null, reply: gt06Frame(0x13, Buffer.alloc(0), 7) },
    ]);
  });
});
