import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openConnection } from '../index.ts';
import type { DeviceProfile, Message } from '../protocol.ts';
import { jt808 } from './index.ts';

const NOW = Date.UTC(2026, 10, 23, 7, 0, 0);
const DEVICE = '13912345678';
const report = (edition: string, device = DEVICE) =>
  jt808.encode({
    id: '0x0200',
    device,
    edition,
    serial: 1,
    fields: {
      alarms: [],
      status: ['fixed'],
      latitude: 31_230_416,
      longitude: 121_473_701,
      altitude: 7,
      speed: 523,
      direction: 126,
      time: '261123145500',
      extras: [{ id: '0x51', hex: '0064' }],
    },
  });
/** Without escapes, so that bytes can be changed in place. */
const plain = report('2013');
const changed = (at: number, by: number, code = 0) => {
  const bytes = plain.slice();
  bytes[at] = (bytes[at] ?? 0) ^ by;
  bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ code;
  return bytes;
};
/** The check code is of the changed bytes. */
const wrongLength = (by: number) => changed(4, by, by);
const wrongCode = changed(plain.length - 2, 0x01);
const position = (items: readonly unknown[]) => (items as Message[])[0]?.positions[0];

describe('a terminal whose faults are taken', () => {
  it('is heard though its check codes are wrong, and others are not', () => {
    expect(jt808.open().push(wrongCode, NOW)).toMatchObject([{ code: 'badChecksum' }]);
    const [message] = jt808.open({ lenient: true }).push(wrongCode, NOW) as Message[];
    expect(message).toMatchObject({ device: DEVICE, fields: { wrongChecksum: true } });
    expect(message?.positions).toEqual((jt808.open().push(plain, NOW) as Message[])[0]?.positions);
  });

  it.each([1, 2, 4, 8, 0x10, 0x20])('is heard though its length is wrong by %d', (by) => {
    expect(jt808.open().push(wrongLength(by), NOW)).toMatchObject([{ code: 'badLength' }]);
    const items = jt808.open({ lenient: true }).push(wrongLength(by), NOW);
    expect(items).toMatchObject([{ device: DEVICE, fields: { wrongLength: true } }]);
    expect(position(items)).toMatchObject({ valid: true, latitude: 31.230416 });
  });

  it('is answered as it would be without them', () => {
    const strict = jt808.open();
    const [sound] = strict.push(plain, NOW) as Message[];
    const wanted = sound && strict.reply(sound, { result: 'accepted' });
    for (const frame of [wrongCode, wrongLength(4)]) {
      const connection = jt808.open({ lenient: true });
      const [message] = connection.push(frame, NOW) as Message[];
      expect(message && connection.reply(message, { result: 'accepted' })).toEqual(wanted);
    }
  });

  it('gets nothing through that has no header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const stream = Uint8Array.from([
          0x7e,
          ...bytes.filter((b) => b !== 0x7e && b !== 0x7d),
          0x7e,
        ]);
        for (const item of jt808.open({ lenient: true }).push(stream, NOW)) {
          if (item.kind === 'message') expect(stream.length).toBeGreaterThanOrEqual(12 + 1 + 2);
          else expect(item.code).toMatch(/^(badLength|badBody|encrypted|subpackageDropped)$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is known of a device', () => {
  const known = (all: Readonly<Record<string, DeviceProfile>>) => {
    const asked: string[] = [];
    const connection = openConnection({
      prefer: 'gt06',
      profileOf: (protocol, device) => {
        if (protocol === 'jt808') asked.push(device);
        return protocol === 'jt808' ? (all[device] ?? null) : null;
      },
    });
    return { asked, connection };
  };

  it('decides from its first frame on, even when all its check codes are wrong', () => {
    const { connection } = known({ [DEVICE]: { model: 'gps51', lenient: true } });
    const items = connection.push(wrongCode, NOW);
    expect(connection.protocol).toBe('jt808');
    expect(position(items)).toMatchObject({ extras: { temperature1C: 10 } });
  });

  it('is of one device and not of the next on the same connection', () => {
    const { connection } = known({ [DEVICE]: { model: 'gps51', lenient: true } });
    expect(connection.push(plain, NOW)).toMatchObject([{ kind: 'message' }]);
    const other = report('2013', '13900000002');
    expect(position(connection.push(other, NOW))).toMatchObject({ extras: { item51: '0064' } });
    const bad = other.slice();
    bad[bad.length - 2] = (bad.at(-2) ?? 0) ^ 1;
    expect(connection.push(bad, NOW)).toMatchObject([{ code: 'badChecksum' }]);
    expect(position(connection.push(plain, NOW))).toMatchObject({ extras: { temperature1C: 10 } });
  });

  it('is asked once for many frames, and again when somebody may have edited it', () => {
    const all: Record<string, DeviceProfile> = {};
    const { connection, asked } = known(all);
    for (let i = 0; i < 10; i++) connection.push(plain, NOW + i * 900);
    expect(asked).toEqual([DEVICE]);
    all[DEVICE] = { model: 'gps51', lenient: false };
    expect(position(connection.push(plain, NOW + 10_000))).toMatchObject({
      extras: { temperature1C: 10 },
    });
    // A clock that was set back does not make it wait.
    delete all[DEVICE];
    expect(position(connection.push(plain, NOW - 86_400_000))).toMatchObject({
      extras: { item51: '0064' },
    });
  });

  it('goes with the fields that are read later', () => {
    const { connection } = known({ [DEVICE]: { model: 'gps51', lenient: false } });
    const [message] = connection.push(plain, NOW) as Message[];
    connection.push(report('2013', '13900000002'), NOW);
    expect(message?.fields['extras']).toEqual([{ id: '0x51', name: 'temperatures', value: [100] }]);
  });
});
