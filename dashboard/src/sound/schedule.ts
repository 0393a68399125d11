import type { Severity } from '@xunji/gateway/wire';
import { loudest } from '../alarms/fold.ts';

/** How often a level sounds again while one of its alarms waits, ms; null: only once, or never. */
export const repeatMs: Readonly<Record<Severity, number | null>> = {
  critical: 10_000,
  high: 30_000,
  medium: null,
  low: null,
};
const silent: readonly Severity[] = ['low'];
/** What the M key asks for. */
export const MUTE_MS = 300_000;
/** A tone also speaks for alarms as loud or quieter that come so soon after it, ms: longer than any pattern. */
export const SPEAKS_MS = 2_000;
/** A critical alarm is heard again this long after muting, whatever was asked. */
export const CRITICAL_MUTE_MS = 60_000;

/**
 * Decides when which tone sounds; knows no audio. New alarms sound at once and once, waiting ones again by their
 * level, several at about the same time as one tone of the loudest.
 */
export class ToneSchedule {
  #fresh = new Set<Severity>();
  #last = new Map<Severity, number>();
  #sounded: { readonly severity: Severity; readonly at: number } | null = null;
  #mutedAt = 0;
  #mutedUntil = 0;

  /** An alarm nobody has handled has come. */
  add(severity: Severity): void {
    if (!silent.includes(severity)) this.#fresh.add(severity);
  }

  mute(now: number): void {
    this.#mutedAt = now;
    this.#mutedUntil = now + MUTE_MS;
  }
  unmute(): void {
    this.#mutedUntil = 0;
  }
  /** How long the mute still lasts, ms; 0 when it does not. */
  mutedMs(now: number): number {
    return Math.max(0, this.#mutedUntil - now);
  }

  /**
   * The level to sound now, or null. Call it after each change and once a second.
   * @param waiting levels of the alarms nobody has acknowledged
   */
  due(now: number, waiting: ReadonlySet<Severity>): Severity | null {
    // A level without waiting alarms begins anew with the next one.
    for (const s of [...this.#last.keys()]) if (!waiting.has(s)) this.#last.delete(s);
    const candidates = [...this.#fresh];
    this.#fresh.clear();
    for (const severity of waiting) {
      const every = repeatMs[severity];
      const last = this.#last.get(severity);
      if (every !== null && (last === undefined || now - last >= every)) candidates.push(severity);
    }
    const heard = candidates.filter((s) => this.#audible(s, now));
    const first = loudest(heard);
    if (first === null) return null;
    // A quieter level due at the same instant has been announced with it.
    for (const s of heard) this.#last.set(s, now);
    const before = this.#sounded;
    if (before !== null && now - before.at < SPEAKS_MS) {
      if (loudest([before.severity, first]) === before.severity) return null;
    }
    this.#sounded = { severity: first, at: now };
    return first;
  }

  #audible(severity: Severity, now: number): boolean {
    if (now >= this.#mutedUntil) return true;
    return severity === 'critical' && now - this.#mutedAt >= CRITICAL_MUTE_MS;
  }
}
