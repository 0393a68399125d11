import type { DeviceAlarm, ProtocolName } from '@xunji/protocols';
import type { Alarm, AlarmOp, FenceEvent, Severity } from '../wire.ts';

/** The way of the report that opened an alarm, ms UTC; null where it was not seen (a replay, a restart between). */
export interface OpeningTimes {
  readonly fix: number;
  readonly received: number;
  readonly durable: number | null;
  readonly evaluated: number | null;
  readonly opened: number;
}

/** Immutable facts. Times are ms UTC, booleans 0 or 1. */
export interface EventsTable {
  id: string;
  type: FenceEvent['type'];
  protocol: ProtocolName;
  device: string;
  subject: string;
  fenceId: string | null;
  fenceName: string | null;
  fenceRev: number | null;
  alarm: DeviceAlarm | null;
  occurredTime: number;
  confirmedTime: number;
  latitude: number | null;
  longitude: number | null;
  accuracyM: number | null;
  late: 0 | 1;
}

export interface AlarmsTable {
  id: string;
  rev: number;
  /** Rule or device alarm, device, fence: a repeat of the same key is the same alarm. */
  dedupeKey: string;
  type: Alarm['type'];
  ruleName: string | null;
  severity: Severity;
  condition: Alarm['condition'];
  handling: Alarm['handling'];
  protocol: ProtocolName;
  device: string;
  subject: string;
  fenceId: string | null;
  fenceName: string | null;
  latitude: number | null;
  longitude: number | null;
  occurredTime: number;
  confirmedTime: number;
  raisedTime: number;
  lastTime: number;
  count: number;
  late: 0 | 1;
  acknowledgedBy: string | null;
  acknowledgedTime: number | null;
  note: string | null;
  clearedTime: number | null;
  /** `OpeningTimes` of its last opening as JSON; null for one that was opened before they were kept. */
  times: string | null;
}

/** Every change of every alarm, as the alarm stood after it. */
export interface AlarmChangesTable {
  seq: number;
  op: AlarmOp;
  alarmId: string;
  changedTime: number;
  /** The wire's alarm as JSON. */
  alarm: string;
}

/** One row: the counter of changes, and the journal sequence up to which facts were taken. */
export interface DeskStateTable {
  id: 1;
  changeSeq: number;
  journalSeq: number;
}

export interface AlarmTables {
  events: EventsTable;
  alarms: AlarmsTable;
  alarm_changes: AlarmChangesTable;
  desk_state: DeskStateTable;
}
