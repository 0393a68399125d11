import type { Damage } from '../journal/reader.ts';
import type { Identity } from '../journal/segment-file.ts';
import type { DuckdbOptions } from './duckdb.ts';
import type { HeatCells, HeatQuery, Parked, StoredEntry, StoreFault, TrackQuery } from './store.ts';
import type { TrackPage } from './track-columns.ts';

/** What the store's thread is asked, by name: arguments and answer. */
export interface Calls {
  open: { of: DuckdbOptions; answer: null };
  cursor: { of: null; answer: number };
  write: { of: { records: readonly StoredEntry[]; upTo: number }; answer: null };
  track: { of: TrackQuery; answer: TrackPage };
  heat: { of: HeatQuery; answer: HeatCells };
  exportDay: { of: number; answer: string };
  backup: { of: string; answer: null };
  /** Begin to read the journal; answered once under way. */
  follow: { of: Following; answer: number };
  /** End what `follow` began, after the batch under way. */
  unfollow: { of: null; answer: null };
  close: { of: null; answer: null };
}
export type CallName = keyof Calls;

/** Where and how the thread reads the journal's files. */
export interface Following {
  readonly directory: string;
  readonly identity: Identity;
  readonly durableSeq: number;
  readonly maxRecords: number;
}

export type Call = {
  [N in CallName]: { readonly id: number; readonly name: N; readonly of: Calls[N]['of'] };
}[CallName];

/** An error as it crosses threads. */
export interface Failure {
  readonly message: string;
  /** Of a StoreError. */
  readonly code?: StoreFault;
  readonly cause?: string;
}

export type ToThread = Call | { readonly name: 'head'; readonly durableSeq: number };

export type FromThread =
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly failure: Failure }
  /** Everything told is read: say when this sequence is durable. */
  | { readonly type: 'wait'; readonly seq: number }
  | { readonly type: 'damage'; readonly damage: Damage }
  | { readonly type: 'applied'; readonly seq: number; readonly records: number }
  | {
      readonly type: 'retrying';
      readonly failure: Failure;
      readonly tries: number;
      readonly waitMs: number;
    }
  | { readonly type: 'parked'; readonly parked: Parked }
  | { readonly type: 'upkeepFailed'; readonly failure: Failure };
