import { expect, test } from 'vitest';
import { areaM2, lengthM } from '../project.ts';
import { boxOfShape, geometryOf, holds, polygonsOf } from './outline.ts';
import {
  addPoint,
  handlesOf,
  MAX_VERTICES,
  moveHandle,
  type Place,
  removeVertex,
  shapeOfSketch,
  startSketch,
  undoPoint,
  verticesOf,
} from './sketch.ts';

const draw = (kind: 'polygon' | 'circle', ...places: Place[]) =>
  places.reduce(addPoint, startSketch(kind));
const square = {
  geometry: {
    type: 'Polygon' as const,
    coordinates: [
      [
        [0, 0],
        [2, 0],
        [2, 2],
        [0, 2],
        [0, 0],
      ],
    ],
  },
};

test('a polygon is a shape from three points on, closed, with six digits', () => {
  const two = draw('polygon', [121.12345678, 31], [121.2, 31]);
  expect(shapeOfSketch(two, null)).toBeNull();
  expect(shapeOfSketch(two, [121.2, 31.1])).toEqual({
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [121.123457, 31],
          [121.2, 31],
          [121.2, 31.1],
          [121.123457, 31],
        ],
      ],
    },
  });
  expect(undoPoint(two).points).toEqual([[121.123457, 31]]);
  expect(undoPoint(startSketch('polygon')).points).toEqual([]);
});

test('the radius of a drawn circle is metres on the ground, at any latitude', () => {
  for (const lat of [0, 31.23, 60, -45]) {
    const shape = shapeOfSketch(draw('circle', [121.47, lat], [121.48, lat]), null);
    expect(shape?.radiusM).toBe(Math.round(lengthM([121.47, lat], [121.48, lat])));
    if (shape === null) continue;
    const [[ring = []] = []] = polygonsOf(shape);
    for (const p of ring) {
      expect(lengthM([121.47, lat], p) / (shape.radiusM ?? 0)).toBeCloseTo(1, 2);
    }
    expect(areaM2(ring) / (Math.PI * (shape.radiusM ?? 0) ** 2)).toBeCloseTo(1, 2);
  }
});

test('a circle of no size is no shape, and it takes two points only', () => {
  expect(shapeOfSketch(draw('circle', [121, 31], [121, 31]), null)).toBeNull();
  expect(shapeOfSketch(draw('circle', [121, 31]), null)).toBeNull();
  expect(draw('circle', [1, 1], [2, 2], [3, 3]).points).toHaveLength(2);
});

test('dragging a vertex moves it alone; dragging a middle makes a vertex there', () => {
  const handles = handlesOf(square);
  expect(handles.map((h) => h.kind).join()).toBe(
    'vertex,vertex,vertex,vertex,middle,middle,middle,middle',
  );
  const [, second] = handles;
  const middle = handles[5];
  if (second === undefined || middle === undefined) throw new Error('no handles');
  expect(verticesOf(moveHandle(square, second, [3, -1]))).toEqual([
    [0, 0],
    [3, -1],
    [2, 2],
    [0, 2],
  ]);
  expect(verticesOf(moveHandle(square, middle, [4, 1]))).toEqual([
    [0, 0],
    [2, 0],
    [4, 1],
    [2, 2],
    [0, 2],
  ]);
});

test('moving the first vertex keeps the ring closed', () => {
  const [first] = handlesOf(square);
  if (first === undefined) throw new Error('no handles');
  const moved = moveHandle(square, first, [-1, -1]).geometry;
  const ring = moved.type === 'Polygon' ? (moved.coordinates[0] ?? []) : [];
  expect(ring[0]).toEqual([-1, -1]);
  expect(ring.at(-1)).toEqual([-1, -1]);
});

test('holes stay when the outer ring is edited', () => {
  const hole = [
    [0.5, 0.5],
    [1, 0.5],
    [1, 1],
    [0.5, 0.5],
  ];
  const holed = {
    geometry: { type: 'Polygon' as const, coordinates: [...square.geometry.coordinates, hole] },
  };
  const less = removeVertex(holed, 2).geometry;
  expect(less.type === 'Polygon' && less.coordinates[1]).toEqual(hole);
});

test('a triangle keeps its vertices, and there are at most 500', () => {
  const triangle = removeVertex(square, 0);
  expect(verticesOf(triangle)).toHaveLength(3);
  expect(removeVertex(triangle, 0)).toBe(triangle);
  const many = Array.from(
    { length: MAX_VERTICES + 20 },
    (_, i): Place => [i / 1000, (i % 7) / 1000],
  );
  expect(draw('polygon', ...many).points).toHaveLength(MAX_VERTICES);
});

test('the edge of a circle sets its radius, the centre moves it', () => {
  const circle = {
    geometry: { type: 'Point' as const, coordinates: [121.47, 31.23] },
    radiusM: 200,
  };
  const [centre, edge] = handlesOf(circle);
  if (centre === undefined || edge === undefined) throw new Error('no handles');
  expect(lengthM([121.47, 31.23], edge.at)).toBeCloseTo(200, 0);
  expect(moveHandle(circle, edge, [121.47, 31.234]).radiusM).toBe(445);
  expect(moveHandle(circle, centre, [121.5, 31])).toEqual({
    geometry: { type: 'Point', coordinates: [121.5, 31] },
    radiusM: 200,
  });
  expect(moveHandle(circle, edge, [121.47, 31.23]).radiusM).toBe(1);
});

test('a shape of several polygons has no handles but is drawn and holds places', () => {
  const two = {
    geometry: {
      type: 'MultiPolygon' as const,
      coordinates: [
        square.geometry.coordinates,
        [
          [
            [5, 5],
            [6, 5],
            [6, 6],
            [5, 5],
          ],
        ],
      ],
    },
  };
  expect(handlesOf(two)).toEqual([]);
  expect(geometryOf(two).getType()).toBe('MultiPolygon');
  expect(holds(two, 1, 1)).toBe(true);
  expect(holds(two, 5.8, 5.2)).toBe(true);
  expect(holds(two, 4, 4)).toBe(false);
  expect(boxOfShape(two)).toEqual([0, 0, 6, 6]);
});

test('a hole is outside', () => {
  const hole = [
    [0.5, 0.5],
    [1.5, 0.5],
    [1.5, 1.5],
    [0.5, 1.5],
    [0.5, 0.5],
  ];
  const holed = {
    geometry: { type: 'Polygon' as const, coordinates: [...square.geometry.coordinates, hole] },
  };
  expect(holds(holed, 1, 1)).toBe(false);
  expect(holds(holed, 0.2, 0.2)).toBe(true);
});
