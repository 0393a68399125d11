import { type DuckdbOptions, openDuckdb } from './duckdb.ts';
import { type InfluxOptions, openInflux } from './influx.ts';
import type { Store } from './store.ts';

/** What the factories take; each looks at its own part. */
export interface StoreSettings {
  readonly duckdb: DuckdbOptions;
  readonly influx: InfluxOptions;
  /** Ms UTC. */
  readonly now: () => number;
}

/** The list of stores by the names of the setting `store`. */
export const storeFactories = {
  duckdb: (settings) => openDuckdb(settings.duckdb),
  influx: async (settings) => openInflux(settings.influx, settings.now),
} as const satisfies Record<string, (settings: StoreSettings) => Promise<Store>>;

export type StoreName = keyof typeof storeFactories;
