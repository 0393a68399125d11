import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Consumer } from '../journal/consumer.ts';
import type { JournalRecord } from '../journal/record.ts';
import { jsonMembers, readIfThere, replaceFile } from '../journal/snapshot-file.ts';
import { type EngineState, FenceEngine, type LeftAside } from './engine.ts';
import type { Fact } from './facts.ts';

/** By our own clock, so no part of a fact: a replay makes the same facts at another time. */
export interface Evaluation {
  /** Ms UTC. */
  readonly time: number;
  /** Ms UTC at which the record with this sequence was synced, null where that is not known any more. */
  readonly durableTime: (seq: number) => number | null;
}

/** Who makes alarms of facts. Told of everything in journal order, at least once. */
export interface FactSink {
  /**
   * Takes the facts of records up to `upTo`, all or none of them. Facts it has taken before are passed over.
   * @param records the records they came from, for what needs no position (the clock, rules)
   * @param evaluation when the facts were made
   */
  take(
    facts: readonly Fact[],
    records: readonly JournalRecord[],
    upTo: number,
    evaluation?: Evaluation,
  ): Promise<void>;
  /** Resolves once everything it has taken would survive a loss of power. */
  settled(): Promise<void>;
  /** What has to be in the snapshot for `restore`: revisions that the journal may no longer hold. */
  save(): unknown;
  restore(saved: unknown): void;
}

export interface FenceConsumerOptions {
  /** The snapshot file. */
  readonly path: string;
  readonly sink: FactSink;
  /** Ms UTC, for how often a snapshot is due. */
  readonly now: () => number;
  /** A snapshot that cannot be read; the journal is read again from its beginning. */
  readonly onError: (error: unknown) => void;
  readonly onLeftAside?: (why: LeftAside) => void;
  readonly onFact?: (fact: Fact) => void;
  /** Ms UTC at which a record was synced, for the times that alarms keep. */
  readonly durableTime?: (seq: number) => number | null;
  readonly snapshotEveryMs?: number;
}

interface Snapshot {
  readonly version: number;
  readonly engine: EngineState;
  readonly sink: unknown;
}

const VERSION = 2;
const SNAPSHOT_EVERY_MS = 30_000;
/** How long the engine keeps everything else waiting. */
const TURN_MS = 20;
const RECORDS_PER_LOOK = 500;

/** Runs the engine over the journal; its snapshot is where a restart goes on from, and the rest is replayed. */
export class FenceConsumer implements Consumer {
  readonly name = 'fences';
  readonly #options: FenceConsumerOptions;
  #engine: FenceEngine;
  #savedSeq = 0;
  #savedTime: number;
  #isRestored = false;
  /** Made and not yet taken by the sink: a failed batch is tried again without judging it twice. */
  #facts: Fact[] = [];

  private constructor(options: FenceConsumerOptions) {
    this.#options = options;
    this.#engine = new FenceEngine(options.onLeftAside);
    this.#savedTime = options.now();
  }

  static async open(options: FenceConsumerOptions): Promise<FenceConsumer> {
    const consumer = new FenceConsumer(options);
    const text = await readIfThere(options.path);
    if (text !== null) consumer.#load(text);
    return consumer;
  }

  /** A snapshot was there and could be read: else it knows only what the journal still holds. */
  get isRestored(): boolean {
    return this.#isRestored;
  }

  cursor(): Promise<number> {
    return Promise.resolve(this.#savedSeq);
  }

  async apply(records: readonly JournalRecord[]): Promise<void> {
    const made = this.#facts.length;
    let count = 0;
    let since = performance.now();
    for (const record of records) {
      this.#engine.take(record, this.#facts);
      // A turn costs as long as everybody else wants, so it is given only after a time worth it.
      if (++count % RECORDS_PER_LOOK !== 0 || performance.now() - since < TURN_MS) continue;
      await nextTurn();
      since = performance.now();
    }
    for (const fact of this.#facts.slice(made)) this.#options.onFact?.(fact);
    const { sink, durableTime = () => null } = this.#options;
    const evaluation = { time: this.#options.now(), durableTime };
    await sink.take(this.#facts, records, this.#engine.seq, evaluation);
    this.#facts = [];
    const every = this.#options.snapshotEveryMs ?? SNAPSHOT_EVERY_MS;
    const time = this.#options.now();
    // A clock that was set back must not put it off.
    if (Math.abs(time - this.#savedTime) < every) return;
    // A snapshot that fails is due again later: meanwhile alarms go on, and the cursor holds the journal.
    this.#savedTime = time;
    await this.save();
  }

  /** Makes the state durable as of what the sink has taken. */
  async save(): Promise<void> {
    const { seq } = this.#engine;
    if (this.#facts.length > 0 || seq === this.#savedSeq) return;
    // The snapshot's cursor must not stand behind facts that may yet be lost.
    await this.#options.sink.settled();
    await replaceFile(this.#options.path, this.#snapshot());
    this.#savedSeq = seq;
  }

  /** A `Snapshot` as JSON. */
  *#snapshot(): Generator<string> {
    const sink = JSON.stringify(this.#options.sink.save() ?? null);
    const { seq } = this.#engine;
    yield `{"version":${VERSION},"sink":${sink},"engine":{"seq":${seq},"fences":[`;
    yield* jsonMembers(this.#engine.savedFences());
    yield '],"devices":[';
    yield* jsonMembers(this.#engine.savedDevices());
    yield ']}}';
  }

  #load(text: string): void {
    try {
      const saved = JSON.parse(text) as Snapshot;
      if (saved.version !== VERSION) throw new Error(`snapshot of version ${saved.version}`);
      this.#engine.load(saved.engine);
      this.#options.sink.restore(saved.sink);
      this.#savedSeq = saved.engine.seq;
      this.#isRestored = true;
    } catch (error) {
      this.#engine = new FenceEngine(this.#options.onLeftAside);
      this.#options.onError(error);
    }
  }
}
