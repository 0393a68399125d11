import { describe, expect, it } from 'vitest';
import { seeded } from '../journal/entries.test-support.ts';
import type { Fence } from '../wire.ts';
import { FenceEngine } from './engine.ts';
import type { Fact } from './facts.ts';
import { Oracle, sorted, type Told, toldOf } from './oracle.test-support.ts';
import { badge, car, circle, Diary, factsOf, fenceOf, ring, T0 } from './tracks.test-support.ts';

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
