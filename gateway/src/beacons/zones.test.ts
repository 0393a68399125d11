import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { medianOf, type Place, WINDOW_MS, type ZoneFact, Zones } from './zones.ts';

/** About 111 m of latitude between one and the next. */
const place = (n: number): Place => ({
  ...{ id: `p${n}`, name: `hall ${n}`, latitude: 31 + n / 1000, longitude: 121, radiusM: 15 },
});
const near = (n: number): Place => ({ ...place(n), id: `near${n}`, latitude: 31 + n / 100_000 });

/** Hears each place twice a window at the strength given, and says what each window came to. */
function walk(windows: readonly Readonly<Record<string, number>>[], places = [place(0), place(1)]) {
  const zones = new Zones();
  const facts: ZoneFact[] = [];
  const take = (more: readonly ZoneFact[]) => void facts.push(...more);
  for (const [w, heard] of windows.entries()) {
    for (const second of [2, 7]) {
      for (const spot of places) {
        const rssi = heard[spot.id];
        if (rssi === undefined) continue;
        const time = w * WINDOW_MS + second * 1000;
        take(zones.hear('badge', { place: spot, rssi, time, receivedTime: time, isOwn: false }));
      }
    }
  }
  const end = windows.length * WINDOW_MS + 1000;
  for (const [, more] of zones.sweep(end).facts) take(more);
  return { zones, facts, end };
}

/** Where the badge was said to be, window by window. */
const stays = (facts: readonly ZoneFact[]) =>
  facts.flatMap((f) => (f.kind === 'at' ? [`${f.place.id}${f.hasChanged ? '!' : ''}`] : []));

describe('the place of a badge', () => {
  it('is the one that hears it best, by the median of a window', () => {
    const { facts } = walk([{ p0: -70, p1: -60 }]);
    expect(facts).toEqual([
      { kind: 'at', place: place(1), time: 7000, rssi: -60, hasChanged: true },
    ]);
  });

  it('needs two sightings in one window', () => {
    const zones = new Zones();
    for (const time of [1000, 11_000, 21_000]) {
      zones.hear('b', { place: place(0), rssi: -60, time, receivedTime: time, isOwn: false });
    }
    expect(zones.sweep(40_000).facts).toEqual([]);
  });

  it('changes only for a lead of 6 dB in two windows, one after the other', () => {
    expect(
      stays(
        walk([
          { p0: -60, p1: -70 },
          { p0: -70, p1: -64 },
          { p0: -70, p1: -64 },
        ]).facts,
      ),
    ).toEqual(['p0!', 'p0', 'p1!']);
    // 5.9 dB is no lead.
    expect(
      stays(
        walk([
          { p0: -60, p1: -70 },
          { p0: -70, p1: -64.1 },
          { p0: -70, p1: -64.1 },
        ]).facts,
      ),
    ).toEqual(['p0!', 'p0', 'p0']);
    // A window without it begins anew.
    const wobbles = [{ p0: -60 }, { p0: -70, p1: -60 }, { p0: -60, p1: -60 }, { p0: -70, p1: -60 }];
    expect(stays(walk(wobbles).facts)).toEqual(['p0!', 'p0', 'p0', 'p0']);
  });

  it('changes when the old listener has been silent for three windows', () => {
    expect(stays(walk([{ p0: -60 }, { p1: -90 }, { p1: -90 }, { p1: -90 }]).facts)).toEqual([
      ...['p0!', 'p1!'],
    ]);
    // It says nothing of where the badge is while nobody knows.
    expect(stays(walk([{ p0: -60 }, { p1: -90 }, { p1: -90 }]).facts)).toEqual(['p0!']);
    expect(
      stays(walk([{ p0: -60 }, { p1: -90 }, { p0: -80, p1: -80 }, { p1: -80 }]).facts),
    ).toEqual([...['p0!', 'p0']]);
  });

  it('is unknown after a minute without a sighting', () => {
    const { zones } = walk([{ p0: -60 }]);
    expect(zones.sweep(67_000).lost).toEqual([]);
    expect(zones.sweep(67_001).lost).toEqual([['badge', place(0)]]);
    expect(zones.size).toBe(0);
  });

  it('cannot be two at once: a copy is told once in a while', () => {
    const strong = walk(Array(3).fill({ p0: -50, p1: -55 })).facts;
    expect(strong.filter((f) => f.kind === 'conflict')).toEqual([
      {
        ...{ kind: 'conflict', places: [place(0), place(1)], time: 7000 },
        distanceM: expect.closeTo(111.2, 0),
      },
    ]);
    const isConflict = (f: ZoneFact) => f.kind === 'conflict';
    expect(walk([{ p0: -50, p1: -60 }]).facts.some(isConflict)).toBe(false);
    const close = [near(0), near(1)];
    expect(walk([{ near0: -50, near1: -50 }], close).facts.some(isConflict)).toBe(false);
  });

  it('keeps its window open for what a badge tells late of itself', () => {
    const zones = new Zones();
    const own = (time: number, receivedTime: number) =>
      zones.hear('b', { place: place(0), rssi: -60, time, receivedTime, isOwn: true });
    own(1000, 12_000);
    own(2000, 12_000);
    expect(zones.sweep(22_000).facts).toEqual([]);
    own(3000, 25_000);
    expect(zones.sweep(30_000).facts).toHaveLength(1);
    // What is older than the window that is over comes too late, and harms nothing.
    expect(own(4000, 31_000)).toEqual([]);
  });

  it('does not depend on how the sightings are cut into looks at the clock', () => {
    const sighting = fc.record({
      n: fc.nat({ max: 3 }),
      rssi: fc.integer({ min: -100, max: -30 }),
      gap: fc.nat({ max: 6000 }),
      looks: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(sighting, { maxLength: 60 }), (sightings) => {
        const run = (mayLook: boolean) => {
          const zones = new Zones();
          const facts: ZoneFact[] = [];
          let time = 0;
          for (const { n, rssi, gap, looks } of sightings) {
            time += gap;
            if (mayLook && looks) for (const [, f] of zones.sweep(time).facts) facts.push(...f);
            facts.push(
              ...zones.hear('b', { place: place(n), rssi, time, receivedTime: time, isOwn: false }),
            );
          }
          for (const [, f] of zones.sweep(time + 20_000).facts) facts.push(...f);
          return facts;
        };
        expect(run(true)).toEqual(run(false));
      }),
    );
  });

  it('has a median', () => {
    expect(medianOf([-50, -90, -60])).toBe(-60);
    expect(medianOf([-50, -60])).toBe(-55);
  });
});
