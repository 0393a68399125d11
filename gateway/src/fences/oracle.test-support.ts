import type { DeviceRef, JournalRecord } from '../journal/record.ts';
import type { Fence } from '../wire.ts';
import type { Fact } from './facts.ts';
import { accuracyM } from './profiles.ts';

/*
 * The rule of product.md section 3 written a second time, as plainly as possible: every fence is compared with every
 * position by winding number, every state is held for good, nothing is indexed or forgotten.
 */
/** A fact in short. Times are ms UTC. */
export interface Told {
  readonly kind: string;
  readonly fence: string;
  readonly seq: number;
  readonly device?: string;
  readonly occurred?: number;
}
interface OracleState {
  state: 'unknown' | 'inside' | 'outside';
  candidate: { since: number; last: number; fixes: number } | null;
  crossed: number | null;
  exited: number | null;
}
interface OracleFix {
  readonly time: number;
  readonly latitude: number;
  readonly longitude: number;
}

const RADIANS = Math.PI / 180;
const PER_DEGREE = 111_195.08;

function rings(fence: Fence): number[][][] {
  if (fence.geometry.type === 'Polygon') return fence.geometry.coordinates;
  return fence.geometry.type === 'MultiPolygon' ? fence.geometry.coordinates.flat() : [];
}

/** Outlines of these tests never lie in one another but for holes, so a point is inside by an odd count of rings. */
function oracleDistance(fence: Fence, latitude: number, longitude: number): number {
  if (fence.geometry.type === 'Point') {
    const [lon = 0, lat = 0] = fence.geometry.coordinates;
    const east = (longitude - lon) * PER_DEGREE * Math.cos(((latitude + lat) / 2) * RADIANS);
    return Math.hypot(east, (latitude - lat) * PER_DEGREE) - (fence.properties.radiusM ?? 0);
  }
  const k = Math.cos(latitude * RADIANS);
  let nearest = Number.POSITIVE_INFINITY;
  let around = 0;
  for (const outline of rings(fence)) {
    let winding = 0;
    const points = outline.map(([x = 0, y = 0]) => [
      (x - longitude) * PER_DEGREE * k,
      (y - latitude) * PER_DEGREE,
    ]);
    points.slice(1).forEach(([x2 = 0, y2 = 0], i) => {
      const [x1 = 0, y1 = 0] = points[i] ?? [];
      winding += Math.atan2(x1 * y2 - y1 * x2, x1 * x2 + y1 * y2);
      const length = Math.hypot(x2 - x1, y2 - y1);
      const along = -(x1 * (x2 - x1) + y1 * (y2 - y1)) / length;
      nearest = Math.min(
        nearest,
        along <= 0
          ? Math.hypot(x1, y1)
          : along >= length
            ? Math.hypot(x2, y2)
            : Math.abs(x1 * y2 - y1 * x2) / length,
      );
    });
    if (Math.abs(winding) > Math.PI) around++;
  }
  return around % 2 === 1 ? -nearest : nearest;
}

/** The last change of side on the way: back from its end, never farther at once than the outline is away. */
function oracleCrossing(fence: Fence, before: OracleFix, fix: OracleFix): number | null {
  const north = fix.latitude - before.latitude;
  const east = fix.longitude - before.longitude;
  const lengthM = Math.hypot(north, east * Math.cos(fix.latitude * RADIANS)) * PER_DEGREE;
  const distanceAt = (share: number) =>
    oracleDistance(fence, before.latitude + north * share, before.longitude + east * share);
  const endsInside = distanceAt(1) <= 0;
  let share = 1;
  while (share >= 0) {
    const d = distanceAt(share);
    if (d <= 0 !== endsInside) return before.time + share * (fix.time - before.time);
    share -= Math.max((0.99 * Math.abs(d)) / lengthM, Math.min(0.001, 0.002 / lengthM));
  }
  return null;
}

/** All of a fence that a judgement depends on. */
function judgedBy({ geometry, properties: { profile, bufferM, radiusM } }: Fence): string {
  return JSON.stringify([geometry, profile, bufferM, radiusM]);
}

/** Takes the records in order; `told` is what the engine has to say of them. */
export class Oracle {
  readonly told: Told[] = [];
  readonly #fences = new Map<string, Fence>();
  readonly #states = new Map<string, OracleState>();
  readonly #before = new Map<string, OracleFix>();

  take(record: JournalRecord): void {
    if (record.kind === 'config') this.#edit(record.id, record.value as Fence | null, record.seq);
    if (record.kind !== 'position') return;
    const { position, device } = record;
    const { latitude, longitude } = position;
    if (!position.valid || latitude === null || longitude === null) return;
    const accuracy = accuracyM(position);
    const before = this.#before.get(device.id) ?? null;
    if (accuracy > 60 || (before !== null && position.fixTime <= before.time)) return;
    const fix = { time: position.fixTime, latitude, longitude };
    for (const fence of this.#fences.values())
      this.#judge(fence, device, record.seq, accuracy, fix);
    this.#before.set(device.id, fix);
  }

  #edit(id: string, fence: Fence | null, seq: number): void {
    const known = this.#fences.get(id);
    const isSame = known !== undefined && fence !== null && judgedBy(fence) === judgedBy(known);
    if (fence === null) this.#fences.delete(id);
    else this.#fences.set(id, fence);
    if (known === undefined || isSame) return;
    for (const key of this.#states.keys()) if (key.endsWith(` ${id}`)) this.#states.delete(key);
    this.told.push({ kind: 'fenceChanged', fence: id, seq });
  }

  #judge(fence: Fence, device: DeviceRef, seq: number, accuracy: number, fix: OracleFix): void {
    const key = `${device.id} ${fence.id}`;
    const s = this.#states.get(key) ?? {
      ...{ state: 'unknown', candidate: null, crossed: null, exited: null },
    };
    this.#states.set(key, s);
    const { profile, bufferM } = fence.properties;
    const d = oracleDistance(fence, fix.latitude, fix.longitude);
    const isReturn = s.exited !== null && fix.time - s.exited <= 1_800_000;
    const enter = profile === 'lenient' ? bufferM / 2 + accuracy / 2 : isReturn ? bufferM / 2 : 0;
    if (s.state === 'unknown') {
      s.state = d < enter ? 'inside' : 'outside';
      return;
    }
    const isInside = s.state === 'inside';
    if (d <= 0 === isInside) s.crossed = null;
    else if (s.crossed === null) {
      const before = this.#before.get(device.id);
      const isNear = before !== undefined && fix.time - before.time <= 120_000;
      s.crossed = (isNear ? oracleCrossing(fence, before, fix) : null) ?? fix.time;
    }
    if (isInside ? d <= bufferM + accuracy : d >= enter) {
      s.candidate = null;
      return;
    }
    if (s.candidate === null || fix.time - s.candidate.last > 600_000) {
      s.candidate = { since: fix.time, last: fix.time, fixes: 1 };
      return;
    }
    s.candidate.last = fix.time;
    s.candidate.fixes++;
    const hold = isInside && device.protocol === 'mqtt' ? 60_000 : 30_000;
    if (fix.time - s.candidate.since < hold) return;
    const isFresh = s.crossed !== null && s.candidate.since - s.crossed <= 120_000;
    const occurred = isFresh ? (s.crossed ?? 0) : s.candidate.since;
    s.state = isInside ? 'outside' : 'inside';
    s.exited = isInside ? occurred : null;
    s.candidate = null;
    s.crossed = null;
    const kind = isInside ? 'exit' : 'enter';
    this.told.push({ kind, fence: fence.id, seq, device: device.id, occurred });
  }
}

/** A fact of the engine as the oracle tells it. */
export const toldOf = (fact: Fact): Told => {
  const { kind, seq } = fact;
  if (fact.kind === 'fenceChanged') return { kind, fence: fact.fenceId, seq };
  if (!('fence' in fact)) throw new Error(`no such fact was asked for: ${kind}`);
  return {
    ...{ kind, seq, fence: fact.fence.id, device: fact.device.id, occurred: fact.occurredTime },
  };
};
/** By sequence and fence; the order within one position is nobody's concern. */
export const sorted = (told: readonly Told[]) =>
  [...told].sort((a, b) => a.seq - b.seq || (a.fence < b.fence ? -1 : 1));
