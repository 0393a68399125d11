import type { Palette, Token } from '../palette.ts';
import { groundResolution, type View } from '../project.ts';
import { type BaseData, type Bucket, type LineKind, lineKinds, type Points } from './base-data.ts';
import { landIn } from './land.ts';

type Context = CanvasRenderingContext2D;

const pathOf = (bucket: Bucket, closed: boolean): Path2D => {
  if (bucket.path !== null) return bucket.path;
  const path = new Path2D();
  for (const points of bucket.shapes) trace(path, points, closed);
  bucket.path = path;
  return path;
};

const trace = (path: Path2D, points: Points, closed: boolean): void => {
  for (let i = 0; i < points.length; i += 2) {
    if (i === 0) path.moveTo(points[i] ?? 0, points[i + 1] ?? 0);
    else path.lineTo(points[i] ?? 0, points[i + 1] ?? 0);
  }
  if (closed) path.closePath();
};

/** How wide a road is on the ground, m, and on the screen at least, px. */
const roads: Readonly<
  Record<Exclude<LineKind, 'rail'>, { groundM: number; leastPx: number; color: Token }>
> = {
  road0: { groundM: 9, leastPx: 1, color: 'm-road0' },
  road1: { groundM: 20, leastPx: 1.6, color: 'm-road1' },
  road2: { groundM: 28, leastPx: 2.4, color: 'm-road2' },
};
/** Metres a pixel above which a kind is left out: it would be a smear. */
const COARSEST = { block: 16, building: 4.2, buildingEdge: 2, lane: 11, laneCase: 5 } as const;
/** Green along each bank of a river, m. */
const BANK_M = 32;

/** The built-in map: water, land and its coast. */
export const paintLand = (g: Context, view: View, palette: Palette): void => {
  const { of } = palette;
  g.setTransform(view.pixelRatio, 0, 0, view.pixelRatio, 0, 0);
  const land = landIn(view);
  // Until the outline is here everything is land: a sea that turns into land would be worse.
  g.fillStyle = land === null ? of['m-land'] : of['m-water'];
  g.fillRect(0, 0, view.width, view.height);
  if (land === null) return;
  worldTransform(g, view, 0, 0);
  g.fillStyle = of['m-land'];
  g.strokeStyle = of['m-water-line'];
  g.lineWidth = view.resolution;
  g.lineJoin = 'round';
  for (const path of land) {
    g.fill(path);
    g.stroke(path);
  }
};

/** Data metres to device pixels; the origin is EPSG:3857, y to the north. */
const worldTransform = (g: Context, view: View, originX: number, originY: number): void => {
  const k = view.pixelRatio / view.resolution;
  g.setTransform(
    k,
    0,
    0,
    k,
    (originX - view.cx) * k + (view.width / 2) * view.pixelRatio,
    (view.cy - originY) * k + (view.height / 2) * view.pixelRatio,
  );
};

/** The operator's map over the built-in one, everything but its names. Costs what lies in the view. */
export const paintBase = (g: Context, view: View, palette: Palette, data: BaseData): void => {
  const { of, dark } = palette;
  const { resolution } = view;
  const mpp = groundResolution(view);
  worldTransform(g, view, data.originX, data.originY);
  g.lineJoin = 'round';

  const left = view.cx - data.originX - (view.width / 2) * resolution;
  const right = left + view.width * resolution;
  const top = data.originY - view.cy - (view.height / 2) * resolution;
  const bottom = top + view.height * resolution;
  const seen = (buckets: readonly Bucket[]): Bucket[] =>
    buckets.filter(({ box }) => box[0] < right && box[2] > left && box[1] < bottom && box[3] > top);
  const fill = (buckets: readonly Bucket[], color: string): void => {
    g.fillStyle = color;
    for (const bucket of seen(buckets)) g.fill(pathOf(bucket, true), 'evenodd');
  };
  const outline = (buckets: readonly Bucket[], color: string, px: number): void => {
    g.strokeStyle = color;
    g.lineWidth = px * resolution;
    for (const bucket of seen(buckets)) g.stroke(pathOf(bucket, true));
  };
  const line = (buckets: readonly Bucket[], color: string, px: number): void => {
    g.strokeStyle = color;
    g.lineWidth = px * resolution;
    for (const bucket of seen(buckets)) g.stroke(pathOf(bucket, false));
  };
  const px = (groundM: number, least: number): number => Math.max(least, groundM / mpp);

  const { areas, lines } = data;
  fill(areas.land, of['m-land']);
  if (mpp < COARSEST.block) fill(areas.block, of['m-block']);
  fill(areas.industrial, of['m-ind']);
  fill(areas.park, of['m-park']);
  g.lineCap = 'round';
  outline(areas.river, of['m-park'], px(2 * BANK_M, 3));
  fill(areas.river, of['m-water']);
  outline(areas.river, of['m-water-line'], 1);
  fill(areas.water, of['m-water']);
  outline(areas.water, of['m-water-line'], 1);
  if (mpp < COARSEST.building) {
    fill(areas.building, of['m-bld']);
    if (mpp < COARSEST.buildingEdge) outline(areas.building, of['m-bld-line'], 1);
  }
  g.lineCap = 'butt';
  for (const kind of lineKinds) {
    if (kind === 'rail') continue;
    const { groundM, leastPx, color } = roads[kind];
    if (kind === 'road0' && mpp >= COARSEST.lane) continue;
    const width = px(groundM, leastPx);
    if (kind !== 'road0' || mpp < COARSEST.laneCase || !dark) {
      line(lines[kind], of['m-case'], width + (dark ? 2.5 : 1.6));
    }
    line(lines[kind], of[color], width);
    if (kind === 'road0') paintRail(g, seen(lines.rail), palette, resolution, mpp);
  }
};

const paintRail = (
  g: Context,
  buckets: readonly Bucket[],
  { of }: Palette,
  resolution: number,
  mpp: number,
): void => {
  const near = mpp < 6;
  const stroke = (color: string, px: number): void => {
    g.strokeStyle = color;
    g.lineWidth = px * resolution;
    for (const bucket of buckets) g.stroke(pathOf(bucket, false));
  };
  stroke(of['m-rail'], near ? 3 : 2);
  g.setLineDash([8 * resolution, 8 * resolution]);
  stroke(of['m-land'], near ? 1.5 : 1);
  g.setLineDash([]);
};
