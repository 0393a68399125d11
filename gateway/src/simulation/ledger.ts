import type { ProtocolName } from '@xunji/protocols';

/** One fix as its terminal knows it. */
export interface SentFix {
  readonly key: string;
  /** Whole seconds, ms UTC; no two fixes of a terminal share one. */
  readonly fixTime: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly speedKmh: number;
  readonly courseDeg: number;
  readonly alarmBits: number;
  /** Ms of the run at which the terminal deleted its copy, null while it holds it. */
  ackedAt: number | null;
}

/** What makes a fix the same wherever it turns up: its device and its time. */
export const fixKey = (protocol: ProtocolName, id: string, fixTime: number): string =>
  `${protocol}:${id} ${fixTime}`;

/** What the terminals measured, and what they were told about it: the truth that the gateway is held against. */
export class Ledger {
  readonly fixes = new Map<string, SentFix>();
  acked = 0;
  /** Answers that a device must never have heard. */
  readonly wrongs: string[] = [];

  add(fix: SentFix): void {
    this.fixes.set(fix.key, fix);
  }

  ack(fix: SentFix, now: number): void {
    if (fix.ackedAt !== null) return;
    fix.ackedAt = now;
    this.acked++;
  }
}
