import type { ConsumerRunner } from './journal/consumer.ts';
import type { Metrics } from './metrics.ts';
import type { Parked } from './stores/store.ts';

/** The journal as health sees it. */
export interface JournalState {
  readonly durableSeq: number;
  readonly pendingBytes: number;
  readonly stalled: string | null;
  /** Records that can no longer be read, as far as this life has looked. */
  readonly damagedRecords: number;
}

/** GET /readyz. */
export interface HealthReport {
  readonly ready: boolean;
  readonly journal: Omit<JournalState, 'durableSeq'>;
  readonly consumers: readonly {
    readonly name: string;
    readonly lagRecords: number;
    readonly error: string | null;
  }[];
  readonly stores: readonly { readonly name: string; readonly parked: number }[];
}

/** Something dashboards should know while it lasts; `value` in seconds (of `journalDamaged`: records), 0 = it is over. */
export interface Degradation {
  readonly code: 'storeBehind' | 'journalFull' | 'journalDamaged';
  readonly value: number;
}

export interface HealthOptions {
  readonly journal: JournalState;
  readonly runners: readonly Pick<ConsumerRunner, 'name' | 'applied' | 'lastError'>[];
  readonly stores: readonly { readonly name: string; parked?(): Parked }[];
  readonly metrics: Metrics;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

const STORE_BEHIND_AFTER_MS = 10_000;

/** How the gateway does: read on demand by overseers, watched for dashboards. */
export class Health {
  readonly #options: HealthOptions;
  /** What each store has still to apply, and since when it has to. */
  readonly #owed = new Map<string, { seq: number; since: number }>();
  #stalledSince: number | null = null;
  readonly #told = new Set<Degradation['code']>();
  #stopping = false;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** From now on not ready: a balancer sends nobody here any more. */
  stopping(): void {
    this.#stopping = true;
  }

  /** As of now; the gauges follow it. */
  report(): HealthReport {
    const { journal, runners, stores, metrics } = this.#options;
    const consumers = runners.map(({ name, applied, lastError }) => ({
      name,
      lagRecords: journal.durableSeq - applied,
      error: lastError,
    }));
    for (const { name, lagRecords } of consumers) {
      metrics.consumerLag.set({ consumer: name }, lagRecords);
    }
    metrics.journalPendingBytes.set(journal.pendingBytes);
    metrics.journalStalled.set(journal.stalled === null ? 0 : 1);
    const failing = consumers.some(({ error }) => error !== null);
    return {
      ready: !this.#stopping && journal.stalled === null && !failing,
      journal: {
        stalled: journal.stalled,
        pendingBytes: journal.pendingBytes,
        damagedRecords: journal.damagedRecords,
      },
      consumers,
      stores: stores.map((s) => ({ name: s.name, parked: s.parked?.().total ?? 0 })),
    };
  }

  /**
   * What dashboards should be told now: each trouble again while it lasts, and once when it is over. Called every few
   * seconds.
   */
  degradations(): Degradation[] {
    const { journal, runners, monotonic } = this.#options;
    const now = monotonic();
    let behindMs = 0;
    for (const { name, applied } of runners) {
      if (!name.startsWith('store-')) continue;
      const owed = this.#owed.get(name);
      if (owed === undefined || applied >= owed.seq) {
        this.#owed.set(name, { seq: journal.durableSeq, since: now });
      } else behindMs = Math.max(behindMs, now - owed.since);
    }
    this.#stalledSince = journal.stalled === null ? null : (this.#stalledSince ?? now);
    const stalledMs = this.#stalledSince === null ? 0 : now - this.#stalledSince;
    return [
      ...this.#tell('storeBehind', behindMs > STORE_BEHIND_AFTER_MS, behindMs),
      ...this.#tell('journalFull', this.#stalledSince !== null, stalledMs),
      ...this.#tell('journalDamaged', journal.damagedRecords > 0, journal.damagedRecords * 1000),
    ];
  }

  #tell(code: Degradation['code'], isBad: boolean, ms: number): Degradation[] {
    if (!isBad) return this.#told.delete(code) ? [{ code, value: 0 }] : [];
    this.#told.add(code);
    return [{ code, value: Math.max(1, Math.round(ms / 1000)) }];
  }
}
