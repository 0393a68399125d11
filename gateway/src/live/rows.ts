import { deviceKey } from '../journal/record.ts';
import type { DeviceEntry, DeviceRegistry } from '../records/devices.ts';
import type { LiveRow } from '../wire.ts';
import type { AlarmLevels } from './alarm-levels.ts';
import type { LatestPositions } from './latest.ts';
import { liveRow } from './row.ts';

export interface RowsOptions {
  readonly devices: DeviceRegistry;
  readonly latest: LatestPositions;
  readonly levels: Pick<AlarmLevels, 'of'>;
}

/** Live rows by slot. Each is made once a batch, however many subscriptions show it. */
export class Rows {
  readonly #options: RowsOptions;
  readonly #bySlot: (DeviceEntry | undefined)[] = [];
  readonly #slots = new Map<string, number>();
  readonly #made = new Map<number, LiveRow | null>();
  #t0 = 0;

  constructor(options: RowsOptions) {
    this.#options = options;
    for (const entry of options.devices.all()) this.#put(entry);
    options.devices.onChange(({ changed, removed }) => {
      for (const entry of changed) this.#put(entry);
      for (const device of removed) {
        // Its slot stays known, so that it can be said to be gone.
        const slot = this.#slots.get(deviceKey(device));
        if (slot !== undefined) this.#bySlot[slot] = undefined;
      }
    });
  }

  /** Ms UTC the rows of this batch count from. */
  get t0(): number {
    return this.#t0;
  }

  /** Rows asked for from now on are made anew. */
  begin(t0: number): void {
    this.#t0 = t0;
    this.#made.clear();
  }

  /** The slot of a device key, also of a device that was removed; undefined for a stranger. */
  slotOf(key: string): number | undefined {
    return this.#slots.get(key);
  }

  /** Undefined for a device that is gone. */
  entry(slot: number): DeviceEntry | undefined {
    return this.#bySlot[slot];
  }

  /** Null for a device that is gone or never had a fix. */
  row(slot: number): LiveRow | null {
    const known = this.#made.get(slot);
    if (known !== undefined) return known;
    const row = this.#make(slot);
    this.#made.set(slot, row);
    return row;
  }

  /** Every slot there is, used or not. */
  get size(): number {
    return this.#bySlot.length;
  }

  #put(entry: DeviceEntry): void {
    if (entry.slot < 0) return;
    this.#bySlot[entry.slot] = entry;
    this.#slots.set(entry.key, entry.slot);
  }

  #make(slot: number): LiveRow | null {
    const entry = this.#bySlot[slot];
    const { latest, levels } = this.#options;
    const state = entry && latest.get(entry);
    if (entry === undefined || state === undefined) return null;
    return liveRow(state, entry, latest.isOnline(state), levels.of(entry.key), this.#t0);
  }
}
