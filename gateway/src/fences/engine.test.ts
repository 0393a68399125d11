import { describe, expect, it } from 'vitest';
import { seeded } from '../journal/entries.test-support.ts';
import { FenceEngine, type LeftAside } from './engine.ts';
import type { Fact } from './facts.ts';
import {
  at,
  badge,
  box,
  car,
  circle,
  crossings,
  Diary,
  factsOf,
  fenceOf,
  isCrossing,
  square,
  T0,
} from './tracks.test-support.ts';

/** Inside the square for a minute, then what the test adds. */
const inSquare = (over: Parameters<typeof square>[1] = {}) =>
  new Diary().fence(square('square', over)).fixes(0, 60, 10, () => [0, 0]);

describe('coming and going', () => {
  it('dates an exit at 1.2 m/s to within one interval of the crossing', () => {
    const seen = [3, 10, 30].map((everyS) => {
      const diary = inSquare().fixes(70, 500, everyS, (s) => [(s - 70) * 1.2, 0]);
      const facts = factsOf(diary.records).filter(isCrossing);
      expect(crossings(facts)).toHaveLength(1);
      const [exit] = facts;
      const truth = 70 + 100 / 1.2;
      expect(exit).toMatchObject({ kind: 'exit', fence: { id: 'square', rev: 1 }, late: false });
      return Math.abs((exit?.occurredTime ?? 0) - T0 - truth * 1000) <= everyS * 1000;
    });
    expect(seen).toEqual([true, true, true]);
  });

  it('says who, where, and by which record it became certain', () => {
    const diary = new Diary()
      .fence(square())
      .device(badge, { kind: 'badge', name: 'B-1', subject: '张伟' })
      .fixes(0, 60, 10, () => [0, 0])
      .fixes(70, 130, 10, () => [200, 5]);
    const [fact] = factsOf(diary.records);
    const last = diary.records.at(-1);
    expect(fact).toMatchObject({
      ...{ kind: 'exit', seq: last?.seq, receivedTime: last?.receivedTime },
      ...{ device: badge, subject: '张伟', ...at(200, 5), accuracyM: 5 },
      confirmedTime: T0 + 130_000,
    });
  });

  it('lets a vehicle go after 30 s and a badge after 60 s', () => {
    const confirmed = [car, badge].map((device) => {
      const diary = new Diary()
        .fence(square())
        .fixes(0, 20, 10, () => [0, 0], { device })
        .fixes(30, 200, 10, () => [200, 0], { device });
      const [fact] = factsOf(diary.records).filter(isCrossing);
      return ((fact?.confirmedTime ?? 0) - T0) / 1000;
    });
    expect(confirmed).toEqual([60, 90]);
  });

  it('takes no exit within buffer and accuracy of the outline, however long', () => {
    const near = inSquare().fixes(70, 4000, 10, () => [124.9, 0]);
    const beyond = inSquare().fixes(70, 200, 10, () => [125.1, 0]);
    expect(crossings(factsOf(near.records))).toEqual([]);
    expect(crossings(factsOf(beyond.records))).toHaveLength(1);
  });

  it('forgets the evidence when a fix in between speaks for neither', () => {
    const diary = inSquare().fixes(70, 120, 10, () => [200, 0]);
    diary.fix(125, 110, 0).fixes(130, 180, 10, () => [200, 0]);
    expect(crossings(factsOf(diary.records))).toEqual([]);
  });

  it('takes jitter on the edge for neither coming nor going', () => {
    const random = seeded(4);
    const inside = inSquare().fixes(70, 6000, 10, () => [100 + (random() - 0.5) * 40, 0]);
    expect(crossings(factsOf(inside.records))).toEqual([]);
    const outside = new Diary()
      .fence(square())
      .fix(0, 300, 0)
      .fixes(10, 6000, 10, (s) => [s % 20 === 0 ? 99 : 101, 0]);
    expect(crossings(factsOf(outside.records))).toEqual([]);
  });

  it('takes the outline itself for outside', () => {
    const diary = new Diary().fence(square()).fix(0, 300, 0);
    diary.fixes(10, 600, 10, () => [100.001, 0]).fixes(610, 700, 10, () => [99.99, 0]);
    expect(crossings(factsOf(diary.records))).toEqual(['enter square @ 601']);
  });

  it('comes in at the outline in `neutral` and 10 m and half the accuracy before it in `lenient`', () => {
    const track = (profile: 'neutral' | 'lenient', eastM: number) =>
      crossings(
        factsOf(
          new Diary()
            .fence(square('square', { profile }))
            .fix(0, 300, 0)
            .fixes(10, 60, 10, () => [eastM, 0]).records,
        ),
      );
    expect(track('neutral', 100.5)).toEqual([]);
    expect(track('neutral', 99.5)).toHaveLength(1);
    expect(track('lenient', 112.6)).toEqual([]);
    expect(track('lenient', 112.4)).toEqual(['enter square @ 10']);
  });

  it('takes a return within half an hour of the exit 10 m before the outline', () => {
    const left = () => inSquare().fixes(70, 150, 10, () => [200, 0]);
    const soon = left().fixes(600, 700, 10, () => [108, 0]);
    const tooLate = left().fixes(2000, 2100, 10, () => [108, 0]);
    expect(crossings(factsOf(soon.records))[1]).toBe('enter square @ 600');
    expect(crossings(factsOf(tooLate.records))).toHaveLength(1);
  });

  it('gives three enters and three exits for three fences that overlap', () => {
    const fences = ['a', 'b', 'c'].map((id, i) => circle(id, i * 30, 0, 100));
    const diary = new Diary()
      .fence(...fences)
      .fixes(0, 60, 10, (s) => [-400 + s, 0])
      .fixes(70, 700, 10, (s) => [-400 + (s - 70) * 1.5, 0]);
    const kinds = factsOf(diary.records).map((f) => f.kind);
    expect(kinds.filter((k) => k === 'enter')).toHaveLength(3);
    expect(kinds.filter((k) => k === 'exit')).toHaveLength(3);
  });

  it('knows holes and separate parts', () => {
    const ringRoad = fenceOf('ring', {
      type: 'Polygon',
      coordinates: [box(-300, -300, 300, 300), box(-200, -200, 200, 200)],
    });
    const halls = fenceOf('halls', {
      type: 'MultiPolygon',
      coordinates: [[box(-300, -50, -200, 50)], [box(200, -50, 300, 50)]],
    });
    const diary = new Diary()
      .fence(ringRoad, halls)
      .fixes(0, 90, 10, () => [-250, 0])
      .fixes(100, 190, 10, () => [0, 0])
      .fixes(200, 290, 10, () => [250, 0]);
    expect(
      factsOf(diary.records).map((f) => `${f.kind} ${isCrossing(f) ? f.fence.id : ''}`),
    ).toEqual(['exit ring', 'exit halls', 'enter ring', 'enter halls']);
  });
});

describe('time', () => {
  it('asks for two fixes where they are sparser than the hold', () => {
    const once = inSquare().fix(400, 500, 0);
    expect(crossings(factsOf(once.records))).toEqual([]);
    const twice = inSquare().fix(400, 500, 0).fix(800, 500, 0);
    expect(crossings(factsOf(twice.records))).toEqual(['exit square @ 400']);
  });

  it('begins anew after more than 600 s of silence', () => {
    const gap = (s: number) =>
      inSquare()
        .fix(100, 500, 0)
        .fix(100 + s, 500, 0);
    expect(crossings(factsOf(gap(600).records))).toHaveLength(1);
    expect(crossings(factsOf(gap(601).records))).toEqual([]);
    const onward = gap(601).fix(800, 500, 0);
    expect(crossings(factsOf(onward.records))).toEqual(['exit square @ 701']);
  });

  it('passes over repeated fixes, older ones and a clock set back until it has caught up', () => {
    const left: LeftAside[] = [];
    const diary = inSquare();
    for (let i = 0; i < 20; i++) diary.fix(100, 500, 0);
    diary.fix(30, 500, 0, { late: true }).fix(90, 0, 0).fix(99, 500, 0);
    const engine = new FenceEngine((why) => left.push(why));
    expect(crossings(factsOf(diary.records, engine))).toEqual([]);
    expect(left).toEqual(Array.from({ length: 22 }, () => 'outOfOrder'));
    const onward = new Diary();
    onward.records.push(...diary.records);
    onward.fix(170, 500, 0);
    expect(crossings(factsOf(onward.records.slice(-1), engine))).toHaveLength(1);
  });

  it('marks what late positions change as late', () => {
    const diary = inSquare().fixes(70, 150, 10, () => [500, 0], { late: true });
    expect(factsOf(diary.records)).toMatchObject([{ kind: 'exit', late: true }]);
  });

  it('leaves aside fixes that prove nothing, without breaking a candidate', () => {
    const left: LeftAside[] = [];
    const diary = inSquare().fix(70, 200, 0);
    diary.fix(80, 0, 0, { valid: false, latitude: null, longitude: null });
    diary.fix(90, 0, 0, { accuracyM: 60.1 }).fix(100, 0, 0, { source: 'cell' });
    diary.fix(110, 0, 0, { source: 'wifi' }).fix(130, 200, 0);
    const facts = factsOf(diary.records, new FenceEngine((why) => left.push(why)));
    expect(left).toEqual(['noFix', 'accuracy', 'source', 'source']);
    expect(facts).toMatchObject([{ kind: 'exit', occurredTime: expect.any(Number) }]);
  });

  it('widens the outline by the accuracy of the fix', () => {
    const out = (accuracyM: number) =>
      crossings(factsOf(inSquare().fixes(70, 200, 10, () => [170, 0], { accuracyM }).records));
    expect(out(60)).toEqual([]);
    expect(out(40)).toHaveLength(1);
  });
});

describe('first sight', () => {
  it('sets the state without an event', () => {
    const inside = new Diary().fence(square()).fixes(0, 300, 10, () => [0, 0]);
    const outside = new Diary().fence(square()).fixes(0, 300, 10, () => [300, 0]);
    expect(factsOf([...inside.records])).toEqual([]);
    expect(factsOf([...outside.records])).toEqual([]);
  });

  it('sets it again for a fence that is drawn around a device, and for a device entered anew', () => {
    const drawn = new Diary().fixes(0, 60, 10, () => [0, 0]).fence(square());
    drawn.fixes(70, 140, 10, () => [0, 0]).fixes(150, 240, 10, () => [200, 0]);
    expect(factsOf(drawn.records).map((f) => f.kind)).toEqual(['exit']);
    const anew = inSquare()
      .noDevice(badge)
      .fixes(70, 200, 10, () => [300, 0]);
    expect(factsOf(anew.records)).toEqual([]);
  });
});

describe('a device that changes hands', () => {
  const bind = (diary: Diary, subject: string | null) =>
    diary.device(badge, { kind: 'badge', name: 'B-1', subject });

  it('is judged anew: whoever takes it elsewhere has left nothing', () => {
    const diary = bind(inSquare(), '张伟').fixes(70, 100, 10, () => [0, 0]);
    bind(diary, '李娜').fixes(3600, 3800, 10, () => [500, 0]);
    bind(diary, null).fixes(4000, 4200, 10, () => [0, 0]);
    expect(factsOf(diary.records)).toEqual([]);
  });

  it('goes on as it was when only its name changes', () => {
    const diary = bind(new Diary().fence(square()), '张伟').fixes(0, 60, 10, () => [0, 0]);
    diary.device(badge, { kind: 'badge', name: 'B-2', subject: '张伟' });
    diary.fixes(70, 150, 10, () => [500, 0]);
    expect(factsOf(diary.records)).toMatchObject([{ kind: 'exit', subject: '张伟' }]);
  });
});

describe('an alarm without a fix', () => {
  const sos = { alarms: ['sos'], valid: false, latitude: null, longitude: null } as const;

  it('stands at the last place known by any means, and survives a restart there', () => {
    const diary = new Diary().fix(0, 10, 0).fix(60, 700, 0, { source: 'wifi' });
    diary
      .fix(30, 20, 0)
      .fix(90, 0, 0, { flags: ['mocked'] })
      .fix(100, 0, 0, sos);
    const expected = { kind: 'alarmOn', alarm: 'sos', ...at(700, 0), accuracyM: 50, late: false };
    expect(factsOf(diary.records)).toMatchObject([expected]);
    const engine = new FenceEngine();
    factsOf(diary.records.slice(0, -1), engine);
    const again = new FenceEngine();
    again.load(JSON.parse(JSON.stringify(engine.save())));
    expect(factsOf(diary.records.slice(-1), again)).toMatchObject([expected]);
  });

  it('has no place when none was ever known', () => {
    const diary = new Diary().fix(0, 0, 0, sos);
    expect(factsOf(diary.records)).toMatchObject([
      { kind: 'alarmOn', latitude: null, longitude: null, accuracyM: null },
    ]);
  });
});

describe('edits of a fence', () => {
  const moved = fenceOf('square', { type: 'Polygon', coordinates: [box(400, 400, 600, 600)] });

  it('judges anew without events when the outline moves, and says so', () => {
    const diary = inSquare()
      .fence(moved)
      .fixes(70, 200, 10, () => [0, 0]);
    expect(factsOf(diary.records)).toMatchObject([
      { kind: 'fenceChanged', fenceId: 'square', seq: 9, receivedTime: T0 },
    ]);
  });

  it('goes on when it is only renamed, under the new name', () => {
    const diary = inSquare().fixes(70, 100, 10, () => [200, 0]);
    diary.fence(square('square', { name: '二车间', rev: 2 })).fixes(110, 140, 10, () => [200, 0]);
    expect(factsOf(diary.records)).toMatchObject([
      { kind: 'exit', fence: { id: 'square', name: '二车间', rev: 2 } },
    ]);
  });

  it('counts another buffer or profile as an edit', () => {
    for (const over of [{ bufferM: 30 }, { profile: 'lenient' as const }]) {
      const diary = inSquare().fence(square('square', over));
      expect(factsOf(diary.records).map((f) => f.kind)).toEqual(['fenceChanged']);
    }
  });

  it('says once that it is gone, and nothing of it afterwards', () => {
    const diary = inSquare().noFence('square').noFence('square');
    diary.fixes(70, 200, 10, () => [500, 0]);
    expect(factsOf(diary.records).map((f) => f.kind)).toEqual(['fenceChanged']);
  });

  it('passes over the same revision published twice', () => {
    const diary = inSquare()
      .fence(square())
      .fixes(70, 140, 10, () => [200, 0]);
    expect(factsOf(diary.records).map((f) => f.kind)).toEqual(['exit']);
  });
});

describe('noise', () => {
  /** First-order Gauss-Markov noise on both axes. */
  function wander(seed: number, sigmaM: number, tauS: number, stepS: number) {
    const random = seeded(seed);
    const gauss = () =>
      Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) * sigmaM;
    const keep = Math.exp(-stepS / tauS);
    const fresh = Math.sqrt(1 - keep * keep);
    let [x, y] = [gauss(), gauss()];
    return (): [number, number] => {
      x = x * keep + gauss() * fresh;
      y = y * keep + gauss() * fresh;
      return [x, y];
    };
  }

  it('does not let a badge go that lies 5 m inside for 8 h with 10 m of noise', () => {
    const runs = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seed) => {
      const noise = wander(seed, 10, 90, 10);
      let wasInside = true;
      let naiveExits = 0;
      const diary = new Diary().fence(square()).fix(-10, 0, 0);
      diary.fixes(0, 8 * 3600, 10, () => {
        const [dx, dy] = noise();
        const isInside = 95 + dx <= 100;
        if (wasInside && !isInside) naiveExits++;
        wasInside = isInside;
        return [95 + dx, dy];
      });
      const exits = factsOf(diary.records).filter((f) => f.kind === 'exit').length;
      return { seed, naiveExits, exits };
    });
    expect(runs.filter((r) => r.naiveExits <= 100)).toEqual([]);
    expect(runs.filter((r) => r.exits > 0).length, JSON.stringify(runs)).toBeLessThanOrEqual(3);
  });
});

describe('memory', () => {
  it('keeps nothing of fences a device is nowhere near', () => {
    const diary = new Diary();
    for (let i = 0; i < 400; i++) {
      diary.fence(circle(`c${i}`, (i % 20) * 500, Math.floor(i / 20) * 500, 60));
    }
    const random = seeded(9);
    let [x, y] = [0, 0];
    diary.fixes(0, 40_000, 10, () => {
      x = Math.min(10_000, Math.max(0, x + (random() - 0.5) * 400));
      y = Math.min(10_000, Math.max(0, y + (random() - 0.5) * 400));
      return [x, y];
    });
    const engine = new FenceEngine();
    let most = 0;
    const facts: Fact[] = [];
    for (const record of diary.records) {
      engine.take(record, facts);
      if (record.seq % 50 === 0) most = Math.max(most, engine.save().devices[0]?.stays.length ?? 0);
    }
    expect(most).toBeLessThan(40);
    // Half an hour after the last exit the far fences are forgotten.
    const away = new Diary();
    away.records.push(...diary.records);
    away.fix(50_000, -5000, -5000).fix(50_100, -5000, -5000).fix(52_000, -5000, -5000);
    for (const record of away.records.slice(-3)) engine.take(record, facts);
    expect(engine.save().devices[0]?.stays).toEqual([]);
  });
});
