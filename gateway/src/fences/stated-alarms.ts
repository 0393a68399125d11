import type { DeviceAlarm } from '@xunji/protocols';
import { type DeviceTrack, setAlarm } from './device-track.ts';
import type { DeviceAlarmFact, Fact } from './facts.ts';

/** An alarm is over once so many reports in a row do not state it. @see product.md section 4, AC5 */
const REPORTS_TO_CLEAR = 2;
/** Voltage dips while an engine is cranked: stated for less than this, nothing has happened. @see product.md, AC6 */
const holdMs: Partial<Record<DeviceAlarm, number>> = { powerCut: 10_000, undervoltage: 10_000 };
/** Antennas flicker with every pothole: where every report states all alarms, one report alone is nothing. @see AC5 */
const twiceStated: readonly DeviceAlarm[] = ['gnssFault', 'antennaCut', 'antennaShort'];

/** What one device said of one alarm; plain data, so that a snapshot is its JSON. Times are its own, ms UTC. */
export interface Statement {
  /** First and last report of the present episode, or of the last one, that stated it. */
  since: number;
  last: number;
  /** Reports in a row that have not stated it. */
  missing: number;
  isOver: boolean;
  /** Stated by late reports only, so nobody has heard of it. */
  late: boolean;
  /** What will be said if it outlasts its hold, or is stated again. */
  held: DeviceAlarmFact | null;
}

/** The report as far as its alarms go. `fact` makes the fact of one alarm of it. */
export interface AlarmReport {
  readonly time: number;
  readonly alarms: readonly DeviceAlarm[];
  /** One whose end the device states; null for none. */
  readonly ended: DeviceAlarm | null;
  readonly late: boolean;
  fact(kind: 'alarmOn' | 'alarmOff', alarm: DeviceAlarm): DeviceAlarmFact;
}

/**
 * Rising edges raise, falling edges held for two reports clear. A report older than the last one taken cannot end
 * anything, but an alarm it alone states is said: it began and ended before.
 * @returns whether some alarm now waits for its hold to pass
 */
export function takeAlarms(track: DeviceTrack, report: AlarmReport, facts: Fact[]): boolean {
  if (report.time < track.alarmTime) {
    for (const alarm of report.alarms) takeOlder(track, alarm, report, facts);
    return false;
  }
  const isNewer = report.time > track.alarmTime;
  track.alarmTime = report.time;
  if (report.alarms.length === 0 && track.alarms.size === 0) return false;
  for (const alarm of report.alarms) takeStated(track, alarm, report, facts);
  let waits = false;
  for (const [alarm, statement] of track.alarms) {
    if (statement.isOver) continue;
    if (alarm === report.ended) {
      statement.isOver = true;
      if (statement.held === null) facts.push(report.fact('alarmOff', alarm));
      statement.held = null;
      continue;
    }
    if (isNewer && !report.alarms.includes(alarm)) {
      takeMissing(track, alarm, statement, report, facts);
    }
    if (statement.held !== null) waits = true;
  }
  return waits;
}

/**
 * Says what has outlasted its hold by the gateway's clock: some devices state an alarm once and then fall silent.
 * @returns whether some alarm still waits
 */
export function passHolds(track: DeviceTrack, seq: number, time: number, facts: Fact[]): boolean {
  let waits = false;
  for (const [alarm, statement] of track.alarms) {
    const { held } = statement;
    if (held === null || twiceStated.includes(alarm)) continue;
    if (time - held.receivedTime < (holdMs[alarm] ?? 0)) waits = true;
    else {
      statement.held = null;
      facts.push({ ...held, seq, confirmedTime: time, receivedTime: time });
    }
  }
  return waits;
}

/** Only JT/T 808 states every alarm in every report; elsewhere silence is not the end of anything. */
const statesAll = (track: DeviceTrack): boolean => track.ref.protocol === 'jt808';

function takeStated(
  track: DeviceTrack,
  alarm: DeviceAlarm,
  report: AlarmReport,
  facts: Fact[],
): void {
  const { time, late } = report;
  const known = track.alarms.get(alarm);
  const hold = holdMs[alarm] ?? 0;
  if (known === undefined || known.isOver) {
    const fact = report.fact('alarmOn', alarm);
    const waits = hold > 0 || (statesAll(track) && twiceStated.includes(alarm));
    const held = waits ? fact : null;
    setAlarm(track, alarm, { since: time, last: time, missing: 0, isOver: false, late, held });
    if (held === null) facts.push(fact);
    return;
  }
  const isRepeated = time === known.last;
  known.last = time;
  known.missing = 0;
  const wasLate = known.late;
  known.late &&= late;
  if (known.held !== null) {
    if (isRepeated || time - known.since < hold) return;
    const { occurredTime, latitude, longitude, accuracyM } = known.held;
    const began = { occurredTime, latitude, longitude, accuracyM };
    known.held = null;
    facts.push({ ...report.fact('alarmOn', alarm), ...began });
  } else if (wasLate && !late) facts.push(report.fact('alarmOn', alarm));
}

function takeMissing(
  track: DeviceTrack,
  alarm: DeviceAlarm,
  statement: Statement,
  report: AlarmReport,
  facts: Fact[],
): void {
  if (statement.held !== null) {
    if (statesAll(track)) {
      statement.held = null;
      statement.isOver = true;
    }
    return;
  }
  statement.missing++;
  if (statement.missing < REPORTS_TO_CLEAR) return;
  statement.isOver = true;
  facts.push(report.fact('alarmOff', alarm));
}

function takeOlder(
  track: DeviceTrack,
  alarm: DeviceAlarm,
  report: AlarmReport,
  facts: Fact[],
): void {
  const { time, late } = report;
  const known = track.alarms.get(alarm);
  if (known !== undefined) {
    const isTold = !known.isOver || (time >= known.since && time <= known.last);
    known.since = Math.min(known.since, time);
    if (isTold) return;
    known.last = Math.max(known.last, time);
  } else {
    const over = { missing: 0, isOver: true, held: null };
    setAlarm(track, alarm, { since: time, last: time, late, ...over });
  }
  facts.push(report.fact('alarmOn', alarm), report.fact('alarmOff', alarm));
}
