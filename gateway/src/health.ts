import type { ConsumerRunner } from './journal/consumer.ts';
import { HeadTimes } from './journal/head-times.ts';
import type { Metrics } from './metrics.ts';
import type { Parked } from './stores/store.ts';
import type { StoreState } from './wire.ts';

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
  readonly stores: readonly (Pick<StoreState, 'name' | 'state' | 'behindRecords' | 'behindS'> & {
    readonly parked: number;
  })[];
}

/** Something dashboards should know while it lasts; `value` in seconds (of `journalDamaged`: records), 0 = it is over. */
export interface Degradation {
  readonly code: 'storeBehind' | 'journalFull' | 'journalDamaged';
  readonly value: number;
  /** Of `storeBehind`: how many records the store that is furthest behind has still to apply. */
  readonly records?: number;
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
const nothingParked: Parked = { total: 0, recent: [] };

type State = StoreState['state'];

/** How the gateway does: read on demand by overseers, watched for dashboards. */
export class Health {
  readonly #options: HealthOptions;
  readonly #heads = new HeadTimes();
  /** Since when each store is in its state. */
  readonly #states = new Map<string, { readonly state: State; readonly since: number }>();
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
    const { journal, runners, metrics } = this.#options;
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
    const stores = this.stores();
    const failing = consumers.some(({ error }) => error !== null);
    return {
      ready: !this.#stopping && journal.stalled === null && !failing,
      journal: {
        stalled: journal.stalled,
        pendingBytes: journal.pendingBytes,
        damagedRecords: journal.damagedRecords,
      },
      consumers,
      stores: stores.map(({ name, state, behindRecords, behindS, parked }) => ({
        ...{ name, state, behindRecords, behindS, parked: parked.total },
      })),
    };
  }

  /** How each store keeps up, as of now; the gauges follow it. */
  stores(): StoreState[] {
    const { journal, runners, stores, metrics } = this.#options;
    const now = this.#look();
    return stores.map((store) => {
      const { name } = store;
      const runner = runners.find((r) => r.name === `store-${name}`);
      const cursor = runner?.applied ?? 0;
      const error = runner?.lastError ?? null;
      const behindMs = this.#heads.behindMs(cursor, now);
      const state = stateOf(error, behindMs);
      let known = this.#states.get(name);
      if (known?.state !== state) {
        known = { state, since: now };
        this.#states.set(name, known);
      }
      const { total, recent } = store.parked?.() ?? nothingParked;
      const behindS = Math.round(behindMs / 1000);
      metrics.storeBehind.set({ store: name }, behindS);
      metrics.storeParked.set({ store: name }, total);
      return {
        ...{ name, cursor, journalHead: journal.durableSeq },
        ...{ behindRecords: Math.max(0, journal.durableSeq - cursor), behindS },
        ...{ state, error, forS: Math.round((now - known.since) / 1000) },
        parked: { total, recent: [...recent] },
      };
    });
  }

  /**
   * What dashboards should be told now: each trouble again while it lasts, and once when it is over. Called every few
   * seconds.
   */
  degradations(): Degradation[] {
    const { journal } = this.#options;
    const now = this.#look();
    let worst = { behindS: 0, behindRecords: 0 };
    for (const store of this.stores()) if (store.behindS > worst.behindS) worst = store;
    const behindMs = worst.behindS * 1000;
    this.#stalledSince = journal.stalled === null ? null : (this.#stalledSince ?? now);
    const stalledMs = this.#stalledSince === null ? 0 : now - this.#stalledSince;
    return [
      ...this.#tell('storeBehind', behindMs > STORE_BEHIND_AFTER_MS, behindMs).map((told) => ({
        ...{ ...told, records: told.value > 0 ? worst.behindRecords : 0 },
      })),
      ...this.#tell('journalFull', this.#stalledSince !== null, stalledMs),
      ...this.#tell('journalDamaged', journal.damagedRecords > 0, journal.damagedRecords * 1000),
    ];
  }

  #look(): number {
    const now = this.#options.monotonic();
    this.#heads.note(this.#options.journal.durableSeq, now);
    return now;
  }

  #tell(code: Degradation['code'], isBad: boolean, ms: number): Degradation[] {
    if (!isBad) return this.#told.delete(code) ? [{ code, value: 0 }] : [];
    this.#told.add(code);
    return [{ code, value: Math.max(1, Math.round(ms / 1000)) }];
  }
}

function stateOf(error: string | null, behindMs: number): State {
  if (error !== null) return 'failing';
  return behindMs > STORE_BEHIND_AFTER_MS ? 'behind' : 'ok';
}
