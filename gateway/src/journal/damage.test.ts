import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BLOCK_HEAD_BYTES, decodeBlockHead, recordSeed } from './block.ts';
import { decodeRecord } from './decode.ts';
import { sampleEntry, sampleMessage } from './entries.test-support.ts';
import { diskFiles } from './files.ts';
import { type Damage, JournalReader } from './reader.ts';
import type { Entry, JournalRecord } from './record.ts';
import { decodeHead, encodeHead, HEAD_BYTES } from './segment-head.ts';
import { groupOf, writerOptions } from './segments.test-support.ts';
import { SegmentWriter } from './writer.ts';

const KEY = new Uint8Array(32).map((_, i) => i);
const GROUPS = [3, 1, 7, 2, 5, 4, 6, 1, 1, 8];
const RECORDS = GROUPS.reduce((sum, n) => sum + n, 0);

const entryOf = (seq: number): Entry =>
  seq % 5 === 0 ? sampleMessage(seq) : sampleEntry(seq, { raw: hostileRaw(seq) });

/** A frame that looks like records of a journal whose checksums were not seeded. */
function hostileRaw(seq: number): Uint8Array {
  return groupOf(seq + 1, 1, () => ({ kind: 'tick', receivedTime: 666 }));
}

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xunji-damage-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const names = () =>
  readdirSync(directory)
    .filter((n) => n.endsWith('.journal'))
    .sort();
const path = (name: string) => join(directory, name);

const options = { ...writerOptions, segmentBytes: 2000 };
/** What is torn and flipped here is done by hand: nothing has to wait for the disk. */
const files = () => ({ ...diskFiles(directory), sync: () => undefined, syncDir: () => undefined });

function write(key: Uint8Array | null): void {
  const writer = new SegmentWriter(files(), { ...options, key });
  writer.recover();
  for (const count of GROUPS) writer.append(groupOf(writer.lastSeq + 1, count, entryOf));
  writer.close();
}

type Base = ReadonlyMap<string, Buffer>;
const bases = new Map<Uint8Array | null, Base>();
/** The files of a sound journal. */
function base(key: Uint8Array | null): Base {
  const known = bases.get(key);
  if (known !== undefined) return known;
  write(key);
  const made = new Map(names().map((name) => [name, readFileSync(path(name))]));
  bases.set(key, made);
  return made;
}
function lay(sound: Base): void {
  for (const name of readdirSync(directory)) rmSync(path(name));
  for (const [name, bytes] of sound) writeFileSync(path(name), bytes);
}

/** Recovers, appends two records, and reads everything as a consumer that begins at the beginning. */
async function readBack(key: Uint8Array | null) {
  const identity = { ...options, key };
  const writer = new SegmentWriter(files(), identity);
  const recovered = writer.recover();
  const from = writer.lastSeq + 1;
  writer.append(groupOf(from, 2, entryOf));
  writer.close();
  const told: Damage[] = [];
  const reader = new JournalReader(
    {
      ...{ directory, identity, durableSeq: from + 1 },
      ...{ tail: () => null, waitFor: async () => undefined },
      onDamage: (damage) => told.push(damage),
    },
    0,
  );
  const records: JournalRecord[] = [];
  for (let i = 0; i < 1000; i++) {
    const part = await reader.read(5);
    records.push(...part);
    if (part.length === 0) break;
  }
  await reader.close();
  return { recovered, from, told, records, seqs: records.map((r) => r.seq) };
}

/** Where each record stands: of plain segments its own bytes, of sealed ones its whole block. */
function places(name: string, isSealed: boolean): { seq: number; from: number; to: number }[] {
  const bytes = readFileSync(path(name));
  const decoded = decodeHead(bytes);
  if (!decoded.ok) throw new Error(decoded.why);
  const { marker } = decoded.head;
  const found: { seq: number; from: number; to: number }[] = [];
  for (let at = HEAD_BYTES; at < bytes.length; ) {
    const head = decodeBlockHead(bytes, at, marker);
    if (head === null) throw new Error(`no block at ${at}`);
    const to = at + BLOCK_HEAD_BYTES + head.length;
    for (let i = 0, from = at + BLOCK_HEAD_BYTES; i < head.records; i++) {
      const step = isSealed ? null : decodeRecord(bytes, from, recordSeed(marker));
      if (step?.ok) found.push({ seq: step.record.seq, from, to: step.next });
      else found.push({ seq: head.firstSeq + i, from: at, to });
      from = step?.ok ? step.next : from;
    }
    at = to;
  }
  return found;
}

/** What must hold after any damage: `untouched` are read, nothing wrong is, and every hole was told. */
async function check(key: Uint8Array | null, untouched: readonly number[]) {
  const { recovered, from, told, records, seqs } = await readBack(key);
  for (const record of records) {
    expect(record).toEqual({ ...entryOf(record.seq), seq: record.seq });
  }
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  const read = new Set(seqs);
  expect(untouched.filter((seq) => !read.has(seq))).toEqual([]);
  expect(read.has(from) && read.has(from + 1)).toBe(true);
  const holes = [...told, ...recovered.lost];
  const lost = Array.from({ length: from - 1 }, (_, i) => i + 1).filter((seq) => !read.has(seq));
  for (const seq of lost) {
    expect(
      holes.some((hole) => seq >= hole.from && seq <= hole.to),
      `hole at ${seq}`,
    ).toBe(true);
  }
  for (const hole of holes) expect(read.has(hole.from) || read.has(hole.to)).toBe(false);
  return { recovered, told, seqs };
}

const flips = fc.array(
  fc.record({
    file: fc.nat(),
    at: fc.nat(),
    bit: fc.nat(7),
    length: fc.integer({ min: 1, max: 60 }),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Damages the files as drawn. @returns the sequences none of whose bytes were touched */
function damage(
  drawn: readonly { file: number; at: number; bit: number; length: number }[],
  isSealed: boolean,
) {
  const segments = names();
  const where = new Map(segments.map((name) => [name, places(name, isSealed)]));
  const touched: { name: string; from: number; to: number }[] = [];
  for (const { file, at, bit, length } of drawn) {
    const name = segments[file % segments.length] as string;
    const bytes = readFileSync(path(name));
    const from = at % bytes.length;
    // A long one is a hole; a short one a flipped bit.
    const to = length < 40 ? from + 1 : Math.min(bytes.length, from + length);
    if (length < 40) bytes[from] = (bytes[from] as number) ^ (1 << bit);
    else bytes.fill(0, from, to);
    writeFileSync(path(name), bytes);
    touched.push({ name, from, to });
  }
  const hit = (name: string, from: number, to: number) =>
    touched.some((t) => t.name === name && t.from < to && t.to > from);
  return segments.flatMap((name) => {
    // Both copies of the marker gone: nothing in the segment can be told from rubble.
    const heads = [hit(name, 0, HEAD_BYTES), hit(name, HEAD_BYTES, HEAD_BYTES + BLOCK_HEAD_BYTES)];
    if (heads.every(Boolean)) return [];
    const list = where.get(name) ?? [];
    return list.filter((p) => !hit(name, p.from, p.to)).map((p) => p.seq);
  });
}

describe('a damaged journal', () => {
  for (const key of [null, KEY]) {
    const how = key === null ? 'plain' : 'sealed';
    it(`gives every record that was not touched and no wrong one, ${how}`, async () => {
      await fc.assert(
        fc.asyncProperty(flips, async (drawn) => {
          lay(base(key));
          await check(key, damage(drawn, key !== null));
        }),
        { numRuns: Number(process.env['SEEDS'] ?? 60) },
      );
    }, 60_000);

    it(`gives all before a cut, and all of the other segments, ${how}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.nat(), async (file, at) => {
          lay(base(key));
          const segments = names();
          const cut = segments[file % segments.length] as string;
          const untouched = segments.flatMap((name) => {
            const size = name === cut ? at % readFileSync(path(name)).length : Number.MAX_VALUE;
            return places(name, key !== null)
              .filter((p) => p.to <= size)
              .map((p) => p.seq);
          });
          truncateSync(path(cut), at % readFileSync(path(cut)).length);
          await check(key, untouched);
        }),
        { numRuns: Number(process.env['SEEDS'] ?? 40) },
      );
    }, 60_000);
  }

  it('is cut without a word of damage where a group is torn, and says so', async () => {
    write(null);
    const last = names().at(-1) as string;
    const size = readFileSync(path(last)).length;
    truncateSync(path(last), size - 9);
    const { recovered, told } = await check(null, []);
    expect(recovered.tornBytes).toBeGreaterThan(0);
    expect(recovered.lost).toEqual([]);
    expect(told).toEqual([]);
    expect(readdirSync(directory).some((n) => n.endsWith('.torn'))).toBe(true);
  });

  it('never gives a sequence anew that a damaged end may have had', async () => {
    for (const key of [null, KEY]) {
      for (const name of readdirSync(directory)) rmSync(path(name));
      write(key);
      const last = names().at(-1) as string;
      const bytes = readFileSync(path(last));
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 4;
      writeFileSync(path(last), bytes);
      const { from, recovered } = await readBack(key);
      expect(from).toBe(RECORDS + 1);
      expect(recovered.lost.at(-1)?.to).toBe(RECORDS);
      expect(recovered.tornBytes).toBe(0);
    }
  });

  it('goes on after a missing segment and names what is gone', async () => {
    write(null);
    const [, second] = names();
    const gone = places(second as string, false).map((p) => p.seq);
    rmSync(path(second as string));
    const { told } = await check(null, []);
    expect(told).toEqual([{ segment: names()[0], from: gone[0], to: gone.at(-1), why: 'missing' }]);
  });

  it('begins with its oldest segment when older ones were removed by age, which is no damage', async () => {
    write(null);
    const [first, second] = names();
    rmSync(path(first as string));
    const { told, seqs } = await readBack(null);
    expect(told).toEqual([{ segment: second, from: 1, to: Number(seqs[0]) - 1, why: 'trimmed' }]);
  });

  it('is refused as it stands when a segment is newer, older, foreign or none', () => {
    write(null);
    const middle = names()[1] as string;
    const sound = readFileSync(path(middle));
    const refusal = (bytes: Uint8Array, key: Uint8Array | null = null) => {
      writeFileSync(path(middle), bytes);
      const before = names().map((name) => readFileSync(path(name)));
      const writer = new SegmentWriter(files(), { ...options, key });
      let message = '';
      try {
        writer.recover();
      } catch (error) {
        message = (error as Error).message;
      }
      expect(names().map((name) => readFileSync(path(name)))).toEqual(before);
      return message;
    };
    const withVersion = (version: number) => {
      const bytes = Buffer.from(sound.subarray(0, 100));
      bytes.writeUInt16LE(version, 8);
      return bytes;
    };
    expect(refusal(withVersion(4))).toContain('newer version');
    expect(refusal(withVersion(2))).toContain('older format');
    const decoded = decodeHead(sound);
    if (!decoded.ok) throw new Error(decoded.why);
    const foreign = encodeHead({ ...decoded.head, dataDirId: new Uint8Array(16).fill(2) });
    expect(refusal(Buffer.concat([foreign, sound.subarray(HEAD_BYTES)]))).toContain('another data');
    expect(refusal(sound)).toBe('');
  });

  it('gives a segment up whose head and first block are gone, and goes on behind it', async () => {
    write(null);
    const last = names().at(-1) as string;
    const bytes = readFileSync(path(last));
    bytes.fill(0, 40, HEAD_BYTES + BLOCK_HEAD_BYTES);
    writeFileSync(path(last), bytes);
    const others = names().filter((name) => name !== last);
    const untouched = others.flatMap((name) => places(name, false).map((p) => p.seq));
    const { recovered } = await check(null, untouched);
    expect(recovered.lost[0]?.from).toBe(untouched.length + 1);
    expect(recovered.lost[0]?.to).toBeGreaterThanOrEqual(RECORDS);
  });

  const NOTES = 'notes of somebody else, longer than the head of a segment. '.repeat(3);

  it('is refused when all it has is a stranger’s file', () => {
    for (const name of readdirSync(directory)) rmSync(path(name));
    writeFileSync(path('0000000000000001.journal'), NOTES);
    const writer = new SegmentWriter(files(), options);
    expect(() => writer.recover()).toThrow('does not begin as a journal segment');
    expect(readFileSync(path('0000000000000001.journal'), 'utf8')).toBe(NOTES);
  });

  it('goes on behind a stranger’s file among its own, which it does not touch', async () => {
    write(null);
    const own = names().flatMap((name) => places(name, false).map((p) => p.seq));
    writeFileSync(path('0000000000009999.journal'), NOTES);
    const { recovered, from, seqs } = await readBack(null);
    expect(recovered.lost[0]?.from).toBe(9999);
    expect(from).toBeGreaterThan(9999);
    expect(seqs).toEqual([...own, from, from + 1]);
    expect(readFileSync(path('0000000000009999.journal'), 'utf8')).toBe(NOTES);
  });

  it('is refused when a stranger’s file leaves no numbers behind it', () => {
    write(null);
    writeFileSync(path('9999999999999999.journal'), NOTES);
    const writer = new SegmentWriter(files(), options);
    expect(() => writer.recover()).toThrow('does not begin as a journal segment');
  });

  it('goes on behind a last segment whose magic, head and first block are gone', async () => {
    for (const key of [null, KEY]) {
      for (const name of readdirSync(directory)) rmSync(path(name));
      write(key);
      const last = names().at(-1) as string;
      const bytes = readFileSync(path(last));
      bytes.fill(0xff, 0, HEAD_BYTES + BLOCK_HEAD_BYTES);
      writeFileSync(path(last), bytes);
      const others = names().filter((name) => name !== last);
      const untouched = others.flatMap((name) => places(name, key !== null).map((p) => p.seq));
      const { recovered } = await check(key, untouched);
      expect(recovered.lost[0]?.to).toBeGreaterThanOrEqual(RECORDS);
    }
  });

  it('drops files that a crash left half made, and names them', () => {
    write(null);
    writeFileSync(path('something.tmp'), 'x');
    writeFileSync(path('0000000000000900.journal'), 'XUN');
    const writer = new SegmentWriter(files(), options);
    const recovered = writer.recover();
    expect(recovered.lastSeq).toBe(RECORDS);
    expect(recovered.leftovers).toEqual(['something.tmp', '0000000000000900.journal']);
    writer.close();
  });
});

describe('a sealed journal', () => {
  it('is opened with its own key only', () => {
    write(KEY);
    const openWith = (key: Uint8Array | null) => () =>
      new SegmentWriter(files(), { ...options, key }).recover();
    expect(openWith(null)).toThrow('name its key by XUNJI_KEY_FILE');
    expect(openWith(KEY.map((b) => b ^ 1))).toThrow('another key');
    expect(openWith(KEY)().lastSeq).toBe(RECORDS);
  });

  it('follows a plain one and is followed by one, each read as it was written', async () => {
    write(null);
    write(KEY);
    expect((await check(KEY, [])).seqs).toHaveLength(2 * RECORDS + 2);
  });

  it('shows nothing of what devices said', () => {
    write(KEY);
    for (const name of names()) {
      const bytes = readFileSync(path(name));
      expect(bytes.includes('13912345678')).toBe(false);
      expect(bytes.includes('heartbeat')).toBe(false);
    }
  });

  it('never uses a nonce twice, whatever is written how often', () => {
    const seen = new Set<string>();
    let blocks = 0;
    for (let life = 0; life < 3; life++) {
      for (const name of readdirSync(directory)) rmSync(path(name));
      write(KEY);
      for (const name of names()) {
        const bytes = readFileSync(path(name));
        const decoded = decodeHead(bytes);
        if (!decoded.ok) throw new Error(decoded.why);
        const { marker } = decoded.head;
        for (let at = HEAD_BYTES; at < bytes.length; ) {
          const block = decodeBlockHead(bytes, at, marker);
          if (block === null) throw new Error(`no block at ${at}`);
          const nonce = bytes.subarray(at + BLOCK_HEAD_BYTES, at + BLOCK_HEAD_BYTES + 12);
          seen.add(`${Buffer.from(marker).toString('hex')} ${nonce.toString('hex')}`);
          blocks++;
          at += BLOCK_HEAD_BYTES + block.length;
        }
      }
    }
    expect(seen.size).toBe(blocks);
  });
});
