import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { admins, historians } from '../../access/access.ts';
import { QueryGate } from '../../stores/query-gate.ts';
import { type HeatCells, type HeatQuery, StoreError } from '../../stores/store.ts';
import type { HeatMap } from '../../wire.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

const DAY_MS = 86_400_000;
const MAX_HEAT_DAYS = 93;
const MAX_CELLS = 20_000;

const heatQuery = z.strictObject({
  ...schemas.period,
  /** West, south, east, north; degrees. */
  bbox: z.string().regex(/^-?\d{1,3}(\.\d{1,12})?(,-?\d{1,3}(\.\d{1,12})?){3}$/),
  cell: z.coerce.number().min(50).max(10_000).default(100),
  metric: z.enum(['dwell', 'fixes', 'deviceDays']).default('dwell'),
  limit: z.coerce.number().int().min(1).max(MAX_CELLS).default(MAX_CELLS),
});
const exportQuery = z.strictObject({ day: z.iso.date() });

/** What is asked of all tracks together: where they lie, and whole days of them. */
export const historyRoutes = ({ tracks }: Pick<Rooms, 'tracks'>) => {
  const exports = new QueryGate(1);
  return [
    endpoint({
      method: 'get',
      path: '/heat',
      summary: 'Where valid positions of all devices lie, as sums over cells, the most first',
      roles: historians,
      query: heatQuery,
      result: schemas.heatMap,
      refusals: ['notSupported', 'unavailable'],
      handle: async ({ query }) => {
        const asked = heatQueryOf(query);
        if (asked instanceof Refusal) return asked;
        const heat = tracks.heat?.bind(tracks);
        if (heat === undefined) return new Refusal('notSupported');
        const cells = await orRefusal(heat(asked));
        return cells instanceof Refusal ? cells : toWire(cells);
      },
    }),
    endpoint({
      method: 'get',
      path: '/exports/positions',
      summary: 'All positions of a UTC day, by device time, as Parquet',
      roles: admins,
      query: exportQuery,
      refusals: ['notSupported', 'unavailable'],
      handle: async ({ query, response }) => {
        const exportDay = tracks.exportDay?.bind(tracks);
        if (exportDay === undefined) return new Refusal('notSupported');
        return await exports.run(async () => {
          const path = await orRefusal(exportDay(Date.parse(query.day) / DAY_MS));
          if (path instanceof Refusal) return path;
          response.set({
            'Content-Type': 'application/vnd.apache.parquet',
            'Content-Disposition': `attachment; filename="positions-${query.day}.parquet"`,
          });
          try {
            // A client that leaves is no fault of ours.
            await pipeline(createReadStream(path), response).catch(() => undefined);
          } finally {
            await rm(path, { force: true });
          }
          return undefined;
        });
      },
    }),
  ];
};

function heatQueryOf(query: z.output<typeof heatQuery>): HeatQuery | Refusal {
  const [west = 0, south = 0, east = 0, north = 0] = query.bbox.split(',').map(Number);
  const from = Date.parse(query.from);
  const to = Date.parse(query.to);
  const isBox = west < east && south < north && west >= -180 && east <= 180;
  const errors = [
    ...(isBox && south >= -90 && north <= 90
      ? []
      : [fault('bbox', 'west,south,east,north in degrees; a box across the antimeridian is two')]),
    ...(from < to ? [] : [fault('to', 'must be after from')]),
    ...(to - from <= MAX_HEAT_DAYS * DAY_MS ? [] : [fault('to', `at most ${MAX_HEAT_DAYS} days`)]),
  ];
  if (errors.length > 0) return new Refusal('badInput', { errors });
  const { cell: cellM, metric, limit } = query;
  return { west, south, east, north, from, to, cellM, metric, limit };
}

const fault = (path: string, message: string) => ({ path, code: 'custom', message });

async function orRefusal<T>(work: Promise<T>): Promise<T | Refusal> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return new Refusal('unavailable', { detail: error.code });
  }
}

function toWire(heat: HeatCells): HeatMap {
  const cells: number[][] = [];
  for (let i = 0; i < heat.length; i++) {
    const at = [heat.latitude[i], heat.longitude[i]].map((d) => Number((d ?? 0).toFixed(6)));
    cells.push([...at, ...[heat.dwellS, heat.fixes, heat.deviceDays].map((c) => c[i] ?? 0)]);
  }
  const { latitude, longitude } = heat.step;
  return {
    latitudeStep: latitude,
    longitudeStep: longitude,
    clip: heat.clip,
    hasMore: heat.hasMore,
    cells,
  };
}
