import type { Alarm } from '@xunji/gateway/wire';
import { type Fleet, keyOf } from '../live/fleet.ts';
import type { ToneSchedule } from '../sound/schedule.ts';
import { createState, type State } from '../state.ts';
import { alarmSubject, alarmWord, severityWord } from '../text/naming.ts';
import { t } from '../text/text.ts';

/** How long the inset shows one alarm, ms. */
export const INSET_MS = 20_000;
/** Alarms that wait for the inset; older ones are in the rail anyway. */
const MAX_QUEUE = 20;
/** The least time between two polite summaries, ms. */
const POLITE_MS = 5_000;

/** What the page says of new alarms, besides the rail. */
export interface Announcement {
  /** Alarm ids for the inset, the first one shown. */
  readonly queue: readonly string[];
  /** When the first one came into the inset, ms of the server's clock. */
  readonly shownSince: number;
  /** For `role=alert`. */
  readonly urgent: string;
  /** For the polite live region. */
  readonly polite: string;
}

/** Where announcements come from. */
export interface Announcer {
  readonly state: State<Announcement>;
  /** A new alarm; one that was only caught up on opens no inset. */
  add(alarm: Alarm, caughtUp: boolean): void;
}

/** Announces by tone, inset and live regions. */
export const createAnnouncer = (from: {
  readonly schedule: ToneSchedule;
  readonly fleet: Fleet;
  readonly now: () => number;
}): Announcer => {
  const state = createState<Announcement>({ queue: [], shownSince: 0, urgent: '', polite: '' });
  let quiet = 0;
  let isDue = false;
  const sayPolitely = (): void => {
    quiet += 1;
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      state.set({ polite: t('alarm.newPolite', { n: quiet }) });
      quiet = 0;
    }, POLITE_MS);
  };
  return {
    state,
    add: (alarm, caughtUp) => {
      from.schedule.add(alarm.severity);
      if (alarm.severity === 'critical') {
        const key = keyOf({ protocol: alarm.protocol, id: alarm.device });
        state.set({
          urgent: t('alarm.newUrgent', {
            severity: severityWord(alarm.severity),
            what: alarmWord(alarm),
            who: alarmSubject(alarm, from.fleet.device(from.fleet.slotOf(key))),
          }),
        });
      } else sayPolitely();
      if (caughtUp || (alarm.severity !== 'critical' && alarm.severity !== 'high')) return;
      state.set(enqueue(state.get(), alarm, from.now()));
    },
  };
};

/** The queue with one more alarm: at its end, behind the one that is shown. */
export const enqueue = (
  a: Announcement,
  alarm: Pick<Alarm, 'id'>,
  now: number,
): Pick<Announcement, 'queue' | 'shownSince'> => ({
  queue: [...a.queue, alarm.id].slice(0, MAX_QUEUE),
  shownSince: a.queue.length === 0 ? now : a.shownSince,
});

/** The queue without the one that is shown. */
export const next = (a: Announcement, now: number): Pick<Announcement, 'queue' | 'shownSince'> => ({
  queue: a.queue.slice(1),
  shownSince: now,
});

/** The queue after its alarms were handled or the time of the first one is over. */
export const advance = (
  a: Announcement,
  waits: (id: string) => boolean,
  now: number,
): Pick<Announcement, 'queue' | 'shownSince'> => {
  const [first, ...others] = a.queue;
  if (first === undefined) return a;
  const rest = others.filter(waits);
  if (now - a.shownSince >= INSET_MS) return { queue: rest, shownSince: now };
  return rest.length === others.length
    ? { queue: a.queue, shownSince: a.shownSince }
    : { queue: [first, ...rest], shownSince: a.shownSince };
};
