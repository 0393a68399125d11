import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { ConsumerOptions } from '../journal/consumer.ts';
import type { JournalSource } from '../journal/journal.ts';
import type { Damage } from '../journal/reader.ts';
import type { DuckdbOptions } from './duckdb.ts';
import type { CallName, Calls, Failure, FromThread, ToThread } from './duckdb-messages.ts';
import {
  type HeatCells,
  type HeatQuery,
  type Parked,
  type Store,
  type StoredEntry,
  StoreError,
  type StoreFollower,
  type TrackQuery,
} from './store.ts';
import type { TrackPage } from './track-columns.ts';

/** What it makes of a batch is gone with the batch. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 48 };

/** After its thread has died; then a new one is started. */
const RESTART_MS = 1000;

/**
 * Opens the embedded track store in a thread of its own: the engine, the reading of the journal for it and the
 * building of answers cost the main thread a few messages a second.
 * @throws StoreError as `openDuckdb`
 */
export async function startDuckdb(options: DuckdbOptions): Promise<Store> {
  const path = resolve(options.path);
  if (owned.has(path)) throw new StoreError('storeInUse', path);
  owned.add(path);
  try {
    const store = new RemoteDuckdb({ ...options, path });
    await store.open();
    return store;
  } catch (error) {
    owned.delete(path);
    throw error;
  }
}

/** Files that have a thread: each thread knows only of its own, and the engine's lock holds between processes. */
const owned = new Set<string>();

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

class RemoteDuckdb implements Store {
  readonly name = 'duckdb';
  readonly #options: DuckdbOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #opening: Promise<unknown> | null = null;
  #nextId = 1;
  #closed: Promise<void> | null = null;
  #parked: Parked = { total: 0, recent: [] };
  #follower: Follower | null = null;

  constructor(options: DuckdbOptions) {
    this.#options = options;
  }

  /** Starts the thread unless it runs. */
  async open(): Promise<void> {
    this.#opening ??= this.#start();
    try {
      await this.#opening;
    } catch (error) {
      this.#opening = null;
      await this.#worker?.terminate();
      throw error;
    }
  }

  cursor(): Promise<number> {
    return this.#ask('cursor', null);
  }
  async write(records: readonly StoredEntry[], upTo: number): Promise<void> {
    await this.#ask('write', { records, upTo });
  }
  track(query: TrackQuery): Promise<TrackPage> {
    return this.#ask('track', query);
  }
  heat(query: HeatQuery): Promise<HeatCells> {
    return this.#ask('heat', query);
  }
  exportDay(day: number): Promise<string> {
    return this.#ask('exportDay', day);
  }
  async backup(path: string): Promise<void> {
    await this.#ask('backup', path);
  }
  parked(): Parked {
    return this.#parked;
  }

  follow(source: JournalSource, options: ConsumerOptions): StoreFollower {
    this.#follower = new Follower(source, options, {
      begin: (following) => this.#ask('follow', following),
      end: () => this.#ask('unfollow', null),
      tell: (durableSeq) =>
        this.#worker?.postMessage({ name: 'head', durableSeq } satisfies ToThread),
    });
    return this.#follower;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#worker !== null) await this.#send(this.#worker, 'close', null);
    owned.delete(this.#options.path);
  }

  async #ask<N extends CallName>(name: N, of: Calls[N]['of']): Promise<Calls[N]['answer']> {
    if (this.#closed !== null) throw new StoreError('storeClosed', this.#options.path);
    await this.open();
    if (this.#worker === null) throw new StoreError('storeUnavailable', this.#options.path);
    return await this.#send(this.#worker, name, of);
  }

  #send<N extends CallName>(worker: Worker, name: N, of: Calls[N]['of']) {
    const id = this.#nextId++;
    return new Promise<Calls[N]['answer']>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      try {
        worker.postMessage({ id, name, of });
      } catch (error) {
        this.#waiting.delete(id);
        reject(new StoreError('storeUnavailable', this.#options.path, error));
      }
    });
  }

  async #start(): Promise<void> {
    const worker = new Worker(threadUrl(), { resourceLimits: THREAD_MEMORY });
    this.#worker = worker;
    worker.on('message', (m: FromThread) => this.#heard(m));
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => this.#ended(worker, cause));
    await this.#send(worker, 'open', this.#options);
  }

  /** Nobody shall wait for a thread that is gone; unless the store is closed, the next who asks starts another. */
  #ended(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#opening = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) {
      reject(new StoreError('storeUnavailable', this.#options.path, cause));
    }
    if (this.#closed === null) this.#follower?.threadEnded(cause);
  }

  #heard(m: FromThread): void {
    switch (m.type) {
      case 'answer':
        this.#waiting.get(m.id)?.resolve(m.value);
        this.#waiting.delete(m.id);
        break;
      case 'failure':
        this.#waiting.get(m.id)?.reject(errorOf(m.failure));
        this.#waiting.delete(m.id);
        break;
      case 'wait':
        void this.#follower?.waitFor(m.seq);
        break;
      case 'damage':
        this.#follower?.damaged(m.damage);
        break;
      case 'applied':
        this.#follower?.appliedUpTo(m.seq, m.records);
        break;
      case 'retrying':
        this.#follower?.failed(errorOf(m.failure), m.tries, m.waitMs);
        break;
      case 'parked':
        this.#parked = m.parked;
        break;
      case 'upkeepFailed':
        this.#follower?.failed(errorOf(m.failure), 1, 0);
        break;
    }
  }
}

interface FollowerThread {
  readonly begin: (following: Calls['follow']['of']) => Promise<number>;
  readonly end: () => Promise<unknown>;
  readonly tell: (durableSeq: number) => void;
}

/** The main thread's side of the consumer that runs in the store's thread: it tells the journal's end and the progress. */
class Follower implements StoreFollower {
  readonly name = 'store-duckdb';
  readonly #source: JournalSource;
  readonly #options: ConsumerOptions;
  readonly #thread: FollowerThread;
  readonly #abort = new AbortController();
  #applied = 0;
  #lastError: string | null = null;
  #progress: (() => void)[] = [];

  constructor(source: JournalSource, options: ConsumerOptions, thread: FollowerThread) {
    this.#source = source;
    this.#options = options;
    this.#thread = thread;
  }

  get applied(): number {
    return this.#applied;
  }
  get lastError(): string | null {
    return this.#lastError;
  }

  async start(): Promise<void> {
    const { directory, identity, durableSeq } = this.#source;
    const { maxRecords } = this.#options;
    this.#applied = await this.#thread.begin({ directory, identity, durableSeq, maxRecords });
    this.#lastError = null;
    this.#tellProgress();
  }

  async drained(): Promise<void> {
    const target = this.#source.durableSeq;
    while (this.#applied < target && !this.#abort.signal.aborted) {
      await new Promise<void>((resolve) => this.#progress.push(resolve));
    }
  }

  async stop(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#tellProgress();
    await this.#thread.end();
  }

  /** The thread has read all it was told of. */
  async waitFor(seq: number): Promise<void> {
    const { signal } = this.#abort;
    await this.#source.waitFor(seq, signal);
    const { lingerMs, maxRecords } = this.#options;
    if (lingerMs > 0 && this.#source.durableSeq - seq < maxRecords) {
      await wait(lingerMs, null, { signal }).catch(() => undefined);
    }
    this.#thread.tell(this.#source.durableSeq);
  }

  damaged(damage: Damage): void {
    this.#source.onDamage?.(damage);
  }

  appliedUpTo(seq: number, records: number): void {
    this.#applied = seq;
    this.#lastError = null;
    this.#tellProgress();
    this.#options.onApplied?.(this.name, seq, records);
  }

  failed(error: Error, tries: number, waitMs: number): void {
    if (waitMs > 0) this.#lastError = error.message;
    this.#options.onError?.(this.name, error, tries, waitMs);
  }

  /** Begins again in another thread, until it does or the gateway stops. */
  threadEnded(cause: unknown): void {
    const { signal } = this.#abort;
    const again = async () => {
      for (let tries = 1; !signal.aborted; tries++) {
        await wait(RESTART_MS, null, { signal });
        try {
          return await this.start();
        } catch (error) {
          this.failed(error instanceof Error ? error : new Error(String(error)), tries, RESTART_MS);
        }
      }
    };
    this.failed(new Error('the thread of the store ended', { cause }), 1, RESTART_MS);
    again().catch(() => undefined);
  }

  #tellProgress(): void {
    const waiting = this.#progress;
    this.#progress = [];
    for (const resolve of waiting) resolve();
  }
}

function errorOf({ code, message, cause }: Failure): Error {
  const options = cause === undefined ? {} : { cause: new Error(cause) };
  return code === undefined
    ? new Error(message, options)
    : new StoreError(code, message, options.cause);
}

/** Tests run the sources, and a thread cannot: it takes the built file, which `tsc -b` has made before. */
function threadUrl(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('../../dist/stores/duckdb-thread.js', import.meta.url)
    : new URL('./duckdb-thread.js', import.meta.url);
}
