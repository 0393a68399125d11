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
  /** Since the store was opened. */
  readonly total: number;
  /** The newest of them, oldest first, bounded. */
  readonly recent: readonly {
    readonly seq: number;
    readonly device: string;
    readonly reason: string;
  }[];
}

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
  close(): Promise<void>;
}

/** Why a store could not do what it was asked, one line on cause and remedy each. */
export const storeFaults = {
  badCursor: 'the page cursor is not one of this store; ask again without it',
  storeClosed: 'the store is closed; the gateway is stopping',
  storeInUse: 'another owner has the database file open; stop it first',
  storeUnavailable: 'the engine cannot be reached or does not answer in time; it is tried again',
  storeRefused: 'the engine refuses the request as a whole; its reason says what to change there',
} as const;
export type StoreFault = keyof typeof storeFaults;

/** A fault of the engine below a store. `cause` holds what the engine said. */
export class StoreError extends Error {
  readonly code: StoreFault;

  constructor(code: StoreFault, detail: string, cause?: unknown) {
    super(`${detail}: ${storeFaults[code]}`, { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}
