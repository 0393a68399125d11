import { decodeRecord, sealRecords } from './decode.ts';
import type { FileLayer } from './files.ts';
import { RECORD_HEAD_BYTES } from './format.ts';
import { decodeHead, encodeHead, HEAD_BYTES } from './segment-head.ts';

/** `0000000000000001.journal`: the name carries the first sequence, so a listing is the index. */
export const segmentName = (firstSeq: number): string =>
  `${firstSeq.toString().padStart(16, '0')}.journal`;

/** First sequence of a segment file, null for any other file. */
export const segmentFirstSeq = (name: string): number | null =>
  /^\d{16}\.journal$/.test(name) ? Number(name.slice(0, 16)) : null;

/** What recovery found at the end of the last segment. */
export interface Recovered {
  readonly lastSeq: number;
  /** Bytes after the last sound record, kept beside the journal as `*.torn` and cut off. */
  readonly tornBytes: number;
}

export interface WriterOptions {
  readonly dataDirId: Uint8Array;
  readonly segmentBytes: number;
}

/**
 * The appending end of the journal: one group = one write + one fdatasync. Synchronous and without a clock;
 * lives on its own thread, or in a test over a file layer that loses what was not synced.
 */
export class SegmentWriter {
  readonly #files: FileLayer;
  readonly #options: WriterOptions;
  #fd: number | null = null;
  #name = '';
  /** Everything below is durable. A failed group is cut back to here before it is tried again. */
  #durableBytes = 0;
  #lastSeq = 0;

  constructor(files: FileLayer, options: WriterOptions) {
    this.#files = files;
    this.#options = options;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /**
   * Finds the end. Reads the last segment only; a tail that does not verify is copied to `NAME.torn` and cut.
   * @throws when the journal belongs to another data directory
   */
  recover(): Recovered {
    const segments = this.#files.list().filter((n) => segmentFirstSeq(n) !== null);
    for (;;) {
      const name = segments.pop();
      if (name === undefined) return { lastSeq: this.#lastSeq, tornBytes: 0 };
      const firstSeq = segmentFirstSeq(name) ?? 0;
      const fd = this.#files.open(name);
      const size = this.#files.size(fd);
      const bytes = Buffer.alloc(size);
      this.#readAll(fd, bytes);
      const head = decodeHead(bytes);
      if (head === null && size <= HEAD_BYTES) {
        // The crash came while the segment was being made: nothing in it was ever acknowledged.
        this.#files.close(fd);
        this.#files.remove(name);
        this.#files.syncDir();
        continue;
      }
      if (head === null || head.firstSeq !== firstSeq) {
        this.#files.close(fd);
        throw new Error(`journal segment ${name} has a damaged head`);
      }
      if (!Buffer.from(head.dataDirId).equals(Buffer.from(this.#options.dataDirId))) {
        this.#files.close(fd);
        throw new Error(`journal segment ${name} belongs to another data directory`);
      }
      let at = HEAD_BYTES;
      let seq = firstSeq - 1;
      for (;;) {
        const next = decodeRecord(bytes, at);
        if (!next.ok || next.record.seq !== seq + 1) break;
        seq++;
        at = next.next;
      }
      const tornBytes = size - at;
      if (tornBytes > 0) {
        const torn = this.#files.open(`${name}.${at}.torn`);
        this.#files.write(torn, bytes.subarray(at), 0);
        this.#files.sync(torn);
        this.#files.close(torn);
        this.#files.truncate(fd, at);
      }
      // What a killed process left in the page cache is read as durable from now on, so it has to be.
      this.#files.sync(fd);
      this.#files.syncDir();
      this.#fd = fd;
      this.#name = name;
      this.#durableBytes = at;
      this.#lastSeq = seq;
      return { lastSeq: seq, tornBytes };
    }
  }

  /**
   * Appends one encoded group and returns once it would survive a power cut. Throws on a disk error; the same
   * group may then be tried again: the segment is cut back to its last durable byte first.
   */
  append(group: Uint8Array): void {
    const { records } = sealRecords(group);
    const before = this.#lastSeq;
    if (this.#fd !== null && this.#durableBytes + group.length > this.#options.segmentBytes) {
      this.#files.close(this.#fd);
      this.#fd = null;
    }
    const fd = this.#fd ?? this.#begin(before + 1);
    this.#files.write(fd, group, this.#durableBytes);
    this.#files.sync(fd);
    this.#durableBytes += group.length;
    this.#lastSeq = before + records;
  }

  /** After a failed append: drops the handle and cuts the segment back, so that a retry starts clean. */
  reset(): void {
    if (this.#fd !== null) {
      try {
        this.#files.close(this.#fd);
      } catch {
        // A handle that cannot be closed after an I/O error is gone either way; the file is opened anew.
      }
      this.#fd = null;
    }
    if (this.#name === '') return;
    if (this.#durableBytes < HEAD_BYTES) {
      // The segment never got its head: the retry makes it anew.
      this.#files.remove(this.#name);
      this.#name = '';
      return;
    }
    const fd = this.#files.open(this.#name);
    try {
      if (this.#files.size(fd) > this.#durableBytes) {
        this.#files.truncate(fd, this.#durableBytes);
        this.#files.sync(fd);
      }
    } catch (error) {
      this.#files.close(fd);
      throw error;
    }
    this.#fd = fd;
  }

  close(): void {
    if (this.#fd !== null) this.#files.close(this.#fd);
    this.#fd = null;
  }

  #begin(firstSeq: number): number {
    const name = segmentName(firstSeq);
    const fd = this.#files.open(name);
    this.#name = name;
    this.#durableBytes = 0;
    this.#fd = fd;
    this.#files.truncate(fd, 0);
    this.#files.write(
      fd,
      encodeHead({ dataDirId: this.#options.dataDirId, firstSeq, keyId: 0 }),
      0,
    );
    this.#files.sync(fd);
    this.#files.syncDir();
    this.#durableBytes = HEAD_BYTES;
    return fd;
  }

  #readAll(fd: number, into: Buffer): void {
    let at = 0;
    while (at < into.length) {
      const n = this.#files.read(fd, into.subarray(at), at);
      if (n === 0) throw new Error('journal segment ended while it was read');
      at += n;
    }
  }
}

/** Smallest sound record: what a reader asks for first. */
export const MIN_RECORD_BYTES = RECORD_HEAD_BYTES + 17;
