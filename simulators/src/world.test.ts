import { describe, expect, it } from 'vitest';
import { cityMap } from './city/geojson.ts';
import { buildCity } from './city.ts';
import { Drive, type DriveStyle } from './drive.ts';
import {
  distanceM,
  distanceToSegmentM,
  origin,
  type Point,
  segments,
  signedDistanceM,
} from './geo.ts';
import { buildGraph } from './graph.ts';
import { Noise, openSky } from './noise.ts';
import { seeded } from './random.ts';
import { Walk } from './walk.ts';

const city = buildCity(7);
const graph = buildGraph(city.roads);
const style: DriveStyle = {
  home: { x: 0, y: 0 },
  rangeM: 2000,
  maxKmh: 52,
  lights: { chance: 0.25, minS: 8, maxS: 40 },
  parking: { chance: 0.05, minS: 60, maxS: 120 },
  ignition: true,
};

describe('city', () => {
  it('is the same for the same seed and another for another', () => {
    expect(JSON.stringify(buildCity('7'))).toBe(JSON.stringify({ ...city, seed: '7' }));
    expect(JSON.stringify(buildCity(8).roads)).not.toBe(JSON.stringify(city.roads));
  });

  it('makes a base map of closed, counter-clockwise rings inside its own box', () => {
    const map = cityMap(city);
    const [west, south, east, north] = map.bbox;
    expect(west).toBeLessThan(origin.longitude);
    expect(north).toBeGreaterThan(origin.latitude);
    for (const { geometry, properties } of map.features) {
      if (geometry.type !== 'Polygon') continue;
      const ring = geometry.coordinates[0] ?? [];
      expect(ring.at(-1), properties.kind).toEqual(ring[0]);
      let doubled = 0;
      for (let i = 1; i < ring.length; i++) {
        const [ax, ay] = ring[i - 1] as [number, number];
        const [bx, by] = ring[i] as [number, number];
        doubled += (ax - west) * (by - south) - (bx - west) * (ay - south);
        expect(bx >= west && bx <= east && by >= south && by <= north).toBe(true);
      }
      expect(doubled, properties.kind).toBeGreaterThan(0);
    }
  });

  it('has halls whose door lies in the wall and whose way out leads away from it', () => {
    for (const hall of city.estate.halls) {
      expect(Math.abs(signedDistanceM(hall.door, hall.outline))).toBeLessThan(0.5);
      const away = hall.wayOut.map((p) => signedDistanceM(p, hall.outline));
      expect(Math.min(...away)).toBeGreaterThan(5);
      expect(away.at(-1)).toBeGreaterThan(100);
    }
  });
});

describe('road graph', () => {
  it('leads from anywhere on it to anywhere else', () => {
    const reached = new Set<number>();
    const open = [graph.edges[0]?.from ?? -1];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (reached.has(node)) continue;
      reached.add(node);
      for (const edge of graph.leaving[node] ?? []) open.push(edge.to);
    }
    const ends = new Set(graph.edges.flatMap((e) => [e.from, e.to]));
    expect(reached.size).toBe(ends.size);
    expect(ends.size).toBeGreaterThan(300);
  });
});

const nearestRoadM = (at: Point): number => {
  let nearest = Number.POSITIVE_INFINITY;
  for (const road of city.roads) {
    if (!road.drivable) continue;
    for (const [a, b] of segments(road.points)) {
      nearest = Math.min(nearest, distanceToSegmentM(at, a, b));
    }
  }
  return nearest;
};

describe('drive', () => {
  it('keeps to the roads, to its speed and to its own odometer', () => {
    const drive = new Drive(graph, seeded(3), style);
    let before = drive.at(0);
    let movedM = 0;
    for (let second = 1; second <= 1800; second++) {
      const now = drive.at(second);
      const hopM = distanceM(before.at, now.at);
      movedM += hopM;
      expect(hopM).toBeLessThan(52 / 3.6 + 0.1);
      expect(now.odometerKm * 1000 - before.odometerKm * 1000).toBeGreaterThan(hopM - 0.01);
      if (second % 20 === 0) expect(nearestRoadM(now.at)).toBeLessThan(5);
      before = now;
    }
    expect(movedM).toBeGreaterThan(3000);
  });

  it('is at the same place at the same second for the same seed', () => {
    const one = new Drive(graph, seeded('a'), style);
    const other = new Drive(graph, seeded('a'), style);
    for (let second = 0; second < 60; second++) one.at(second);
    expect(other.at(300)).toEqual(one.at(300));
    expect(new Drive(graph, seeded('b'), style).at(300).at).not.toEqual(one.at(300).at);
  });

  it('switches the engine off only while it stands', () => {
    const drive = new Drive(graph, seeded(5), style);
    let parked = 0;
    for (let second = 0; second < 3600; second++) {
      const { ignition, speedKmh } = drive.at(second);
      if (ignition !== false) continue;
      parked++;
      expect(speedKmh).toBe(0);
    }
    expect(parked).toBeGreaterThan(0);
  });
});

describe('walk', () => {
  const [, hall] = city.estate.halls;
  if (hall === undefined) throw new Error('the estate has two halls');

  it('stays inside its hall all day without an errand', () => {
    const walk = new Walk(seeded(11), hall.outline);
    for (let second = 0; second < 8 * 3600; second++) {
      expect(signedDistanceM(walk.at(second).at, hall.outline)).toBeLessThan(-7);
    }
  });

  it('is out of the door by the expected second and back inside at the end of its errand', () => {
    const start = hall.middle;
    const way = [hall.door, ...hall.wayOut.slice(0, 3)];
    const walk = new Walk(
      seeded(11),
      hall.outline,
      { leaveS: 30, way, speedMs: 1.2, stayS: 60 },
      start,
    );
    const doorS = 30 + distanceM(start, hall.door) / 1.2;
    // What it does before it leaves may carry it some way through the hall.
    const slackS = 60;
    let leftS = 0;
    let backS = 0;
    for (let second = 0; second < 1200; second++) {
      const outside = signedDistanceM(walk.at(second).at, hall.outline) > 0;
      if (outside && leftS === 0) leftS = second;
      if (!outside && leftS > 0 && backS === 0) backS = second;
      if (second <= 30) expect(outside).toBe(false);
    }
    expect(leftS).toBeGreaterThan(30);
    expect(leftS).toBeLessThan(doorS + slackS);
    expect(backS).toBeGreaterThan(leftS + 60);
    expect(signedDistanceM(walk.at(1200).at, hall.outline)).toBeLessThan(-7);
  });
});

describe('noise', () => {
  it('has the spread of its model and forgets within its time constant', () => {
    const noise = new Noise(openSky, seeded(2));
    const xs: number[] = [];
    for (let second = 0; second < 200_000; second++) xs.push(noise.at(second, { x: 0, y: 0 }).x);
    const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
    const variance = xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length;
    expect(Math.sqrt(variance)).toBeGreaterThan(openSky.sigmaM * 0.85);
    expect(Math.sqrt(variance)).toBeLessThan(openSky.sigmaM * 1.15);
    const lag = openSky.timeConstantS;
    let covariance = 0;
    for (let i = lag; i < xs.length; i++) {
      covariance += ((xs[i] as number) - mean) * ((xs[i - lag] as number) - mean);
    }
    const correlation = covariance / (xs.length - lag) / variance;
    expect(correlation).toBeGreaterThan(0.25);
    expect(correlation).toBeLessThan(0.5);
  });
});
