import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import type { Plugin } from 'vite';

const MODULE = 'virtual:land';
/** Hundredths of a degree, about 1 km: enough for the outline that stands beneath an operator's own map. */
const SCALE = 100;
/** Rings smaller than this many hundredths of a degree in both directions are left out. */
const SMALLEST = 8;

/**
 * Gives the app `virtual:land`: the world's land outline 1:50m as rings of delta-coded integers
 * (hundredths of a degree, [lon, lat, dLon, dLat, ...]), made from world-atlas at build time.
 */
export const landPlugin = (): Plugin => ({
  name: 'xunji-land',
  resolveId: (id) => (id === MODULE ? `\0${MODULE}` : null),
  load(id) {
    if (id !== `\0${MODULE}`) return null;
    const file = fileURLToPath(import.meta.resolve('world-atlas/land-50m.json'));
    const topology = JSON.parse(readFileSync(file, 'utf8')) as Topology<{
      land: GeometryCollection;
    }>;
    const rings: number[][] = [];
    for (const { geometry } of feature(topology, topology.objects.land).features) {
      const polygons =
        geometry.type === 'Polygon'
          ? [geometry.coordinates]
          : geometry.type === 'MultiPolygon'
            ? geometry.coordinates
            : [];
      for (const polygon of polygons) for (const ring of polygon) rings.push(deltas(ring));
    }
    return `export const rings = JSON.parse(${JSON.stringify(JSON.stringify(rings.filter((r) => r.length > 6)))});`;
  },
});

const deltas = (ring: readonly (readonly number[])[]): number[] => {
  const coded: number[] = [];
  let lastX = 0;
  let lastY = 0;
  let width = 0;
  let height = 0;
  for (const [lon = 0, lat = 0] of ring) {
    const x = Math.round(lon * SCALE);
    const y = Math.round(lat * SCALE);
    if (coded.length > 0 && x === lastX && y === lastY) continue;
    coded.push(x - lastX, y - lastY);
    if (coded.length > 2) {
      width = Math.max(width, Math.abs(x - (coded[0] ?? 0)));
      height = Math.max(height, Math.abs(y - (coded[1] ?? 0)));
    }
    lastX = x;
    lastY = y;
  }
  return width < SMALLEST && height < SMALLEST ? [] : coded;
};
