import {
  type DeviceAlarm,
  deviceAlarms,
  ENDED,
  type Position,
  type PositionSource,
  type ProtocolName,
} from '@xunji/protocols';
import {
  type DeviceRef,
  IDENTITY_FLAPPING,
  type JournalRecord,
  parseDeviceKey,
} from '../journal/record.ts';
import type { Fence } from '../wire.ts';
import {
  type DeviceTrack,
  endStay,
  loadTrack,
  newTrack,
  type SavedTrack,
  saveTrack,
  setStay,
} from './device-track.ts';
import type { DeviceAlarmFact, Fact } from './facts.ts';
import { shapeOf, signedDistanceM } from './geometry.ts';
import { type Cell, Grid, type Placed } from './grid.ts';
import { accuracyM, MAX_ACCURACY_M, profiles, RETURN_MS } from './profiles.ts';
import { type AlarmReport, passHolds, takeAlarms } from './stated-alarms.ts';
import {
  type Fix,
  firstStay,
  isBeyond,
  type Judged,
  judge,
  outsideStay,
  type Stay,
} from './stay.ts';

/**
 * Positions by other means prove nothing about an outline. A beacon's is the place of a zone that somebody entered,
 * with the radius of the zone for its accuracy. @see product.md section 3, item 1
 */
const judgedSources: readonly PositionSource[] = ['gnss', 'fused', 'manual', 'beacon'];

type JournalPosition = Extract<JournalRecord, { kind: 'position' }>;
type JournalMessage = Extract<JournalRecord, { kind: 'message' }>;
type JournalConfig = Extract<JournalRecord, { kind: 'config' }>;

interface ActiveFence extends Placed, Judged {
  readonly fence: Fence;
  /** Where its present outline and sensitivity entered the journal. */
  readonly sinceSeq: number;
  /** Sequence of the last position that was compared with it. */
  comparedSeq: number;
}

/** Why a position was left aside; for the counters. */
export type LeftAside = 'noFix' | 'mocked' | 'source' | 'accuracy' | 'outOfOrder';

/** The engine's whole memory, as JSON holds it. */
export interface EngineState {
  readonly seq: number;
  readonly fences: readonly { readonly fence: Fence; readonly sinceSeq: number }[];
  readonly devices: readonly SavedTrack[];
}

/**
 * Positions and previous state → facts. Pure: a clock it knows only from the journal, so that reading the same
 * records gives the same facts however they are batched. Each fence is judged by itself. A device costs memory
 * only for fences it is in or near, and time for those whose cells it is in.
 */
export class FenceEngine {
  readonly #fences = new Map<string, ActiveFence>();
  readonly #grid = new Grid<ActiveFence>();
  /** By family and id: a joined key would be built anew for every position. */
  readonly #devices: Record<ProtocolName, Map<string, DeviceTrack>> = {
    jt808: new Map(),
    gt06: new Map(),
    mqtt: new Map(),
  };
  /** Devices with an alarm that waits for its hold to pass. */
  readonly #holding = new Set<DeviceTrack>();
  readonly #cells: Cell<ActiveFence>[] = [];
  readonly #onLeftAside: (why: LeftAside) => void;
  #seq = 0;

  constructor(onLeftAside: (why: LeftAside) => void = () => undefined) {
    this.#onLeftAside = onLeftAside;
  }

  /** The last record taken in. */
  get seq(): number {
    return this.#seq;
  }

  /** Takes the next record; one that was taken before is passed over. */
  take(record: JournalRecord, facts: Fact[]): void {
    if (record.seq <= this.#seq) return;
    this.#seq = record.seq;
    if (record.kind === 'position') {
      const track = this.#track(record.device);
      this.#locate(record, track, facts);
      const isQuiet = record.position.alarms.length === 0 && track.alarms.size === 0;
      if (isQuiet) track.alarmTime = Math.max(track.alarmTime, record.position.fixTime);
      else if (takeAlarms(track, reportOf(record, track), facts)) this.#holding.add(track);
    } else if (record.kind === 'tick') this.#passHolds(record.seq, record.receivedTime, facts);
    else if (record.kind === 'config') this.#configure(record, facts);
    else if (record.kind === 'message' && record.name === IDENTITY_FLAPPING) {
      this.#takeCloned(record, facts);
    }
  }

  save(): EngineState {
    return { seq: this.#seq, fences: [...this.savedFences()], devices: [...this.savedDevices()] };
  }

  /** The parts of `save` one by one; take nothing in before the last. */
  *savedFences(): Generator<EngineState['fences'][number]> {
    for (const { fence, sinceSeq } of this.#fences.values()) yield { fence, sinceSeq };
  }
  *savedDevices(): Generator<SavedTrack> {
    for (const track of this.#tracks()) yield saveTrack(track);
  }

  /** Into an engine that has taken nothing yet. */
  load(state: EngineState): void {
    for (const { fence, sinceSeq } of state.fences) this.#place(fence, sinceSeq);
    for (const saved of state.devices) {
      const track = loadTrack(saved);
      this.#devices[track.ref.protocol].set(track.ref.id, track);
      this.#holding.add(track);
    }
    this.#seq = state.seq;
  }

  *#tracks(): Generator<DeviceTrack> {
    for (const family of Object.values(this.#devices)) yield* family.values();
  }

  #track(ref: DeviceRef): DeviceTrack {
    const family = this.#devices[ref.protocol];
    let track = family.get(ref.id);
    if (track === undefined) {
      track = newTrack(ref);
      family.set(ref.id, track);
    }
    return track;
  }

  #locate(record: JournalPosition, track: DeviceTrack, facts: Fact[]): void {
    const fix = fixOf(record.position);
    if (fix === null) {
      this.#onLeftAside('noFix');
      return;
    }
    const why = whyAside(record.position, fix, track);
    if (why === null) this.#judge(record, track, fix, facts);
    else this.#onLeftAside(why);
    if (why !== 'mocked' && fix.time >= (track.place?.time ?? fix.time)) track.place = fix;
  }

  #judge(record: JournalPosition, track: DeviceTrack, fix: Fix, facts: Fact[]): void {
    const { seq } = record;
    for (const cell of this.#grid.at(fix.latitude, fix.longitude, this.#cells)) {
      for (const fence of cell.covers) this.#compare(fence, true, record, track, fix, facts);
      for (const fence of cell.edges) this.#compare(fence, false, record, track, fix, facts);
    }
    for (const id of track.stays.keys()) {
      const fence = this.#fences.get(id);
      if (fence === undefined) endStay(track, id);
      else if (fence.comparedSeq !== seq) this.#compare(fence, false, record, track, fix, facts);
    }
    track.before = fix;
    track.judgedSeq = seq;
  }

  #compare(
    fence: ActiveFence,
    isCovered: boolean,
    record: JournalPosition,
    track: DeviceTrack,
    fix: Fix,
    facts: Fact[],
  ): void {
    fence.comparedSeq = record.seq;
    const distanceM = isCovered
      ? Number.NEGATIVE_INFINITY
      : signedDistanceM(fence.shape, fix.latitude, fix.longitude);
    const { id } = fence.fence;
    const known = track.stays.get(id);
    if (known === undefined && track.judgedSeq <= fence.sinceSeq) {
      keep(track, id, firstStay(fence, distanceM, fix), fix.time);
      return;
    }
    if (known === undefined && isBeyond(fence, distanceM, fix)) return;
    const stay = known ?? outsideStay();
    const occurredTime = judge(stay, fence, track.kind, distanceM, fix, track.before);
    keep(track, id, stay, fix.time);
    if (occurredTime === null) return;
    const { name, rev } = fence.fence.properties;
    facts.push({
      kind: stay.inside ? 'enter' : 'exit',
      fence: { id, name, rev },
      seq: record.seq,
      device: track.ref,
      subject: track.subject,
      occurredTime,
      confirmedTime: fix.time,
      receivedTime: record.receivedTime,
      latitude: fix.latitude,
      longitude: fix.longitude,
      accuracyM: fix.accuracyM,
      late: record.late,
    });
  }

  /** No end is ever told: only people know which of the two is the real one. */
  #takeCloned({ seq, device, receivedTime }: JournalMessage, facts: Fact[]): void {
    const track = this.#track(device);
    const { place } = track;
    facts.push({
      ...{ kind: 'alarmOn', alarm: 'cloned', seq, device: track.ref, subject: track.subject },
      ...{ occurredTime: receivedTime, confirmedTime: receivedTime, receivedTime, late: false },
      latitude: place?.latitude ?? null,
      longitude: place?.longitude ?? null,
      accuracyM: place?.accuracyM ?? null,
    });
  }

  #passHolds(seq: number, time: number, facts: Fact[]): void {
    for (const track of this.#holding) {
      if (!passHolds(track, seq, time, facts)) this.#holding.delete(track);
    }
  }

  #configure(record: JournalConfig, facts: Fact[]): void {
    if (record.what === 'fence') this.#configureFence(record, facts);
    else if (record.what === 'device') this.#configureDevice(record);
  }

  #configureFence({ id, value, seq, receivedTime }: JournalConfig, facts: Fact[]): void {
    const known = this.#fences.get(id);
    const fence = value as Fence | null;
    if (known !== undefined && fence !== null && isSameOutline(known.fence, fence)) {
      this.#remove(known);
      this.#place(fence, known.sinceSeq);
      return;
    }
    if (known !== undefined) {
      this.#remove(known);
      for (const track of this.#tracks()) endStay(track, id);
      facts.push({ kind: 'fenceChanged', seq, receivedTime, fenceId: id });
    }
    if (fence !== null) this.#place(fence, seq);
  }

  #configureDevice({ value, id }: JournalConfig): void {
    if (value === null) {
      const { protocol, id: deviceId } = parseDeviceKey(id);
      const gone = this.#devices[protocol].get(deviceId);
      if (gone !== undefined) this.#holding.delete(gone);
      this.#devices[protocol].delete(deviceId);
      return;
    }
    const { protocol, kind, name, subject, ...device } = value as {
      protocol: DeviceRef['protocol'];
      id: string;
      kind: DeviceTrack['kind'];
      name: string;
      subject: string | null;
    };
    const track = this.#track({ protocol, id: device.id });
    track.kind = kind;
    track.subject = subject ?? name;
    if (subject === track.boundTo) return;
    // Who takes a device over has neither come nor gone by that. @see product.md section 3, item 5
    track.boundTo = subject;
    endStay(track, null);
    track.judgedSeq = 0;
  }

  #place(fence: Fence, sinceSeq: number): void {
    const { radiusM, profile, bufferM } = fence.properties;
    const active: ActiveFence = {
      fence,
      sinceSeq,
      shape: shapeOf(fence.geometry, radiusM),
      profile,
      bufferM,
      reachM: profiles[profile].reachM(bufferM),
      comparedSeq: 0,
    };
    this.#fences.set(fence.id, active);
    this.#grid.add(active);
  }

  #remove(fence: ActiveFence): void {
    this.#fences.delete(fence.fence.id);
    this.#grid.remove(fence);
  }
}

/** Null for a position without coordinates. */
function fixOf(position: Position): Fix | null {
  const { valid, latitude, longitude, fixTime: time } = position;
  if (!valid || latitude === null || longitude === null) return null;
  return { time, latitude, longitude, accuracyM: accuracyM(position) };
}

/** Why a fix cannot be judged by, null when it can. @see product.md section 3, item 1 */
function whyAside(position: Position, fix: Fix, { before }: DeviceTrack): LeftAside | null {
  if (position.flags.includes('mocked')) return 'mocked';
  if (!judgedSources.includes(position.source)) return 'source';
  if (fix.accuracyM > MAX_ACCURACY_M) return 'accuracy';
  return before !== null && fix.time <= before.time ? 'outOfOrder' : null;
}

/** Keeps a stay only while it says more than "outside". */
function keep(track: DeviceTrack, id: string, stay: Stay, time: number): void {
  const matters =
    stay.inside ||
    stay.candidate !== null ||
    (stay.exitTime !== null && time - stay.exitTime <= RETURN_MS);
  if (matters) setStay(track, id, stay);
  else endStay(track, id);
}

const reportOf = (record: JournalPosition, track: DeviceTrack): AlarmReport => ({
  time: record.position.fixTime,
  alarms: record.position.alarms,
  ended: endedIn(record.position),
  late: record.late,
  fact: (kind, alarm) => alarmFact(kind, alarm, record, track),
});

const endedIn = ({ extras }: Position): DeviceAlarm | null =>
  deviceAlarms.find((alarm) => alarm === extras[ENDED]) ?? null;

function alarmFact(
  kind: DeviceAlarmFact['kind'],
  alarm: DeviceAlarmFact['alarm'],
  record: JournalPosition,
  track: DeviceTrack,
): DeviceAlarmFact {
  const { position, seq, receivedTime, late } = record;
  // An alarm without a fix stands at the last place known. @see product.md, row F14
  const place = fixOf(position) ?? track.place;
  return {
    ...{ kind, alarm, seq, device: track.ref, subject: track.subject, receivedTime, late },
    occurredTime: position.fixTime,
    confirmedTime: position.fixTime,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
    accuracyM: place?.accuracyM ?? null,
  };
}

/** Whether an edit leaves every judgement as it is: then nothing is judged anew. */
function isSameOutline(a: Fence, b: Fence): boolean {
  return (
    a.properties.profile === b.properties.profile &&
    a.properties.bufferM === b.properties.bufferM &&
    a.properties.radiusM === b.properties.radiusM &&
    JSON.stringify(a.geometry) === JSON.stringify(b.geometry)
  );
}
