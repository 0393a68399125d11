import type { DeviceRef } from '../journal/record.ts';
import type { Alarm, AlarmOp, FenceEvent, Page, Severity } from '../wire.ts';

/** One committed change of one alarm. `seq` grows by one with each and survives restarts. */
export interface AlarmChange {
  readonly seq: number;
  readonly op: AlarmOp;
  /** As it stands after the change. */
  readonly alarm: Alarm;
}

/** What became of a request to change an alarm. `conflict` carries it as it stands now. */
export type AlarmAnswer =
  | { readonly ok: true; readonly alarm: Alarm }
  | { readonly ok: false; readonly code: 'conflict'; readonly alarm: Alarm }
  | { readonly ok: false; readonly code: 'notFound' };

export interface AlarmQuery {
  readonly state: 'open' | 'all';
  readonly limit: number;
  /** As returned by the previous page. */
  readonly cursor?: string;
}

export interface EventQuery {
  /** Ms UTC on `occurredAt`, inclusive; `to` exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Only of this device. */
  readonly device?: DeviceRef;
  readonly limit: number;
  readonly cursor?: string;
}

/** The alarm desk as REST and live use it; written in the alarms room. `user` is the username. */
export interface AlarmDesk {
  ack(id: string, rev: number, user: string, note: string | null): Promise<AlarmAnswer>;
  clear(id: string, rev: number, user: string, note: string | null): Promise<AlarmAnswer>;
  get(id: string): Promise<Alarm | null>;
  /** Newest first. */
  list(query: AlarmQuery): Promise<Page<Alarm>>;
  /** Newest first. */
  events(query: EventQuery): Promise<Page<FenceEvent>>;
  /** Changes with a greater `seq`, oldest first; `next` = the highest seq scanned. */
  since(seq: number, limit: number): Promise<{ items: AlarmChange[]; next: number; more: boolean }>;
  /** Open alarms by severity. */
  counts(): Promise<Record<Severity, number>>;
  /** The highest seq given out, 0 at first. */
  lastSeq(): Promise<number>;
  /** Calls after commit, in order of `seq`. @returns the unsubscription */
  onChange(listener: (changes: readonly AlarmChange[]) => void): () => void;
}
