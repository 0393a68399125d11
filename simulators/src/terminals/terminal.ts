import type { Ledger } from '../ledger.ts';
import type { Report } from '../report.ts';

/** Positions a terminal keeps while it cannot deliver; then the oldest goes. */
export const maxBuffered = 5_000;

/** One simulated device, whatever its protocol. Clocks are handed in: `now` is ms UTC. */
export interface Terminal {
  readonly ledger: Ledger;
  /** Positions that the platform has not confirmed yet. */
  readonly pending: number;
  /** A new position was measured: it is sent now, or kept until it can be. */
  report(report: Report, now: number): void;
  /** Looks after heartbeats, repeats and deadlines; called about once a second. */
  tick(now: number): void;
  /** Asks the platform to confirm everything sent so far, where the protocol can. */
  settle(now: number): void;
}

/** Our end of an open byte stream. */
export interface Line {
  send(bytes: Uint8Array): void;
  close(): void;
}

/** A terminal over a byte stream, which somebody else connects. */
export interface StreamTerminal extends Terminal {
  opened(line: Line, now: number): void;
  received(chunk: Uint8Array, now: number): void;
  closed(now: number): void;
}
