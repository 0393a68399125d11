import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import {
  encodeVideoPacket,
  readVideoPacket,
  type VideoPacket,
  videoDataTypes,
  videoParts,
} from './video-stream.ts';

const bytesOf = (...hex: readonly string[]): Uint8Array =>
  fromHex(hex.join('')) ?? new Uint8Array(0);

/** Packed by hand from the table of JT/T 1078-2016. */
const packets: readonly [name: string, hex: string, packet: VideoPacket][] = [
  [
    'the first part of a key frame',
    [
      '30316364',
      '81',
      'e2',
      '0102',
      '013912345678',
      '03',
      '01',
      '00000000000003e8',
      '0028',
      '0014',
      '0003',
      'aabbcc',
    ].join(''),
    {
      ...{
        simBytes: 6,
        marker: true,
        payloadType: 98,
        number: 258,
        sim: '013912345678',
        channel: 3,
      },
      ...{ type: 'iFrame', part: 'first', timeMs: 1000, sinceKeyFrameMs: 40, sinceFrameMs: 20 },
      body: Uint8Array.of(0xaa, 0xbb, 0xcc),
    },
  ],
  [
    'sound',
    [
      '30316364',
      '81',
      '06',
      'ffff',
      '013912345678',
      '01',
      '30',
      '0000000000000001',
      '0001',
      '7e',
    ].join(''),
    {
      ...{
        simBytes: 6,
        marker: false,
        payloadType: 6,
        number: 65535,
        sim: '013912345678',
        channel: 1,
      },
      ...{ type: 'audio', part: 'whole', timeMs: 1, sinceKeyFrameMs: null, sinceFrameMs: null },
      body: Uint8Array.of(0x7e),
    },
  ],
  [
    'pass-through without a body, of a long number',
    ['30316364', '81', '80', '0000', '00000000013912345678', '25', '40', '0000'].join(''),
    {
      ...{
        simBytes: 10,
        marker: true,
        payloadType: 0,
        number: 0,
        sim: '00000000013912345678',
        channel: 37,
      },
      ...{
        type: 'passthrough',
        part: 'whole',
        timeMs: null,
        sinceKeyFrameMs: null,
        sinceFrameMs: null,
      },
      body: new Uint8Array(0),
    },
  ],
];

const packet: fc.Arbitrary<VideoPacket> = fc
  .record({
    simBytes: fc.constantFrom(6 as const, 10 as const),
    marker: fc.boolean(),
    payloadType: fc.nat({ max: 127 }),
    number: fc.nat({ max: 65535 }),
    digits: fc.nat({ max: 999_999_999 }),
    channel: fc.nat({ max: 255 }),
    type: fc.constantFrom(...videoDataTypes),
    part: fc.constantFrom(...videoParts),
    time: fc.maxSafeNat(),
    since: fc.nat({ max: 65535 }),
    body: fc.uint8Array({ maxLength: 950 }),
  })
  .map(({ digits, time, since, ...rest }) => {
    const isVideo = rest.type !== 'audio' && rest.type !== 'passthrough';
    return {
      ...rest,
      sim: `${digits}`.padStart(2 * rest.simBytes, '0'),
      timeMs: rest.type === 'passthrough' ? null : time,
      sinceKeyFrameMs: isVideo ? since : null,
      sinceFrameMs: isVideo ? since : null,
    };
  });

describe('a packet of pictures or sound', () => {
  it.each(packets)('is read and written: %s', (_, hex, expected) => {
    const bytes = bytesOf(hex);
    expect(readVideoPacket(bytes)).toEqual({ ok: true, packet: expected, bytes: bytes.length });
    expect(toHex(encodeVideoPacket(expected))).toBe(hex);
  });

  it.each(packets)('is short when it is cut anywhere: %s', (_, hex, { simBytes }) => {
    const bytes = bytesOf(hex);
    for (let size = 0; size < bytes.length; size++) {
      expect(readVideoPacket(bytes.subarray(0, size), 0, simBytes), `${size}`).toEqual({
        ok: false,
        reason: 'short',
      });
      expect(readVideoPacket(bytes.subarray(0, size)).ok, `${size}`).toBe(false);
    }
  });

  it('comes back as it was written, with either width of the number', () => {
    fc.assert(
      fc.property(packet, packet, (one, next) => {
        const first = encodeVideoPacket(one);
        const stream = Uint8Array.of(
          ...first,
          ...encodeVideoPacket({ ...next, simBytes: one.simBytes, sim: one.sim }),
        );
        const read = readVideoPacket(stream, 0, one.simBytes);
        expect(read).toEqual({ ok: true, packet: one, bytes: first.length });
        expect(readVideoPacket(stream, first.length, one.simBytes)).toMatchObject({ ok: true });
      }),
    );
  });

  it.each([
    ['another head', 0, '31'],
    ['another version', 4, '80'],
    ['a number that is not one', 8, 'aa'],
    ['a kind of data there is not', 15, '50'],
    ['a part there is not', 15, '04'],
    ['more bytes than the text allows', 28, '03b7'],
  ])('is none with %s', (_, at, hex) => {
    const [[, good] = ['', '']] = packets;
    const bytes = bytesOf(good);
    bytes.set(bytesOf(hex), at);
    expect(readVideoPacket(bytes, 0, 6)).toEqual({ ok: false, reason: 'noPacket' });
  });

  it('of any bytes is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 70 }), (bytes, at) => {
        readVideoPacket(bytes, at);
        readVideoPacket(Uint8Array.of(0x30, 0x31, 0x63, 0x64, 0x81, ...bytes));
      }),
    );
  });

  it('that does not fit is refused by the name of its field', () => {
    const [[, , good] = []] = packets;
    if (good === undefined) throw new Error('no packet');
    for (const [field, value] of [
      ['sim', '1'],
      ['number', 65536],
      ['channel', -1],
      ['payloadType', 128],
      ['timeMs', null],
      ['sinceFrameMs', 1.5],
      ['body', new Uint8Array(951)],
    ] as const) {
      expect(() => encodeVideoPacket({ ...good, [field]: value }), field).toThrow(`${field}: `);
    }
  });
});
