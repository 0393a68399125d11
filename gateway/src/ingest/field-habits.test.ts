import { jt808 } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import type { Entry, PositionEntry } from '../journal/record.ts';
import { createMetrics } from '../metrics.ts';
import { type AdmissionMode, Gate } from './gate.ts';
import { Intake } from './intake.ts';
import { PlainRegistry } from './messages.test-support.ts';
import { profilesOf } from './profiles.ts';
import { Sessions } from './session.ts';

/*
 * What terminals in the field do that no text allows, and what becomes of it.
 * @see the wire reference, sections 2.4, 2.6 and 13
 */

const NOW = Date.UTC(2026, 10, 23, 7);
const PHONE = '13912345678';
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** A frame whose every header byte is given, check code and flags around it. */
function sealed(content: string): string {
  const bytes = Buffer.from(content, 'hex');
  const all = [...bytes, bytes.reduce((x, b) => x ^ b, 0)];
  return hex(
    Uint8Array.from([
      0x7e,
      ...all.flatMap((b) => (b === 0x7e ? [0x7d, 2] : b === 0x7d ? [0x7d, 1] : [b])),
      0x7e,
    ]),
  );
}
const word = (n: number) => n.toString(16).padStart(4, '0');
/** The long header. */
function frame2019(id: number, serial: number, body: string, version = '01', flag = 0x4000) {
  const phone = PHONE.padStart(20, '0');
  return sealed(word(id) + word((body.length / 2) | flag) + version + phone + word(serial) + body);
}
/** The short header with any digits and any flags. */
function frame2013(id: number, serial: number, body: string, phone = PHONE, flag = 0) {
  const digits = phone.padStart(12, '0');
  return sealed(word(id) + word((body.length / 2) | flag) + digits + word(serial) + body);
}

interface Fix {
  readonly time?: string;
  readonly status?: string;
  readonly alarms?: string;
  readonly more?: string;
}
const fix = ({
  time = '261123145500',
  status = '00000003',
  alarms = '00000000',
  more = '',
}: Fix = {}) => `${alarms}${status}01dc8a10073d8e85000702090064${time}${more}`;
const position = (serial: number, over: Fix = {}) => frame2013(0x0200, serial, fix(over));
const beat = (serial: number) => frame2013(0x0002, serial, '');
const register = (serial: number, body: string) => frame2013(0x0100, serial, body);
const authenticate = (serial: number, code: string) =>
  frame2013(0x0102, serial, Buffer.from(code).toString('hex'));

const plate = Buffer.from('A12345').toString('hex');
const maker = Buffer.from('QHKJ1').toString('hex');
const body2011 = `001f0073${maker}${Buffer.from('SW-200  7654321').toString('hex')}02${plate}00`;
const model2013 = Buffer.from('SW-200'.padEnd(20, '\0')).toString('hex');
const body2013 = `001f0073${maker}${model2013}${Buffer.from('7654321').toString('hex')}02${plate}`;

/** A gateway without its sockets. */
function gateway(mode: AdmissionMode = 'known') {
  const registry = new PlainRegistry();
  registry.admissions.set(PHONE, 'known');
  const sessions = new Sessions(1);
  const entries: Entry[] = [];
  const faults: string[] = [];
  const intake = new Intake({
    journal: {
      append: (more) => {
        entries.push(...more);
        return Promise.resolve(entries.length);
      },
    },
    ...{ gate: new Gate(registry, mode), sessions, metrics: createMetrics() },
    ...{ liveMaxAgeMs: 300_000, onFault: ({ code }) => faults.push(code) },
  });
  const connect = () => {
    const { subpackages } = intake;
    const connection = jt808.open({ subpackages, profileOf: profilesOf(registry) });
    const closed: string[] = [];
    const close = (reason: string) => closed.push(reason);
    const session = sessions.open({ transport: 'tcp', remote: '', close });
    /** What is answered, as `id: serial, result` or the id and the body. */
    const send = async (...frames: string[]) => {
      const items = connection.push(Buffer.from(frames.join(''), 'hex'), NOW);
      const { answer } = await intake.receive(session, items, NOW, connection);
      return answer === null ? [] : answersIn(hex(answer));
    };
    return { send, closed, leave: () => intake.closed(session, NOW) };
  };
  const positions = () => entries.filter((e): e is PositionEntry => e.kind === 'position');
  const presence = () =>
    entries.flatMap((e) => (e.kind === 'message' && /connected$/.test(e.name) ? [e.name] : []));
  return { connect, registry, positions, presence, entries, faults };
}

/** Reads answers by hand: the codec under test has written them. */
function answersIn(stream: string): string[] {
  return stream
    .split('7e')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const content = piece.replace(/7d01/g, '7d').replace(/7d02/g, '7e');
      const at = content.slice(4, 6) >= '40' ? 34 : 24;
      const body = content.slice(at, -2);
      return content.startsWith('8001')
        ? `${Number.parseInt(body.slice(0, 4), 16)} ${body.slice(8, 10)}`
        : `${content.slice(0, 4)} ${body}`;
    });
}

describe('headers', () => {
  it.each([
    ['bit 14 on the short header', frame2013(0x0002, 7, '', PHONE, 0x4000), '40', '2013'],
    ['the long header without bit 14', frame2019(0x0002, 7, '', '01', 0), '00', '2019'],
    ['a version byte of the future', frame2019(0x0002, 7, '', '09'), '40', '2019'],
    ['a version byte of nothing', frame2019(0x0002, 7, '', '00'), '40', '2019'],
  ])('with %s are taken, and answered alike', async (_, frame, flag, edition) => {
    const { connect, entries } = gateway();
    const connection = jt808.open();
    const [message] = connection.push(Buffer.from(frame, 'hex'), NOW);
    if (message?.kind !== 'message') throw new Error('no message');
    const reply = hex(connection.reply(message, { result: 'accepted' }) ?? new Uint8Array(0));
    // Properties, then everything up to the serial as it came.
    expect(reply.slice(6, 10)).toBe(`${flag}05`);
    expect(reply.slice(10, edition === '2019' ? 32 : 22)).toBe(
      frame.slice(10, edition === '2019' ? 32 : 22),
    );
    await connect().send(frame);
    expect(entries.at(-1)).toMatchObject({ name: 'heartbeat', edition, device: { id: PHONE } });
  });

  it.each([
    ['of 11 digits', '13912345678', '13912345678'],
    ['short, an id in place of a phone', '1001', '1001'],
    ['all zeros', '0', '0'],
    ['with digits above nine', '4ef480128919', '4ef480128919'],
  ])('with a phone %s name a device', async (_, phone, id) => {
    const { connect, positions } = gateway('open');
    expect(await connect().send(frame2013(0x0200, 1, fix(), phone))).toEqual(['1 00']);
    expect(positions()[0]?.device).toEqual({ protocol: 'jt808', id });
  });

  it('of 2013 and of 2019 are of the same device', async () => {
    const { connect, positions, presence } = gateway();
    const { send } = connect();
    await send(position(1), frame2019(0x0200, 2, fix()));
    expect(positions().map((p) => [p.device.id, p.edition])).toEqual([
      [PHONE, '2013'],
      [PHONE, '2019'],
    ]);
    expect(presence()).toEqual(['connected']);
  });
});

describe('log-in', () => {
  it.each<[string, string[], Record<AdmissionMode, string[]>]>([
    [
      'a position before anything else',
      [position(1)],
      { strict: ['1 01'], known: ['1 00'], open: ['1 00'] },
    ],
    ['a heartbeat alone', [beat(1)], { strict: ['1 01'], known: ['1 00'], open: ['1 00'] }],
    [
      'an old code',
      [authenticate(1, 'of another platform'), position(2)],
      { strict: ['1 01', '2 01'], known: ['1 00', '2 00'], open: ['1 00', '2 00'] },
    ],
    [
      'an empty code',
      [authenticate(1, ''), position(2)],
      { strict: ['1 01', '2 01'], known: ['1 00', '2 00'], open: ['1 00', '2 00'] },
    ],
    [
      'the right code',
      [authenticate(1, `code-${PHONE}`), position(2)],
      { strict: ['1 00', '2 00'], known: ['1 00', '2 00'], open: ['1 00', '2 00'] },
    ],
    [
      'log-out and going on',
      [authenticate(1, `code-${PHONE}`), frame2013(0x0003, 2, ''), position(3)],
      {
        ...{ strict: ['1 00', '2 00', '3 00'], known: ['1 00', '2 00', '3 00'] },
        open: ['1 00', '2 00', '3 00'],
      },
    ],
  ])('%s', async (_, frames, expected) => {
    for (const mode of ['strict', 'known', 'open'] as const) {
      expect(
        await gateway(mode)
          .connect()
          .send(...frames),
        mode,
      ).toEqual(expected[mode]);
    }
  });

  it('of a stranger is refused where an operator has to enter devices, and pending where not', async () => {
    const stranger = [
      frame2013(0x0100, 1, body2013, '13800000000'),
      frame2013(0x0200, 2, fix(), '13800000000'),
    ];
    const known = gateway();
    expect(await known.connect().send(...stranger)).toEqual(['8100 000104', '2 01']);
    expect(known.positions()).toEqual([]);
    const open = gateway('open');
    const code = Buffer.from('code-13800000000').toString('hex');
    expect(await open.connect().send(...stranger)).toEqual([`8100 000100${code}`, '2 00']);
    expect(open.registry.admissions.get('13800000000')).toBe('pending');
  });

  it.each([
    ['2011', body2011, '00'],
    ['2013', body2013, ''],
  ])(
    'by a register of %s at every start gives the same code with result 0',
    async (edition, body, end) => {
      const { connect, registry } = gateway();
      const code = Buffer.from(`code-${PHONE}`).toString('hex');
      for (const serial of [1, 7]) {
        expect(await connect().send(register(serial, body))).toEqual([
          `8100 ${word(serial)}00${code}${end}`,
        ]);
      }
      expect(registry.editions.get(PHONE)).toBe(edition);
    },
  );

  it('of 2011 outlives the connection of its register', async () => {
    const { connect, registry, positions } = gateway();
    await connect().send(register(1, body2011));
    await connect().send(authenticate(2, 'x'), position(3));
    expect(positions()[0]?.edition).toBe('2011');
    expect(registry.editions.get(PHONE)).toBe('2011');
    // New firmware says so by its register.
    await connect().send(register(4, body2013), position(5));
    await connect().send(position(6));
    expect(positions().map((p) => p.edition)).toEqual(['2011', '2013', '2013']);
  });

  it('over a new connection wins, and the end of the old one marks nothing offline', async () => {
    const { connect, presence } = gateway();
    const old = connect();
    await old.send(position(1));
    const young = connect();
    await young.send(frame2013(0x0003, 1, ''), position(2));
    expect(old.closed).toEqual(['superseded']);
    await old.leave();
    expect(presence()).toEqual(['connected']);
    await young.leave();
    expect(presence()).toEqual(['connected', 'disconnected']);
  });
});

describe('frames', () => {
  it('that come again are answered again, and are the same position', async () => {
    const { connect, positions } = gateway();
    const { send } = connect();
    expect(await send(position(9), position(9))).toEqual(['9 00', '9 00']);
    // With another serial, after a restart, or over another connection.
    expect(await connect().send(position(0))).toEqual(['0 00']);
    expect(new Set(positions().map((p) => `${p.hash} ${p.position.fixTime}`)).size).toBe(1);
  });

  it('with serials that begin anew are taken', async () => {
    const { send } = gateway().connect();
    expect(await send(beat(65535), beat(0), beat(1), beat(0))).toEqual([
      ...['65535 00', '0 00', '1 00', '0 00'],
    ]);
  });

  it('that share a flag, with NULs and line ends between them, are all read', async () => {
    const { connect, faults } = gateway();
    const shared = beat(1) + beat(2).slice(2);
    expect(await connect().send(shared, '0d0a', beat(3), '0000', '7e7e', beat(4), '0a')).toEqual([
      ...['1 00', '2 00', '3 00', '4 00'],
    ]);
    expect(faults).toEqual([]);
  });

  it.each([
    ['whose check code is wrong', `${beat(1).slice(0, -4)}ff7e`, 'badChecksum'],
    ['whose length is too great', sealed('000200050139123456780001'), 'badLength'],
    ['whose length is too small', sealed(`020000010139123456780001${fix()}`), 'badLength'],
  ])('%s are counted and not answered, and the next one is', async (_, bad, code) => {
    const { connect, faults } = gateway();
    expect(await connect().send(bad, beat(2))).toEqual(['2 00']);
    expect(faults).toEqual([code]);
  });

  it('without a row are kept and answered as not supported', async () => {
    const { connect, entries } = gateway();
    expect(await connect().send(frame2013(0x0f42, 5, '0102'))).toEqual(['5 03']);
    expect(entries.at(-1)).toMatchObject({ name: 'unknown', fields: { body: '0102' } });
  });

  it('with a heartbeat that has a body are heartbeats', async () => {
    const { connect, entries } = gateway();
    expect(await connect().send(frame2013(0x0002, 5, '571601'))).toEqual(['5 00']);
    expect(entries.at(-1)).toMatchObject({ name: 'heartbeat', fields: { trailing: '571601' } });
  });
});

describe('reports', () => {
  it.each<[string, Fix, object]>([
    [
      'without a date',
      { time: '000000000000' },
      { fixTime: NOW, timeSource: 'server', flags: ['noDeviceTime'] },
    ],
    [
      'of a date that is none',
      { time: '261355996161' },
      { fixTime: NOW, timeSource: 'server', flags: ['noDeviceTime'] },
    ],
    ['without a fix, at the old place', { status: '00000001' }, { valid: false, flags: ['noFix'] }],
    ['with an item that is too long', { more: '01ff0000' }, { valid: true }],
    ['with items of no length, twice', { more: 'e100e100' }, { valid: true }],
    ['with an item of a wrong length', { more: '01020001' }, { valid: true }],
    ['with one byte behind its items', { more: '310105ff' }, { valid: true, satellites: 5 }],
    ['with alarm bits of nobody', { alarms: '00038000' }, { valid: true, alarms: [] }],
  ])('%s are kept and answered 0', async (_, over, expected) => {
    const { connect, positions } = gateway();
    expect(await connect().send(position(3, over))).toEqual(['3 00']);
    expect(positions()[0]?.position).toMatchObject(expected);
    // Whatever could not be named is in the frame.
    expect(hex(positions()[0]?.raw ?? new Uint8Array(0))).toBe(position(3, over));
  });

  it('in a batch whose items do not add up are kept as far as they go', async () => {
    const { connect, positions } = gateway();
    const item = `001c${fix()}`;
    const batch = frame2013(0x0704, 8, `000300${item}${item}00ff0102`);
    expect(await connect().send(batch)).toEqual(['8 00']);
    expect(positions()).toHaveLength(2);
  });

  it('with markup in their texts keep it as text', async () => {
    const { connect, entries } = gateway('open');
    const evil = Buffer.from("'; DROP TABLE devices;--<script>").toString('hex');
    const body = `001f0073${maker}${model2013}${Buffer.from('7654321').toString('hex')}02${evil}`;
    expect((await connect().send(register(1, body)))[0]).toMatch(/^8100 000100/);
    // Registers carry secrets: of their fields nothing is journalled.
    expect(entries.at(-1)).toMatchObject({ name: 'register', fields: {} });
  });

  it('with plates in UTF-8 are read as what they are', () => {
    const utf8 = Buffer.from('粤12345').toString('hex');
    const body = `001f0073${maker}${model2013}${Buffer.from('7654321').toString('hex')}02${utf8}`;
    const [message] = jt808.open().push(Buffer.from(register(1, body), 'hex'), NOW);
    expect(message?.kind === 'message' && message.fields['plate']).toBe('粤12345');
  });
});

describe('a driver', () => {
  const text = (value: string, width: number) =>
    Buffer.from(value.padEnd(width, '\0'), 'latin1').toString('hex');
  /** Card in, read well; the name is 李四 in GBK, the certificate of 20 bytes, the issuer of none. */
  const onDuty = `01261123145500${'00'}04c0eecbc4${text('310000199001011234', 20)}0020301231`;
  const offDuty = '02261123235900';

  it.each([
    ['in the form of 2013', onDuty, { state: 1, name: '李四', validUntil: '20301231' }],
    [
      'in the form of 2019',
      onDuty + text('31000019900101123X', 20),
      { idCard: '31000019900101123X' },
    ],
    ['who leaves', offDuty, { state: 2, time: '261123235900' }],
    [
      'in the form of 2011',
      `04c0eecbc4${text('31000019900101123X', 20)}${text('310000199001011234', 40)}00`,
      { name: '李四', qualification: '310000199001011234' },
    ],
  ])('%s is kept by name and as it came, without a position', async (_, body, fields) => {
    const { connect, entries, positions } = gateway();
    const frame = frame2013(0x0702, 7, body);
    expect(await connect().send(frame)).toEqual(['7 00']);
    expect(entries.at(-1)).toMatchObject({ kind: 'message', name: 'driver', fields });
    const kept = entries.at(-1);
    expect(kept?.kind === 'message' && hex(kept.raw)).toBe(frame);
    expect(positions()).toEqual([]);
  });
});

describe('another protocol', () => {
  it('is never answered', async () => {
    const { connect, faults } = gateway();
    const request = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n').toString('hex');
    expect(await connect().send(request)).toEqual([]);
    expect(faults).toEqual(['garbage']);
  });
});
