import { BLOCK_HEAD_BYTES, type BlockHead, decodeBlockHead, recordSeed } from './block.ts';
import { decodePayload, soundSeq } from './decode.ts';
import { MAX_PAYLOAD_BYTES, RECORD_HEAD_BYTES } from './format.ts';
import type { JournalRecord } from './record.ts';
import type { SegmentSeal } from './seal.ts';
import { HEAD_BYTES, MARKER_BYTES } from './segment-head.ts';

/** Sequence, received time and kind: no record is shorter. */
export const MIN_RECORD_BYTES = RECORD_HEAD_BYTES + 17;

/** Sequences that no sound record has: from and to, both inclusive. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** What stands behind the last sound record of a segment that was read to its end. */
export interface Tail {
  /** Offset in the file where it begins. */
  readonly at: number;
  readonly bytes: number;
  /**
   * `none`: a block ended there. `torn`: a group that was cut off by the end of the file, so it was never acknowledged.
   * `damaged`: as long as its writer meant it, so it may have been.
   */
  readonly kind: 'none' | 'torn' | 'damaged';
  /** Whether a block may follow at `at`: what stands before it ends with a whole one. */
  readonly isAligned: boolean;
  /** The highest sequence that may have been given to what stands there. */
  readonly lastSeq: number;
}

/** A stretch of bytes that holds records, or what is left of them. */
interface Stretch {
  readonly bytes: Buffer;
  /** Where its first byte stands in the file; null: in none, since it was unsealed. */
  readonly offset: number | null;
  readonly lastSeq: number;
  /** A block, and all of it. */
  readonly isWhole: boolean;
  at: number;
}

/**
 * Reads one segment from its first block on, as its bytes come: every record that verifies comes out, in rising order,
 * nothing else does, and what does not verify is stepped over.
 */
export class SegmentScan {
  readonly #marker: Uint8Array;
  readonly #seed: number;
  readonly #seal: SegmentSeal | null;
  readonly #gaps: Gap[] = [];
  #window: Buffer = Buffer.alloc(0);
  /** Offset in the file of the window's first byte. */
  #base = HEAD_BYTES;
  #at = 0;
  #isEnd = false;
  #lastSeq: number;
  #stretch: Stretch | null = null;
  /** Of the last record, in its stretch. */
  #recordAt = 0;
  /** Where the search for the next block goes on when more bytes come. */
  #searched = 0;
  #wanted = BLOCK_HEAD_BYTES;
  #soundEnd = HEAD_BYTES;
  #blockEnd = HEAD_BYTES;
  #tail: { kind: 'torn' | 'damaged'; lastSeq: number } | null = null;

  /** @param after sequences up to it are stepped over without a look where their block's head suffices */
  constructor(marker: Uint8Array, seal: SegmentSeal | null, after: number) {
    this.#marker = marker;
    this.#seed = recordSeed(marker);
    this.#seal = seal;
    this.#lastSeq = after;
  }

  /** Of the last sound record, or what the constructor was told. */
  get lastSeq(): number {
    return this.#lastSeq;
  }
  /** Bytes it needs at least before `next` can go on. */
  get wanted(): number {
    return Math.max(0, this.#wanted - (this.#window.length - this.#at));
  }
  get hasGaps(): boolean {
    return this.#gaps.length > 0;
  }
  /** Sequences that went missing before the last record, each told once. */
  takeGaps(): Gap[] {
    return this.#gaps.splice(0);
  }

  /** The next bytes of the file; they must not change any more. */
  feed(chunk: Buffer): void {
    const rest = this.#window.subarray(this.#at);
    this.#searched = Math.max(0, this.#searched - this.#at);
    this.#base += this.#at;
    this.#at = 0;
    this.#window = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  }

  /** There is no more. */
  end(): void {
    this.#isEnd = true;
  }

  /** The next sound record; `more` when bytes are missing, `end` after the last one. */
  next(): JournalRecord | 'more' | 'end' {
    const step = this.advance();
    if (step !== 'record' || this.#stretch === null) return step === 'more' ? 'more' : 'end';
    return decodePayload(this.#stretch.bytes, this.#recordAt + RECORD_HEAD_BYTES);
  }

  /** As `next`, for whoever needs no more of a record than its sequence. */
  advance(): 'record' | 'more' | 'end' {
    for (;;) {
      const stretch = this.#stretch;
      if (stretch === null) {
        const step = this.#nextStretch();
        if (step !== null) return step;
        continue;
      }
      if (this.#findRecord(stretch)) return 'record';
      this.#stretch = null;
      if (this.#lastSeq !== stretch.lastSeq || !stretch.isWhole) continue;
      this.#endBlock();
    }
  }

  /** After `end`. */
  tail(): Tail {
    const end = this.#base + this.#window.length;
    const bytes = end - this.#soundEnd;
    return {
      ...{ at: this.#soundEnd, bytes },
      kind: bytes === 0 ? 'none' : (this.#tail?.kind ?? 'damaged'),
      isAligned: this.#soundEnd === this.#blockEnd,
      lastSeq: Math.max(this.#lastSeq, this.#tail?.lastSeq ?? 0),
    };
  }

  #findRecord(stretch: Stretch): boolean {
    const { bytes } = stretch;
    while (stretch.at < bytes.length) {
      const at = stretch.at;
      const seq = soundSeq(bytes, at, this.#seed);
      if (seq === 0 || seq > stretch.lastSeq) {
        stretch.at = this.#resume(stretch);
        continue;
      }
      const next = at + RECORD_HEAD_BYTES + bytes.readUInt32LE(at);
      stretch.at = next;
      if (seq <= this.#lastSeq) continue;
      if (stretch.offset !== null) this.#soundEnd = stretch.offset + next;
      if (seq !== this.#lastSeq + 1) this.#gaps.push({ from: this.#lastSeq + 1, to: seq - 1 });
      this.#lastSeq = seq;
      this.#recordAt = at;
      return true;
    }
    return false;
  }

  /** Where the next sound record of a stretch begins, its end when there is none. */
  #resume(stretch: Stretch): number {
    const { bytes, lastSeq } = stretch;
    const end = bytes.length - MIN_RECORD_BYTES;
    for (let at = stretch.at + 1; at <= end; at++) {
      const length = bytes.readUInt32LE(at);
      if (
        length < 17 ||
        length > MAX_PAYLOAD_BYTES ||
        at + RECORD_HEAD_BYTES + length > bytes.length
      )
        continue;
      // A sequence in range is so rare among other bytes that the checksum is not taken in vain.
      const seq = bytes.readDoubleLE(at + RECORD_HEAD_BYTES);
      if (!(seq > this.#lastSeq && seq <= lastSeq) || !Number.isInteger(seq)) continue;
      if (soundSeq(bytes, at, this.#seed) === seq) return at;
    }
    return bytes.length;
  }

  /** Null when a stretch was found or stepped over. */
  #nextStretch(): 'more' | 'end' | null {
    const have = this.#window.length - this.#at;
    if (have < BLOCK_HEAD_BYTES && !this.#isEnd) return this.#more(BLOCK_HEAD_BYTES);
    if (have === 0) return 'end';
    const head = decodeBlockHead(this.#window, this.#at, this.#marker);
    return head === null ? this.#openRubble() : this.#openBlock(head);
  }

  #openBlock(head: BlockHead): 'more' | 'end' | null {
    const bytes = BLOCK_HEAD_BYTES + head.length;
    const isCut = this.#window.length - this.#at < bytes;
    if (isCut && !this.#isEnd) return this.#more(bytes);
    const lastSeq = head.firstSeq + head.records - 1;
    const from = this.#at + BLOCK_HEAD_BYTES;
    const to = isCut ? this.#window.length : from + head.length;
    this.#at = to;
    this.#searched = 0;
    this.#tail = isCut ? { kind: 'torn', lastSeq: 0 } : { kind: 'damaged', lastSeq };
    if (lastSeq <= this.#lastSeq) {
      if (!isCut) this.#endBlock();
      return null;
    }
    const stored = this.#window.subarray(from, to);
    const payload = this.#seal === null ? stored : isCut ? null : this.#seal.open(stored);
    if (payload === null) return null;
    const offset = this.#seal === null ? this.#base + from : null;
    this.#stretch = { bytes: payload, offset, lastSeq, isWhole: !isCut, at: 0 };
    return null;
  }

  #endBlock(): void {
    this.#tail = null;
    this.#soundEnd = this.#base + this.#at;
    this.#blockEnd = this.#soundEnd;
  }

  /** No head of a block where one should be: all up to the next one is looked through for records. */
  #openRubble(): 'more' | 'end' | null {
    const window = this.#window;
    const from = this.#at;
    let to = Math.max(from + 1, this.#searched);
    let next: BlockHead | null = null;
    for (;;) {
      const found = window.indexOf(this.#marker, to);
      if (found < 0) {
        this.#searched = Math.max(to, window.length - MARKER_BYTES + 1);
        if (!this.#isEnd) return this.#more(window.length - from + 1);
        to = window.length;
        break;
      }
      to = found;
      next = decodeBlockHead(window, found, this.#marker);
      if (next !== null) break;
      if (found + BLOCK_HEAD_BYTES > window.length && !this.#isEnd) {
        this.#searched = found;
        return this.#more(found + BLOCK_HEAD_BYTES - from);
      }
      to = found + 1;
    }
    this.#at = to;
    this.#searched = 0;
    const most = this.#lastSeq + Math.ceil((to - from) / MIN_RECORD_BYTES);
    const rubble = window.subarray(from, to);
    const isTorn = to - from < BLOCK_HEAD_BYTES || rubble.every((byte) => byte === 0);
    this.#tail = isTorn ? { kind: 'torn', lastSeq: 0 } : { kind: 'damaged', lastSeq: most };
    if (this.#seal !== null) return null;
    const lastSeq = next === null ? most : next.firstSeq - 1;
    this.#stretch = { bytes: rubble, offset: this.#base + from, lastSeq, isWhole: false, at: 0 };
    return null;
  }

  #more(bytes: number): 'more' {
    this.#wanted = bytes;
    return 'more';
  }
}
