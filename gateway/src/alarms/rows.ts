import type { Selectable } from 'kysely';
import type { CrossingFact, DeviceAlarmFact } from '../fences/facts.ts';
import { deviceKey } from '../journal/record.ts';
import type { Alarm, AlarmTimes, FenceEvent } from '../wire.ts';
import type { AlarmRow } from './life.ts';
import { factId } from './rulebook.ts';
import type { EventsTable, OpeningTimes } from './tables.ts';

const iso = (time: number): string => new Date(time).toISOString();
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

/** The alarm as the wire shows it. */
export const alarmOf = (row: AlarmRow): Alarm => ({
  id: row.id,
  rev: row.rev,
  type: row.type,
  ruleName: row.ruleName,
  severity: row.severity,
  condition: row.condition,
  handling: row.handling,
  device: row.device,
  protocol: row.protocol,
  subject: row.subject,
  fence: row.fenceId === null ? null : { id: row.fenceId, name: row.fenceName ?? '' },
  latitude: row.latitude,
  longitude: row.longitude,
  occurredAt: iso(row.occurredTime),
  confirmedAt: iso(row.confirmedTime),
  raisedAt: iso(row.raisedTime),
  lastAt: iso(row.lastTime),
  count: row.count,
  late: row.late === 1,
  acknowledgedBy: row.acknowledgedBy,
  acknowledgedAt: isoOrNull(row.acknowledgedTime),
  note: row.note,
  clearedAt: isoOrNull(row.clearedTime),
  times: row.times === null ? null : timesOf(JSON.parse(row.times) as OpeningTimes),
});

const timesOf = ({ fix, received, durable, evaluated, opened }: OpeningTimes): AlarmTimes => ({
  ...{ fixTime: iso(fix), receivedTime: iso(received), durableTime: isoOrNull(durable) },
  ...{ evaluatedTime: isoOrNull(evaluated), openedTime: iso(opened) },
});

/** The event as the wire shows it. */
export const eventOf = (row: Selectable<EventsTable>): FenceEvent => ({
  id: row.id,
  type: row.type,
  device: row.device,
  protocol: row.protocol,
  subject: row.subject,
  fence:
    row.fenceId === null
      ? null
      : { id: row.fenceId, name: row.fenceName ?? '', rev: row.fenceRev ?? 0 },
  alarm: row.alarm,
  occurredAt: iso(row.occurredTime),
  confirmedAt: iso(row.confirmedTime),
  latitude: row.latitude,
  longitude: row.longitude,
  accuracyM: row.accuracyM,
  late: row.late === 1,
});

/** The row of a fact, null for the end of a device alarm, which is no event of its own. */
export function eventRow(fact: CrossingFact | DeviceAlarmFact): EventsTable | null {
  if (fact.kind === 'alarmOff') return null;
  const fence = 'fence' in fact ? fact.fence : null;
  const alarm = 'alarm' in fact ? fact.alarm : null;
  const cause = alarm ?? `${fact.kind} ${fence?.id} ${fence?.rev}`;
  return {
    id: factId(`${cause} ${deviceKey(fact.device)}`, fact.seq),
    type: fact.kind === 'alarmOn' ? 'deviceAlarm' : fact.kind,
    protocol: fact.device.protocol,
    device: fact.device.id,
    subject: fact.subject,
    fenceId: fence?.id ?? null,
    fenceName: fence?.name ?? null,
    fenceRev: fence?.rev ?? null,
    alarm,
    occurredTime: fact.occurredTime,
    confirmedTime: fact.confirmedTime,
    latitude: fact.latitude,
    longitude: fact.longitude,
    accuracyM: fact.accuracyM,
    late: fact.late ? 1 : 0,
  };
}
