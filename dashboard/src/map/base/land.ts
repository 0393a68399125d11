import type { View } from '../project.ts';
import { toX, toY } from '../project.ts';

interface Island {
  readonly path: Path2D;
  /** west, north, east, south in EPSG:3857 with y to the south. */
  readonly box: readonly [number, number, number, number];
}

/** Rings of the outline are coded in hundredths of a degree. */
const SCALE = 100;
let made: Island[] | null = null;
let loading: Promise<void> | null = null;

/** Fetches the outline from this origin, once a page; it is large, so the page does not wait for it. */
export const loadLand = (): Promise<void> => {
  loading ??= import('virtual:land').then(({ rings }) => {
    made = rings.map(islandOf);
  });
  return loading;
};

const islandOf = (ring: readonly number[]): Island => {
  const path = new Path2D();
  let lon = 0;
  let lat = 0;
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < ring.length; i += 2) {
    lon += ring[i] ?? 0;
    lat += ring[i + 1] ?? 0;
    const x = toX(lon / SCALE);
    const y = -toY(lat / SCALE);
    if (i === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  path.closePath();
  return { path, box };
};

/**
 * The land of the view as one path per island, in EPSG:3857 with y to the south; null until it is loaded.
 * Outlines are good to about 1 km.
 */
export const landIn = (view: View): Path2D[] | null => {
  if (made === null) return null;
  const dx = (view.width / 2) * view.resolution;
  const dy = (view.height / 2) * view.resolution;
  return made
    .filter(
      ({ box }) =>
        box[0] < view.cx + dx &&
        box[2] > view.cx - dx &&
        box[1] < -view.cy + dy &&
        box[3] > -view.cy - dy,
    )
    .map((island) => island.path);
};
