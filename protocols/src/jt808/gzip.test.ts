import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gunzip, inflatedLimit, MAX_INFLATED_BYTES } from './gzip.ts';

const MiB = 1 << 20;
const bytesOf = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);
/** Bytes with repeats in them, so that copies of all distances occur. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 400 }))
    .map(([piece, times]) =>
      Uint8Array.from({ length: piece.length * times }, (_, i) => piece[i % piece.length] ?? 0),
    ),
  fc.array(fc.constantFrom(0x30, 0x31, 0x32), { maxLength: 5000 }).map((b) => Uint8Array.from(b)),
);

describe('a GZIP member', () => {
  it('gives back what another program compressed, at every level', () => {
    fc.assert(
      fc.property(content, fc.integer({ min: 0, max: 9 }), (bytes, level) => {
        expect(gunzip(bytesOf(gzipSync(bytes, { level })), MiB)).toEqual(bytes);
      }),
      { numRuns: 150 },
    );
  });

  it('may have a name, a comment and more in its head', () => {
    const body = deflateRawSync(Buffer.from('sweeper'));
    const tail = gzipSync(Buffer.from('sweeper')).subarray(-8);
    for (const [flags, more] of [
      [8, [0x61, 0]],
      [16, [0x62, 0]],
      [4, [3, 0, 1, 2, 3]],
      [2, [9, 9]],
      [30, [1, 0, 7, 0x61, 0, 0x62, 0, 9, 9]],
    ] as const) {
      const member = [0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3, ...more, ...body, ...tail];
      expect(new TextDecoder().decode(gunzip(Uint8Array.from(member), MiB) ?? undefined)).toBe(
        'sweeper',
      );
    }
  });

  it('that is cut anywhere is none', () => {
    const whole = bytesOf(gzipSync(Buffer.from('sweeper '.repeat(40))));
    for (let size = 0; size < whole.length; size++) {
      expect(gunzip(whole.subarray(0, size), MiB), `${size}`).toBeNull();
    }
  });

  it('with one flipped bit in content or check code is none, or means the same', () => {
    const text = Buffer.from('sweeper 7 at gate 3, sweeper 9 at gate 4');
    const whole = bytesOf(gzipSync(text));
    for (let bit = 80; bit < whole.length * 8; bit++) {
      const broken = Uint8Array.from(whole);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = gunzip(broken, MiB);
      if (read !== null) expect(read).toEqual(bytesOf(text));
    }
  });

  it('of more than the limit is none, however small it is', () => {
    const bomb = bytesOf(gzipSync(new Uint8Array(64 * MiB), { level: 9 }));
    expect(bomb.length).toBeLessThan(MiB / 8);
    expect(gunzip(bomb, MAX_INFLATED_BYTES)).toBeNull();
    const just = bytesOf(gzipSync(new Uint8Array(MiB)));
    expect(gunzip(just, MiB)?.length).toBe(MiB);
    expect(gunzip(just, MiB - 1)).toBeNull();
  });

  it('of any bytes behind a good head is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const member = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, ...bytes);
        expect(gunzip(member, 1000)?.length ?? 0).toBeLessThanOrEqual(1000);
      }),
      { numRuns: 500 },
    );
  });

  it('may inflate in proportion to what came, and to a megabyte at most', () => {
    expect(inflatedLimit(100)).toBe(4 << 10);
    expect(inflatedLimit(10_000)).toBe(160_000);
    expect(inflatedLimit(MiB)).toBe(MiB);
  });
});
