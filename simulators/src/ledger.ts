import type { Report } from './report.ts';

/** What a terminal noticed and a platform should not have done, or the line did. */
export type TerminalFault =
  /** Nothing came back in time after all repeats. */
  | 'noAnswer'
  /** An answer that belongs to nothing we sent. */
  | 'unexpectedAnswer'
  /** An answer with another result than success. */
  | 'refused'
  /** An answer that differs from the bytes it must have. */
  | 'wrongAnswer'
  /** Bytes that frame as nothing. */
  | 'brokenFrame'
  /** The line went away. */
  | 'lineLost'
  /** The oldest position was given up because too many waited. */
  | 'bufferFull';

/** One position on its way: the platform owns it once `acknowledgedTime` is set. */
export interface Entry {
  readonly report: Report;
  sends: number;
  /** ms UTC; null until the platform confirmed it. */
  acknowledgedTime: number | null;
  /** The platform answered and did not take it; it is not sent again. */
  refused: boolean;
}

export interface LedgerCounts {
  readonly measured: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly repeated: number;
  readonly connections: number;
  readonly faults: Readonly<Partial<Record<TerminalFault, number>>>;
}

/** Positions whose coordinates stay listed; beyond, the oldest confirmed ones are only counted. */
export const maxListed = 20_000;

/** What one device sent, what was acknowledged, and what went wrong. */
export class Ledger {
  readonly #maxListed: number;
  #entries: Entry[] = [];
  #measured = 0;
  #sent = 0;
  #acknowledged = 0;
  #refused = 0;
  #repeated = 0;
  #connections = 0;
  #dropped = 0;
  readonly #faults = new Map<TerminalFault, number>();

  constructor(limit = maxListed) {
    this.#maxListed = limit;
  }

  measured(report: Report): Entry {
    this.#measured++;
    const entry: Entry = { report, sends: 0, acknowledgedTime: null, refused: false };
    this.#entries.push(entry);
    // Cut in blocks, so that a long run does not shift the list for every position.
    if (this.#entries.length >= this.#maxListed * 1.25) {
      const cut = this.#entries.length - this.#maxListed;
      this.#entries = this.#entries.slice(cut);
      this.#dropped += cut;
    }
    return entry;
  }

  sent(entry: Entry): void {
    if (entry.sends === 0) this.#sent++;
    else this.#repeated++;
    entry.sends++;
  }

  acknowledged(entry: Entry, now: number): void {
    if (entry.acknowledgedTime !== null) return;
    entry.acknowledgedTime = now;
    this.#acknowledged++;
  }

  refused(entry: Entry): void {
    if (entry.refused) return;
    entry.refused = true;
    this.#refused++;
  }

  connected(): void {
    this.#connections++;
  }

  fault(code: TerminalFault, count = 1): void {
    this.#faults.set(code, (this.#faults.get(code) ?? 0) + count);
  }

  /** Oldest first, the last `maxListed` at least. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** How many older ones are counted but no longer listed. */
  get unlisted(): number {
    return this.#dropped;
  }

  counts(): LedgerCounts {
    return {
      measured: this.#measured,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      refused: this.#refused,
      repeated: this.#repeated,
      connections: this.#connections,
      faults: Object.fromEntries(this.#faults),
    };
  }
}
