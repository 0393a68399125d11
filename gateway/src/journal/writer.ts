import { randomBytes } from 'node:crypto';
import { BLOCK_HEAD_BYTES, encodeBlockHead, recordSeed } from './block.ts';
import { sealRecords } from './decode.ts';
import type { FileLayer } from './files.ts';
import { keyIdOf, SegmentSeal } from './seal.ts';
import {
  IDENTIFY_BYTES,
  type Identified,
  type Identity,
  identify,
  JournalError,
  segmentFirstSeq,
  segmentName,
} from './segment-file.ts';
import { encodeHead, HEAD_BYTES, hasMagic, MARKER_BYTES } from './segment-head.ts';
import { type Gap, MIN_RECORD_BYTES, SegmentScan, type Tail } from './segment-scan.ts';

/** What recovery found at the end of the journal. */
export interface Recovered {
  /** The segment that was read, empty when there was none. */
  readonly segment: string;
  readonly lastSeq: number;
  /** Bytes of a group that was cut off by the crash, kept beside the journal as `*.torn`. Never acknowledged. */
  readonly tornBytes: number;
  /** Sequences of the last segment that cannot be read although they may have been acknowledged. */
  readonly lost: readonly Gap[];
  /** Files that a crash had left half made. */
  readonly leftovers: readonly string[];
}

/** Where the durable part of the journal ends: of this segment, so many bytes. */
export interface DurableEnd {
  readonly segment: string;
  readonly bytes: number;
}

export interface WriterOptions extends Identity {
  readonly segmentBytes: number;
}

/**
 * The appending end of the journal: one group = one block = one fdatasync. Synchronous and without a clock;
 * lives on its own thread, or in a test over a file layer that loses what was not synced.
 */
export class SegmentWriter {
  readonly #files: FileLayer;
  readonly #options: WriterOptions;
  readonly #key: Uint8Array | null;
  readonly #keyId: number;
  /** The segment that is written, null when the next group begins one. */
  #segment: { fd: number; name: string; marker: Uint8Array; seal: SegmentSeal | null } | null =
    null;
  /** Everything below is durable. */
  #durableBytes = 0;
  #lastSeq = 0;
  #lastSoundSeq = 0;

  constructor(files: FileLayer, options: WriterOptions) {
    this.#files = files;
    this.#options = options;
    this.#key = options.key ?? null;
    this.#keyId = this.#key === null ? 0 : keyIdOf(this.#key);
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }
  /** An empty name before the first group of this life. */
  get durableEnd(): DurableEnd {
    return { segment: this.#segment?.name ?? '', bytes: this.#durableBytes };
  }

  /**
   * Finds the end: looks at the head of each segment and reads the last one. A group cut off by the end of the file is
   * kept as `NAME.torn` and cut; damaged bytes stay where they are, and the journal goes on in a fresh segment.
   * @throws JournalError when it is not ours or its key is missing; nothing has been changed then
   */
  recover(): Recovered {
    const names = this.#files.list();
    const segments = names.filter((name) => segmentFirstSeq(name) !== null);
    const known = new Map(segments.map((name) => [name, this.#identify(name)]));
    const leftovers = names.filter((name) => name.endsWith('.tmp'));
    for (const name of leftovers) this.#files.remove(name);
    for (;;) {
      const name = segments.pop();
      if (name === undefined) return { segment: '', lastSeq: 0, tornBytes: 0, lost: [], leftovers };
      const identified = known.get(name) ?? null;
      const fd = this.#files.open(name);
      const bytes = this.#readAll(fd);
      if (identified === null) {
        this.#files.close(fd);
        if (bytes.length > HEAD_BYTES) {
          // A sound segment beside it shows whose directory this is; alone it may be anybody's.
          const isOurs = hasMagic(bytes) || [...known.values()].some((other) => other !== null);
          if (!isOurs || !isPlausible(name)) throw new JournalError('noHead', name);
          return { ...this.#giveUpSegment(name, bytes), leftovers };
        }
        // The crash came while the segment was being made: nothing in it was ever acknowledged.
        this.#keep(`${name}.torn`, bytes);
        this.#files.remove(name);
        this.#files.syncDir();
        leftovers.push(name);
        continue;
      }
      return { ...this.#recoverSegment(fd, name, bytes, identified), leftovers };
    }
  }

  #recoverSegment(fd: number, name: string, bytes: Buffer, identified: Identified) {
    const firstSeq = segmentFirstSeq(name) ?? 0;
    const scan = new SegmentScan(identified.marker, identified.seal, firstSeq - 1);
    scan.feed(bytes.subarray(HEAD_BYTES));
    scan.end();
    while (scan.advance() !== 'end');
    const lost = scan.takeGaps();
    const tail = scan.tail();
    this.#lastSoundSeq = scan.lastSeq;
    this.#lastSeq = tail.kind === 'damaged' ? tail.lastSeq : scan.lastSeq;
    if (this.#lastSeq > scan.lastSeq) lost.push({ from: scan.lastSeq + 1, to: this.#lastSeq });
    const tornBytes = tail.kind === 'torn' ? this.#cutTorn(fd, name, bytes, tail) : 0;
    // What a killed process left in the page cache is read as durable from now on, so it has to be.
    this.#files.sync(fd);
    this.#files.syncDir();
    const { marker, seal } = identified;
    const sealedAsNow = (seal === null) === (this.#key === null);
    if (
      sealedAsNow &&
      tail.isAligned &&
      tail.kind !== 'damaged' &&
      identified.previousSeq !== null
    ) {
      this.#segment = { fd, name, marker, seal };
      this.#durableBytes = tail.at;
    } else this.#files.close(fd);
    return { segment: name, lastSeq: this.#lastSeq, tornBytes, lost };
  }

  /** Its head and its first block are gone, and with them what tells blocks from rubble. */
  #giveUpSegment(name: string, bytes: Buffer) {
    const from = segmentFirstSeq(name) ?? 0;
    this.#lastSoundSeq = from - 1;
    this.#lastSeq = from + Math.ceil(bytes.length / MIN_RECORD_BYTES);
    return {
      segment: name,
      lastSeq: this.#lastSeq,
      tornBytes: 0,
      lost: [{ from, to: this.#lastSeq }],
    };
  }

  #cutTorn(fd: number, name: string, bytes: Buffer, tail: Tail): number {
    this.#keep(`${name}.${tail.at}.torn`, bytes.subarray(tail.at));
    this.#files.truncate(fd, tail.at);
    return tail.bytes;
  }

  #keep(name: string, bytes: Uint8Array): void {
    const fd = this.#files.open(name);
    this.#files.write(fd, bytes, 0);
    this.#files.sync(fd);
    this.#files.close(fd);
  }

  /**
   * Appends one encoded group and returns once it would survive a power cut. Throws on a disk error; the same
   * group may then be tried again after `reset`.
   */
  append(group: Uint8Array): void {
    const { segmentBytes } = this.#options;
    const current = this.#segment;
    if (current !== null && this.#durableBytes + BLOCK_HEAD_BYTES + group.length > segmentBytes) {
      this.#segment = null;
      this.#files.close(current.fd);
    }
    const { fd, marker, seal } = this.#segment ?? this.#begin();
    const { records } = sealRecords(group, recordSeed(marker));
    const payload = seal === null ? group : seal.seal(group);
    const firstSeq = this.#lastSeq + 1;
    const keyId = seal === null ? 0 : this.#keyId;
    const head = encodeBlockHead(marker, { length: payload.length, records, firstSeq, keyId });
    this.#files.write(fd, head, this.#durableBytes);
    this.#files.write(fd, payload, this.#durableBytes + BLOCK_HEAD_BYTES);
    this.#files.sync(fd);
    this.#durableBytes += BLOCK_HEAD_BYTES + payload.length;
    this.#lastSeq += records;
    this.#lastSoundSeq = this.#lastSeq;
  }

  /**
   * After a failed append. The kernel may have dropped the pages of a failed sync and call them clean, so they are never
   * synced again: the next try goes into a fresh segment, and what of the group got into this one is cut off if the
   * disk lets us. If it does not, readers still end a segment where the next one begins.
   */
  reset(): void {
    const segment = this.#segment;
    this.#segment = null;
    if (segment === null) return;
    for (const step of [
      () => this.#files.truncate(segment.fd, this.#durableBytes),
      () => this.#files.close(segment.fd),
    ]) {
      try {
        step();
      } catch {
        // The disk fails already, which is told by whoever retries; neither step is needed for what follows.
      }
    }
  }

  close(): void {
    if (this.#segment !== null) this.#files.close(this.#segment.fd);
    this.#segment = null;
  }

  #begin() {
    const firstSeq = this.#lastSeq + 1;
    const name = segmentName(firstSeq);
    // One that could not be begun well, or got no group: a file of that name holds nothing durable, and its pages
    // are not trusted.
    if (this.#files.list().includes(name)) this.#files.remove(name);
    const { dataDirId } = this.#options;
    const marker = randomBytes(MARKER_BYTES);
    const segment = {
      ...{ fd: this.#files.open(name), name, marker },
      seal: this.#key === null ? null : new SegmentSeal(this.#key, marker),
    };
    this.#segment = segment;
    this.#durableBytes = 0;
    const head = encodeHead({
      ...{ dataDirId, firstSeq, keyId: this.#keyId, marker },
      previousSeq: this.#lastSoundSeq,
    });
    this.#files.write(segment.fd, head, 0);
    this.#files.sync(segment.fd);
    this.#files.syncDir();
    this.#durableBytes = HEAD_BYTES;
    return segment;
  }

  #identify(name: string): Identified | null {
    const fd = this.#files.open(name);
    try {
      const bytes = Buffer.alloc(Math.min(IDENTIFY_BYTES, this.#files.size(fd)));
      return identify(name, readFully(this.#files, fd, bytes), this.#options);
    } finally {
      this.#files.close(fd);
    }
  }

  #readAll(fd: number): Buffer {
    return readFully(this.#files, fd, Buffer.alloc(this.#files.size(fd)));
  }
}

/** A sequence no gateway lives to reach would leave no numbers behind it. */
const isPlausible = (name: string): boolean =>
  (segmentFirstSeq(name) ?? 0) < Number.MAX_SAFE_INTEGER / 2;

function readFully(files: FileLayer, fd: number, into: Buffer): Buffer {
  let at = 0;
  while (at < into.length) {
    const n = files.read(fd, into.subarray(at), at);
    if (n === 0) throw new Error('journal segment ended while it was read');
    at += n;
  }
  return into;
}
