import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { JournalSource } from './journal.ts';
import type { JournalRecord } from './record.ts';
import { IDENTIFY_BYTES, identify, segmentFirstSeq, segmentName } from './segment-file.ts';
import { HEAD_BYTES } from './segment-head.ts';
import { SegmentScan } from './segment-scan.ts';

const CHUNK_BYTES = 256 << 10;
/** Records decoded (some 5 us each) before sockets get their turn. */
const RECORDS_PER_TURN = 200;

/** Records that cannot be read any more, though the journal has given them to the disk. */
export interface Damage {
  readonly segment: string;
  readonly from: number;
  readonly to: number;
  /**
   * `damaged`: bytes that do not verify. `missing`: no segment holds them. `trimmed`: older than the oldest segment, so
   * removed by age; no damage.
   */
  readonly why: 'damaged' | 'missing' | 'trimmed';
}

interface OpenSegment {
  readonly name: string;
  readonly handle: FileHandle;
  readonly scan: SegmentScan;
  /** The last sequence that is read from it: the next segment takes over. */
  readonly upTo: number;
  offset: number;
}

/**
 * One consumer's way through the journal, in order: from the memory tail when it keeps up, from the segment files when
 * it is behind. Gives durable records only; what cannot be read is told to the source and stepped over.
 */
export class JournalReader {
  readonly #source: JournalSource;
  #next: number;
  #segment: OpenSegment | null = null;

  /** @param after the consumer's cursor: the first record given is `after + 1`, or the first sound one behind it */
  constructor(source: JournalSource, after: number) {
    this.#source = source;
    this.#next = after + 1;
  }

  /** The sequence up to which everything was given, or could not be read. */
  get passed(): number {
    return this.#next - 1;
  }

  /** Up to `max` records, none when everything durable was read. */
  async read(max: number): Promise<readonly JournalRecord[]> {
    if (this.#next > this.#source.durableSeq) return [];
    const fast = this.#source.tail(this.#next, max);
    if (fast !== null && fast.length > 0) {
      await this.#leave();
      this.#next += fast.length;
      return fast;
    }
    return await this.#readFiles(max);
  }

  async close(): Promise<void> {
    await this.#leave();
  }

  async #leave(): Promise<void> {
    const segment = this.#segment;
    this.#segment = null;
    await segment?.handle.close();
  }

  async #readFiles(max: number): Promise<JournalRecord[]> {
    const out: JournalRecord[] = [];
    const limit = this.#source.durableSeq;
    while (out.length < max && this.#next <= limit) {
      const segment = this.#segment ?? (await this.#openAt(this.#next, limit));
      if (segment === null) continue;
      if (this.#next > segment.upTo) {
        await this.#leave();
        continue;
      }
      const step = segment.scan.next();
      if (segment.scan.hasGaps) await this.#loseGaps(segment);
      if (step === 'end') await this.#pass(segment, limit);
      else if (step === 'more') await this.#more(segment);
      else if (step.seq > segment.upTo) await this.#pass(segment, limit);
      else {
        out.push(step);
        this.#next = step.seq + 1;
        if (out.length % RECORDS_PER_TURN === 0) await turn();
      }
    }
    return out;
  }

  async #more(segment: OpenSegment): Promise<void> {
    const chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, segment.scan.wanted));
    const { bytesRead } = await segment.handle.read(chunk, 0, chunk.length, segment.offset);
    segment.offset += bytesRead;
    if (bytesRead === 0) segment.scan.end();
    else segment.scan.feed(chunk.subarray(0, bytesRead));
  }

  /** At the end of a segment with more to read: the next one says where the sound records before it ended. */
  async #pass(segment: OpenSegment, limit: number): Promise<void> {
    await this.#leave();
    const next = (await this.#firsts()).find(
      (first) => first > (segmentFirstSeq(segment.name) ?? 0),
    );
    if (next === undefined) {
      this.#lose(segment.name, this.#next, limit, 'damaged');
      this.#next = limit + 1;
    } else await this.#enter(next, segment.name);
  }

  /** @param before the segment that was read to its end, null when the consumer begins before all of them */
  async #enter(first: number, before: string | null): Promise<void> {
    if (first <= this.#next) return;
    const previous = (await this.#open(first))?.previousSeq ?? first - 1;
    await this.#leave();
    if (before === null) this.#lose(segmentName(first), this.#next, first - 1, 'trimmed');
    else if (previous >= this.#next) this.#lose(before, this.#next, previous, 'missing');
    this.#next = first;
  }

  /** A group that could not be written is whole in the next segment, though its beginning may have been read here. */
  async #loseGaps({ name, scan, upTo }: OpenSegment): Promise<void> {
    const own = segmentFirstSeq(name) ?? 0;
    const next = (await this.#firsts()).find((first) => first > own);
    const last = next === undefined ? upTo : Math.min(upTo, next - 1);
    for (const { from, to } of scan.takeGaps())
      this.#lose(name, from, Math.min(to, last), 'damaged');
  }

  #lose(segment: string, from: number, to: number, why: Damage['why']): void {
    if (to >= from) this.#source.onDamage?.({ segment, from, to, why });
  }

  async #firsts(): Promise<number[]> {
    const names = await readdir(this.#source.directory);
    return names.flatMap((name) => segmentFirstSeq(name) ?? []).sort((a, b) => a - b);
  }

  /** Null when it had to step over what is not there. */
  async #openAt(seq: number, limit: number): Promise<OpenSegment | null> {
    const firsts = await this.#firsts();
    const first = firsts.filter((f) => f <= seq).at(-1);
    const next = firsts.find((f) => f > seq);
    if (first !== undefined) {
      const opened = await this.#open(first, next);
      if (opened !== null) return opened.segment;
    }
    if (next !== undefined) {
      await this.#enter(next, first === undefined ? null : segmentName(first));
    } else {
      this.#lose(segmentName(first ?? seq), seq, limit, 'missing');
      this.#next = limit + 1;
    }
    return null;
  }

  async #open(first: number, next?: number) {
    await this.#leave();
    const name = segmentName(first);
    const handle = await open(join(this.#source.directory, name));
    try {
      const head = Buffer.alloc(IDENTIFY_BYTES);
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      const identified = identify(name, head.subarray(0, bytesRead), this.#source.identity);
      if (identified === null) {
        await handle.close();
        return null;
      }
      const scan = new SegmentScan(identified.marker, identified.seal, this.#next - 1);
      const upTo = next === undefined ? Number.POSITIVE_INFINITY : next - 1;
      const segment: OpenSegment = { name, handle, scan, upTo, offset: HEAD_BYTES };
      this.#segment = segment;
      return { segment, previousSeq: identified.previousSeq };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}
