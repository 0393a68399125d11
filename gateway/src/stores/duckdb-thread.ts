import { type MessagePort, parentPort } from 'node:worker_threads';
import { ConsumerRunner } from '../journal/consumer.ts';
import type { JournalSource } from '../journal/journal.ts';
import type { Damage } from '../journal/reader.ts';
import type { Identity } from '../journal/segment-file.ts';
import { type DuckdbStore, openDuckdb } from './duckdb.ts';
import type {
  Call,
  CallName,
  Calls,
  Failure,
  Following,
  FromThread,
  ToThread,
} from './duckdb-messages.ts';
import { StoreError } from './store.ts';
import { storeConsumer } from './store-consumer.ts';
import type { TrackPage } from './track-columns.ts';

/** The journal's end as the main thread tells it; the records come from the files. */
class ToldHead implements JournalSource {
  readonly directory: string;
  readonly identity: Identity;
  durableSeq: number;
  readonly onDamage: (damage: Damage) => void;
  readonly #ask: (seq: number) => void;
  #told: () => void = () => undefined;

  constructor(
    following: Following,
    ask: (seq: number) => void,
    onDamage: (damage: Damage) => void,
  ) {
    this.directory = following.directory;
    this.identity = following.identity;
    this.onDamage = onDamage;
    this.durableSeq = following.durableSeq;
    this.#ask = ask;
  }

  tail(): null {
    return null;
  }

  tell(durableSeq: number): void {
    this.durableSeq = Math.max(this.durableSeq, durableSeq);
    this.#told();
  }

  async waitFor(seq: number, signal: AbortSignal): Promise<void> {
    while (this.durableSeq < seq && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#told = done;
        signal.addEventListener('abort', done);
        this.#ask(seq);
      });
    }
  }
}

/** The store and its consumer, in a thread of their own. */
class StoreThread {
  readonly #port: MessagePort;
  #store: DuckdbStore | null = null;
  #head: ToldHead | null = null;
  #runner: ConsumerRunner | null = null;
  #parked = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (m: ToThread) => {
      if (m.name === 'head') this.#head?.tell(m.durableSeq);
      else void this.#answer(m);
    });
  }

  async #answer(call: Call): Promise<void> {
    try {
      const value = await this.#calls[call.name](call.of as never);
      this.#say({ type: 'answer', id: call.id, value }, buffersOf(value));
    } catch (error) {
      this.#say({ type: 'failure', id: call.id, failure: failureOf(error) });
    }
    if (call.name === 'close') this.#port.close();
  }

  readonly #calls: {
    [N in CallName]: (of: Calls[N]['of']) => Promise<Calls[N]['answer']>;
  } = {
    open: async (options) => {
      this.#store = await openDuckdb(options);
      this.#store.onUpkeepError = (error) =>
        this.#say({ type: 'upkeepFailed', failure: failureOf(error) });
      return null;
    },
    cursor: () => this.#open.cursor(),
    write: async ({ records, upTo }) => {
      await this.#open.write(records, upTo);
      this.#tellParked();
      return null;
    },
    track: (query) => this.#open.track(query),
    heat: (query) => this.#open.heat(query),
    exportDay: (day) => this.#open.exportDay(day),
    backup: async (path) => {
      await this.#open.backup(path);
      return null;
    },
    follow: async (following) => {
      this.#head = new ToldHead(
        following,
        (seq) => this.#say({ type: 'wait', seq }),
        (damage) => this.#say({ type: 'damage', damage }),
      );
      this.#runner = new ConsumerRunner(this.#head, storeConsumer(this.#open), {
        // The main thread lets a small batch wait for company before it tells of it.
        ...{ maxRecords: following.maxRecords, lingerMs: 0, random: Math.random },
        onApplied: (_name, seq, records) => {
          this.#say({ type: 'applied', seq, records });
          this.#tellParked();
        },
        onError: (_name, error, tries, waitMs) =>
          this.#say({ type: 'retrying', failure: failureOf(error), tries, waitMs }),
      });
      await this.#runner.start();
      return this.#runner.applied;
    },
    unfollow: async () => {
      await this.#runner?.stop();
      return null;
    },
    close: async () => {
      await this.#runner?.stop();
      await this.#store?.close();
      return null;
    },
  };

  get #open(): DuckdbStore {
    if (this.#store === null) throw new Error('the store is not open');
    return this.#store;
  }

  #tellParked(): void {
    const parked = this.#open.parked();
    if (parked.total === this.#parked) return;
    this.#parked = parked.total;
    this.#say({ type: 'parked', parked });
  }

  #say(m: FromThread, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(m, transfer);
  }
}

/** What of an answer is handed over instead of copied. */
function buffersOf(answer: unknown): ArrayBuffer[] {
  const columns = (answer as Partial<TrackPage> | null)?.columns;
  if (columns === undefined) return [];
  const arrays = columns.cells.map((cells) => ('codes' in cells ? cells.codes : cells));
  const buffers = [columns.fixTime, ...arrays].map((array) => array.buffer as ArrayBuffer);
  // The empty page is shared, and what is handed over is gone here.
  return columns.length === 0 ? [] : buffers;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error) };
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
  if (error instanceof StoreError) return { message: error.detail, code: error.code, ...cause };
  return { message: error.message, ...cause };
}

if (parentPort !== null) new StoreThread(parentPort);
