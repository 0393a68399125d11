import { deviceKey } from '../journal/record.ts';
import type { Parked, Store, StoredEntry, TrackQuery } from '../stores/store.ts';
import type { TrackPage } from '../stores/track-columns.ts';
import type { VirtualClock } from './clock.ts';
import type { Random } from './random.ts';

/** What the store does about a write for now. `partial`: takes some of it and says that it failed. */
export type StoreMood = 'well' | 'down' | 'slow' | 'error' | 'partial';

const REQUEST_MS = 30;
const SLOW_MS = 5000;

/**
 * A store on another machine: it outlives the gateway, keeps each identity once, writes first and moves its cursor
 * after, and what it was doing when the gateway died may have been done or not.
 */
export class FakeStore implements Store {
  readonly name = 'fake';
  mood: StoreMood = 'well';
  /** Every fix with all hashes that it came with. */
  readonly rows = new Map<string, { readonly hashes: Set<number>; readonly entry: StoredEntry }>();
  readonly poisoned = new Set<string>();
  /** How many of a thousand fixes it refuses for good. */
  poison = 0;
  writes = 0;
  /** A store whose cursor is moved before its rows are written. */
  movesCursorFirst = false;
  #cursor = 0;
  readonly #clock: VirtualClock;
  readonly #random: Random;

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  async cursor(): Promise<number> {
    await this.#request();
    return this.#cursor;
  }

  async write(records: readonly StoredEntry[], upTo: number): Promise<void> {
    this.writes++;
    if (this.movesCursorFirst) await this.#moveCursor(upTo);
    await this.#request();
    // In two requests, as a client with a bounded body does.
    const half = this.#random.below(records.length + 1);
    for (const record of records.slice(0, half)) this.#keep(record);
    await this.#request();
    if (this.mood === 'partial' && this.#random.chance(0.7)) {
      throw new Error('the store took a part of it');
    }
    for (const record of records.slice(half)) this.#keep(record);
    if (!this.movesCursorFirst) await this.#moveCursor(upTo);
  }

  parked(): Parked {
    return { total: this.poisoned.size, recent: [] };
  }

  track(_query: TrackQuery): Promise<TrackPage> {
    return Promise.reject(new Error('nobody asks for tracks in a run'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #moveCursor(upTo: number): Promise<void> {
    await this.#request();
    this.#cursor = Math.max(this.#cursor, upTo);
  }

  #keep(record: StoredEntry): void {
    const key = `${deviceKey(record.device)} ${record.position.fixTime}`;
    if (this.poison > 0 && (record.hash >>> 0) % 1000 < this.poison) {
      this.poisoned.add(key);
      return;
    }
    const row = this.rows.get(key);
    if (row === undefined) {
      this.rows.set(key, { hashes: new Set([record.hash]), entry: record });
    } else row.hashes.add(record.hash);
  }

  async #request(): Promise<void> {
    const { mood } = this;
    const ms = mood === 'slow' ? SLOW_MS : this.#random.between(1, REQUEST_MS);
    await new Promise<void>((resolve) => this.#clock.inGateway(ms, resolve));
    if (mood === 'down') throw new Error('connect ECONNREFUSED');
    if (mood === 'error') throw new Error('the store says 500');
  }
}
