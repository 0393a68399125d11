import type { ConsumerOptions, ConsumerRunner } from '../journal/consumer.ts';
import type { JournalSource } from '../journal/journal.ts';
import type { DeviceRef, PositionEntry } from '../journal/record.ts';
import type { TrackPage } from './track-columns.ts';

export interface TrackQuery {
  readonly device: DeviceRef;
  /** Ms UTC, inclusive. */
  readonly from: number;
  /** Ms UTC, exclusive. */
  readonly to: number;
  readonly limit: number;
  /** As returned by the previous page. */
  readonly cursor?: string;
}

/** A position as a consumer hands it on: with its place in the journal. */
export type StoredEntry = PositionEntry & { readonly seq: number };

/** What an engine refused for good. The records stay in the journal under their sequence. */
export interface Parked {
  /** In the life of the data directory. */
  readonly total: number;
  /** The newest of them, oldest first, bounded. */
  readonly recent: readonly {
    readonly seq: number;
    readonly device: string;
    readonly reason: string;
  }[];
}

/** Where positions of valid fixes lie, as sums over cells. */
export interface HeatQuery {
  /** Degrees; `west` below `east`. */
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
  /** Ms UTC, inclusive. */
  readonly from: number;
  /** Ms UTC, exclusive. */
  readonly to: number;
  /** Side of a cell; stores may round it to their grid. */
  readonly cellM: number;
  /** Which cells come first. */
  readonly metric: 'dwell' | 'fixes' | 'deviceDays';
  /** Cells at most. */
  readonly limit: number;
}

/** Cells as columns, most first. */
export interface HeatCells {
  readonly length: number;
  /** Sides of a cell, degrees. */
  readonly step: { readonly latitude: number; readonly longitude: number };
  /** Centres, degrees. */
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
  readonly fixes: Float64Array;
  /** Time until each fix's next one, of which five minutes count at most. */
  readonly dwellS: Float64Array;
  /** Devices by day and 50 m: a device that passes on two days counts two. */
  readonly deviceDays: Float64Array;
  /** The 95th percentile of the query's metric (s for `dwell`): a scale that one parked device does not spoil. */
  readonly clip: number;
  /** More cells than asked for have something. */
  readonly hasMore: boolean;
}

/** A consumer that runs elsewhere, seen as the runner of one that runs here. */
export type StoreFollower = Pick<
  ConsumerRunner,
  'name' | 'applied' | 'lastError' | 'start' | 'drained' | 'stop'
>;

/**
 * A place positions are kept for queries. Fed by one consumer in journal order; every method may be
 * retried and `write` may see the same records again after a crash: the effect is exactly once by
 * device + fixTime + hash.
 */
export interface Store {
  readonly name: string;
  /** The sequence up to which everything is durable in the store, 0 for a new one. Where the consumer resumes. */
  cursor(): Promise<number>;
  /** Writes the positions and moves the cursor to `upTo`; all or nothing where the engine can. It never moves back. */
  write(records: readonly StoredEntry[], upTo: number): Promise<void>;
  /**
   * Oldest first, each fix once. Fixes of one millisecond come in an order of the store's own.
   * @throws StoreError `badCursor` for a cursor it did not give out
   */
  track(query: TrackQuery): Promise<TrackPage>;
  /** Only where an engine can refuse single points. */
  parked?(): Parked;
  /** Only of a store that reads the journal by itself, in a thread of its own; others are fed by a runner. */
  follow?(source: JournalSource, options: ConsumerOptions): StoreFollower;
  /** Only where an engine can sum over all devices in reasonable time. */
  heat?(query: HeatQuery): Promise<HeatCells>;
  /**
   * Writes the positions of a UTC day as Parquet; only where an engine can.
   * @param day days since 1970
   * @returns the path of a file that is the caller's to remove
   */
  exportDay?(day: number): Promise<string>;
  /** Writes a consistent copy to a path that does not exist, while the store works; only for embedded engines. */
  backup?(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Why a store could not do what it was asked, one line on cause and remedy each. */
export const storeFaults = {
  badCursor: 'the page cursor is not one of this store; ask again without it',
  storeClosed: 'the store is closed; the gateway is stopping',
  storeInUse: 'another owner has the database file open; stop it first',
  storeUnavailable: 'the engine cannot be reached or does not answer in time; it is tried again',
  storeNewer: 'the database was written by a later version; start that one',
  storeRefused: 'the engine refuses the request as a whole; its reason says what to change there',
} as const;
export type StoreFault = keyof typeof storeFaults;

/** A fault of the engine below a store. `cause` holds what the engine said. */
export class StoreError extends Error {
  readonly code: StoreFault;

  /** What it is about, without the sentence of its code. */
  readonly detail: string;

  constructor(code: StoreFault, detail: string, cause?: unknown) {
    super(`${detail}: ${storeFaults[code]}`, { cause });
    this.name = 'StoreError';
    this.code = code;
    this.detail = detail;
  }
}
