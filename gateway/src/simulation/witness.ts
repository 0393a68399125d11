import type { FactSink } from '../fences/consumer.ts';
import type { Consumer } from '../journal/consumer.ts';
import type { JournalRecord } from '../journal/record.ts';

/** Retention asks every consumer how far it is, so it fails with the store. */
export const TRIM = 'timed work';

/**
 * A consumer that forgets nothing: what it was once handed as durable has to be the same for ever, whatever the
 * machine went through since.
 */
export class Witness {
  /** In order; a group that a power cut left in pieces leaves its sequences unused. */
  readonly records: JournalRecord[] = [];
  readonly wrongs: string[] = [];
  readonly consumer: Consumer = {
    name: 'witness',
    cursor: () => Promise.resolve(this.lastSeq),
    apply: (records) => {
      for (const record of records) this.#take(record);
      return Promise.resolve();
    },
  };
  /** Failed tries of consumers other than the store: allowed only while the disk is out of order. */
  failures: { readonly name: string; readonly message: string }[] = [];

  consumerFailed(name: string, error: unknown): void {
    this.failures.push({ name, message: String(error) });
  }

  readonly timedWorkFailed = (error: unknown): void => {
    this.failures.push({ name: TRIM, message: String(error) });
  };

  /** A sink that is told every fact again under the next sequence, as one that forgot where it was. */
  doubled(sink: FactSink): FactSink {
    return {
      take: (facts, records, upTo) =>
        sink.take([...facts, ...facts.map((f) => ({ ...f, seq: f.seq + 1 }))], records, upTo),
      settled: () => sink.settled(),
      save: () => sink.save(),
      restore: (saved) => sink.restore(saved),
    };
  }

  get lastSeq(): number {
    return this.records.at(-1)?.seq ?? 0;
  }

  #take(record: JournalRecord): void {
    if (record.seq > this.lastSeq) this.records.push(record);
    else this.wrongs.push(`record ${record.seq} was handed out after ${this.lastSeq}`);
  }
}
