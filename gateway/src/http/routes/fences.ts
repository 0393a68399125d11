import { admins, readers } from '../../access/access.ts';
import { pageByName } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal, refusedEdit } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

/** Named areas as GeoJSON Features. */
export const fenceRoutes = ({ fences }: Pick<Rooms, 'fences'>) => [
  endpoint({
    method: 'get',
    path: '/fences',
    summary: 'Fences by name',
    roles: readers,
    query: schemas.paging(500, 1000),
    result: schemas.pageOf(schemas.fence),
    refusals: ['badCursor'],
    handle: ({ query }) =>
      pageByName(
        query,
        (f) => f.properties.name,
        (limit, after) => fences.list(limit, after),
      ),
  }),
  endpoint({
    method: 'post',
    path: '/fences',
    summary: 'Draw a fence',
    roles: admins,
    body: schemas.fenceDraft,
    status: 201,
    result: schemas.fence,
    handle: ({ body }) => fences.create(body),
  }),
  endpoint({
    method: 'get',
    path: '/fences/:id',
    summary: 'One fence',
    roles: readers,
    params: schemas.byId,
    result: schemas.fence,
    refusals: ['notFound'],
    handle: async ({ params }) => (await fences.get(params.id)) ?? new Refusal('notFound'),
  }),
  endpoint({
    method: 'put',
    path: '/fences/:id',
    summary: 'Replace a fence whole',
    roles: admins,
    params: schemas.byId,
    body: schemas.fenceDraft,
    ifMatch: true,
    result: schemas.fence,
    handle: async ({ params, body, rev }) => {
      const done = await fences.replace(params.id, rev, body);
      return done.ok ? done.value : refusedEdit(done, await fences.get(params.id));
    },
  }),
  endpoint({
    method: 'delete',
    path: '/fences/:id',
    summary: 'Delete a fence; rules that name it lose it, and go when it was their only one',
    roles: admins,
    params: schemas.byId,
    ifMatch: true,
    status: 204,
    handle: async ({ params, rev }) => {
      const done = await fences.remove(params.id, rev);
      return done.ok ? undefined : refusedEdit(done, await fences.get(params.id));
    },
  }),
];
