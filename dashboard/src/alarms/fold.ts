import type { Alarm, Severity } from '@xunji/gateway/wire';
import { isOpen, rank, severities } from '../live/alarm-book.ts';

/** Alarms of the same subject and rule within this time stand on one card, ms. */
export const FOLD_MS = 300_000;
/** Closed alarms the rail keeps showing. */
export const CLOSED_SHOWN = 50;

/** A card of the rail: one alarm, or several of the same subject and rule. */
export interface Card {
  /** The one shown: the loudest, then the newest. */
  readonly alarm: Alarm;
  /** All of them, newest first. */
  readonly alarms: readonly Alarm[];
  /** How often it happened: the sum of the counts. */
  readonly count: number;
}

/** The rail in its order. */
export interface Rail {
  /** Wait for a person. */
  readonly waiting: readonly Card[];
  /** Somebody has them, and their condition lasts. */
  readonly handled: readonly Card[];
  /** Handled and over. */
  readonly closed: readonly Card[];
  /** Closed ones that are not shown any more. */
  readonly hidden: number;
}

const sameThing = (a: Alarm): string =>
  [a.protocol, a.device, a.type, a.fence?.id ?? '', a.ruleName ?? ''].join('\u0000');

/**
 * Folds alarms into cards: same subject and rule, each within five minutes of the next.
 * @param alarms in the order of the book
 */
export const fold = (alarms: readonly Alarm[]): Card[] => {
  const open = new Map<string, Alarm[]>();
  const groups: Alarm[][] = [];
  const newestFirst = [...alarms].sort((a, b) => Date.parse(b.lastAt) - Date.parse(a.lastAt));
  for (const alarm of newestFirst) {
    const key = sameThing(alarm);
    const group = open.get(key);
    const previous = group?.[group.length - 1];
    if (
      group !== undefined &&
      previous !== undefined &&
      Date.parse(previous.raisedAt) - Date.parse(alarm.lastAt) <= FOLD_MS
    ) {
      group.push(alarm);
    } else {
      const begun = [alarm];
      open.set(key, begun);
      groups.push(begun);
    }
  }
  return groups.map((group) => {
    const [first, ...rest] = group;
    const shown = rest.reduce(
      (best, a) => (best !== undefined && rank(a.severity) < rank(best.severity) ? a : best),
      first,
    );
    return {
      alarm: shown ?? (group[0] as Alarm),
      alarms: group,
      count: group.reduce((n, a) => n + Math.max(1, a.count), 0),
    };
  });
};

/** Splits and orders the book for the rail: waiting by severity then newest, the others by newest. */
export const rail = (alarms: readonly Alarm[]): Rail => {
  const newest = (a: Card, b: Card): number =>
    Date.parse(b.alarm.raisedAt) - Date.parse(a.alarm.raisedAt) ||
    (a.alarm.id < b.alarm.id ? 1 : -1);
  const waiting = fold(alarms.filter((a) => a.handling === 'new')).sort(
    (a, b) => rank(a.alarm.severity) - rank(b.alarm.severity) || newest(a, b),
  );
  const others = alarms.filter((a) => a.handling !== 'new');
  const handled = fold(others.filter(isOpen)).sort(newest);
  const closed = fold(others.filter((a) => !isOpen(a))).sort(newest);
  return {
    waiting,
    handled,
    closed: closed.slice(0, CLOSED_SHOWN),
    hidden: Math.max(0, closed.length - CLOSED_SHOWN),
  };
};

/** The loudest of some severities, null of none. */
export const loudest = (list: Iterable<Severity>): Severity | null => {
  const all = new Set(list);
  return severities.find((s) => all.has(s)) ?? null;
};
