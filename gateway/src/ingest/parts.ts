import { rename, writeFile } from 'node:fs/promises';
import { jt808, mediaOf, Subpackages } from '@xunji/protocols';
import type { JournalSource } from '../journal/journal.ts';
import { JournalReader } from '../journal/reader.ts';
import { PART } from '../journal/record.ts';
import { readIfThere } from '../journal/snapshot-file.ts';
import type { Metrics } from '../metrics.ts';
import type { PhotoKeeper } from './intake.ts';

export interface PartsOptions {
  /** Holds the sequence from which on the journal has every part of the sets that are open. */
  readonly path: string;
  /** What the open sets of all devices may hold together. */
  readonly maxBytes: number;
  readonly metrics: Metrics;
  /** Ms UTC. */
  readonly now: () => number;
  /** A file that was whole when the gateway stopped could not be written. */
  readonly onError: (error: unknown) => void;
}

/** Records that are read at most for it when the gateway starts: about a second of work. */
const MAX_RECOVERED = 200_000;
/** Without a file it is not known where to begin. */
const RECOVERED_BLINDLY = 20_000;
const BATCH = 1000;

/**
 * Sub-packages of all devices whose messages are not complete. Each was journalled before it was answered, so a start
 * finds them again: a terminal that was told that we have a part does not send it twice.
 */
export class Parts {
  readonly subpackages: Subpackages;
  readonly #options: PartsOptions;
  /** Where the journal ended when; all that came before `time` stands at `seq` or before. */
  #ends: { readonly time: number; readonly seq: number }[] = [];
  #saved = -1;

  constructor(options: PartsOptions) {
    this.#options = options;
    this.subpackages = new Subpackages({ maxBytes: options.maxBytes });
  }

  /** Opens the sets again that were open when the journal ended; call before the doors are opened. */
  async recover(journal: JournalSource, photos: PhotoKeeper): Promise<void> {
    const { now } = this.#options;
    const after = Math.max(0, await this.#begin(journal), journal.durableSeq - MAX_RECOVERED);
    const connection = jt808.open({ subpackages: this.subpackages });
    let last = 0;
    for await (const record of recordsOf(journal, after)) {
      last = Math.max(last, record.receivedTime);
      if (record.kind !== 'message' || record.name !== PART) continue;
      for (const part of connection.push(record.raw, record.receivedTime)) {
        if (part.kind === 'fault') continue;
        // The records of what is joined stand before its last part; its file may be missing.
        for (const whole of connection.join?.(part, record.receivedTime) ?? []) {
          const media = whole.kind === 'message' ? mediaOf(whole, record.receivedTime) : null;
          if (media === null) continue;
          // A disk that refuses shall not keep the gateway from starting; the parts stay in the journal.
          await photos.keep(record.device, media, record.receivedTime).catch(this.#options.onError);
        }
        if (record.fields['isLast'] === true) this.subpackages.drop(part);
      }
    }
    connection.leave?.();
    this.subpackages.restart(last, now(), this.#count);
    this.#ends = [{ time: 0, seq: after }];
  }

  async #begin(journal: JournalSource): Promise<number> {
    const text = await readIfThere(this.#options.path);
    const seq = text === null ? Number.NaN : Number(text);
    return Number.isInteger(seq) && seq >= 0 ? seq : journal.durableSeq - RECOVERED_BLINDLY;
  }

  /** Gives up what waits in vain for a connection, and notes from where on a start has to read. Every few seconds. */
  async tick(journal: JournalSource): Promise<void> {
    const { now, path } = this.#options;
    this.subpackages.sweep(now(), this.#count);
    this.#ends.push({ time: now(), seq: journal.durableSeq });
    const oldest = this.subpackages.oldest() ?? Number.POSITIVE_INFINITY;
    const at = this.#ends.findLastIndex(({ time }) => time <= oldest);
    if (at > 0) this.#ends = this.#ends.slice(at);
    const [{ seq } = { seq: 0 }] = this.#ends;
    if (seq === this.#saved) return;
    this.#saved = seq;
    // Not synced: after a power cut an older or no number only means more to read.
    await writeFile(`${path}.tmp`, `${seq}\n`, { mode: 0o600 });
    await rename(`${path}.tmp`, path);
  }

  readonly #count = ({ bytes }: { readonly bytes: number }): void => {
    const { metrics } = this.#options;
    metrics.faults.inc({ protocol: 'jt808', code: 'subpackageDropped' });
    metrics.faultBytes.inc({ protocol: 'jt808' }, bytes);
  };
}

async function* recordsOf(journal: JournalSource, after: number) {
  const reader = new JournalReader(journal, after);
  const end = journal.durableSeq;
  try {
    for (;;) {
      const records = await reader.read(BATCH);
      if (records.length === 0) return;
      for (const record of records) {
        if (record.seq > end) return;
        yield record;
      }
    }
  } finally {
    await reader.close();
  }
}
