import type { Device, LiveRow } from '@xunji/gateway/wire';
import { rowFlag } from '@xunji/gateway/wire';
import { toX, toY } from '../map/project.ts';
import { createTopic, type Topic } from '../topic.ts';
import { type DeviceState, defaultThresholds, stateOf, type Thresholds } from './device-state.ts';

/** `jt808:13912345678`: the same id in another family is another device. */
export const keyOf = (d: { protocol: string; id: string }): string => `${d.protocol}:${d.id}`;

interface Columns {
  lon: Float64Array;
  lat: Float64Array;
  /** EPSG:3857, computed on ingest. */
  x: Float64Array;
  y: Float64Array;
  speed: Float32Array;
  heading: Uint16Array;
  flags: Uint16Array;
  /** Ms UTC of the fix. */
  fixTime: Float64Array;
  /** Ms UTC since when this page sees it stand; 0 while it moves. */
  stillSince: Float64Array;
  /** One bit for each subscription that holds the slot; 0 = no row. */
  held: Uint8Array;
}

const columns = (n: number): Columns => ({
  lon: new Float64Array(n),
  lat: new Float64Array(n),
  x: new Float64Array(n),
  y: new Float64Array(n),
  speed: new Float32Array(n),
  heading: new Uint16Array(n),
  flags: new Uint16Array(n),
  fixTime: new Float64Array(n),
  stillSince: new Float64Array(n),
  held: new Uint8Array(n),
});

/** Subscriptions a page may hold at once (the server's limit a socket). */
const MAX_SUBS = 4;

/**
 * The live devices of this page, in columns indexed by slot, outside React. `rows` is told once a batch and once
 * a second (ages), `list` when devices come, go or are renamed. No call costs more than the rows it is given.
 */
export class Fleet {
  readonly rows: Topic = createTopic();
  readonly list: Topic = createTopic();
  readonly at: Columns = columns(256);
  /** One above the highest slot that holds or held a row. */
  top = 0;
  /** Whether the list of devices has been loaded for the present boot. */
  loaded = false;
  limits: Readonly<Record<Device['kind'], Thresholds>> = {
    vehicle: defaultThresholds,
    badge: defaultThresholds,
  };
  #devices: (Device | undefined)[] = [];
  #byKey = new Map<string, number>();
  #subs: string[] = [];
  #named = new Map<string, Set<number>>();
  /** Changes that came while a list was under way: the list may be older than they are. */
  #meanwhile: Parameters<Fleet['addDevices']>[] | null = null;
  #capacity = 256;

  /** Forgets every slot: the server has restarted and numbers its devices anew. */
  reset(): void {
    this.at.held.fill(0);
    this.at.stillSince.fill(0);
    this.#devices = [];
    this.#byKey.clear();
    this.#named.clear();
    this.#subs = [];
    this.#meanwhile = null;
    this.top = 0;
    this.loaded = false;
    this.list.emit();
    this.rows.emit();
  }

  /** The full list has been asked for: changes that come before it are not lost by it. */
  awaitDevices(): void {
    this.#meanwhile = [];
  }

  /** Takes the full list of devices. */
  setDevices(devices: readonly Device[]): void {
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = null;
    this.#devices = [];
    this.#byKey.clear();
    this.loaded = true;
    this.addDevices(devices, []);
    for (const change of meanwhile) this.addDevices(...change);
  }

  /** Takes added, renamed and removed devices. */
  addDevices(
    devices: readonly Device[],
    removed: readonly { id: string; protocol: string }[],
  ): void {
    this.#meanwhile?.push([devices, removed]);
    for (const device of devices) {
      const key = keyOf(device);
      const before = this.#byKey.get(key);
      if (before !== undefined && before !== device.slot) this.#devices[before] = undefined;
      this.#grow(device.slot + 1);
      this.#devices[device.slot] = device;
      this.#byKey.set(key, device.slot);
    }
    for (const gone of removed) {
      const slot = this.#byKey.get(keyOf(gone));
      if (slot === undefined) continue;
      this.#byKey.delete(keyOf(gone));
      this.#devices[slot] = undefined;
      this.at.held[slot] = 0;
    }
    this.list.emit();
    this.rows.emit();
  }

  /** The device in a slot, or undefined while only its row is known. */
  device(slot: number): Device | undefined {
    return this.#devices[slot];
  }
  /** The slot of a device key, or -1. */
  slotOf(key: string): number {
    return this.#byKey.get(key) ?? -1;
  }
  /** Every known device, by slot. */
  devices(): Device[] {
    return this.#devices.filter((d) => d !== undefined);
  }
  /** Known devices. */
  get size(): number {
    return this.#byKey.size;
  }
  /** Whether the slot holds a row. */
  has(slot: number): boolean {
    return (this.at.held[slot] ?? 0) !== 0;
  }
  /** Whether the slot holds a row with a place on the map. */
  placed(slot: number): boolean {
    const flags = this.at.flags[slot] ?? 0;
    return (
      this.has(slot) &&
      (flags & rowFlag.private) === 0 &&
      !(this.at.lon[slot] === 0 && this.at.lat[slot] === 0)
    );
  }

  /** The state of a slot at that corrected instant; without a row it is offline. */
  state(slot: number, now: number): DeviceState {
    if (!this.has(slot)) return 'offline';
    const still = this.at.stillSince[slot] ?? 0;
    return stateOf(
      this.at.flags[slot] ?? 0,
      now - (this.at.fixTime[slot] ?? 0),
      still === 0 ? 0 : now - still,
      this.limits[this.#devices[slot]?.kind ?? 'vehicle'],
    );
  }

  /** Takes one part of a snapshot; after the last part, rows of that subscription it did not name are dropped. */
  snapshot(id: string, t0: number, rows: readonly LiveRow[], part: number, parts: number): void {
    if (part === 0) this.#named.set(id, new Set());
    const named = this.#named.get(id);
    this.#take(id, t0, rows);
    if (named === undefined) return;
    for (const row of rows) named.add(row[0]);
    if (part === parts - 1) {
      const bit = this.#bit(id);
      for (let slot = 0; slot < this.top; slot += 1) {
        if (!named.has(slot)) this.at.held[slot] = (this.at.held[slot] ?? 0) & ~bit;
      }
      this.#named.delete(id);
    }
    this.rows.emit();
  }

  /** Takes one batch of changes. */
  delta(id: string, t0: number, rows: readonly LiveRow[], gone: readonly number[]): void {
    this.#take(id, t0, rows);
    const named = this.#named.get(id);
    if (named !== undefined) for (const row of rows) named.add(row[0]);
    const bit = this.#bit(id);
    for (const slot of gone) {
      if (slot < this.top) this.at.held[slot] = (this.at.held[slot] ?? 0) & ~bit;
    }
    this.rows.emit();
  }

  /** Lets go of the rows only that subscription held. */
  drop(id: string): void {
    const at = this.#subs.indexOf(id);
    if (at < 0) return;
    const bit = 1 << at;
    for (let slot = 0; slot < this.top; slot += 1) {
      this.at.held[slot] = (this.at.held[slot] ?? 0) & ~bit;
    }
    this.#subs[at] = '';
    this.rows.emit();
  }

  #bit(id: string): number {
    let at = this.#subs.indexOf(id);
    if (at < 0) {
      at = this.#subs.indexOf('');
      if (at < 0) at = this.#subs.length;
      if (at >= MAX_SUBS) throw new Error(`more than ${MAX_SUBS} subscriptions`);
      this.#subs[at] = id;
    }
    return 1 << at;
  }

  #take(id: string, t0: number, rows: readonly LiveRow[]): void {
    const bit = this.#bit(id);
    const { at } = this;
    for (const [slot, lon6, lat6, speed10, heading, flags, dtMs] of rows) {
      if (slot >= this.top) {
        this.#grow(slot + 1);
        this.top = slot + 1;
      }
      const fixTime = t0 + dtMs;
      const lon = lon6 / 1e6;
      const lat = lat6 / 1e6;
      at.lon[slot] = lon;
      at.lat[slot] = lat;
      at.x[slot] = toX(lon);
      at.y[slot] = toY(lat);
      at.speed[slot] = speed10 / 10;
      at.heading[slot] = heading;
      at.fixTime[slot] = fixTime;
      const moving = (flags & rowFlag.moving) !== 0;
      if (moving || at.held[slot] === 0) at.stillSince[slot] = 0;
      if (!moving && at.stillSince[slot] === 0) at.stillSince[slot] = fixTime;
      at.flags[slot] = flags;
      at.held[slot] = (at.held[slot] ?? 0) | bit;
    }
  }

  #grow(n: number): void {
    if (n <= this.#capacity) return;
    while (this.#capacity < n) this.#capacity *= 2;
    const wider = columns(this.#capacity);
    for (const name of Object.keys(wider) as (keyof Columns)[]) {
      wider[name].set(this.at[name] as never);
    }
    Object.assign(this.at, wider);
  }
}
