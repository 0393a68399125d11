import { z } from 'zod';
import { readers } from '../../access/access.ts';
import type { LatestPosition } from '../../wire.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal } from '../problem.ts';
import { resolveDevice } from '../resolve-device.ts';
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
    query: schemas.paging(1000, 10_000).extend(schemas.ofDevice),
    result: schemas.pageOf(schemas.latestPosition),
    refusals: ['badCursor', 'notFound', 'ambiguousDevice'],
    handle: async ({ query }) => {
      if (query.device !== undefined) {
        const device = resolveDevice(devices, query.device, query.protocol);
        if (device instanceof Refusal) return device;
        const state = latest.get(device);
        const position = state === undefined ? null : latest.toWire(state);
        return { items: position === null ? [] : [position], next: null };
      }
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
