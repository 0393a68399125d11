import type { DeviceAlarm } from '@xunji/protocols';
import type { DeviceRef } from '../journal/record.ts';

interface FactBase {
  /** The journal record that confirmed it: with it a replay makes the same facts. */
  readonly seq: number;
  readonly device: DeviceRef;
  /** Who carried the device, else its name, else its id. */
  readonly subject: string;
  /** Ms UTC, back-dated: when it happened. */
  readonly occurredTime: number;
  /** Ms UTC: fix time of the position that made it certain. */
  readonly confirmedTime: number;
  /** Ms UTC at which that position came in. */
  readonly receivedTime: number;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly accuracyM: number | null;
  /** Made of positions that came late: history, no sound. */
  readonly late: boolean;
}

/** A device came into a fence or went out of it. */
export interface CrossingFact extends FactBase {
  readonly kind: 'enter' | 'exit';
  readonly fence: { readonly id: string; readonly name: string; readonly rev: number };
}

/** A device began to state an alarm of its own, or has stopped stating it. */
export interface DeviceAlarmFact extends FactBase {
  readonly kind: 'alarmOn' | 'alarmOff';
  readonly alarm: DeviceAlarm;
}

/** A fence's outline or sensitivity was edited, or the fence is gone: what it had raised no longer holds. */
export interface FenceChangedFact {
  readonly kind: 'fenceChanged';
  readonly seq: number;
  readonly receivedTime: number;
  readonly fenceId: string;
}

/** What follows from the journal alone, in its order. */
export type Fact = CrossingFact | DeviceAlarmFact | FenceChangedFact;
