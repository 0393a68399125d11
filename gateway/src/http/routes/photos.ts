import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { historians } from '../../access/access.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal } from '../problem.ts';
import { resolveDevice } from '../resolve-device.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

const place = z.tuple([z.number(), z.uuid()]);

/** Photos, sounds and films of devices. */
export const photoRoutes = ({ devices, photos }: Pick<Rooms, 'devices' | 'photos'>) => [
  endpoint({
    method: 'get',
    path: '/photos',
    summary: 'Photos, sounds and films that devices sent, by the time they were made',
    roles: historians,
    query: schemas.paging(100, 1000).extend({ ...schemas.ofDevice, ...schemas.period }),
    result: schemas.pageOf(schemas.photo),
    refusals: ['badCursor', 'notFound', 'ambiguousDevice'],
    handle: async ({ query }) => {
      const asked =
        query.device === undefined ? null : resolveDevice(devices, query.device, query.protocol);
      if (asked instanceof Refusal) return asked;
      const cursor = decodeCursor(place, query.cursor);
      if (cursor instanceof Refusal) return cursor;
      const after = cursor === null ? null : { time: cursor[0], id: cursor[1] };
      const [from, to] = [Date.parse(query.from), Date.parse(query.to)];
      const limit = query.limit + 1;
      const found = await photos.list({ device: asked, from, to, after, limit });
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      const isMore = found.length > query.limit && last !== undefined;
      return { items, next: isMore ? encodeCursor([Date.parse(last.time), last.id]) : null };
    },
  }),
  endpoint({
    method: 'get',
    path: '/photos/:id/file',
    summary: 'The file exactly as the device sent it',
    roles: historians,
    params: schemas.byId,
    refusals: ['notFound'],
    handle: async ({ params, request, response }) => {
      const file = await photos.file(params.id);
      if (file === null) return new Refusal('notFound');
      const isKnown = file.contentType !== 'application/octet-stream';
      const disposition = isKnown ? 'inline' : 'attachment';
      response.set({
        ETag: `"${file.sha256}"`,
        'Cache-Control': 'private, max-age=86400, immutable',
        'Content-Type': file.contentType,
        'Content-Length': `${file.bytes}`,
        'Content-Disposition': `${disposition}; filename="${file.name}"`,
        'Content-Security-Policy': "sandbox; default-src 'none'",
        'X-Content-Type-Options': 'nosniff',
      });
      if (request.fresh) {
        response.removeHeader('Content-Length');
        response.status(304).end();
        return undefined;
      }
      // A client that leaves is no fault of ours.
      await pipeline(createReadStream(file.path), response).catch(() => undefined);
      return undefined;
    },
  }),
];
