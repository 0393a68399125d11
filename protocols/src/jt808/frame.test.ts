import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import { Framer } from './frame.ts';
import { encode } from './write.ts';

const beat = encode({
  ...{ id: '0x0002', device: '13912345678', edition: '2013', serial: 1, fields: {} },
});
/** Frames and faults of successive chunks, frames as hex. */
function framed(...chunks: Uint8Array[]): string[] {
  const found: string[] = [];
  const framer = new Framer();
  for (const chunk of chunks) {
    framer.push(chunk, {
      frame: (_content, _length, raw) => found.push(toHex(raw)),
      dropped: (code) => found.push(code),
    });
  }
  return found;
}

describe('the framer', () => {
  it('keeps the flag between two frames, also after it held a long one', () => {
    const long = Uint8Array.of(0x7e, ...new Uint8Array(601).fill(0x41), 0x7e);
    const rest = beat.subarray(1);
    expect(framed(long.subarray(0, 300), long.subarray(300), rest, beat)).toEqual([
      ...['badChecksum', toHex(beat), toHex(beat)],
    ]);
  });

  it('takes flags between frames for what they are, one or several, in one chunk or in many', () => {
    const flag = Uint8Array.of(0x7e);
    expect(framed(flag, flag, beat, flag, flag, beat.subarray(1), beat)).toEqual([
      ...[toHex(beat), toHex(beat), toHex(beat)],
    ]);
  });

  it('shares nothing between connections', () => {
    const [a, b] = [new Framer(), new Framer()];
    const found: string[] = [];
    const sink = {
      frame: (_content: Uint8Array, _length: number, raw: Uint8Array) => found.push(toHex(raw)),
      dropped: (code: string) => found.push(code),
    };
    a.push(beat, sink);
    b.push(beat.subarray(0, 5), sink);
    a.push(beat.subarray(0, 9), sink);
    b.push(beat.subarray(5), sink);
    a.push(beat.subarray(9), sink);
    expect(found).toEqual([toHex(beat), toHex(beat), toHex(beat)]);
  });
});
