import type { DeviceAlarm } from '@xunji/protocols';
import type { DeviceRef } from '../journal/record.ts';
import type { Statement } from './stated-alarms.ts';
import type { Fix, Stay } from './stay.ts';

/** What the engine remembers of one device; plain data but for the maps. */
export interface DeviceTrack {
  readonly ref: DeviceRef;
  kind: 'vehicle' | 'badge';
  subject: string;
  /** Whom it is bound to, null for nobody. */
  boundTo: string | null;
  /** Sequence of the last fix that was judged, 0 before the first. A fence known before it and without a stay: outside. */
  judgedSeq: number;
  /** The last fix that was judged. */
  before: Fix | null;
  /** Where it was last by any means, worse fixes included; the same object as `before` while that is newest. */
  place: Fix | null;
  /** By fence id; only where the device is inside, may be about to change, or went out not long ago. */
  stays: ReadonlyMap<string, Stay>;
  /** Newest report whose alarms were looked at, ms UTC. */
  alarmTime: number;
  /** Alarms the device has ever stated. */
  alarms: ReadonlyMap<DeviceAlarm, Statement>;
}

// Most devices are in no fence and state no alarm, and a map takes memory before it holds anything.
const NO_STAYS: ReadonlyMap<string, Stay> = new Map();
const NO_ALARMS: ReadonlyMap<DeviceAlarm, Statement> = new Map();

/** Keeps how the device stands to a fence. */
export function setStay(track: DeviceTrack, fenceId: string, stay: Stay): void {
  if (track.stays === NO_STAYS) track.stays = new Map();
  (track.stays as Map<string, Stay>).set(fenceId, stay);
}

/** Forgets how it stands to a fence; `fenceId` null: to all. */
export function endStay(track: DeviceTrack, fenceId: string | null): void {
  if (fenceId !== null) (track.stays as Map<string, Stay>).delete(fenceId);
  if (fenceId === null || track.stays.size === 0) track.stays = NO_STAYS;
}

/** Keeps what the device said of an alarm. */
export function setAlarm(track: DeviceTrack, alarm: DeviceAlarm, statement: Statement): void {
  if (track.alarms === NO_ALARMS) track.alarms = new Map();
  (track.alarms as Map<DeviceAlarm, Statement>).set(alarm, statement);
}

/** A device as long as nobody has said more of it. */
export const newTrack = (ref: DeviceRef): DeviceTrack => ({
  ref,
  kind: ref.protocol === 'mqtt' ? 'badge' : 'vehicle',
  subject: ref.id,
  boundTo: null,
  judgedSeq: 0,
  before: null,
  place: null,
  stays: NO_STAYS,
  alarmTime: Number.NEGATIVE_INFINITY,
  alarms: NO_ALARMS,
});

/** As JSON holds it. */
export interface SavedTrack extends Omit<DeviceTrack, 'stays' | 'alarms' | 'alarmTime'> {
  readonly stays: readonly (readonly [string, Stay])[];
  readonly alarms: readonly (readonly [DeviceAlarm, Statement])[];
  readonly alarmTime: number | null;
}

export const saveTrack = (track: DeviceTrack): SavedTrack => ({
  ...track,
  place: track.place === track.before ? null : track.place,
  stays: [...track.stays],
  alarms: [...track.alarms],
  alarmTime: Number.isFinite(track.alarmTime) ? track.alarmTime : null,
});

export const loadTrack = (saved: SavedTrack): DeviceTrack => ({
  ...saved,
  place: saved.place ?? saved.before,
  stays: saved.stays.length === 0 ? NO_STAYS : new Map(saved.stays),
  alarms: saved.alarms.length === 0 ? NO_ALARMS : new Map(saved.alarms),
  alarmTime: saved.alarmTime ?? Number.NEGATIVE_INFINITY,
});
