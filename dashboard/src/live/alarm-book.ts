import type { Alarm, AlarmOp, Severity } from '@xunji/gateway/wire';
import { createTopic, type Topic } from '../topic.ts';

/** Loudest first. */
export const severities = ['critical', 'high', 'medium', 'low'] as const satisfies Severity[];
/** 0 for critical up to 3 for low: the order of the rail. */
export const rank = (s: Severity): number => severities.indexOf(s);
/** Handled alarms the page keeps; all open ones stay. */
const KEEP_HANDLED = 200;

/** What one message meant: `isNew` for an alarm this page had not seen and nobody has handled. */
export interface Applied {
  readonly isNew: boolean;
  readonly alarm: Alarm;
}

/** The alarms this page knows, newest revision of each. */
export class AlarmBook {
  readonly changed: Topic = createTopic();
  /** The last alarm `seq` applied; -1 before the first hello. */
  seq = -1;
  #alarms = new Map<string, Alarm>();
  #sorted: Alarm[] | null = null;

  /** Takes the list of open alarms; revisions already newer stay. */
  setOpen(alarms: readonly Alarm[]): void {
    const listed = new Set(alarms.map((a) => a.id));
    for (const a of this.#alarms.values()) {
      if (a.handling === 'new' && !listed.has(a.id)) this.#alarms.delete(a.id);
    }
    for (const a of alarms) this.#put(a);
    this.#touch();
  }

  /** Applies one change; an older revision than the one held is ignored. */
  apply(_op: AlarmOp, alarm: Alarm): Applied {
    const isNew = !this.#alarms.has(alarm.id) && alarm.handling === 'new';
    this.#put(alarm);
    this.#touch();
    return { isNew, alarm };
  }

  get(id: string): Alarm | undefined {
    return this.#alarms.get(id);
  }

  /** Unacknowledged first, then by severity, then newest. */
  all(): readonly Alarm[] {
    this.#sorted ??= [...this.#alarms.values()].sort(
      (a, b) =>
        Number(a.handling !== 'new') - Number(b.handling !== 'new') ||
        (a.handling === 'new' ? rank(a.severity) - rank(b.severity) : 0) ||
        Date.parse(b.raisedAt) - Date.parse(a.raisedAt) ||
        (a.id < b.id ? 1 : -1),
    );
    return this.#sorted;
  }

  /** Alarms whose condition lasts or that nobody has acknowledged. */
  open(): readonly Alarm[] {
    return this.all().filter(isOpen);
  }

  /** Open alarms by severity. */
  counts(): Record<Severity, number> {
    const n = { critical: 0, high: 0, medium: 0, low: 0 };
    for (const a of this.#alarms.values()) if (isOpen(a)) n[a.severity] += 1;
    return n;
  }

  /** The worst open alarm of each device key, loudest and unacknowledged first. */
  byDevice(): Map<string, Alarm> {
    const worst = new Map<string, Alarm>();
    for (const a of this.open()) {
      const key = `${a.protocol}:${a.device}`;
      const known = worst.get(key);
      if (known === undefined || rank(a.severity) < rank(known.severity)) worst.set(key, a);
    }
    return worst;
  }

  #put(alarm: Alarm): void {
    const known = this.#alarms.get(alarm.id);
    if (known === undefined || alarm.rev >= known.rev) this.#alarms.set(alarm.id, alarm);
  }

  #touch(): void {
    this.#sorted = null;
    const handled = this.all().filter((a) => !isOpen(a));
    for (const a of handled.slice(KEEP_HANDLED)) this.#alarms.delete(a.id);
    if (handled.length > KEEP_HANDLED) this.#sorted = null;
    this.changed.emit();
  }
}

/** Whether the alarm still waits for something: for a person, or for its condition to end. */
export const isOpen = (a: Alarm): boolean =>
  a.handling !== 'closed' && (a.handling === 'new' || a.condition === 'active');
