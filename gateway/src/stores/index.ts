import type { DuckdbOptions } from './duckdb.ts';
import { startDuckdb } from './duckdb-remote.ts';
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
  duckdb: (settings) => startDuckdb(settings.duckdb),
  influx: (settings) => openInflux(settings.influx, settings.now),
} as const satisfies Record<string, (settings: StoreSettings) => Promise<Store>>;

export type StoreName = keyof typeof storeFactories;
