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
  readonly stays: Map<string, Stay>;
  /** Newest report whose alarms were looked at, ms UTC. */
  alarmTime: number;
  /** Alarms the device has ever stated. */
  readonly alarms: Map<DeviceAlarm, Statement>;
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
  stays: new Map(),
  alarmTime: Number.NEGATIVE_INFINITY,
  alarms: new Map(),
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
  stays: new Map(saved.stays),
  alarms: new Map(saved.alarms),
  alarmTime: saved.alarmTime ?? Number.NEGATIVE_INFINITY,
});
