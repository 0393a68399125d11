import type { City } from '../city.ts';
import { geoPoint, geoRing, type Ring } from '../geo.ts';
import { cityName } from './names.ts';

export const cityKinds = [
  'land',
  'block',
  'industrial',
  'park',
  'river',
  'water',
  'building',
  'rail',
  'road',
  'district',
] as const;
export type CityKind = (typeof cityKinds)[number];

export interface CityFeature {
  readonly type: 'Feature';
  readonly properties: {
    readonly kind: CityKind;
    /** Roads only: 2 main avenue, 1 avenue, 0 street. */
    readonly class?: 0 | 1 | 2;
    readonly name?: string;
  };
  readonly geometry:
    | { readonly type: 'Polygon'; readonly coordinates: [number, number][][] }
    | { readonly type: 'LineString'; readonly coordinates: [number, number][] }
    | { readonly type: 'Point'; readonly coordinates: [number, number] };
}
export interface CityMap {
  readonly type: 'FeatureCollection';
  readonly name: string;
  /** west, south, east, north */
  readonly bbox: [number, number, number, number];
  readonly features: CityFeature[];
}

/** The city as a base map in WGS-84, in the order in which it is painted: land first, names last. */
export function cityMap(city: City): CityMap {
  const area = (kind: CityKind, outline: Ring, name = ''): CityFeature => ({
    type: 'Feature',
    properties: { kind, ...(name === '' ? {} : { name }) },
    geometry: { type: 'Polygon', coordinates: [geoRing(outline, kind === 'block' ? 5 : 6)] },
  });
  const { estate } = city;
  const land = area('land', city.land, city.name);
  const features: CityFeature[] = [
    land,
    ...city.blocks.map((b) => area('block', b)),
    area('block', estate.outline),
    ...estate.yards.map((y) => area('industrial', y)),
    ...city.parks.map((p) => area('park', p.outline, p.name)),
    area('river', city.river.outline, city.river.name),
    ...city.ponds.map((p) => area('water', p)),
    ...city.buildings.map((b) => area('building', b)),
    ...estate.halls.map((h) => area('building', h.outline, h.name)),
    {
      type: 'Feature',
      properties: { kind: 'rail', name: city.rail.name },
      geometry: { type: 'LineString', coordinates: city.rail.outline.map((p) => geoPoint(p)) },
    },
    // Main avenues last, so that they lie over the streets they cross.
    ...[...city.roads]
      .sort((a, b) => a.class - b.class)
      .map(
        (r): CityFeature => ({
          type: 'Feature',
          properties: { kind: 'road', class: r.class, ...(r.name === '' ? {} : { name: r.name }) },
          geometry: { type: 'LineString', coordinates: r.points.map((p) => geoPoint(p)) },
        }),
      ),
    ...city.districts.map(
      (d): CityFeature => ({
        type: 'Feature',
        properties: { kind: 'district', name: d.name },
        geometry: { type: 'Point', coordinates: geoPoint(d.at) },
      }),
    ),
  ];
  const corners = geoRing(city.land);
  const longitudes = corners.map(([longitude]) => longitude);
  const latitudes = corners.map(([, latitude]) => latitude);
  return {
    type: 'FeatureCollection',
    name: cityName,
    bbox: [
      Math.min(...longitudes),
      Math.min(...latitudes),
      Math.max(...longitudes),
      Math.max(...latitudes),
    ],
    features,
  };
}
