import type { JournalSource } from './journal.ts';
import { JournalReader } from './reader.ts';
import type { JournalRecord } from './record.ts';

/** Who reads the journal. `apply` gets every record after the cursor, in order, and must be idempotent. */
export interface Consumer {
  readonly name: string;
  /** The sequence up to which its work is durable. */
  cursor(): Promise<number>;
  apply(records: readonly JournalRecord[]): Promise<void>;
}

export interface ConsumerOptions {
  readonly maxRecords: number;
  /** How long a small batch waits for company; 0 for what must be live. */
  readonly lingerMs: number;
  readonly random: () => number;
  readonly onApplied?: (name: string, seq: number, records: number) => void;
  /** Called with each failed try; the runner goes on by itself. */
  readonly onError?: (name: string, error: unknown, tries: number, waitMs: number) => void;
}

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 15_000;

/** Runs one consumer at its own pace until stopped; a failing batch is tried again with growing, jittered waits. */
export class ConsumerRunner {
  readonly name: string;
  readonly #consumer: Consumer;
  readonly #source: JournalSource;
  readonly #options: ConsumerOptions;
  readonly #abort = new AbortController();
  #running: Promise<void> | null = null;
  #applied = 0;
  #lastError: string | null = null;
  #progress: (() => void)[] = [];

  constructor(source: JournalSource, consumer: Consumer, options: ConsumerOptions) {
    this.name = consumer.name;
    this.#source = source;
    this.#consumer = consumer;
    this.#options = options;
  }

  /** The sequence applied so far; before `start` has asked the consumer, 0. */
  get applied(): number {
    return this.#applied;
  }
  /** Why it does not get on, null while it does. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /**
   * Asks the consumer for its cursor, again and again while it cannot say, and begins; resolves once it is under way.
   * @throws when the consumer is ahead of the journal
   */
  async start(): Promise<void> {
    const cursor = await this.#retry(() => this.#consumer.cursor());
    if (cursor === undefined) return;
    this.#applied = cursor;
    if (this.#applied > this.#source.durableSeq) {
      throw new Error(
        `${this.name} has read up to ${this.#applied}, the journal ends at ${this.#source.durableSeq}: they do not belong together`,
      );
    }
    this.#running = this.#run();
  }

  /** Resolves once everything durable now is applied, or the runner was stopped. */
  async drained(): Promise<void> {
    const target = this.#source.durableSeq;
    while (this.#applied < target && !this.#abort.signal.aborted) {
      await new Promise<void>((resolve) => this.#progress.push(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const reader = new JournalReader(this.#source, this.#applied);
    const { signal } = this.#abort;
    try {
      while (!signal.aborted) {
        await this.#source.waitFor(this.#applied + 1, signal);
        const backlog = this.#source.durableSeq - this.#applied;
        if (this.#options.lingerMs > 0 && backlog < this.#options.maxRecords) {
          await this.#wait(this.#options.lingerMs);
        }
        const records = await this.#retry(() => reader.read(this.#options.maxRecords));
        const last = records?.at(-1);
        if (records === undefined) continue;
        if (last === undefined) {
          // What was left cannot be read; without this step the loop would ask for it for ever.
          this.#applied = Math.max(this.#applied, reader.passed);
          this.#tellProgress();
          continue;
        }
        const done = await this.#retry(async () => {
          await this.#consumer.apply(records);
          return true;
        });
        if (done === undefined) break;
        this.#applied = last.seq;
        this.#tellProgress();
        this.#options.onApplied?.(this.name, last.seq, records.length);
      }
    } finally {
      this.#tellProgress();
      await reader.close();
    }
  }

  #tellProgress(): void {
    const waiting = this.#progress;
    this.#progress = [];
    for (const resolve of waiting) resolve();
  }

  async #retry<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let tries = 1; !this.#abort.signal.aborted; tries++) {
      try {
        const value = await work();
        this.#lastError = null;
        return value;
      } catch (error) {
        const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1));
        const waitMs = Math.round(ceiling * (0.5 + this.#options.random() / 2));
        this.#lastError = error instanceof Error ? error.message : String(error);
        this.#options.onError?.(this.name, error, tries, waitMs);
        await this.#wait(waitMs);
      }
    }
    return undefined;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#abort.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#abort.signal.addEventListener('abort', done);
    });
  }
}
