import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import type { Message, Outgoing } from '../protocol.ts';
import { jt808 } from './index.ts';
import { mediaOf, mediaSignature } from './media.ts';

const NOW = Date.UTC(2026, 10, 25, 7, 0, 0);
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3);
const head = { mediaId: 7, type: 0, format: 0, event: 1, channel: 2 };
const location = {
  ...{ alarms: [], status: ['acc', 'fixed', 'south'] },
  ...{ latitude: 31230416, longitude: 121473701, altitude: 7, speed: 523, direction: 126 },
  time: '240123145500',
};

function sent(fields: Outgoing['fields'], edition = '2013'): Message {
  const frame = jt808.encode({ id: '0x0801', device: '13912345678', edition, serial: 1, fields });
  const [item] = jt808.open().push(frame, NOW);
  if (item?.kind !== 'message') throw new Error('no message');
  return item;
}

describe('a photo', () => {
  it('comes with the place it was taken at, however old, which is no position of the message', () => {
    const message = sent({ ...head, location, data: toHex(JPEG) });
    expect(message.positions).toEqual([]);
    const media = mediaOf(message, NOW);
    expect(media).toMatchObject({ ...head, package: null });
    expect(media?.data).toEqual(JPEG);
    expect(media?.position).toMatchObject({
      ...{ fixTime: Date.UTC(2024, 0, 23, 6, 55, 0), timeSource: 'device', valid: true },
      ...{ latitude: -31.230416, longitude: 121.473701, speedKmh: 52.3, ignition: true },
    });
  });

  it('has no place where the terminal leaves it out', () => {
    const media = mediaOf(sent({ ...head, data: toHex(JPEG) }, '2019'), NOW);
    expect(media).toMatchObject({ ...head, position: null, package: null });
    expect(media?.data).toEqual(JPEG);
  });

  it('says which package of its file it is, by the text of 2011', () => {
    const media = mediaOf(sent({ ...head, total: 9, index: 4, data: 'abcd' }, '2011'), NOW);
    expect(media).toMatchObject({ position: null, package: { total: 9, index: 4 } });
  });

  it('is in no other message', () => {
    const event = { id: '0x0800', device: '1', edition: '2013', serial: 1, fields: head };
    const [message] = jt808.open().push(jt808.encode(event), NOW);
    expect(mediaOf(message as Message, NOW)).toBeNull();
  });

  it('of any bytes comes back as it was sent', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const data = toHex(Uint8Array.of(...JPEG, ...bytes));
        for (const fields of [
          { ...head, data },
          { ...head, location, data },
          { ...head, total: 3, index: 3, data },
        ]) {
          expect(sent(fields).fields).toEqual(fields);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a signature', () => {
  it('is that of the first bytes, whole', () => {
    expect(mediaSignature(JPEG, 0)).toBe('jpeg');
    expect(mediaSignature(JPEG.subarray(0, 2), 0)).toBeNull();
    expect(mediaSignature(JPEG, 1)).toBeNull();
    expect(mediaSignature(new Uint8Array(0), 0)).toBeNull();
  });
});
