import { BatchEncoder } from './encode.ts';
import { sampleEntry } from './entries.test-support.ts';
import type { FileLayer } from './files.ts';
import type { Entry } from './record.ts';
import { IDENTIFY_BYTES, identify, segmentFirstSeq } from './segment-file.ts';
import { HEAD_BYTES } from './segment-head.ts';
import { SegmentScan } from './segment-scan.ts';

/** Small segments of one data directory, plain. */
export const writerOptions = { dataDirId: new Uint8Array(16).fill(1), segmentBytes: 4096 };

/** An encoded group of sample entries, numbered from `from`. */
export function groupOf(
  from: number,
  count: number,
  entry: (seq: number) => Entry = (seq) => sampleEntry(seq),
): Uint8Array {
  const encoder = new BatchEncoder();
  for (let i = 0; i < count; i++) encoder.add(entry(from + i), from + i);
  return encoder.take();
}

/** The bytes of one file. */
export function bytesOf(files: FileLayer, name: string): Buffer {
  const fd = files.open(name);
  const bytes = Buffer.alloc(files.size(fd));
  files.read(fd, bytes, 0);
  files.close(fd);
  return bytes;
}

/** Every sequence that can be read back, as readers do: a segment ends where the next begins. */
export function readAll(files: FileLayer, key: Uint8Array | null = null): number[] {
  const seqs: number[] = [];
  const names = files.list().filter((name) => segmentFirstSeq(name) !== null);
  for (const [i, name] of names.entries()) {
    const bytes = bytesOf(files, name);
    const { dataDirId } = writerOptions;
    const identified = identify(name, bytes.subarray(0, IDENTIFY_BYTES), { dataDirId, key });
    if (identified === null) continue;
    const upTo = segmentFirstSeq(names[i + 1] ?? '') ?? Number.POSITIVE_INFINITY;
    const scan = new SegmentScan(identified.marker, identified.seal, seqs.at(-1) ?? 0);
    scan.feed(bytes.subarray(HEAD_BYTES));
    scan.end();
    for (let step = scan.next(); typeof step === 'object'; step = scan.next()) {
      if (step.seq < upTo) seqs.push(step.seq);
    }
  }
  return seqs;
}
