import { z } from 'zod';
import { readers } from '../../access/access.ts';
import type { LatestPosition } from '../../wire.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

const place = z.tuple([z.string(), z.number()]);

/** Where everybody is now. */
export const positionRoutes = ({
  devices,
  latest,
  site,
}: Pick<Rooms, 'devices' | 'latest' | 'site'>) => [
  endpoint({
    method: 'get',
    path: '/positions/latest',
    summary: 'The newest position of every admitted device',
    roles: readers,
    query: schemas.paging(1000, 10_000),
    result: schemas.pageOf(schemas.latestPosition),
    refusals: ['badCursor'],
    handle: async ({ query }) => {
      const after = decodeCursor(place, query.cursor);
      if (after instanceof Refusal) return after;
      if (after !== null && after[0] !== site.boot) return new Refusal('badCursor');
      const items: LatestPosition[] = [];
      let lastSlot = after?.[1] ?? -1;
      // Admitted devices come in the order of their slots.
      for (const entry of devices.all()) {
        if (entry.slot <= lastSlot) continue;
        const state = latest.get(entry);
        const position = state === undefined ? null : latest.toWire(state);
        if (position === null) continue;
        if (items.length === query.limit) {
          return { items, next: encodeCursor([site.boot, lastSlot]) };
        }
        items.push(position);
        lastSlot = entry.slot;
      }
      return { items, next: null };
    },
  }),
];
