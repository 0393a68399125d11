import { describe, expect, it } from 'vitest';
import { seeded } from './entries.test-support.ts';
import { forgetfulFiles } from './forgetful-files.test-support.ts';
import { groupOf, readAll, writerOptions } from './segments.test-support.ts';
import { SegmentWriter } from './writer.ts';

const options = writerOptions;
const group = groupOf;

/**
 * Appends and cuts the power again and again; returns how many acknowledged records were lost.
 * Some cuts come between write and sync: there the group is written by a disk that then fails its sync.
 */
function powerCuts(seed: number, ignoreSync: boolean, key: Uint8Array | null = null): number {
  const random = seeded(seed);
  const files = forgetfulFiles({ ignoreSync });
  let promised: number[] = [];
  let lost = 0;
  for (let life = 0; life < 6; life++) {
    const writer = new SegmentWriter(files, { ...options, key });
    let lastSeq: number;
    try {
      lastSeq = writer.recover().lastSeq;
    } catch {
      // A head that was acknowledged and is gone: everything in that segment is lost.
      return lost + promised.length;
    }
    const seqs = readAll(files, key);
    const read = new Set(seqs);
    for (const seq of promised) if (!read.has(seq)) lost++;
    promised = seqs;
    expect(lastSeq).toBeGreaterThanOrEqual(seqs.at(-1) ?? 0);
    const groups = 1 + Math.floor(random() * 20);
    for (let g = 0; g < groups; g++) {
      const count = 1 + Math.floor(random() * 8);
      if (random() < 0.1) {
        files.failWith('EIO');
        expect(() => writer.append(group(writer.lastSeq + 1, count))).toThrow('EIO');
        if (random() < 0.5) break;
        files.failWith(null);
        writer.reset();
      }
      writer.append(group(writer.lastSeq + 1, count));
      for (let i = 0; i < count; i++) promised.push(writer.lastSeq - i);
    }
    files.crash(random);
  }
  return lost;
}

describe('journal writer', () => {
  it('loses nothing acknowledged when the power is cut, over 300 seeds', () => {
    for (let seed = 1; seed <= 300; seed++) {
      expect(powerCuts(seed, false), `seed ${seed}`).toBe(0);
    }
  });

  it('loses nothing that was sealed either', () => {
    const key = new Uint8Array(32).map((_, i) => i);
    for (let seed = 1; seed <= 100; seed++) {
      expect(powerCuts(seed, false, key), `seed ${seed}`).toBe(0);
    }
  });

  it('would lose acknowledged records without its fdatasync, so the test above can fail', () => {
    let seedsWithLoss = 0;
    for (let seed = 1; seed <= 50; seed++) if (powerCuts(seed, true) > 0) seedsWithLoss++;
    expect(seedsWithLoss).toBeGreaterThan(25);
  });

  it('cuts a failed group back and takes it again when the disk heals', () => {
    const files = forgetfulFiles();
    const writer = new SegmentWriter(files, options);
    writer.recover();
    writer.append(group(1, 3));
    files.failWith('ENOSPC');
    expect(() => writer.append(group(4, 2))).toThrow('ENOSPC');
    expect(writer.lastSeq).toBe(3);
    files.failWith(null);
    writer.reset();
    writer.append(group(4, 2));
    expect(readAll(files)).toEqual([1, 2, 3, 4, 5]);
  });

  it('begins a segment anew when its head could not be written', () => {
    const files = forgetfulFiles();
    const writer = new SegmentWriter(files, { ...options, segmentBytes: 200 });
    writer.recover();
    writer.append(group(1, 1));
    files.failWith('ENOSPC');
    expect(() => writer.append(group(2, 1))).toThrow('ENOSPC');
    files.failWith(null);
    writer.reset();
    writer.append(group(2, 1));
    expect(readAll(files)).toEqual([1, 2]);
  });

  it('refuses a journal of another data directory', () => {
    const files = forgetfulFiles();
    const writer = new SegmentWriter(files, options);
    writer.recover();
    writer.append(group(1, 1));
    const other = new SegmentWriter(files, { ...options, dataDirId: new Uint8Array(16).fill(2) });
    expect(() => other.recover()).toThrow('another data directory');
  });
});
