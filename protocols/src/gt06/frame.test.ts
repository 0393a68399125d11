import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../bytes.ts';
import { DEFAULT_MAX_FRAME_BYTES, FRAME_TIMEOUT_MS, Framer, partsOf, writeFrame } from './frame.ts';

type Told = ['frame', number, number] | ['lost', string, number, number];

/** A framer that says what it finds: frames as type and serial, losses as code, offset and bytes. */
function listening(lenient = false, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES) {
  const told: Told[] = [];
  const framer = new Framer(
    { lenient, maxFrameBytes },
    {
      frame: (raw) => told.push(['frame', partsOf(raw).type, partsOf(raw).serial]),
      lost: (code, offset, bytes) => told.push(['lost', code, offset, bytes]),
    },
  );
  return { framer, told };
}

const bytesOf = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => [...part]));
const heartbeat = writeFrame(0x13, bytesOf('4406040001'), 5);
const position = writeFrame(0x12, new Uint8Array(26).fill(7), 6);

function read(...chunks: readonly Uint8Array[]): readonly Told[] {
  const { framer, told } = listening();
  for (const chunk of chunks) framer.push(chunk, 0);
  return told;
}

describe('frames', () => {
  it('are found in the short and the long form', () => {
    const long = writeFrame(0x12, new Uint8Array(251), 9);
    expect(long[0]).toBe(0x79);
    expect(read(joined(heartbeat, long, position))).toEqual([
      ['frame', 0x13, 5],
      ['frame', 0x12, 9],
      ['frame', 0x12, 6],
    ]);
  });

  it('may hold start and tail bytes, because only the length decides', () => {
    const tricky = writeFrame(0x12, bytesOf('0d0a78787979780d0a0d0a7878050100'), 0x0d0a);
    expect(read(joined(tricky, tricky))).toEqual([
      ['frame', 0x12, 0x0d0a],
      ['frame', 0x12, 0x0d0a],
    ]);
  });

  it('keep their own bytes when the caller reuses the chunk', () => {
    const chunk = Buffer.from(heartbeat);
    const kept: Uint8Array[] = [];
    const framer = new Framer(
      { lenient: false, maxFrameBytes: DEFAULT_MAX_FRAME_BYTES },
      { frame: (raw) => kept.push(raw), lost: () => {} },
    );
    framer.push(chunk, 0);
    chunk.fill(0);
    expect(kept).toEqual([heartbeat]);
  });

  it('refuse content that no length can count', () => {
    expect(() => writeFrame(0x12, new Uint8Array(0xfffb), 1)).toThrow(RangeError);
  });
});

describe('what is lost', () => {
  it('is only the rubbish between frames', () => {
    expect(read(joined(bytesOf('00ffaa787a'), heartbeat, bytesOf('0d0a'), heartbeat))).toEqual([
      ['lost', 'garbage', 0, 5],
      ['frame', 0x13, 5],
      ['lost', 'garbage', 20, 2],
      ['frame', 0x13, 5],
    ]);
  });

  it('is a whole frame when its checksum is wrong', () => {
    const broken = position.slice();
    broken[9] = 0xff;
    expect(read(joined(broken, heartbeat))).toEqual([
      ['lost', 'badChecksum', 0, position.length],
      ['frame', 0x13, 5],
    ]);
  });

  it('is the beginning of a frame that a restart of the modem cut short', () => {
    expect(read(joined(position.subarray(0, 20), heartbeat, heartbeat))).toEqual([
      ['lost', 'badTail', 0, 20],
      ['frame', 0x13, 5],
      ['frame', 0x13, 5],
    ]);
  });

  it('is the start of a frame announced longer or shorter than a frame can be', () => {
    expect(read(joined(bytesOf('7979ffff94'), heartbeat))).toEqual([
      ['lost', 'frameTooLong', 0, 5],
      ['frame', 0x13, 5],
    ]);
    expect(read(joined(bytesOf('787804'), heartbeat))).toEqual([
      ['lost', 'badLength', 0, 3],
      ['frame', 0x13, 5],
    ]);
  });

  it('is named when it is a protocol we know and do not speak', () => {
    const topin = bytesOf('78780a010861234567890123010d0a');
    const tr02 = bytesOf(`68682526${'00'.repeat(36)}0d0a`);
    expect(read(joined(topin, tr02, heartbeat))).toEqual([
      ['lost', 'unsupportedVariant', 0, topin.length],
      ['lost', 'unsupportedVariant', topin.length, tr02.length],
      ['frame', 0x13, 5],
    ]);
  });

  it('is nothing in lenient mode when only the checksum is wrong, but for a log-in', () => {
    const { framer, told } = listening(true);
    const login = writeFrame(0x01, bytesOf('0861234567890123'), 1);
    for (const frame of [heartbeat, login]) {
      const broken = frame.slice();
      broken[4] = 0x45;
      framer.push(broken, 0);
    }
    expect(told).toEqual([
      ['frame', 0x13, 5],
      ['lost', 'badChecksum', heartbeat.length, login.length],
    ]);
  });
});

describe('a frame that does not end', () => {
  const cut = joined(position.subarray(0, 20), heartbeat);

  it('gives up its start after five seconds, and what it swallowed comes to light', () => {
    const { framer, told } = listening();
    framer.push(cut, 1000);
    framer.expire(1000 + FRAME_TIMEOUT_MS - 1);
    expect(told).toEqual([]);
    framer.expire(1000 + FRAME_TIMEOUT_MS);
    expect(told).toEqual([
      ['lost', 'frameTimeout', 0, 20],
      ['frame', 0x13, 5],
    ]);
    expect(framer.pendingBytes).toBe(0);
  });

  it('does not take with it a frame that is still coming in', () => {
    const { framer, told } = listening();
    framer.push(position.subarray(0, 20), 0);
    framer.push(heartbeat.subarray(0, 6), FRAME_TIMEOUT_MS - 1);
    framer.expire(FRAME_TIMEOUT_MS);
    expect(told).toEqual([['lost', 'frameTimeout', 0, 20]]);
    framer.push(heartbeat.subarray(6), FRAME_TIMEOUT_MS + 1);
    expect(told.slice(1)).toEqual([['frame', 0x13, 5]]);
  });

  it('is timed from its first byte, however slowly the others come', () => {
    const { framer, told } = listening();
    for (let i = 0; i < 10; i++) framer.push(position.subarray(i, i + 1), i * 1000);
    framer.expire(9000);
    expect(told).toEqual([['lost', 'frameTimeout', 0, 10]]);
  });

  it('is not kept alive by a clock that is set back', () => {
    const { framer, told } = listening();
    framer.push(cut, 3_600_000);
    framer.expire(0);
    framer.expire(FRAME_TIMEOUT_MS);
    expect(told.at(-1)).toEqual(['frame', 0x13, 5]);
  });

  it('starts its time anew after a sound frame', () => {
    const { framer, told } = listening();
    framer.push(heartbeat.subarray(0, 4), 0);
    framer.push(joined(heartbeat.subarray(4), heartbeat.subarray(0, 4)), 4000);
    framer.expire(FRAME_TIMEOUT_MS + 3999);
    expect(told).toEqual([['frame', 0x13, 5]]);
    framer.expire(FRAME_TIMEOUT_MS + 4000);
    expect(told.slice(1)).toEqual([['lost', 'frameTimeout', heartbeat.length, 4]]);
  });
});

/** Pieces that make framing hard: starts, tails, false lengths, whole and broken frames. */
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 12 }) },
  fc.constantFrom(
    heartbeat,
    position,
    position.subarray(0, 20),
    ...[
      '78',
      '79',
      '7878',
      '7979',
      '0d0a',
      '787805',
      '79790005',
      '7979ffff',
      '78780a01',
      '686825',
    ].map(bytesOf),
  ),
);
const stream = fc.array(piece, { maxLength: 40 }).map((pieces) => joined(...pieces));

/** The steps of the wire reference taken literally, over bytes that are all there. @see gt06.md section 1.1 */
function literally(bytes: Uint8Array, maxFrameBytes: number): readonly Told[] {
  const told: Told[] = [];
  let left = [...bytes];
  while (left.length >= 3) {
    const [a, b, c = 0, d = 0] = left;
    const long = a === 0x79;
    const length = long ? c * 256 + d : c;
    const total = length + (long ? 6 : 5);
    const isStart = a === b && (a === 0x78 || long) && length >= 5 && total <= maxFrameBytes;
    if (isStart && left.length < total) break;
    const frame = Uint8Array.from(left.slice(0, total));
    if (!isStart || frame.at(-2) !== 0x0d || frame.at(-1) !== 0x0a) {
      left = left.slice(1);
      continue;
    }
    let crc = 0xffff;
    for (const byte of frame.slice(2, -4)) {
      crc ^= byte;
      for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
    }
    const sent = (frame.at(-4) ?? 0) * 256 + (frame.at(-3) ?? 0);
    if ((crc ^ 0xffff) === sent) told.push(['frame', partsOf(frame).type, partsOf(frame).serial]);
    left = left.slice(total);
  }
  return told;
}

describe('any bytes at all', () => {
  it('give the frames that the steps of the reference give, taken literally', () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        const { framer, told } = listening(false, 200);
        framer.push(bytes, 0);
        expect(told.filter(([kind]) => kind === 'frame')).toEqual(literally(bytes, 200));
      }),
      { numRuns: 500 },
    );
  });

  it('give the same frames and the same losses however they are split', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 60 }), { maxLength: 30 }), (bytes, sizes) => {
        const whole = listening();
        whole.framer.push(bytes, 0);
        const split = listening();
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          split.framer.push(bytes.subarray(at, at + size), 0);
          at = Math.min(bytes.length, at + size);
        }
        const frames = (told: readonly Told[]) => told.filter(([kind]) => kind === 'frame');
        const lost = (told: readonly Told[]) => told.reduce((sum, t) => sum + (t[3] ?? 0), 0);
        expect(frames(split.told)).toEqual(frames(whole.told));
        expect(lost(split.told)).toBe(lost(whole.told));
        expect(split.framer.pendingBytes).toBe(whole.framer.pendingBytes);
      }),
      { numRuns: 500 },
    );
  });

  it('are each either in a frame, lost or pending, in the order of the stream', () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        let at = 0;
        const framer = new Framer(
          { lenient: false, maxFrameBytes: 200 },
          {
            frame: (raw, offset) => {
              expect(offset).toBe(at);
              expect(raw).toEqual(bytes.slice(at, at + raw.length));
              at += raw.length;
            },
            lost: (_, offset, count) => {
              expect(offset).toBe(at);
              at += count;
            },
          },
        );
        framer.push(bytes, 0);
        expect(at + framer.pendingBytes).toBe(bytes.length);
        expect(framer.pendingBytes).toBeLessThanOrEqual(200);
        framer.expire(FRAME_TIMEOUT_MS);
        expect(at).toBe(bytes.length);
        expect(framer.pendingBytes).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  const size = 1 << 20;
  const repeated = (text: string): Uint8Array => {
    const unit = bytesOf(text);
    return Uint8Array.from({ length: size }, (_, i) => unit[i % unit.length] ?? 0);
  };
  const floods: readonly (readonly [string, Uint8Array])[] = [
    ['78', repeated('78')],
    ['79', repeated('79')],
    ['78 78 79 79', repeated('78787979')],
    ['78 79', repeated('7879')],
    ['starts of the longest frame there is', repeated('79790fff')],
    ['lengths of 0xffff', repeated('7979ffff')],
    ['frames within frames, all with a tail and none with a checksum', repeated('79790d0a')],
    ['68 68 25', repeated('686825')],
    ['zeros', repeated('00')],
  ];

  it.each(floods)('cost time linear in their number: 1 MiB of %s', (_, bytes) => {
    const whole = listening();
    const plain = performance.now();
    whole.framer.push(bytes, 0);
    const wholeMs = performance.now() - plain;
    expect(whole.told.length).toBeLessThan(1000);
    expect(whole.framer.pendingBytes).toBeLessThanOrEqual(DEFAULT_MAX_FRAME_BYTES);

    // Byte by byte is the hardest splitting; its cost for each byte is a call, not a search from the start.
    const split = listening();
    const start = performance.now();
    for (let i = 0; i < bytes.length; i++) split.framer.push(bytes.subarray(i, i + 1), 0);
    const splitMs = performance.now() - start;
    expect(split.framer.pendingBytes).toBe(whole.framer.pendingBytes);
    expect(wholeMs, 'in one piece').toBeLessThan(1500);
    expect(splitMs, 'byte by byte').toBeLessThan(6000);
  });
});
