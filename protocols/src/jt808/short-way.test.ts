import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexId, toHex } from '../bytes.ts';
import { layout, u8, u16 } from '../layout.ts';
import { generalAnswer } from './answer.ts';
import { readBody } from './body.ts';
import { type Dialect, dialectOf, dialects } from './dialects.ts';
import { Framer } from './frame.ts';
import { readHeader, writeContent } from './header.ts';
import { type BatchItem, locationOf, reports, toPosition } from './location.ts';
import { readBatch, readReport } from './report.ts';
import { editions } from './versions.ts';
import { write } from './write.ts';

const RECEIVED = Date.UTC(2026, 5, 1, 4);
const receipts = [
  { receivedTime: RECEIVED, anyTime: false },
  { receivedTime: RECEIVED, anyTime: true },
];

const byte = fc.integer({ min: 0, max: 255 });
/** Mostly digits and dates that may be, so that more than faults is compared. */
const time = fc.oneof(
  fc.tuple(byte, byte, byte, byte, byte, byte),
  fc.tuple(
    fc.constantFrom(0x26, 0x25, 0x00, 0x24),
    fc.constantFrom(0x00, 0x02, 0x05, 0x06, 0x12, 0x13, 0x1a),
    fc.constantFrom(0x00, 0x01, 0x28, 0x29, 0x30, 0x31, 0x32),
    fc.constantFrom(0x00, 0x11, 0x12, 0x23, 0x24),
    fc.constantFrom(0x00, 0x59, 0x60),
    fc.constantFrom(0x00, 0x59, 0x60, 0x0f),
  ),
);
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 0x0c, 0x20, 0x4_0003, 90_000_000, 90_000_001, 180_000_000),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const item = fc
  .tuple(
    fc.constantFrom(
      ...new Set([...dialects.flatMap((d) => d.items.rows).map(({ id }) => id & 0xff), 0xe3]),
    ),
    fc.oneof(
      fc.constantFrom([7], [1, 2], [1, 2, 3, 4], []),
      fc.array(byte, { maxLength: 9 }),
      // As long as the larger items are.
      fc
        .constantFrom(20, 30, 41, 47, 50, 65, 71)
        .chain((length) => fc.array(byte, { minLength: length, maxLength: length })),
    ),
  )
  .map(([id, body]) => [id, body.length, ...body]);
const report = fc
  .tuple(
    fc.tuple(word, word, word, word),
    fc.tuple(word, word, word),
    time,
    fc.array(item, { maxLength: 6 }),
    // Now and then bytes that are no item.
    fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.array(byte, { maxLength: 5 })),
  )
  .map(([words, halves, digits, items, rest]) => {
    const head = new Uint8Array(22);
    const view = new DataView(head.buffer);
    for (const [i, value] of words.entries()) view.setUint32(i * 4, value);
    for (const [i, value] of halves.entries()) view.setUint16(16 + i * 2, value & 0xffff);
    return Uint8Array.from([...head, ...digits, ...items.flat(), ...rest]);
  });

/** Half of them by the standard alone, as most devices are. */
const speech: fc.Arbitrary<Dialect> = fc.oneof(
  fc.constantFrom(...editions).map((edition) => dialectOf(edition, null)),
  fc.constantFrom(...dialects),
);

describe('the short way', () => {
  it('reads from a report what the tables read from it, or leaves it to them', () => {
    let read = 0;
    fc.assert(
      fc.property(report, speech, fc.constantFrom(...receipts), (body, dialect, given) => {
        const receipt = { ...given, dialect };
        const short = readReport(body, 0, body.length, receipt);
        const long = readBody(locationOf(dialect), body);
        if (short === null) {
          expect(
            long.ok && long.fields.trailing === undefined && dialect.items.isStandardForm,
          ).toBe(false);
        } else {
          read++;
          expect(long.ok && [toPosition(long.fields, receipt, false)]).toEqual(short);
        }
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(1500);
  });

  it('reads from a batch what the tables read from it, or leaves it to them', () => {
    let read = 0;
    fc.assert(
      fc.property(
        fc.array(report, { maxLength: 4 }),
        fc.constantFrom(0, 1, 2),
        speech,
        fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.array(byte, { maxLength: 3 })),
        (all, kind, dialect, rest) => {
          const receipt = { receivedTime: RECEIVED, anyTime: false, dialect };
          const items = all.flatMap((one) => [one.length >> 8, one.length & 0xff, ...one]);
          const body = Uint8Array.from([0, all.length, kind, ...items, ...rest]);
          const short = readBatch(body, 0, body.length, receipt);
          if (short === null) return;
          read++;
          const batch = layout({ count: u16, kind: u8, items: reports(locationOf(dialect)) });
          const long = readBody(batch, body);
          const listed = long.ok ? (long.fields.items as readonly BatchItem[]) : [];
          expect(listed.map((one) => toPosition(one, receipt, kind === 1))).toEqual(short);
        },
      ),
      { numRuns: 1000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it('writes the general answer as the tables do, escapes included', () => {
    const phone = fc.array(fc.constantFrom(0, 0x13, 0x7d, 0x7e, 0x99, 0xab), {
      minLength: 10,
      maxLength: 10,
    });
    fc.assert(
      fc.property(
        phone,
        fc.constantFrom(...editions),
        fc.constantFrom(0x0200, 0x7e7d, 0x0002),
        fc.constantFrom(0, 1, 0x7d7e, 0xffff),
        fc.constantFrom(0, 0x7d, 0xffff),
        fc.constantFrom(0, 1, 2, 3),
        fc.constantFrom(0x8001, 0x0001),
        (digits, edition, id, serial, ours, result, answer) => {
          const form = edition === '2019' ? '2019' : '2013';
          const text = toHex(Uint8Array.from(digits)).slice(form === '2019' ? 0 : 8);
          const content = writeContent(
            { id, form, versionFlag: form === '2019', versionByte: 1, phone: text, serial },
            new Uint8Array(0),
          );
          const to = readHeader(content);
          if (to === null) throw new Error('header not read');
          const fields = { answeredSerial: serial, answeredId: hexId(id, 4), result };
          const long = write({ ...to, id: answer, serial: ours }, dialectOf(edition, null), fields);
          expect(toHex(generalAnswer(to, answer, ours, result))).toBe(toHex(long));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes an identity over only from the same sender', () => {
    const of = (phone: string, form: '2013' | '2019') =>
      writeContent(
        { id: 2, form, versionFlag: form === '2019', versionByte: 1, phone, serial: 7 },
        new Uint8Array(0),
      );
    const first = readHeader(of('013912345678', '2013'));
    for (const [phone, form] of [
      ['013912345678', '2013'],
      ['013912345679', '2013'],
      ['00000000013912345678', '2019'],
    ] as const) {
      const content = of(phone, form);
      expect(readHeader(content, content.length, first)).toEqual(readHeader(content));
    }
  });
});

describe('the framer', () => {
  const heard = (chunks: readonly Uint8Array[]): string[] => {
    const framer = new Framer({ maxFrameBytes: 64 });
    const found: string[] = [];
    for (const chunk of chunks) {
      framer.push(chunk, {
        frame: (content, length, raw, offset) => {
          found.push(`frame ${offset} ${toHex(content.subarray(0, length))} ${toHex(raw)}`);
        },
        dropped: (code, offset, bytes) => {
          found.push(`${code} ${offset} ${bytes}`);
        },
      });
    }
    return found;
  };

  it('finds the same frames however the stream is cut', () => {
    const piece = fc.oneof(
      fc.array(fc.constantFrom(0x7e, 0x7d, 0, 1, 2, 0x0a, 0x55), { maxLength: 20 }),
      fc.array(byte, { minLength: 13, maxLength: 70 }).map((content) => {
        let xor = 0;
        for (const one of content) xor ^= one;
        const escaped = [...content, xor].flatMap((one) =>
          one === 0x7e ? [0x7d, 2] : one === 0x7d ? [0x7d, 1] : [one],
        );
        return [0x7e, ...escaped, 0x7e];
      }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(fc.nat(400), { maxLength: 8 }),
        (pieces, cuts) => {
          const stream = Uint8Array.from(pieces.flat());
          const at = [0, ...cuts.filter((cut) => cut < stream.length), stream.length].sort(
            (a, b) => a - b,
          );
          const chunks = at.slice(1).map((end, i) => stream.slice(at[i], end));
          const frames = (all: string[]) => all.filter((one) => one.startsWith('frame '));
          expect(frames(heard(chunks))).toEqual(frames(heard([stream])));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
