import type { DeviceRef, PositionEntry } from '../journal/record.ts';
import type { TrackPosition } from '../wire.ts';

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

/**
 * A place positions are kept for queries. Fed by one consumer in journal order; every method may be
 * retried and `write` may see the same records again after a crash: the effect is exactly once by
 * device + fixTime + hash.
 */
export interface Store {
  readonly name: string;
  /** The sequence up to which everything is durable in the store, 0 for a new one. Where the consumer resumes. */
  cursor(): Promise<number>;
  /** Writes the positions and moves the cursor to `upTo`; all or nothing where the engine can. */
  write(
    records: readonly (PositionEntry & { readonly seq: number })[],
    upTo: number,
  ): Promise<void>;
  /** Oldest first, each fix once. */
  track(query: TrackQuery): Promise<{ items: TrackPosition[]; next: string | null }>;
  close(): Promise<void>;
}
