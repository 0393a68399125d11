import type { Consumer } from '../journal/consumer.ts';
import { DeviceMap } from '../journal/device-map.ts';
import {
  type DeviceRef,
  deviceKey,
  type JournalRecord,
  type PositionEntry,
} from '../journal/record.ts';
import { jsonMembers, readIfThere, replaceFile } from '../journal/snapshot-file.ts';
import type { DeviceEntry, DeviceRegistry } from '../records/devices.ts';
import type { LatestPosition } from '../wire.ts';
import { thresholds } from './thresholds.ts';

/** A position without its raw frame. */
type Kept = Omit<PositionEntry, 'raw' | 'kind'>;

/** Where a device was last. A view of live state: read it, do not keep copies. */
export interface LatestState {
  readonly key: string;
  readonly device: DeviceRef;
  /** The newest by `fixTime` with possible coordinates, null before the first. */
  readonly fix: Kept | null;
  /** The newest by `fixTime` whatever it holds; the same object as `fix` while the device has a fix. */
  readonly report: Kept | null;
  /** Ms UTC of the last record of any kind. */
  readonly lastSeenTime: number;
  /** Not said to be disconnected since. */
  readonly connected: boolean;
  /** Its row in the registry, null for a device the registry could not take. */
  readonly entry: DeviceEntry | null;
}
type State = { -readonly [K in keyof LatestState]: LatestState[K] } & {
  epoch: number;
  wasOnline: boolean;
};

export interface LatestOptions {
  /** The snapshot file. */
  readonly path: string;
  readonly devices: DeviceRegistry;
  readonly now: () => number;
  /** A snapshot that cannot be read; the journal is read again from its beginning. */
  readonly onError: (error: unknown) => void;
  readonly snapshotEveryMs?: number;
}

const SNAPSHOT_EVERY_MS = 30_000;
const VERSION = 1;

/** The consumer that knows where everybody is now, from the journal alone; its snapshot makes a restart answer at once. */
export class LatestPositions implements Consumer {
  readonly name = 'latest';
  readonly #options: LatestOptions;
  readonly #states = new DeviceMap<State>();
  readonly #listeners = new Set<(changed: ReadonlySet<LatestState>) => void>();
  #seq = 0;
  #savedSeq = 0;
  #savedTime: number;

  private constructor(options: LatestOptions) {
    this.#options = options;
    this.#savedTime = options.now();
    options.devices.onChange(({ removed }) => {
      for (const device of removed) this.#states.delete(device);
    });
  }

  static async open(options: LatestOptions): Promise<LatestPositions> {
    const latest = new LatestPositions(options);
    const text = await readIfThere(options.path);
    if (text !== null) latest.#load(text);
    return latest;
  }

  cursor(): Promise<number> {
    return Promise.resolve(this.#savedSeq);
  }

  async apply(records: readonly JournalRecord[]): Promise<void> {
    const changed = new Set<State>();
    for (const record of records) {
      if (record.seq <= this.#seq) continue;
      this.#seq = record.seq;
      if (record.kind === 'position') changed.add(this.#position(record));
      else if (record.kind === 'message') {
        const state = this.#seen(record);
        // The close of a connection that was superseded says nothing of the device.
        if (record.name === 'disconnected' && record.epoch >= state.epoch) state.connected = false;
        changed.add(state);
      }
    }
    this.#tell(changed);
    const every = this.#options.snapshotEveryMs ?? SNAPSHOT_EVERY_MS;
    // A clock that was set back must not put it off.
    if (Math.abs(this.#options.now() - this.#savedTime) >= every) await this.save();
  }

  get(device: DeviceRef): LatestState | undefined {
    return this.#states.get(device);
  }

  /** Heard of within T2 and not said to be disconnected. */
  isOnline(state: LatestState): boolean {
    const kind = state.entry?.kind ?? 'vehicle';
    return state.connected && this.#options.now() - state.lastSeenTime < thresholds[kind].offlineMs;
  }

  presence(device: DeviceRef): { online: boolean; lastSeen: string | null } {
    const state = this.get(device);
    if (state === undefined) return { online: false, lastSeen: null };
    return {
      online: this.isOnline(state),
      lastSeen: new Date(state.lastSeenTime).toISOString(),
    };
  }

  /** As REST shows it, null before the first position: without a fix, the last known place with `valid` false. */
  toWire(state: LatestState): LatestPosition | null {
    const { fix, report } = state;
    const place = fix ?? report;
    if (place === null || report === null) return null;
    const p = place.position;
    const now = report.position;
    return {
      device: state.device.id,
      protocol: state.device.protocol,
      fixTime: new Date(p.fixTime).toISOString(),
      receivedTime: new Date(place.receivedTime).toISOString(),
      valid: now.valid,
      latitude: p.latitude,
      longitude: p.longitude,
      altitudeM: p.altitudeM,
      speedKmh: p.speedKmh,
      courseDeg: p.courseDeg,
      satellites: p.satellites,
      accuracyM: p.accuracyM,
      mileageKm: now.mileageKm ?? p.mileageKm,
      batteryPercent: now.batteryPercent ?? p.batteryPercent,
      ignition: now.ignition ?? p.ignition,
      source: p.source,
      late: place.late,
      alarms: [...now.alarms],
      flags: [...now.flags],
      extras: { ...now.extras },
      lastSeen: new Date(state.lastSeenTime).toISOString(),
      online: this.isOnline(state),
    };
  }

  /** Calls after each batch with what changed in it. */
  onChange(listener: (changed: ReadonlySet<LatestState>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Announces those that went silent: nothing arrives to say so. Called every few seconds. */
  age(): void {
    const changed = new Set<State>();
    for (const state of this.#states.values()) {
      if (state.wasOnline && !this.isOnline(state)) changed.add(state);
    }
    this.#tell(changed);
  }

  /** Makes everything applied so far durable. */
  async save(): Promise<void> {
    if (this.#seq === this.#savedSeq) return;
    const seq = this.#seq;
    await replaceFile(this.#options.path, this.#snapshot(seq));
    this.#savedSeq = seq;
    this.#savedTime = this.#options.now();
  }

  *#snapshot(seq: number): Generator<string> {
    yield `{"version":${VERSION},"seq":${seq},"devices":[`;
    yield* jsonMembers(savedStates(this.#states.values()));
    yield ']}';
  }

  #position(record: PositionEntry): State {
    const state = this.#seen(record);
    const { fixTime, valid } = record.position;
    const isReport = state.report === null || fixTime >= state.report.position.fixTime;
    const isFix = valid && (state.fix === null || fixTime >= state.fix.position.fixTime);
    if (!isReport && !isFix) return state;
    // Not the record itself: its frame may hold much memory that it shares with others.
    const { device, edition, epoch, receivedTime, late, hash, position } = record;
    const entry: Kept = { device, edition, epoch, receivedTime, late, hash, position };
    if (isReport) state.report = entry;
    if (isFix) state.fix = entry;
    return state;
  }

  #seen(record: {
    device: DeviceRef;
    edition: string | null;
    receivedTime: number;
    epoch: number;
  }) {
    let state = this.#states.get(record.device);
    if (state === undefined) {
      const key = deviceKey(record.device);
      // What stands in the journal was admitted; a crash may have taken its row before it was written.
      this.#options.devices.createPending(record.device, record.edition);
      state = {
        ...{ key, device: record.device, fix: null, report: null },
        entry: this.#options.devices.find(record.device) ?? null,
        ...{ lastSeenTime: record.receivedTime, connected: true, epoch: record.epoch },
        wasOnline: false,
      };
      this.#states.set(record.device, state);
    }
    state.lastSeenTime = Math.max(state.lastSeenTime, record.receivedTime);
    if (record.epoch >= state.epoch) {
      state.epoch = record.epoch;
      state.connected = true;
    }
    return state;
  }

  #tell(changed: ReadonlySet<State>): void {
    if (changed.size === 0) return;
    for (const state of changed) state.wasOnline = this.isOnline(state);
    for (const listener of this.#listeners) listener(changed);
  }

  #load(text: string): void {
    try {
      const saved = JSON.parse(text) as {
        version: number;
        seq: number;
        devices: Omit<State, 'key' | 'wasOnline' | 'entry'>[];
      };
      if (saved.version !== VERSION) throw new Error(`snapshot of version ${saved.version}`);
      for (const d of saved.devices) {
        const found = this.#options.devices.find(d.device);
        if (found === undefined || found.admission === 'knocking') continue;
        const key = deviceKey(d.device);
        // Every connection of the earlier life is gone.
        const state = {
          ...d,
          ...{ key, entry: found, report: d.report ?? d.fix, connected: false, wasOnline: false },
        };
        this.#states.set(d.device, state);
      }
      this.#seq = saved.seq;
      this.#savedSeq = saved.seq;
    } catch (error) {
      this.#states.clear();
      this.#options.onError(error);
    }
  }
}

function* savedStates(states: Iterable<State>): Generator<object> {
  for (const { device, fix, report, lastSeenTime, connected, epoch } of states) {
    yield { device, fix, lastSeenTime, connected, epoch, report: report === fix ? null : report };
  }
}
