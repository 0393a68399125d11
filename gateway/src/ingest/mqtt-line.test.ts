import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CONNECT_BYTES, PacketGauge } from './mqtt-line.ts';

/** A packet of `length` bytes behind its fixed header. @see MQTT 3.1.1, section 2.2 */
function packet(type: number, length: number): Uint8Array {
  const header = [type << 4];
  for (let rest = length; ; rest >>= 7) {
    header.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Uint8Array.from(header), new Uint8Array(length).fill(0xff)]);
}
const MAX_BYTES = 64 << 10;
const CONNECT = packet(1, 40);

describe('the gauge of MQTT packets', () => {
  it('finds every beginning and end, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(0, 1, 127, 128, 16_383, 16_384), fc.nat(300)), {
          maxLength: 6,
        }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
        (lengths, cuts) => {
          const stream = Buffer.concat([CONNECT, ...lengths.map((length) => packet(3, length))]);
          const gauge = new PacketGauge(MAX_BYTES);
          let at = 0;
          for (let i = 0; at < stream.length; i++) {
            const to = at + (cuts[i % cuts.length] ?? 1);
            expect(gauge.read(stream.subarray(at, to))).toBeNull();
            at = to;
          }
          expect(gauge.begun).toBe(lengths.length + 1);
          expect(gauge.isInside).toBe(false);
        },
      ),
    );
  });

  it('is inside of a packet until its last byte', () => {
    const gauge = new PacketGauge(MAX_BYTES);
    for (const byte of CONNECT.subarray(0, -1)) {
      gauge.read(Uint8Array.of(byte));
      expect(gauge.isInside).toBe(true);
    }
    gauge.read(CONNECT.subarray(-1));
    expect(gauge.isInside).toBe(false);
  });

  it('bounds a log-in more tightly than what follows it', () => {
    expect(new PacketGauge(MAX_BYTES).read(packet(1, MAX_CONNECT_BYTES))).toBeNull();
    expect(new PacketGauge(MAX_BYTES).read(packet(1, MAX_CONNECT_BYTES + 1))).toBe('packetTooLong');
    const gauge = new PacketGauge(MAX_BYTES);
    gauge.read(CONNECT);
    expect(gauge.read(packet(3, MAX_BYTES))).toBeNull();
    expect(gauge.read(packet(3, MAX_BYTES + 1).subarray(0, 4))).toBe('packetTooLong');
  });

  it('wants a log-in first', () => {
    expect(new PacketGauge(MAX_BYTES).read(Buffer.from('GET / HTTP/1.1'))).toBe('noConnect');
    expect(new PacketGauge(MAX_BYTES).read(packet(3, 10))).toBe('noConnect');
  });

  it('knows a length that has no end', () => {
    expect(new PacketGauge(MAX_BYTES).read(Uint8Array.of(0x10, 0x80, 0x80, 0x80, 0x80))).toBe(
      'malformed',
    );
  });
});
