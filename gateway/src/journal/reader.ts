import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeRecord } from './decode.ts';
import type { JournalSource } from './journal.ts';
import type { JournalRecord } from './record.ts';
import { decodeHead, HEAD_BYTES } from './segment-head.ts';
import { segmentFirstSeq } from './writer.ts';

const CHUNK_BYTES = 1 << 20;

/** Damage inside what should be durable: never skipped in silence. */
export class JournalDamage extends Error {
  readonly code = 'journalDamaged';
}

/**
 * One consumer's way through the journal, in order and without holes: from the memory tail when it keeps up,
 * from the segment files when it is behind. Gives durable records only.
 */
export class JournalReader {
  readonly #source: JournalSource;
  #next: number;
  #file: { handle: FileHandle; offset: number; buffer: Buffer; seq: number } | null = null;

  /** @param after the consumer's cursor: the first record given is `after + 1` */
  constructor(source: JournalSource, after: number) {
    this.#source = source;
    this.#next = after + 1;
  }

  /** Up to `max` records, none when everything durable was read. */
  async read(max: number): Promise<readonly JournalRecord[]> {
    if (this.#next > this.#source.durableSeq) return [];
    const fast = this.#source.tail(this.#next, max);
    if (fast !== null && fast.length > 0) {
      await this.#leaveFile();
      this.#next += fast.length;
      return fast;
    }
    const records = await this.#readFiles(max);
    this.#next += records.length;
    return records;
  }

  async close(): Promise<void> {
    await this.#leaveFile();
  }

  async #leaveFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.handle.close();
  }

  async #readFiles(max: number): Promise<JournalRecord[]> {
    const out: JournalRecord[] = [];
    const limit = this.#source.durableSeq;
    while (out.length < max && this.#next + out.length <= limit) {
      const want = this.#next + out.length;
      const file = this.#file?.seq === want ? this.#file : await this.#openAt(want);
      const step = decodeRecord(file.buffer, file.offset);
      if (step.ok) {
        file.offset = step.next;
        file.seq = step.record.seq + 1;
        if (step.record.seq === want) out.push(step.record);
        continue;
      }
      if (step.why === 'crc' || step.why === 'length') {
        throw new JournalDamage(`journal record ${file.seq} does not verify (${step.why})`);
      }
      if (!(await this.#more())) await this.#leaveFile();
    }
    return out;
  }

  /** Reads on in the open segment; false at its end. */
  async #more(): Promise<boolean> {
    const file = this.#file;
    if (file === null) return false;
    const rest = file.buffer.subarray(file.offset);
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await file.handle.read(chunk, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return false;
    file.buffer = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    file.offset = 0;
    return true;
  }

  async #openAt(seq: number) {
    await this.#leaveFile();
    const names = (await readdir(this.#source.directory)).sort();
    const firsts = names.flatMap((n) => segmentFirstSeq(n) ?? []);
    const first = firsts.filter((f) => f <= seq).at(-1);
    if (first === undefined) {
      throw new JournalDamage(`journal no longer holds record ${seq}`);
    }
    const handle = await open(
      join(this.#source.directory, `${String(first).padStart(16, '0')}.journal`),
    );
    const head = Buffer.alloc(HEAD_BYTES);
    await handle.read(head, 0, HEAD_BYTES, null);
    if (decodeHead(head) === null) {
      await handle.close();
      throw new JournalDamage(`journal segment ${first} has a damaged head`);
    }
    const file = { handle, offset: 0, buffer: Buffer.alloc(0), seq: first };
    this.#file = file;
    // Skip to the wanted record; the segments are small enough that a walk beats an index.
    while (file.seq < seq) {
      const step = decodeRecord(file.buffer, file.offset);
      if (step.ok) {
        file.offset = step.next;
        file.seq = step.record.seq + 1;
      } else if (step.why === 'crc' || step.why === 'length') {
        throw new JournalDamage(`journal record ${file.seq} does not verify (${step.why})`);
      } else if (!(await this.#more())) {
        throw new JournalDamage(`journal segment ${first} ends before record ${seq}`);
      }
    }
    return file;
  }
}
