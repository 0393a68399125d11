import { once } from 'node:events';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BatchEncoder } from './encode.ts';
import type { Damage } from './reader.ts';
import type { Entry, JournalRecord } from './record.ts';
import { type Identity, segmentFirstSeq } from './segment-file.ts';
import type { DurableEnd, Recovered } from './writer.ts';
import type { FromWriter, ToWriter, WriterThreadData } from './writer-thread.ts';

export interface JournalOptions {
  readonly directory: string;
  readonly dataDirId: Uint8Array;
  /** 32 bytes that seal what is written from now on; null: plain. */
  readonly key?: Uint8Array | null;
  readonly segmentBytes?: number;
  /** Encoded bytes that may wait for the disk; above it the intake stops reading its sockets. */
  readonly maxPendingBytes?: number;
  /** Durable records kept in memory for the consumers at the tail. */
  readonly tailRecords?: number;
  readonly retryMs?: number;
  readonly onSync?: (group: { records: number; lastSeq: number; ms: number }) => void;
  /** The disk refuses (`code`), or takes again (null). */
  readonly onStall?: (code: string | null, message: string) => void;
  /** Records that cannot be read any more, told once each life whoever meets them. */
  readonly onDamage?: (damage: Damage) => void;
}

/** Where a consumer gets its records from: the memory tail, or the segment files. */
export interface JournalSource {
  readonly directory: string;
  /** What the segment files are opened with. */
  readonly identity: Identity;
  readonly durableSeq: number;
  /** Records from `seq` on as far as memory holds them; null when `seq` has left the tail. */
  tail(seq: number, max: number): readonly JournalRecord[] | null;
  /** Resolves once a record with a sequence of at least `seq` is durable. */
  waitFor(seq: number, signal: AbortSignal): Promise<void>;
  /** Told by a reader that has stepped over what cannot be read. */
  onDamage?(damage: Damage): void;
}

/** The thread moves bytes and makes next to no objects. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 8 };

/** Who waits for a group of entries. */
interface Waiter {
  readonly from: number;
  seq: number;
  readonly done: Promise<number>;
  readonly resolve: (seq: number) => void;
}

/**
 * The record of what we have acknowledged. `append` resolves after the fdatasync of its group: all that
 * arrives while one group is being synced leaves together in the next, and no timer waits when idle.
 */
export class Journal implements JournalSource {
  readonly directory: string;
  readonly identity: Identity;
  readonly #worker: Worker;
  readonly #options: JournalOptions;
  readonly #stop: SharedArrayBuffer;
  readonly #encoder = new BatchEncoder();
  #nextSeq = 1;
  #durableSeq = 0;
  #flushScheduled = false;
  #inFlight = false;
  #pendingBytes = 0;
  #inFlightBytes = 0;
  #inFlightFrom = 0;
  /** The last that was handed to the disk. */
  #leftUpTo = 0;
  #waiters: Waiter[] = [];
  #unsynced: JournalRecord[] = [];
  #tail: JournalRecord[] = [];
  #durableListeners = new Set<() => void>();
  #roomListeners = new Set<() => void>();
  #stalled: string | null = null;
  #closing = false;
  readonly #gaveUp = new AbortController();
  readonly #damage = new Map<string, Damage>();
  #damagedRecords = 0;
  #end: DurableEnd | null = null;
  #holds = 0;
  readonly recovered: Recovered;

  private constructor(
    worker: Worker,
    options: JournalOptions,
    stop: SharedArrayBuffer,
    recovered: Recovered,
  ) {
    this.#worker = worker;
    this.#options = options;
    this.#stop = stop;
    this.directory = options.directory;
    this.identity = identityOf(options);
    this.#nextSeq = recovered.lastSeq + 1;
    this.#durableSeq = recovered.lastSeq;
    this.recovered = recovered;
    for (const { from, to } of recovered.lost) {
      this.onDamage({ segment: recovered.segment, from, to, why: 'damaged' });
    }
    worker.on('message', (m: FromWriter) => this.#heard(m));
    worker.on('error', (error) => {
      // Nothing more can be promised: the supervisor restarts us and recovery decides.
      throw error;
    });
  }

  /** Recovers the last segment and starts the writer's thread. Rejects when the journal is not ours. */
  static async open(options: JournalOptions): Promise<Journal> {
    const stop = new SharedArrayBuffer(4);
    const data: WriterThreadData = {
      directory: options.directory,
      ...identityOf(options),
      segmentBytes: options.segmentBytes ?? 64 << 20,
      stop,
      retryMs: options.retryMs ?? 1000,
    };
    const worker = new Worker(writerThreadUrl(), {
      ...{ workerData: data, resourceLimits: THREAD_MEMORY },
    });
    const [first] = (await once(worker, 'message')) as [FromWriter];
    if (first.type !== 'recovered') {
      await worker.terminate();
      throw new Error(first.type === 'failed' ? first.message : 'journal writer did not start');
    }
    return new Journal(worker, options, stop, first);
  }

  get durableSeq(): number {
    return this.#durableSeq;
  }
  /** Records that readers and recovery could not find, as far as this life has looked. */
  get damagedRecords(): number {
    return this.#damagedRecords;
  }
  /** Encoded bytes not yet durable. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }
  /** The disk's error code while it refuses, else null. */
  get stalled(): string | null {
    return this.#stalled;
  }
  /** False once too much waits for the disk: stop reading sockets until `onRoom`. */
  get hasRoom(): boolean {
    return this.#pendingBytes < (this.#options.maxPendingBytes ?? 32 << 20);
  }

  /**
   * Takes entries in order and for good: hand no object over twice. Resolves after their fsync, with a sequence that is
   * durable then and not below theirs. Never rejects while the disk fails: it waits until the disk takes it, because
   * an acknowledgement must not be a lie.
   */
  append(entries: readonly Entry[]): Promise<number> {
    if (this.#closing) return Promise.reject(new Error('journal is closing'));
    if (entries.length === 0) return Promise.resolve(this.#durableSeq);
    const before = this.#encoder.bytes;
    let seq = this.#nextSeq - 1;
    try {
      for (const entry of entries) {
        this.#encoder.add(entry, this.#nextSeq);
        seq = this.#nextSeq++;
        this.#unsynced.push(numbered(entry, seq));
      }
    } finally {
      this.#pendingBytes += this.#encoder.bytes - before;
      this.#flushSoon();
    }
    return this.#doneAt(seq);
  }

  #flushSoon(): void {
    if (this.#flushScheduled || this.#inFlight) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  tail(seq: number, max: number): readonly JournalRecord[] | null {
    const first = this.#tail[0];
    if (first === undefined) return seq > this.#durableSeq ? [] : null;
    if (seq < first.seq) return null;
    const at = seq - first.seq;
    return this.#tail.slice(at, at + max);
  }

  async waitFor(seq: number, signal: AbortSignal): Promise<void> {
    while (this.#durableSeq < seq && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#durableListeners.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#durableListeners.add(done);
        signal.addEventListener('abort', done);
      });
    }
  }

  /** Calls `listener` once when there is room again. */
  onRoom(listener: () => void): void {
    this.#roomListeners.add(listener);
  }

  /** Counts and tells what cannot be read, once however many consumers meet it. */
  onDamage(damage: Damage): void {
    const key = `${damage.from}-${damage.to}`;
    if (this.#damage.has(key)) return;
    this.#damage.set(key, damage);
    if (damage.why !== 'trimmed') this.#damagedRecords += damage.to - damage.from + 1;
    this.#options.onDamage?.(damage);
  }

  /** Keeps every segment until the returned function is called. */
  hold(): () => void {
    this.#holds++;
    let isHeld = true;
    return () => {
      if (isHeld) this.#holds--;
      isHeld = false;
    };
  }

  /** Where what is durable ends in the files; null until this life has written something. */
  get durableEnd(): DurableEnd | null {
    return this.#end;
  }

  /** Removes whole segments below `seq` that were last written before `olderThan` (ms UTC). */
  async trim(seq: number, olderThan: number): Promise<string[]> {
    const names = (await readdir(this.directory)).filter((n) => segmentFirstSeq(n) !== null).sort();
    const removed: string[] = [];
    if (this.#holds > 0) return removed;
    for (let i = 0; i + 1 < names.length; i++) {
      const name = names[i] as string;
      if ((segmentFirstSeq(names[i + 1] as string) ?? 0) > seq) break;
      const path = join(this.directory, name);
      if ((await stat(path)).mtimeMs >= olderThan) break;
      await rm(path);
      removed.push(name);
    }
    return removed;
  }

  /** Syncs what was appended, then ends the thread. While the disk refuses, what waits is given up unacknowledged. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#stalled === null && this.#durableSeq < this.#nextSeq - 1) {
      await this.waitFor(this.#nextSeq - 1, this.#gaveUp.signal);
    }
    if (this.#stalled !== null) {
      Atomics.store(new Int32Array(this.#stop), 0, 1);
      Atomics.notify(new Int32Array(this.#stop), 0);
    }
    const exited = once(this.#worker, 'exit');
    this.#post({ type: 'close' });
    await exited;
  }

  /** All that leaves for the disk together is told together. */
  #doneAt(seq: number): Promise<number> {
    const last = this.#waiters.at(-1);
    if (last !== undefined && last.from > this.#leftUpTo) {
      last.seq = seq;
      return last.done;
    }
    let resolve: (seq: number) => void = () => undefined;
    const done = new Promise<number>((tell) => {
      resolve = tell;
    });
    this.#waiters.push({ from: seq, seq, done, resolve });
    return done;
  }

  #flush(): void {
    if (this.#encoder.bytes === 0 || this.#inFlight) return;
    const group = this.#encoder.take();
    this.#inFlight = true;
    this.#inFlightBytes = group.length;
    this.#inFlightFrom = this.#durableSeq;
    this.#leftUpTo = this.#nextSeq - 1;
    this.#worker.postMessage({ type: 'append', group } satisfies ToWriter, [group.buffer]);
  }

  #post(m: ToWriter): void {
    this.#worker.postMessage(m);
  }

  #heard(m: FromWriter): void {
    switch (m.type) {
      case 'durable':
        this.#end = m.end;
        this.#durable(m.lastSeq, m.syncMs);
        break;
      case 'stalled':
        if (this.#stalled !== m.code) this.#options.onStall?.(m.code, m.message);
        this.#stalled = m.code;
        if (this.#closing) this.#gaveUp.abort();
        break;
      case 'recovered':
      case 'failed':
      case 'closed':
        break;
    }
  }

  #durable(lastSeq: number, ms: number): void {
    if (this.#stalled !== null) {
      this.#stalled = null;
      this.#options.onStall?.(null, '');
    }
    this.#inFlight = false;
    this.#pendingBytes -= this.#inFlightBytes;
    const records = lastSeq - this.#inFlightFrom;
    this.#durableSeq = lastSeq;
    // The next group leaves before anybody is told, so that the disk never waits for us.
    this.#flush();
    for (let i = 0; i < records; i++) this.#tail.push(this.#unsynced[i] as JournalRecord);
    this.#unsynced = this.#unsynced.slice(records);
    const keep = this.#options.tailRecords ?? 8192;
    if (this.#tail.length > keep * 2) this.#tail = this.#tail.slice(-keep);
    while (this.#waiters[0] !== undefined && this.#waiters[0].seq <= lastSeq) {
      const waiter = this.#waiters.shift();
      waiter?.resolve(waiter.seq);
    }
    this.#options.onSync?.({ records, lastSeq, ms });
    for (const listener of [...this.#durableListeners]) listener();
    if (this.hasRoom && this.#roomListeners.size > 0) {
      const listeners = [...this.#roomListeners];
      this.#roomListeners.clear();
      for (const listener of listeners) listener();
    }
  }
}

const identityOf = ({ dataDirId, key }: JournalOptions): Identity => ({
  dataDirId,
  key: key ?? null,
});

/** Without a copy: entries are many, and whoever made one has no more use for it. */
function numbered(entry: Entry, seq: number): JournalRecord {
  if (entry.seq !== undefined && entry.seq !== 0) return { ...entry, seq };
  const record: Entry & { seq: number } = entry as Entry & { seq: number };
  record.seq = seq;
  return record;
}

/** Tests run the sources, and a thread cannot: it takes the built file, which `tsc -b` has made before. */
function writerThreadUrl(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('../../dist/journal/writer-thread.js', import.meta.url)
    : new URL('./writer-thread.js', import.meta.url);
}
