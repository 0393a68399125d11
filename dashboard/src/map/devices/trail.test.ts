import type { TrackPosition } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { TRAIL_MS, Trail, trailAlpha } from './trail.ts';

const at = (time: number, over: Partial<TrackPosition> = {}): TrackPosition => ({
  device: 'd',
  protocol: 'mqtt',
  fixTime: new Date(time).toISOString(),
  receivedTime: new Date(time).toISOString(),
  valid: true,
  latitude: 31,
  longitude: 121,
  altitudeM: null,
  speedKmh: null,
  courseDeg: null,
  satellites: null,
  accuracyM: null,
  mileageKm: null,
  batteryPercent: null,
  ignition: null,
  source: 'gnss',
  late: false,
  alarms: [],
  flags: [],
  extras: {},
  ...over,
});

test('history comes before the live fixes that came while it was asked for', () => {
  const trail = new Trail();
  trail.add(1, 1, 5000);
  trail.fill([at(1000), at(3000), at(5000), at(7000)]);
  expect(trail.points.map((p) => p.time)).toEqual([1000, 3000, 5000]);
});

test('fixes without a valid place and repeated fixes are left out', () => {
  const trail = new Trail();
  trail.fill([at(1000, { valid: false }), at(2000, { latitude: null }), at(3000)]);
  trail.add(1, 1, 3000);
  trail.add(1, 1, 2500);
  expect(trail.points.map((p) => p.time)).toEqual([3000]);
});

test('nothing older than ten minutes before the newest fix stays', () => {
  const trail = new Trail();
  for (let i = 0; i <= 1000; i += 1) trail.add(i, i, i * 1000);
  expect(trail.points[0]?.time).toBe(1_000_000 - TRAIL_MS);
  expect(trail.points).toHaveLength(601);
});

test('the trail fades towards the past and never quite ends', () => {
  const alphas = [0, 100_000, 300_000, TRAIL_MS, 2 * TRAIL_MS].map(trailAlpha);
  expect(alphas).toEqual([...alphas].sort((a, b) => b - a));
  expect(alphas[0]).toBeCloseTo(0.93);
  expect(alphas[4]).toBeCloseTo(0.08);
});
