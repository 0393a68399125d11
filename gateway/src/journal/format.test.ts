import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { decodeRecord, sealRecords } from './decode.ts';
import { BatchEncoder } from './encode.ts';
import { sampleEntry, sampleMessage, samplePosition } from './entries.test-support.ts';
import type { Entry } from './record.ts';
import { decodeHead, encodeHead } from './segment-head.ts';

const entries: Entry[] = [
  sampleEntry(1),
  sampleEntry(2, {
    late: true,
    edition: null,
    raw: new Uint8Array(0),
    position: samplePosition(2, {
      valid: false,
      latitude: null,
      longitude: null,
      altitudeM: null,
      ignition: null,
      timeSource: 'server',
      buffered: true,
      source: 'beacon',
      alarms: ['sos', 'powerCut'],
      flags: ['noFix'],
      extras: { x_text: '青禾', voltageV: 12.5, armed: false },
    }),
  }),
  sampleMessage(3),
  {
    kind: 'config',
    receivedTime: 4,
    what: 'fence',
    id: 'f1',
    revision: 7,
    value: { a: [1, null] },
  },
  { kind: 'config', receivedTime: 4, what: 'rule', id: 'r1', revision: 8, value: null },
  { kind: 'tick', receivedTime: 5 },
];

const encoded = () => {
  const encoder = new BatchEncoder(16);
  entries.forEach((e, i) => {
    encoder.add(e, i + 1);
  });
  const group = encoder.take();
  sealRecords(group);
  return Buffer.from(group);
};

describe('journal format', () => {
  it('gives CRC32C its published check values', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });

  it('reads back every kind of record as it was written', () => {
    const bytes = encoded();
    let at = 0;
    entries.forEach((entry, i) => {
      const step = decodeRecord(bytes, at);
      if (!step.ok) throw new Error(step.why);
      expect(step.record).toEqual({ ...entry, seq: i + 1 });
      at = step.next;
    });
    expect(decodeRecord(bytes, at)).toEqual({ ok: false, why: 'end' });
  });

  it('refuses a record cut at any byte or with any flipped bit', () => {
    const bytes = encoded();
    const first = decodeRecord(bytes, 0);
    if (!first.ok) throw new Error(first.why);
    for (let cut = 1; cut < first.next; cut++) {
      expect(decodeRecord(bytes.subarray(0, cut), 0).ok).toBe(false);
    }
    for (let bit = 0; bit < first.next * 8; bit++) {
      const flipped = Buffer.from(bytes.subarray(0, first.next));
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const step = decodeRecord(flipped, 0);
      expect(step.ok, `bit ${bit}`).toBe(false);
    }
  });

  it('recognises its own segment head only', () => {
    const head = {
      ...{ dataDirId: new Uint8Array(16).fill(9), firstSeq: 2 ** 40, keyId: 0 },
      ...{ marker: new Uint8Array(16).fill(3), previousSeq: 2 ** 40 - 7 },
    };
    const bytes = encodeHead(head);
    expect(decodeHead(bytes)).toEqual({ ok: true, head });
    for (let i = 0; i < bytes.length; i++) {
      const bad = bytes.slice();
      bad[i] = (bad[i] as number) ^ 1;
      expect(decodeHead(bad).ok, `byte ${i}`).toBe(false);
    }
  });
});
