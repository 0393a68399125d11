import type { LiveRow, LiveScope, ServerToClient } from '../wire.ts';
import { Conflator, type Seen } from './conflate.ts';
import type { Rows } from './rows.ts';

type Snap = Parameters<ServerToClient['snap']>[0];
type Delta = Parameters<ServerToClient['delta']>[0];

/** Rows of one part of a snapshot. */
export const ROWS_PER_PART = 5000;
/** Rows one subscription shows at most; the client is told that there are more. */
export const MAX_ROWS = 50_000;

/** One view of the fleet: what is in it, and what its subscriber still has to be told. */
export class Subscription {
  readonly id: string;
  readonly #rows: Rows;
  readonly #holds: (slot: number, row: LiveRow) => boolean;
  readonly #conflator = new Conflator();
  /** When there are too many: those it was given at first, and no others. */
  #only: ReadonlySet<number> | null = null;
  #snapDue = true;
  #seq: number;

  /** @param seq of the last batch under this id, so that a replaced subscription goes on counting */
  constructor(id: string, scope: LiveScope, rows: Rows, seq: number) {
    this.id = id;
    this.#rows = rows;
    this.#holds = holds(scope, rows);
    this.#seq = seq;
  }

  /** Of the last batch, 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** What the acknowledgement says; the snapshot it announces is the next batch. */
  open(): { seq: number; count: number; truncated: boolean } {
    const slots = this.#inScope();
    const truncated = slots.length > MAX_ROWS;
    if (truncated) this.#only = new Set(slots.slice(0, MAX_ROWS));
    return { seq: this.#seq + 1, count: Math.min(slots.length, MAX_ROWS), truncated };
  }

  /** Something about these changed. */
  mark(slots: Iterable<number>): void {
    if (this.#snapDue) return;
    for (const slot of slots) this.#conflator.mark(slot);
  }

  /** What has to be sent now: a due snapshot in its parts, or the changes since the last batch; null for nothing. */
  take(): { readonly snap: readonly Snap[] } | { readonly delta: Delta } | null {
    const { t0 } = this.#rows;
    if (this.#snapDue) {
      this.#snapDue = false;
      const slots = this.#inScope().filter((slot) => this.#only?.has(slot) ?? true);
      this.#conflator.reset(slots);
      this.#seq++;
      return { snap: this.#parts(slots) };
    }
    if (this.#conflator.size === 0) return null;
    const { rows, gone } = this.#conflator.take((slot) => this.#look(slot));
    if (rows.length === 0 && gone.length === 0) return null;
    this.#seq++;
    return { delta: { id: this.id, seq: this.#seq, t0, rows, gone } };
  }

  #parts(slots: readonly number[]): Snap[] {
    const { t0 } = this.#rows;
    const parts = Math.max(1, Math.ceil(slots.length / ROWS_PER_PART));
    return Array.from({ length: parts }, (_, part) => ({
      ...{ id: this.id, seq: this.#seq, part, parts, t0 },
      rows: slots
        .slice(part * ROWS_PER_PART, (part + 1) * ROWS_PER_PART)
        .map((slot) => this.#rows.row(slot))
        .filter((row) => row !== null),
    }));
  }

  #inScope(): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#rows.size; slot++) {
      const row = this.#rows.row(slot);
      if (row !== null && this.#holds(slot, row)) slots.push(slot);
    }
    return slots;
  }

  #look(slot: number): Seen<LiveRow> {
    const row = this.#rows.row(slot);
    const isIn =
      row !== null && (this.#only === null || this.#only.has(slot)) && this.#holds(slot, row);
    return isIn ? { in: true, row } : { in: false };
  }
}

/** Whether a device belongs to a scope. `devices` are keys (`jt808:139…`) or bare ids of any family. */
function holds(scope: LiveScope, rows: Rows): (slot: number, row: LiveRow) => boolean {
  if ('all' in scope) return () => true;
  if ('groups' in scope) {
    const groups = new Set(scope.groups);
    return (slot) => groups.has(rows.entry(slot)?.group ?? '');
  }
  if ('devices' in scope) {
    const wanted = new Set(scope.devices);
    return (slot) => {
      const entry = rows.entry(slot);
      return entry !== undefined && (wanted.has(entry.key) || wanted.has(entry.id));
    };
  }
  const [west, south, east, north] = scope.bbox.map((degrees) => degrees * 1e6) as [
    number,
    number,
    number,
    number,
  ];
  return (_slot, [, lon, lat]) =>
    lat >= south &&
    lat <= north &&
    // A view over the antimeridian has its west to the right of its east.
    (west <= east ? lon >= west && lon <= east : lon >= west || lon <= east);
}
