import { jt808 } from '@xunji/protocols';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { YardstickHearer } from './yardstick-hearer.ts';

const heartbeat = (serial: number, phone: string) =>
  jt808.encode({ id: '0x0002', device: phone, edition: '2013', serial, fields: {} });

describe('the yardstick', () => {
  it('answers every sound frame as the codec reads it, however the bytes are cut', () => {
    const serials = fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(serials, fc.integer({ min: 1, max: 40 }), (sent, cut) => {
        // 7d and 7e in the phone have to be escaped, both ways.
        const stream = Buffer.concat(
          sent.map((serial) => heartbeat(serial, '137d7e125d7e'.replace(/\D/g, '7'))),
        );
        const hearer = new YardstickHearer();
        const terminal = jt808.open({ side: 'terminal' });
        const answered: unknown[] = [];
        for (let at = 0; at < stream.length; at += cut) {
          const answer = hearer.hear(stream.subarray(at, at + cut));
          for (const item of answer === null ? [] : terminal.push(answer, 0)) {
            if (item.kind === 'message') answered.push(item.fields);
          }
        }
        const expected = sent.map((answeredSerial) => ({
          answeredSerial,
          answeredId: 2,
          result: 0,
        }));
        expect(answered).toMatchObject(expected.map(({ answeredSerial }) => ({ answeredSerial })));
        expect(answered).toHaveLength(expected.length);
      }),
    );
  });

  it('says nothing to a frame with a wrong checksum', () => {
    const frame = heartbeat(1, '13912345678');
    frame[frame.length - 2] = (frame[frame.length - 2] ?? 0) ^ 1;
    expect(new YardstickHearer().hear(Buffer.from(frame))).toBeNull();
  });
});
