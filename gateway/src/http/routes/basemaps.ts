import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { everyRole } from '../../access/access.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

const unzip = promisify(gunzip);

/** What lies under the devices: the built-in outline and the files of the operator. */
export const baseMapRoutes = ({ baseMaps }: Pick<Rooms, 'baseMaps'>) => [
  endpoint({
    method: 'get',
    path: '/basemaps',
    summary: 'Base maps',
    roles: everyRole,
    query: schemas.paging(100, 1000),
    result: schemas.pageOf(schemas.baseMap),
    handle: async () => ({ items: await baseMaps.list(), next: null }),
  }),
  endpoint({
    method: 'get',
    path: '/basemaps/:id',
    summary: 'The GeoJSON of a base map, application/geo+json',
    roles: everyRole,
    params: schemas.byId,
    refusals: ['notFound'],
    handle: async ({ params, request, response }) => {
      const file = await baseMaps.file(params.id);
      if (file === null) return new Refusal('notFound');
      response.set({
        ETag: file.etag,
        'Cache-Control': 'private, no-cache',
        'Content-Type': 'application/geo+json',
        Vary: 'Accept-Encoding',
      });
      if (request.fresh) {
        response.status(304).end();
        return undefined;
      }
      const zipped = request.acceptsEncodings('gzip') === 'gzip';
      if (zipped) response.set('Content-Encoding', 'gzip');
      response.end(zipped ? file.gzip : await unzip(file.gzip));
      return undefined;
    },
  }),
];
