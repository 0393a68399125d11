import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault, Message } from '../protocol.ts';
import {
  type AttachmentItem,
  AttachmentStream,
  encodeAttachmentData,
} from './attachment-stream.ts';
import { seal } from './frame.ts';
import { jt808 } from './index.ts';

const concat = (...pieces: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(pieces.flatMap((piece) => [...piece]));

function read(stream: Uint8Array, cuts: readonly number[] = [], limits = {}): AttachmentItem[] {
  const reader = new AttachmentStream(limits);
  const sorted = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].flatMap((from, i) => [
    ...reader.push(stream.slice(from, sorted[i] ?? stream.length)),
  ]);
}
/** What was said, without where. */
const said = (items: readonly AttachmentItem[]) =>
  items.map((item) =>
    item.kind === 'data' ? item.piece : item.kind === 'frame' ? item.raw : item.code,
  );

const frame = fc
  .uint8Array({ minLength: 13, maxLength: 60 })
  .map(seal)
  // Two whole frames in one would be told apart by nobody.
  .filter(
    (raw) =>
      raw.indexOf(0x7e, 1) === raw.length - 1 &&
      raw.some((byte) => byte > 0x7e || (byte > 0x0d && byte < 0x7d)),
  );
const piece = fc.record({
  name: fc.constantFrom('', '00_64_6401_0_1.jpg', '视频.mp4', 'x'.repeat(50)),
  offset: fc.nat({ max: 1 << 20 }),
  data: fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.constantFrom(0x7e, 0x7d, 0x30, 0x31, 0x63, 0x64), { maxLength: 80 })
      .map((b) => Uint8Array.from(b)),
  ),
});
const item = fc.oneof(
  frame.map((raw) => ({ wire: raw, said: raw as unknown })),
  piece.map((one) => ({ wire: encodeAttachmentData(one), said: one as unknown })),
);
const cuts = fc.array(fc.nat({ max: 4000 }), { maxLength: 30 });

describe('a stream of frames and files', () => {
  it('gives every item, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 8 }), cuts, (items, at) => {
        const stream = concat(...items.map(({ wire }) => wire));
        expect(said(read(stream, at))).toEqual(items.map((one) => one.said));
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same items of any bytes, however they are cut', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .array(fc.constantFrom(0x7e, 0x7d, 0x30, 0x31, 0x63, 0x64, 0, 1, 0x0a), { maxLength: 400 })
        .map((b) => Uint8Array.from(b)),
      fc
        .tuple(item, item, fc.nat(), fc.uint8Array({ maxLength: 20 }))
        .map(([a, b, cut, rubbish]) =>
          concat(a.wire.subarray(0, cut % (a.wire.length + 1)), rubbish, b.wire),
        ),
    );
    fc.assert(
      fc.property(bytes, cuts, (stream, at) => {
        const limits = { maxPieceBytes: 100, maxFrameBytes: 64 };
        const whole = read(stream, [], limits);
        expect(read(stream, at, limits)).toEqual(whole);
        expect(
          read(
            stream,
            Array.from(stream, (_, i) => i),
            limits,
          ),
        ).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  it('says where each item was', () => {
    const raw = seal(new Uint8Array(13).fill(2));
    const wire = encodeAttachmentData({ name: 'a', offset: 0, data: Uint8Array.of(0x7e, 1) });
    const items = read(concat(Uint8Array.of(1, 2), raw, wire, raw));
    expect(items.map(({ kind, offset }) => [kind, offset])).toEqual([
      ['dropped', 0],
      ['frame', 2],
      ['data', 2 + raw.length],
      ['frame', 2 + raw.length + wire.length],
    ]);
    expect(items[2]).toMatchObject({ bytes: wire.length });
  });

  it('may have one flag between two frames, and fillers', () => {
    const raw = seal(Uint8Array.from({ length: 13 }, (_, i) => i));
    const piece = { name: 'a', offset: 0, data: Uint8Array.of(1) };
    for (const next of [
      raw.subarray(1),
      concat(Uint8Array.of(0x0d, 0x0a), raw),
      concat(Uint8Array.of(0, 0), raw),
    ]) {
      const stream = concat(raw, next, encodeAttachmentData(piece));
      expect(said(read(stream))).toEqual([raw, raw, piece]);
    }
  });

  it('loses only a frame without its end when data follow', () => {
    const raw = seal(new Uint8Array(20).fill(2));
    const piece = { name: 'a', offset: 9, data: Uint8Array.of(0x7e, 2, 0x7e) };
    const items = read(concat(raw.subarray(0, 10), encodeAttachmentData(piece), raw));
    expect(said(items)).toEqual(['garbage', piece, raw]);
  });

  it('loses only the head of what announces too much', () => {
    const raw = seal(new Uint8Array(20).fill(2));
    for (const [offset, length] of [
      [0, 0xffffffff],
      [0, (1 << 20) + 1],
      [0xffffffff, 1],
    ]) {
      const head = encodeAttachmentData({
        name: 'bomb',
        offset: offset ?? 0,
        data: new Uint8Array(0),
      });
      new DataView(head.buffer).setUint32(58, length ?? 0);
      const reader = new AttachmentStream();
      const items = reader.push(concat(head, raw));
      expect(said(items)).toEqual(['frameTooLong', 'garbage', raw]);
      expect(reader.pendingBytes).toBe(0);
    }
  });

  it('holds what has come, not what was announced', () => {
    const reader = new AttachmentStream();
    const wire = encodeAttachmentData({ name: 'a', offset: 0, data: new Uint8Array(1 << 20) });
    expect(reader.push(wire.subarray(0, 100))).toEqual([]);
    expect(reader.pendingBytes).toBe(100);
    expect(reader.push(wire.subarray(100))).toHaveLength(1);
    expect(reader.pendingBytes).toBe(0);
  });

  it('without a closing flag or any head is dropped in pieces', () => {
    const reader = new AttachmentStream();
    const items = reader.push(concat(Uint8Array.of(0x7e), new Uint8Array(20_000).fill(1)));
    expect(said(items)).toEqual(['frameTooLong', 'garbage', 'garbage', 'garbage', 'garbage']);
    expect(reader.pendingBytes).toBe(0);
  });

  it.each([
    ['flags', [0x7e]],
    ['flags and letters', [0x7e, 0x41]],
    ['heads', [0x30, 0x31, 0x63, 0x64]],
    ['heads behind flags', [0x7e, 0x30, 0x31, 0x63, 0x64, 0x02]],
    ['letters', [0x41]],
    ['starts of heads', [0x30]],
  ])('takes time in proportion to the length of %s', (_, pattern) => {
    const timed = (size: number, chunk: number): number => {
      const bytes = Uint8Array.from({ length: size }, (_, i) => pattern[i % pattern.length] ?? 0);
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 3; round++) {
        const reader = new AttachmentStream();
        const start = performance.now();
        for (let at = 0; at < size; at += chunk) reader.push(bytes.subarray(at, at + chunk));
        best = Math.min(best, performance.now() - start);
      }
      return best;
    };
    for (const chunk of [1 << 16, 7]) {
      expect(timed(1 << 17, chunk)).toBeLessThan(timed(1 << 14, chunk) * 24 + 100);
    }
  });
});

describe('a piece that does not fit', () => {
  it('is refused by the name of its field', () => {
    const fits = { name: 'a', offset: 0, data: new Uint8Array(0) };
    expect(() => encodeAttachmentData({ ...fits, name: 'x'.repeat(51) })).toThrow(/^name: /);
    expect(() => encodeAttachmentData({ ...fits, offset: 2 ** 32 })).toThrow(/^offset: /);
    expect(() => encodeAttachmentData({ ...fits, offset: -1 })).toThrow(/^offset: /);
  });
});

describe('a connection that announced files', () => {
  const address = { device: '13912345678', edition: '2013' };
  const announce = jt808.encode({
    ...{ ...address, id: '0x1210', serial: 1 },
    fields: {
      terminalId: '1234567',
      identification: {
        ...{ terminalId: '1234567', time: '261123145500', sequence: 0, attachments: 1 },
        reserved: '00',
      },
      ...{ alarmNumber: 'a1', informationType: 0, files: [{ name: 'a.jpg', size: 3 }] },
    },
  });
  const file = { name: 'a.jpg', fileType: 0, size: 3 };
  const begin = jt808.encode({ ...address, id: '0x1211', serial: 2, fields: file });
  const end = jt808.encode({ ...address, id: '0x1212', serial: 3, fields: file });
  const heartbeat = jt808.encode({ ...address, id: '0x0002', serial: 4, fields: {} });
  const piece = encodeAttachmentData({
    name: 'a.jpg',
    offset: 0,
    data: Uint8Array.of(0x7e, 0x7d, 0x7e),
  });
  const rest = concat(begin, piece, end, piece, heartbeat);
  const names = [
    'attachmentBegins',
    'attachmentData',
    'attachmentEnds',
    'attachmentData',
    'heartbeat',
  ];
  const saidOf = (items: readonly (Message | Fault)[]) =>
    items.map((one) => (one.kind === 'message' ? one.name : one.code));

  it('is read on between the pieces, answered, and told what they were, however it is cut', () => {
    fc.assert(
      fc.property(cuts, (at) => {
        const connection = jt808.open();
        expect(saidOf(connection.push(announce, 0))).toEqual(['attachments']);
        const sorted = [...new Set(at.map((cut) => cut % rest.length))].sort((a, b) => a - b);
        const items = [0, ...sorted].flatMap((from, i) => [
          ...connection.push(rest.slice(from, sorted[i] ?? rest.length), 0),
        ]);
        expect(saidOf(items)).toEqual(names);
        const replies = items.map((one) =>
          one.kind === 'message' ? connection.reply(one, { result: 'accepted' }) : null,
        );
        expect(replies.map((reply) => reply !== null)).toEqual([true, false, true, false, true]);
        expect(items[1]).toMatchObject({
          ...{ device: '13912345678', intent: 'report', positions: [] },
          fields: { name: 'a.jpg', offset: 0, length: 3 },
        });
        expect(connection.pendingBytes).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('may come in one chunk with what announces it', () => {
    const connection = jt808.open();
    const all = concat(heartbeat, announce, rest);
    expect(saidOf(connection.push(all, 0))).toEqual(['heartbeat', 'attachments', ...names]);
    const damaged = Uint8Array.from(heartbeat);
    damaged[4] = (damaged[4] ?? 0) ^ 1;
    expect(connection.push(damaged, 0)[0]).toMatchObject({
      code: 'badChecksum',
      offset: all.length,
    });
  });

  it('is known by the first bytes of a piece, though they come one by one', () => {
    const connection = jt808.open();
    const items = [...concat(piece, heartbeat)].flatMap((byte) => [
      ...connection.push(Uint8Array.of(byte), 0),
    ]);
    expect(saidOf(items)).toEqual(['garbage', 'heartbeat']);
    const other = jt808.open();
    expect(other.push(piece.subarray(0, 3), 0)).toEqual([]);
    expect(other.pendingBytes).toBe(3);
    expect(saidOf(other.push(heartbeat, 0))).toEqual(['garbage', 'heartbeat']);
  });

  it('may be cut behind the flag that begins the next frame', () => {
    const connection = jt808.open();
    const stream = concat(announce, heartbeat);
    const cut = announce.length + 1;
    expect(saidOf(connection.push(stream.slice(0, cut), 0))).toEqual(['attachments']);
    expect(saidOf(connection.push(stream.slice(cut), 0))).toEqual(['heartbeat']);
  });

  it('goes on after a piece that announces a gigabyte, and says where it was', () => {
    const connection = jt808.open();
    connection.push(announce, 0);
    const bomb = Uint8Array.from(piece.subarray(0, 62));
    new DataView(bomb.buffer).setUint32(58, 1 << 30);
    const items = connection.push(concat(bomb, heartbeat), 0);
    expect(saidOf(items)).toEqual(['frameTooLong', 'garbage', 'heartbeat']);
    expect(items[0]).toMatchObject({ offset: announce.length });
    const damaged = Uint8Array.from(heartbeat);
    damaged[4] = (damaged[4] ?? 0) ^ 1;
    const [fault] = connection.push(damaged, 0);
    expect(fault).toMatchObject({
      code: 'badChecksum',
      offset: announce.length + bomb.length + heartbeat.length,
    });
  });

  it('that begins with a piece is read on too, and the piece is counted', () => {
    const connection = jt808.open();
    expect(connection.push(concat(piece, heartbeat), 0)).toMatchObject([
      { kind: 'fault', code: 'garbage', offset: 0, bytes: piece.length },
      { name: 'heartbeat' },
    ]);
  });
});
