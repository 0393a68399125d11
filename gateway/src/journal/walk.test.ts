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
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFiles } from './files.ts';
import { HEAD_BYTES } from './segment-head.ts';
import { groupOf, writerOptions } from './segments.test-support.ts';
import { verifyJournal, walkJournal } from './walk.ts';
import { SegmentWriter } from './writer.ts';

const KEY = new Uint8Array(32).map((_, i) => 7 * i);
const options = { ...writerOptions, segmentBytes: 1200 };
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xunji-walk-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});
const names = () => readdirSync(directory).sort();
const path = (name: string | undefined) => join(directory, name ?? '');

function write(key: Uint8Array | null, groups: number): void {
  const writer = new SegmentWriter(diskFiles(directory), { ...options, key });
  writer.recover();
  for (let g = 0; g < groups; g++) writer.append(groupOf(writer.lastSeq + 1, 2));
  writer.close();
}

describe('verifying a journal', () => {
  it('finds a sound one sound, plain and sealed segments alike', async () => {
    write(null, 10);
    write(KEY, 5);
    const summary = await verifyJournal(directory, { ...options, key: KEY });
    expect(summary).toMatchObject({ records: 30, firstSeq: 1, lastSeq: 30, isSound: true });
    expect(summary.findings).toEqual([]);
    expect(summary.segments).toBe(names().length);
    expect(summary.sealed).toBeGreaterThan(0);
  });

  it('names what is damaged, missing, foreign or without its key, and reads the rest', async () => {
    write(null, 20);
    const [first, second, third] = names();
    const bytes = readFileSync(path(first));
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
    writeFileSync(path(first), bytes);
    rmSync(path(second));
    const summary = await verifyJournal(directory, options);
    expect(summary.isSound).toBe(false);
    const thirdSeq = Number(third?.slice(0, 16));
    expect(summary.findings).toEqual([
      { segment: first, what: 'missing', from: expect.any(Number), to: thirdSeq - 1 },
    ]);
    expect(summary.records).toBe(40 - (thirdSeq - (summary.findings[0]?.from ?? 0)));
    const foreign = await verifyJournal(directory, { dataDirId: new Uint8Array(16) });
    expect(foreign.findings.every((f) => f.what === 'refused')).toBe(true);
    expect(foreign.isSound).toBe(false);
  });

  it('takes a damaged head for what it is: no record is lost by it', async () => {
    write(null, 6);
    const [first] = names();
    const bytes = readFileSync(path(first));
    bytes.fill(0, 0, HEAD_BYTES);
    writeFileSync(path(first), bytes);
    const summary = await verifyJournal(directory, options);
    expect(summary).toMatchObject({ records: 12, isSound: false });
    expect(summary.findings).toEqual([{ segment: first, what: 'damagedHead' }]);
  });

  it('does not call a torn end damage: it may be written just now', async () => {
    write(null, 6);
    const last = names().at(-1);
    truncateSync(path(last), readFileSync(path(last)).length - 5);
    const summary = await verifyJournal(directory, options);
    expect(summary).toMatchObject({ isSound: true, records: 11 });
    expect(summary.findings).toMatchObject([{ segment: last, what: 'torn' }]);
  });
});

describe('walking a journal', () => {
  it('opens no segment that ends before what is asked for', async () => {
    write(null, 20);
    const opened: string[] = [];
    const seqs: number[] = [];
    for await (const step of walkJournal(directory, options, 35)) {
      if (step.kind === 'segment') opened.push(step.name);
      if (step.kind === 'record') seqs.push(step.record.seq);
      expect(step.kind).not.toBe('finding');
    }
    expect(opened.length).toBeLessThan(names().length);
    expect(seqs[0]).toBeLessThanOrEqual(35);
    expect(seqs.at(-1)).toBe(40);
  });
});
