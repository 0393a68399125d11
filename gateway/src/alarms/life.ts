import type { Selectable } from 'kysely';
import type { AlarmOp } from '../wire.ts';
import type { AlarmsTable } from './tables.ts';

/** An alarm as the table holds it. */
export type AlarmRow = Selectable<AlarmsTable>;

/** What a raise brings; the rest is the life cycle's. */
export type Raised = Pick<
  AlarmRow,
  | 'id'
  | 'dedupeKey'
  | 'type'
  | 'ruleName'
  | 'severity'
  | 'protocol'
  | 'device'
  | 'subject'
  | 'fenceId'
  | 'fenceName'
  | 'latitude'
  | 'longitude'
  | 'occurredTime'
  | 'confirmedTime'
  | 'raisedTime'
  | 'late'
  | 'times'
>;

export interface Step {
  readonly op: AlarmOp;
  readonly row: AlarmRow;
}

/** An alarm that comes back so soon after its end is the same alarm, ms. @see product.md section 5, dedupe */
const REOPEN_MS = 10 * 60_000;
/** A cleared alarm of severity low closes itself after so long, ms. @see product.md section 5, auto-close */
const LOW_CLOSES_MS = 60_000;

/** Still in need of somebody or something: its condition lasts, or nobody has acknowledged it. */
export const isOpenRow = (row: AlarmRow): boolean =>
  row.handling !== 'closed' && (row.condition === 'active' || row.handling === 'new');

/** When it closes itself, ms UTC; Infinity for never, or not as it stands. */
export const closeTimeOf = (row: AlarmRow): number =>
  row.severity === 'low' && row.handling !== 'closed' && row.clearedTime !== null
    ? row.clearedTime + LOW_CLOSES_MS
    : Number.POSITIVE_INFINITY;

/**
 * A repeat of an open alarm is counted; one that comes back soon after its end is opened again. What came late never
 * opens an alarm that was live, and an alarm that was told late in silence is opened anew once it is live.
 * @param last the newest alarm of the same key, undefined for none
 */
export function raise(last: AlarmRow | undefined, raised: Raised): Step {
  if (last === undefined) return { op: 'new', row: fresh(raised) };
  const isLate = raised.late === 1;
  const wasLate = last.late === 1;
  const again: AlarmRow = {
    ...last,
    rev: last.rev + 1,
    count: last.count + 1,
    condition: 'active',
    clearedTime: null,
    lastTime: Math.max(last.lastTime, raised.occurredTime),
    late: isLate ? last.late : 0,
  };
  if (isOpenRow(last) && (isLate || !wasLate)) return { op: 'count', row: again };
  const endTime = last.clearedTime ?? last.lastTime;
  const comesBack = isOpenRow(last) || raised.occurredTime - endTime <= REOPEN_MS;
  if (!comesBack || (isLate && !wasLate)) return { op: 'new', row: fresh(raised) };
  return {
    op: 'reopen',
    row: {
      ...{ ...again, handling: 'new', acknowledgedBy: null, acknowledgedTime: null },
      times: raised.times,
    },
  };
}

const fresh = (raised: Raised): AlarmRow => ({
  ...raised,
  rev: 1,
  condition: 'active',
  handling: 'new',
  lastTime: raised.occurredTime,
  count: 1,
  acknowledgedBy: null,
  acknowledgedTime: null,
  note: null,
  clearedTime: null,
});

/** The condition is over. High and critical ones wait for a person all the same. */
export function conditionOver(row: AlarmRow, time: number): Step {
  const over: AlarmRow = { ...row, rev: row.rev + 1, condition: 'cleared', clearedTime: time };
  return { op: 'clear', row: closeWhenDone(over) };
}

/** What it was raised by has been edited or is gone: nothing can end it any more. */
export function overtaken(row: AlarmRow, time: number): Step {
  const { condition, clearedTime } = row;
  return {
    op: 'clear',
    row: {
      ...row,
      rev: row.rev + 1,
      condition: 'cleared',
      handling: 'closed',
      clearedTime: condition === 'cleared' ? clearedTime : time,
    },
  };
}

/** A person has seen it. Null when there is nothing to acknowledge. */
export function acknowledge(
  row: AlarmRow,
  user: string,
  time: number,
  note: string | null,
): Step | null {
  if (row.handling !== 'new') return null;
  const seen: AlarmRow = {
    ...row,
    rev: row.rev + 1,
    handling: 'acknowledged',
    acknowledgedBy: user,
    acknowledgedTime: time,
    note: note ?? row.note,
  };
  return { op: 'ack', row: closeWhenDone(seen) };
}

/** A person says that it is over and done. Null when it is closed already. */
export function close(row: AlarmRow, user: string, time: number, note: string | null): Step | null {
  if (row.handling === 'closed') return null;
  const { op, row: closed } = overtaken(row, time);
  return {
    op,
    row: {
      ...closed,
      acknowledgedBy: row.acknowledgedBy ?? user,
      acknowledgedTime: row.acknowledgedTime ?? time,
      note: note ?? row.note,
    },
  };
}

function closeWhenDone(row: AlarmRow): AlarmRow {
  const isDone = row.condition === 'cleared' && row.handling === 'acknowledged';
  const closesItself = row.severity === 'medium' || row.severity === 'low';
  return isDone && closesItself ? { ...row, handling: 'closed' } : row;
}
