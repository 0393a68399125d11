import { decodePlace } from '../alarms/place.ts';
import type { Alarm, AlarmOp, FenceEvent, Page, Severity } from '../wire.ts';
import type { AlarmAnswer, AlarmChange, AlarmDesk, AlarmQuery, EventQuery } from './desk.ts';

/** An alarm as the desk would give it. */
export function sampleAlarm(n: number, over: Partial<Alarm> = {}): Alarm {
  const at = new Date(1_795_404_000_000 + n * 1000).toISOString();
  return {
    ...{ id: `alarm-${n}`, rev: 1, type: 'exit', ruleName: '离开一车间', severity: 'critical' },
    ...{ condition: 'active', handling: 'new', device: '13912345678', protocol: 'jt808' },
    ...{ subject: '张伟', fence: { id: 'f1', name: '一车间' }, latitude: 31.2, longitude: 121.4 },
    ...{ occurredAt: at, confirmedAt: at, raisedAt: at, lastAt: at, count: 1, late: false },
    ...{ acknowledgedBy: null, acknowledgedAt: null, note: null, clearedAt: null, times: null },
    ...over,
  };
}

/** A desk over a list, for tests of those who ask it; `hold` makes its answers wait. */
export class PlainDesk implements AlarmDesk {
  readonly changes: AlarmChange[] = [];
  readonly #alarms = new Map<string, Alarm>();
  readonly #listeners = new Set<(changes: readonly AlarmChange[]) => void>();
  #held: Promise<void> = Promise.resolve();

  /** Answers of `lastSeq` wait until the returned function is called. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** Commits changes in one go and tells the listeners. */
  change(...changes: readonly (readonly [AlarmOp, Alarm])[]): void {
    const made = changes.map(([op, alarm], i) => ({
      ...{ seq: this.changes.length + 1 + i, op, alarm },
    }));
    this.changes.push(...made);
    for (const { alarm } of made) this.#alarms.set(alarm.id, alarm);
    for (const listener of this.#listeners) listener(made);
  }

  async ack(id: string, rev: number, user: string, note: string | null): Promise<AlarmAnswer> {
    const handled = { handling: 'acknowledged', acknowledgedBy: user, note } as const;
    return this.#handle(id, rev, 'ack', handled);
  }
  async clear(id: string, rev: number, _user: string, note: string | null): Promise<AlarmAnswer> {
    return this.#handle(id, rev, 'clear', { condition: 'cleared', note });
  }
  async get(id: string): Promise<Alarm | null> {
    return this.#alarms.get(id) ?? null;
  }
  async list({ limit, cursor }: AlarmQuery): Promise<Page<Alarm>> {
    decodePlace(cursor);
    return { items: [...this.#alarms.values()].reverse().slice(0, limit), next: null };
  }
  async events({ cursor }: EventQuery): Promise<Page<FenceEvent>> {
    decodePlace(cursor);
    return { items: [], next: null };
  }
  async since(seq: number, limit: number) {
    const items = this.changes.filter((c) => c.seq > seq).slice(0, limit);
    const next = items.at(-1)?.seq ?? Math.max(seq, this.changes.length);
    return { items, next, more: next < this.changes.length };
  }
  async counts(): Promise<Record<Severity, number>> {
    return { critical: this.#alarms.size, high: 0, medium: 0, low: 0 };
  }
  async lastSeq(): Promise<number> {
    const seq = this.changes.length;
    await this.#held;
    return seq;
  }
  onChange(listener: (changes: readonly AlarmChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #handle(id: string, rev: number, op: AlarmOp, change: Partial<Alarm>): AlarmAnswer {
    const alarm = this.#alarms.get(id);
    if (alarm === undefined) return { ok: false, code: 'notFound' };
    if (alarm.rev !== rev) return { ok: false, code: 'conflict', alarm };
    const next = { ...alarm, ...change, rev: rev + 1 };
    this.change([op, next]);
    return { ok: true, alarm: next };
  }
}
