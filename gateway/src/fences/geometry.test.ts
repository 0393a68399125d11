import { describe, expect, it } from 'vitest';
import { seeded } from '../journal/entries.test-support.ts';
import { lastCrossing, M_PER_DEGREE, type Shape, shapeOf, signedDistanceM } from './geometry.ts';
import { type Cell, Grid, type Placed } from './grid.ts';
import { at, box, lonLat, ring } from './tracks.test-support.ts';

const distance = (shape: Shape, eastM: number, northM: number): number => {
  const { latitude, longitude } = at(eastM, northM);
  return signedDistanceM(shape, latitude, longitude);
};
const polygon = (...coordinates: number[][][]): Shape =>
  shapeOf({ type: 'Polygon', coordinates }, undefined);

describe('distance to an outline', () => {
  const yard = polygon(box(-100, -100, 100, 100), box(-20, -20, 20, 20));

  it('is negative inside, positive outside and in holes', () => {
    expect(distance(yard, 60, 0)).toBeCloseTo(-40, 1);
    expect(distance(yard, 95, 0)).toBeCloseTo(-5, 1);
    expect(distance(yard, 130, 0)).toBeCloseTo(30, 1);
    expect(distance(yard, 130, 140)).toBeCloseTo(50, 1);
    expect(distance(yard, 0, 0)).toBeCloseTo(20, 1);
  });

  it('is nothing on edges and corners, whichever way the ring turns', () => {
    const turned = polygon([...box(-100, -100, 100, 100)].reverse());
    for (const shape of [yard, turned]) {
      for (const [east, north] of [
        [100, 0],
        [0, -100],
        [100, 100],
        [-100, 37],
      ] as const) {
        expect(Math.abs(distance(shape, east, north))).toBeLessThan(0.02);
      }
    }
  });

  it('counts a corner on the line of sight once', () => {
    // The ray east of these places meets corners and an edge that lies along it.
    const star = polygon(ring([0, 100], [-60, 0], [0, -100], [40, 0], [60, 0], [80, 60]));
    expect(distance(star, -30, 0)).toBeLessThan(0);
    expect(distance(star, -70, 0)).toBeGreaterThan(0);
    expect(distance(star, -70, 100)).toBeGreaterThan(0);
    expect(distance(star, -70, -100)).toBeGreaterThan(0);
  });

  it('is that to the nearest part of several', () => {
    const halls = shapeOf(
      { type: 'MultiPolygon', coordinates: [[box(-300, -50, -200, 50)], [box(200, -50, 300, 50)]] },
      undefined,
    );
    expect(distance(halls, -250, 0)).toBeCloseTo(-50, 1);
    expect(distance(halls, 250, 0)).toBeCloseTo(-50, 1);
    expect(distance(halls, 50, 0)).toBeCloseTo(150, 1);
  });

  it('agrees with the great circle for a circle at any latitude', () => {
    for (const latitude of [0, 31.2, -54, 78]) {
      const shape = shapeOf({ type: 'Point', coordinates: [10, latitude] }, 500);
      for (let turn = 0; turn < 12; turn++) {
        const [place, metres] = awayFrom(latitude, 10, 480 + turn * 4, (turn / 12) * 2 * Math.PI);
        const d = signedDistanceM(shape, place.latitude, place.longitude);
        expect(Math.abs(d - (metres - 500))).toBeLessThan(0.2);
      }
    }
  });
});

/** A place so many metres away on the sphere, and the haversine distance back. */
function awayFrom(latitude: number, longitude: number, metres: number, bearing: number) {
  const R = (M_PER_DEGREE * 180) / Math.PI;
  const lat1 = (latitude * Math.PI) / 180;
  const arc = metres / R;
  const lat2 = Math.asin(
    Math.sin(lat1) * Math.cos(arc) + Math.cos(lat1) * Math.sin(arc) * Math.cos(bearing),
  );
  const dLon = Math.atan2(
    Math.sin(bearing) * Math.sin(arc) * Math.cos(lat1),
    Math.cos(arc) - Math.sin(lat1) * Math.sin(lat2),
  );
  const h =
    Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin(dLon / 2) ** 2;
  const place = {
    latitude: (lat2 * 180) / Math.PI,
    longitude: longitude + (dLon * 180) / Math.PI,
  };
  return [place, 2 * R * Math.asin(Math.sqrt(h))] as const;
}

describe('the last crossing of a way', () => {
  const yard = polygon(box(-100, -100, 100, 100));
  const round = shapeOf({ type: 'Point', coordinates: lonLat(0, 0) }, 100);

  it('is where it leaves the outline for good', () => {
    for (const shape of [yard, round]) {
      expect(lastCrossing(shape, at(0, 0), at(200, 0))).toBeCloseTo(0.5, 3);
      expect(lastCrossing(shape, at(-300, 0), at(300, 0))).toBeCloseTo(400 / 600, 3);
      expect(lastCrossing(shape, at(300, 0), at(0, 0))).toBeCloseTo(2 / 3, 3);
    }
  });

  it('is none for a way that stays on one side or is no way', () => {
    for (const shape of [yard, round]) {
      expect(lastCrossing(shape, at(0, 0), at(50, 50))).toBeNull();
      expect(lastCrossing(shape, at(200, 200), at(300, -10))).toBeNull();
      expect(lastCrossing(shape, at(40, 0), at(40, 0))).toBeNull();
    }
  });
});

describe('the grid', () => {
  interface Item extends Placed {
    readonly name: string;
  }

  /** From a kiosk to a province; some with holes, some in parts. */
  function randomItem(random: () => number, n: number): Item {
    const latitude = (random() - 0.5) * 140;
    const longitude = (random() - 0.5) * 340;
    const sizeDegrees = 0.0002 * 10 ** (random() * 4.3);
    const rectangle = (scale: number, dx = 0, dy = 0) => {
      const w = (sizeDegrees * scale) / 2;
      const [x, y] = [longitude + dx, latitude + dy];
      return [
        [x - w, y - w],
        [x + w, y - w / 2],
        [x + w, y + w],
        [x - w / 3, y + w],
        [x - w, y - w],
      ];
    };
    const reachM = random() * 60;
    const name = `item ${n}`;
    const kind = n % 3;
    if (kind === 0) {
      const geometry = { type: 'Point' as const, coordinates: [longitude, latitude] };
      return { name, reachM, shape: shapeOf(geometry, (sizeDegrees * M_PER_DEGREE) / 2) };
    }
    const first = [rectangle(1), rectangle(0.3)];
    const second = [rectangle(0.2, sizeDegrees, sizeDegrees / 2)];
    const geometry =
      kind === 1
        ? { type: 'Polygon' as const, coordinates: first }
        : { type: 'MultiPolygon' as const, coordinates: [first, second] };
    return { name, reachM, shape: shapeOf(geometry, undefined) };
  }

  it('finds what comparing with every outline finds, and covers only what is surely inside', () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      const items = Array.from({ length: 40 }, (_, n) => randomItem(random, n));
      const grid = new Grid<Item>();
      for (const item of items) grid.add(item);
      const removed = new Set(items.filter(() => random() < 0.25));
      for (const item of removed) grid.remove(item);
      const cells: Cell<Item>[] = [];
      for (const target of items) {
        const { west, south, east, north } = target.shape.box;
        for (let i = 0; i < 40; i++) {
          const latitude = south - 0.1 * (north - south) + random() * 1.2 * (north - south);
          const longitude = west - 0.1 * (east - west) + random() * 1.2 * (east - west);
          const where = `seed ${seed}, ${target.name}, ${latitude}, ${longitude}`;
          grid.at(latitude, longitude, cells);
          const covers = new Set(cells.flatMap((c) => c.covers));
          const edges = new Set(cells.flatMap((c) => c.edges));
          for (const item of items) {
            const d = signedDistanceM(item.shape, latitude, longitude);
            const isCovered = covers.has(item);
            const isListed = isCovered || edges.has(item);
            const isWrong = removed.has(item)
              ? isListed
              : (d <= item.reachM && !isListed) || (isCovered && d >= 0);
            if (isWrong || (isCovered && edges.has(item)))
              wrong.push(`${where}: ${item.name} ${d}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
