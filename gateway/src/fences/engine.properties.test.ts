import { describe, expect, it } from 'vitest';
import { seeded } from '../journal/entries.test-support.ts';
import type { DeviceRef, JournalRecord } from '../journal/record.ts';
import type { Fence } from '../wire.ts';
import { FenceEngine } from './engine.ts';
import type { Fact } from './facts.ts';
import { badge, car, circle, Diary, factsOf, fenceOf, ring, T0 } from './tracks.test-support.ts';

/*
 * The rule of product.md section 3 written a second time, as plainly as possible: every fence is compared with every
 * position by winding number, every state is held for good, nothing is indexed or forgotten.
 */
interface Told {
  readonly kind: string;
  readonly fence: string;
  readonly seq: number;
  readonly device?: string;
  /** Ms UTC. */
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

class Oracle {
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
    const accuracy = position.accuracyM ?? 5;
    const before = this.#before.get(device.id) ?? null;
    if (accuracy > 60 || (before !== null && position.fixTime <= before.time)) return;
    const fix = { time: position.fixTime, latitude, longitude };
    for (const fence of this.#fences.values())
      this.#judge(fence, device, record.seq, accuracy, fix);
    this.#before.set(device.id, fix);
  }

  #edit(id: string, fence: Fence | null, seq: number): void {
    const known = this.#fences.get(id);
    const isSame =
      known !== undefined &&
      fence !== null &&
      JSON.stringify(fence.geometry) === JSON.stringify(known.geometry);
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

/** Corners around a middle, so that the outline never meets itself. */
function randomFence(random: () => number, id: string): Fence {
  const [east, north] = [(random() - 0.5) * 800, (random() - 0.5) * 800];
  const over = {
    profile: random() < 0.5 ? 'lenient' : 'neutral',
    bufferM: 5 + random() * 25,
  } as const;
  if (random() < 0.3) {
    const fence = circle(id, east, north, 30 + random() * 150);
    return { ...fence, properties: { ...fence.properties, ...over } };
  }
  const star = (x: number, y: number, smallM: number, largeM: number) => {
    const corners = 3 + Math.floor(random() * 9);
    return ring(
      ...Array.from({ length: corners }, (_, i): [number, number] => {
        const angle = ((i + random() * 0.5) / corners) * 2 * Math.PI;
        const r = smallM + random() * (largeM - smallM);
        return [x + Math.cos(angle) * r, y + Math.sin(angle) * r];
      }),
    );
  };
  // Three corners may leave little around the middle: the hole stays within it.
  const outer = star(east, north, 60, 160);
  const whole = random() < 0.3 ? [outer, star(east, north, 2, 10)] : [outer];
  if (random() < 0.2) {
    const coordinates = [[outer], [star(east + 400, north, 30, 100)]];
    return fenceOf(id, { type: 'MultiPolygon', coordinates }, over);
  }
  return fenceOf(id, { type: 'Polygon', coordinates: whole }, over);
}

/** Two devices wander among fences that come, change and go; some of what they report is no use. */
function randomDiary(seed: number): Diary {
  const random = seeded(seed);
  const diary = new Diary();
  const ids = Array.from({ length: 6 }, (_, i) => `f${i}`);
  const drawn = new Map<string, Fence>();
  const draw = (id: string) => {
    const fence = randomFence(random, id);
    drawn.set(id, fence);
    diary.fence(fence);
  };
  for (const id of ids.slice(0, 4)) draw(id);
  const movers = [badge, car].map((device) => ({
    ...{ device, time: 0, east: (random() - 0.5) * 800, north: (random() - 0.5) * 800, heading: 0 },
  }));
  for (let step = 0; step < 120; step++) {
    for (const m of movers) {
      const pause = random();
      m.time += pause < 0.03 ? 500 + random() * 200 : 5 + random() * 30;
      if (random() < 0.2) m.heading = random() * 2 * Math.PI;
      const stepM = random() < 0.3 ? random() * 4 : random() * 60;
      m.east = Math.max(-600, Math.min(600, m.east + Math.cos(m.heading) * stepM));
      m.north = Math.max(-600, Math.min(600, m.north + Math.sin(m.heading) * stepM));
      const use = random();
      const options =
        use < 0.04
          ? { valid: false }
          : use < 0.3
            ? { accuracyM: 1 + random() * 90 }
            : { late: use > 0.95 };
      const back = random() < 0.04 ? random() * 60 : 0;
      diary.fix(m.time - back, m.east, m.north, { device: m.device, ...options });
      if (random() < 0.03) diary.fix(m.time, m.east + 50, m.north, { device: m.device });
    }
    const edit = random();
    const id = ids[Math.floor(random() * ids.length)] ?? 'f0';
    const known = drawn.get(id);
    if (edit < 0.02) draw(id);
    else if (edit < 0.03) {
      drawn.delete(id);
      diary.noFence(id);
    } else if (edit < 0.06 && known !== undefined) {
      const properties = { ...known.properties, name: `renamed at ${step}` };
      diary.fence({ ...known, properties });
    }
  }
  return diary;
}

const toldOf = (fact: Fact): Told => {
  const { kind, seq } = fact;
  if (fact.kind === 'fenceChanged') return { kind, fence: fact.fenceId, seq };
  if (!('fence' in fact)) throw new Error(`no such fact was asked for: ${kind}`);
  return {
    ...{ kind, seq, fence: fact.fence.id, device: fact.device.id, occurred: fact.occurredTime },
  };
};
/** By sequence and fence; the order within one position is nobody's concern. */
const sorted = (told: readonly Told[]) =>
  [...told].sort((a, b) => a.seq - b.seq || (a.fence < b.fence ? -1 : 1));
const withoutTime = ({ occurred: _, ...rest }: Told) => rest;

describe('the engine', () => {
  it('says what comparing everything with everything says, over 1,000 seeded walks', () => {
    let crossings = 0;
    for (let seed = 1; seed <= 1000; seed++) {
      const { records } = randomDiary(seed);
      const oracle = new Oracle();
      for (const record of records) oracle.take(record);
      const expected = sorted(oracle.told);
      const found = sorted(factsOf(records).map(toldOf));
      expect(found.map(withoutTime), `seed ${seed}`).toEqual(expected.map(withoutTime));
      found.forEach((f, i) => {
        const apart = Math.abs((f.occurred ?? T0) - (expected[i]?.occurred ?? T0));
        if (apart > 100) expect.fail(`seed ${seed}, record ${f.seq}: ${apart} ms apart`);
      });
      crossings += found.filter((f) => f.kind !== 'fenceChanged').length;
    }
    // A walk that never leads into a fence shows nothing.
    expect(crossings).toBeGreaterThan(3000);
  }, 60_000);

  it('says the same however often it was stopped, saved as JSON and loaded in between', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed + 5000);
      const { records } = randomDiary(seed);
      const whole = factsOf(records);
      const parts: Fact[] = [];
      let engine = new FenceEngine();
      for (const record of records) {
        engine.take(record, parts);
        // A record that comes again is passed over.
        if (random() < 0.05) engine.take(record, parts);
        if (random() < 0.05) {
          const saved = JSON.parse(JSON.stringify(engine.save()));
          engine = new FenceEngine();
          engine.load(saved);
        }
      }
      expect(parts, `seed ${seed}`).toEqual(whole);
    }
  });
});
