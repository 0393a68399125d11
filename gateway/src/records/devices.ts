import { setImmediate as nextTurn } from 'node:timers/promises';
import { DeviceMap } from '../journal/device-map.ts';
import { type DeviceRef, deviceKey } from '../journal/record.ts';
import type { Device } from '../wire.ts';
import { authCode, isAuthCode } from './auth-codes.ts';
import type { ConfigChange, ConfigLog } from './config-log.ts';
import type { Records } from './database.ts';
import { isModelOf } from './device-profiles.ts';
import { addNoted, forgetKnocking, loadRows, noteSeen, putRow } from './device-rows.ts';
import { type Edited, edited, refused } from './faults.ts';
import { KnownPrefixes } from './known-prefixes.ts';
import { openSecret } from './secrets.ts';

/** What is known of a device, as of now. A view of live state: read it, do not keep copies. */
export interface DeviceEntry extends DeviceRef {
  readonly key: string;
  readonly kind: Device['kind'];
  readonly name: string;
  readonly group: string | null;
  readonly subject: string | null;
  readonly admission: Device['admission'];
  readonly edition: string | null;
  /** Whose dialect it speaks; null: none but the standard's. */
  readonly model: string | null;
  /** Wrong checksums and lengths of its frames are taken. */
  readonly lenient: boolean;
  /** Ms UTC of its last frame, null before the first. */
  readonly lastSeenTime: number | null;
  /** Index in live rows, stable while the process lives; -1 for one that only knocks. */
  readonly slot: number;
  readonly rev: number;
}
type Entry = { -readonly [K in keyof DeviceEntry]: DeviceEntry[K] } & { createdTime: number };

export interface DeviceDraft extends DeviceRef {
  readonly kind: Device['kind'];
  readonly name: string;
  readonly group: string | null;
  readonly model?: string | null;
  readonly lenient?: boolean;
}
export interface DevicePatch {
  readonly kind?: Device['kind'];
  readonly name?: string;
  readonly group?: string | null;
  readonly model?: string | null;
  readonly lenient?: boolean;
  /** An operator has looked at it. */
  readonly admission?: 'known';
}
/** What changed in the list of devices that dashboards hold. */
export interface DeviceChanges {
  readonly changed: readonly DeviceEntry[];
  readonly removed: readonly DeviceRef[];
}

export interface DeviceRegistryOptions {
  readonly db: Records;
  readonly log: ConfigLog;
  readonly now: () => number;
  /** A write behind failed; what it held is kept and tried again. */
  readonly onError: (error: unknown) => void;
  /** Strangers kept by mode `open`, and refused ones kept for the operator; bounds what anybody can make us hold. */
  readonly maxPending?: number;
  readonly maxKnocking?: number;
}

const MAX_PENDING = 50_000;
const MAX_KNOCKING = 1000;
const FLUSH_PENDING_MS = 50;
const FLUSH_SEEN_MS = 30_000;
const BATCH = 300;

const kindOf = (protocol: DeviceRef['protocol']): Device['kind'] =>
  protocol === 'mqtt' ? 'badge' : 'vehicle';
const isFit = ({ protocol }: DeviceRef, model: string | null | undefined): boolean =>
  model === undefined || model === null || isModelOf(protocol, model);
/** The journal's word for a device. */
const configOf = (e: DeviceEntry): ConfigChange => {
  const { protocol, id, kind, name, group, subject } = e;
  return { what: 'device', id: e.key, value: { protocol, id, kind, name, group, subject } };
};

/**
 * Every device, answered from memory because the intake cannot wait for a query. What the intake notes is written
 * behind in batches; what an operator edits is written first.
 */
export class DeviceRegistry {
  readonly #options: DeviceRegistryOptions;
  readonly #secret: Uint8Array;
  readonly #entries = new DeviceMap<Entry>();
  /** Refused devices, longest unseen first. */
  readonly #knocking = new Map<string, Entry>();
  readonly #unsaved = new Set<Entry>();
  readonly #seen = new Set<Entry>();
  readonly #gone = new Map<string, DeviceRef>();
  readonly #listeners = new Set<(changes: DeviceChanges) => void>();
  readonly #prefixes = new KnownPrefixes();
  /** Found last: a message is looked up twice, and a device sends several at a time. */
  #found: Entry | undefined;
  #pendingCount = 0;
  #nextSlot = 0;
  #work: Promise<unknown> = Promise.resolve();
  #soon: NodeJS.Timeout | undefined;
  readonly #regular: NodeJS.Timeout;

  private constructor(options: DeviceRegistryOptions, secret: Uint8Array) {
    this.#options = options;
    this.#secret = secret;
    this.#regular = setInterval(() => void this.flush(), FLUSH_SEEN_MS).unref();
  }

  static async open(options: DeviceRegistryOptions): Promise<DeviceRegistry> {
    const registry = new DeviceRegistry(options, await openSecret(options.db, 'deviceAuth'));
    const rows = await loadRows(options.db);
    for (const { groupName, lenient, ...row } of rows) {
      const key = deviceKey(row);
      const knocks = row.admission === 'knocking';
      const slot = knocks ? -1 : registry.#nextSlot++;
      const entry = { ...row, ...{ key, group: groupName, slot, lenient: lenient === 1 } };
      if (knocks) registry.#knocking.set(key, entry);
      else registry.#entries.set(row, entry);
      if (row.admission === 'pending') registry.#pendingCount++;
      registry.#prefixes.note(row, row.admission === 'known');
    }
    return registry;
  }

  /** Constant time, no copies: the intake asks for every message. */
  find(device: DeviceRef): DeviceEntry | undefined {
    const entry = this.#admitted(device);
    return entry ?? this.#knocking.get(deviceKey(device));
  }

  #admitted(device: DeviceRef): Entry | undefined {
    const last = this.#found;
    if (last !== undefined && last.id === device.id && last.protocol === device.protocol) {
      return last;
    }
    const entry = this.#entries.get(device);
    if (entry !== undefined) this.#found = entry;
    return entry;
  }

  /** Families in which an admitted or knocking device has this id. */
  families(id: string): DeviceRef['protocol'][] {
    return (['jt808', 'gt06', 'mqtt'] as const).filter((p) => this.find({ protocol: p, id }));
  }

  /** Admitted ones first, in the order of their slots, then those that knock. */
  *all(): Generator<DeviceEntry> {
    yield* [...this.#entries.values()].sort((a, b) => a.slot - b.slot);
    yield* this.#knocking.values();
  }

  hasKnown(protocol: DeviceRef['protocol'], idPrefix: string): boolean {
    return protocol === 'mqtt' && this.#prefixes.has(idPrefix);
  }

  /** Admits a stranger until an operator looks at it; does nothing for an admitted one or above the bound. */
  createPending(device: DeviceRef, edition: string | null): void {
    if (this.#entries.has(device)) return;
    const key = deviceKey(device);
    if (this.#pendingCount >= (this.#options.maxPending ?? MAX_PENDING)) return;
    const knocked = this.#knocking.get(key);
    this.#knocking.delete(key);
    const entry = this.#fresh(device, knocked?.edition ?? edition, 'pending', this.#nextSlot++);
    this.#entries.set(device, entry);
    this.#pendingCount++;
    this.#unsaved.add(entry);
    this.#gone.delete(key);
    this.#flushSoon();
    this.#tell({ changed: [entry], removed: [] });
  }

  /** Remembers who was refused; the one unseen longest makes room. */
  noteKnocking(device: DeviceRef, edition: string | null): void {
    if (this.#entries.has(device)) return;
    const key = deviceKey(device);
    const entry = this.#knocking.get(key) ?? this.#fresh(device, edition, 'knocking', -1);
    entry.lastSeenTime = this.#options.now();
    // Last in the map is seen last.
    this.#knocking.delete(key);
    this.#knocking.set(key, entry);
    this.#gone.delete(key);
    this.#unsaved.add(entry);
    if (this.#knocking.size <= (this.#options.maxKnocking ?? MAX_KNOCKING)) return;
    for (const [oldKey, old] of this.#knocking) {
      this.#knocking.delete(oldKey);
      this.#unsaved.delete(old);
      this.#gone.set(oldKey, old);
      break;
    }
  }

  setAuthCode(device: DeviceRef): string {
    return authCode(this.#secret, device);
  }

  verifyAuth(device: DeviceRef, code: string): boolean {
    return isAuthCode(this.#secret, device, code);
  }

  touch(device: DeviceRef, receivedTime: number, edition: string | null): void {
    const entry = this.#admitted(device);
    if (entry === undefined) return;
    if (entry.lastSeenTime === null || receivedTime > entry.lastSeenTime) {
      entry.lastSeenTime = receivedTime;
    }
    if (edition !== null) entry.edition = edition;
    this.#seen.add(entry);
  }

  /** Enters a device; one that is pending or knocks becomes known. @returns `exists` for a known one */
  create(draft: DeviceDraft): Promise<Edited<DeviceEntry>> {
    return this.#serial(async () => {
      const key = deviceKey(draft);
      if (!isFit(draft, draft.model)) return refused('unknownReference', 'model');
      const found = this.#entries.get(draft);
      if (found?.admission === 'known') return refused('exists', 'id');
      const base = found ?? this.#knocking.get(key) ?? this.#fresh(draft, null, 'known', -1);
      const { kind, name, group, model = base.model, lenient = base.lenient } = draft;
      const next: Entry = {
        ...base,
        kind,
        name,
        group,
        model,
        lenient,
        admission: 'known',
        rev: base.rev + (found ? 1 : 0),
      };
      await this.#save(next);
      if (found?.admission === 'pending') this.#pendingCount--;
      this.#unsaved.delete(base);
      this.#knocking.delete(key);
      this.#gone.delete(key);
      // The intake may have admitted it while we wrote.
      const entry = this.#entries.get(draft) ?? base;
      const slot = entry.slot < 0 ? this.#nextSlot++ : entry.slot;
      this.#entries.set(draft, this.#assign(entry, { ...next, slot }));
      this.#tell({ changed: [entry], removed: [] });
      return edited(entry);
    });
  }

  update(device: DeviceRef, rev: number, patch: DevicePatch): Promise<Edited<DeviceEntry>> {
    return this.#serial(async () => {
      const entry = this.#entries.get(device);
      if (entry === undefined) return refused('notFound');
      if (entry.rev !== rev) return refused('conflict');
      if (!isFit(entry, patch.model)) return refused('unknownReference', 'model');
      const wasPending = entry.admission === 'pending';
      const next = { ...entry, ...patch, rev: rev + 1 };
      await this.#save(next);
      if (wasPending && next.admission === 'known') this.#pendingCount--;
      this.#assign(entry, next);
      this.#tell({ changed: [entry], removed: [] });
      return edited(entry);
    });
  }

  /** Forgets the device and ends its binding; its track stays. */
  remove(device: DeviceRef, rev: number): Promise<Edited<null>> {
    return this.#serial(async () => {
      const { log, now } = this.#options;
      const entry = this.find(device);
      if (entry === undefined) return refused('notFound');
      if (entry.rev !== rev) return refused('conflict');
      const { protocol, id, key } = entry;
      await log.edit(async (trx, changed) => {
        await trx
          .updateTable('bindings')
          .set({ toTime: now() })
          .where('protocol', '=', protocol)
          .where('deviceId', '=', id)
          .where('toTime', 'is', null)
          .execute();
        await trx
          .deleteFrom('devices')
          .where('protocol', '=', protocol)
          .where('id', '=', id)
          .execute();
        if (entry.admission !== 'knocking') changed({ what: 'device', id: key, value: null });
      });
      if (entry.admission === 'pending') this.#pendingCount--;
      for (const held of [this.#entries.get(device), this.#knocking.get(key)]) {
        if (held !== undefined) for (const set of [this.#unsaved, this.#seen]) set.delete(held);
      }
      this.#entries.delete(device);
      this.#found = undefined;
      this.#knocking.delete(key);
      this.#tell({ changed: [], removed: [{ protocol, id }] });
      return edited(null);
    });
  }

  /** What the journal shall hear when `device` is to carry this subject. */
  withSubject(device: DeviceRef, subject: string | null): ConfigChange | null {
    const entry = this.#entries.get(device);
    return entry === undefined ? null : configOf({ ...entry, subject });
  }

  /** Takes over what the subjects room has committed. */
  setSubject(device: DeviceRef, subject: string | null): void {
    const entry = this.#entries.get(device);
    if (entry === undefined) return;
    entry.subject = subject;
    this.#tell({ changed: [entry], removed: [] });
  }

  onChange(listener: (changes: DeviceChanges) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs `work` when no write of this registry is under way; writes what was noted before. */
  #serial<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#work.then(async () => {
      await this.#flush();
      return work();
    });
    this.#work = turn.catch(() => undefined);
    return turn;
  }

  /** Writes what the intake noted. Never rejects; what could not be written is kept. */
  async flush(): Promise<void> {
    await this.#serial(() => this.#flushSeen()).catch(this.#options.onError);
  }

  async close(): Promise<void> {
    clearTimeout(this.#soon);
    clearInterval(this.#regular);
    await this.flush();
  }

  async #flush(): Promise<void> {
    const { db, log } = this.#options;
    while (this.#unsaved.size > 0) {
      const batch = [...this.#unsaved].slice(0, BATCH);
      await log.edit(async (trx, changed) => {
        await addNoted(trx, batch);
        changed(...batch.filter((e) => e.admission === 'pending').map(configOf));
      });
      for (const entry of batch) this.#unsaved.delete(entry);
      await nextTurn();
    }
    for (const [key, { protocol, id }] of [...this.#gone]) {
      await forgetKnocking(db, { protocol, id });
      this.#gone.delete(key);
    }
  }

  async #flushSeen(): Promise<void> {
    while (this.#seen.size > 0) {
      const batch = [...this.#seen].slice(0, BATCH);
      await noteSeen(this.#options.db, batch);
      for (const entry of batch) this.#seen.delete(entry);
      await nextTurn();
    }
  }

  #flushSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      // Not when devices were seen: while many come for the first time, that would be written for all of them each time.
      void this.#serial(async () => undefined).catch(this.#options.onError);
    }, FLUSH_PENDING_MS);
  }

  async #save(entry: Entry): Promise<void> {
    await this.#options.log.edit(async (trx, changed) => {
      await putRow(trx, entry);
      changed(configOf(entry));
    });
  }

  /** Copies the edited columns; time and edition are the intake's, which may be newer. */
  #assign(entry: Entry, next: Entry): Entry {
    const { kind, name, group, model, lenient, admission, rev, slot } = next;
    return Object.assign(entry, { kind, name, group, model, lenient, admission, rev, slot });
  }

  #fresh(
    { protocol, id }: DeviceRef,
    edition: string | null,
    admission: Device['admission'],
    slot: number,
  ): Entry {
    return {
      protocol,
      id,
      key: deviceKey({ protocol, id }),
      kind: kindOf(protocol),
      name: id,
      group: null,
      subject: null,
      admission,
      edition,
      model: null,
      lenient: false,
      lastSeenTime: null,
      slot,
      rev: 1,
      createdTime: this.#options.now(),
    };
  }

  #tell(changes: DeviceChanges): void {
    for (const entry of changes.changed) this.#prefixes.note(entry, entry.admission === 'known');
    for (const device of changes.removed) this.#prefixes.note(device, false);
    for (const listener of this.#listeners) listener(changes);
  }
}
