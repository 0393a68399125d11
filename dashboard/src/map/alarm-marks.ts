import type { Alarm } from '@xunji/gateway/wire';
import { type AlarmBook, rank } from '../live/alarm-book.ts';
import type { Fleet } from '../live/fleet.ts';
import type { DeviceAlarmMark } from './devices/paint-devices.ts';
import type { FenceAlarm } from './fences/fence-looks.ts';

const waiting = (a: Alarm): boolean => a.handling === 'new';

/** The worst open alarm of each device by slot. */
export const deviceMarks = (book: AlarmBook, fleet: Fleet): Map<number, DeviceAlarmMark> => {
  const marks = new Map<number, DeviceAlarmMark>();
  for (const [key, alarm] of book.byDevice()) {
    const slot = fleet.slotOf(key);
    if (slot >= 0) marks.set(slot, { severity: alarm.severity, waiting: waiting(alarm) });
  }
  return marks;
};

/** The worst open alarm of each fence by id: one that waits for somebody before one that was taken note of. */
export const fenceMarks = (book: AlarmBook): Map<string, FenceAlarm> => {
  const marks = new Map<string, FenceAlarm>();
  for (const alarm of book.open()) {
    if (alarm.fence === null) continue;
    const known = marks.get(alarm.fence.id);
    const better =
      known === undefined ||
      Number(waiting(alarm)) - Number(known.waiting) > 0 ||
      (waiting(alarm) === known.waiting && rank(alarm.severity) < rank(known.severity));
    if (better) marks.set(alarm.fence.id, { severity: alarm.severity, waiting: waiting(alarm) });
  }
  return marks;
};
