import { expect, test } from 'vitest';
import { lengthM } from '../project.ts';
import { midline, sortFeatures } from './base-data.ts';

const feature = (properties: object, geometry: object) => ({
  type: 'Feature',
  properties,
  geometry,
});
const square = (lon: number, lat: number, side = 0.001) => ({
  type: 'Polygon',
  coordinates: [
    [
      [lon, lat],
      [lon + side, lat],
      [lon + side, lat + side],
      [lon, lat + side],
      [lon, lat],
    ],
  ],
});
const collection = (...features: object[]) => ({ type: 'FeatureCollection', features });

test('features are sorted by kind and class, unknown ones by what they are', () => {
  const line = {
    type: 'LineString',
    coordinates: [
      [121, 31],
      [121.01, 31],
    ],
  };
  const data = sortFeatures(
    collection(
      feature({ kind: 'park', name: 'Green' }, square(121, 31)),
      feature({ kind: 'nothing we know' }, square(121, 31)),
      feature({ kind: 'road', class: 2, name: 'Broad' }, line),
      feature({ kind: 'road' }, line),
      feature({ kind: 'rail' }, line),
      feature({ name: 'Old town' }, { type: 'Point', coordinates: [121, 31] }),
    ),
  );
  expect(data?.areas.park).toHaveLength(1);
  expect(data?.areas.block).toHaveLength(1);
  expect(data?.lines.road2).toHaveLength(1);
  expect(data?.lines.road0).toHaveLength(1);
  expect(data?.lines.rail).toHaveLength(1);
  expect(data?.places.map((p) => `${p.kind} ${p.name}`)).toEqual([
    'park Green',
    'district Old town',
  ]);
  expect(data?.streets.map((s) => s.name)).toEqual(['Broad']);
});

test('damaged features are skipped and counted, the rest is painted', () => {
  const data = sortFeatures(
    collection(
      feature({ kind: 'block' }, square(121, 31)),
      feature({ kind: 'block' }, { type: 'Polygon', coordinates: [[[121, 'x']]] }),
      feature({ kind: 'block' }, { type: 'Curve', coordinates: [] }),
      feature({ kind: 'road' }, { type: 'LineString', coordinates: [[121, 31]] }),
    ),
  );
  expect(data?.skipped).toBe(3);
  expect(data?.areas.block[0]?.shapes).toHaveLength(1);
});

test('what is no collection of features, or an empty one, cannot be painted', () => {
  for (const bad of [null, 7, 'map', {}, { features: 'all' }, collection()]) {
    expect(sortFeatures(bad)).toBeNull();
  }
});

test('small shapes share the bucket of their square, large ones stand alone', () => {
  const near = Array.from({ length: 10 }, (_, i) =>
    feature({ kind: 'building' }, square(121 + i * 1e-4, 31, 5e-5)),
  );
  const data = sortFeatures(
    collection(...near, feature({ kind: 'building' }, square(121, 31, 0.1))),
  );
  expect(data?.areas.building).toHaveLength(2);
});

test('points lie where the projection puts them, from the origin to the south', () => {
  const data = sortFeatures(
    collection(
      feature({ kind: 'block' }, square(121, 31)),
      feature({ kind: 'block' }, square(121, 30.99)),
    ),
  );
  const points = data?.areas.block.flatMap((b) => b.shapes);
  const northing = points?.[1]?.[1] ?? 0;
  // A degree of latitude is stretched by the cosine in EPSG:3857.
  const metres = northing * Math.cos((31 * Math.PI) / 180);
  expect(metres / lengthM([121, 31], [121, 30.99])).toBeCloseTo(1, 2);
});

test('the middle of a river runs between its banks', () => {
  const ring = new Float64Array([0, 0, 10, 1, 20, 0, 20, 4, 10, 5, 0, 4, 0, 0]);
  expect([...midline(ring)]).toEqual([0, 2, 10, 3, 20, 2]);
});
