import { admins, readers } from '../../access/access.ts';
import { pageByName } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal, refusedEdit } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

/** Places where badges are known to be by radio. */
export const beaconRoutes = ({ beacons }: Pick<Rooms, 'beacons'>) => [
  endpoint({
    method: 'get',
    path: '/beacons',
    summary: 'Listeners and fixed beacons by name',
    roles: readers,
    query: schemas.paging(500, 1000),
    result: schemas.pageOf(schemas.beacon),
    refusals: ['badCursor'],
    handle: ({ query }) =>
      pageByName(
        query,
        (b) => b.name,
        (limit, after) => beacons.list(limit, after),
      ),
  }),
  endpoint({
    method: 'post',
    path: '/beacons',
    summary: 'Enter a listener or a fixed beacon',
    roles: admins,
    body: schemas.beaconDraft,
    status: 201,
    result: schemas.beacon,
    refusals: ['exists'],
    handle: async ({ body }) => {
      const made = await beacons.create(body);
      return made.ok ? made.value : refusedEdit(made);
    },
  }),
  endpoint({
    method: 'get',
    path: '/beacons/:id',
    summary: 'One listener or fixed beacon',
    roles: readers,
    params: schemas.byId,
    result: schemas.beacon,
    refusals: ['notFound'],
    handle: async ({ params }) => (await beacons.get(params.id)) ?? new Refusal('notFound'),
  }),
  endpoint({
    method: 'put',
    path: '/beacons/:id',
    summary: 'Replace a listener or fixed beacon whole',
    roles: admins,
    params: schemas.byId,
    body: schemas.beaconDraft,
    ifMatch: true,
    result: schemas.beacon,
    refusals: ['exists'],
    handle: async ({ params, body, rev }) => {
      const done = await beacons.replace(params.id, rev, body);
      return done.ok ? done.value : refusedEdit(done, await beacons.get(params.id));
    },
  }),
  endpoint({
    method: 'delete',
    path: '/beacons/:id',
    summary: 'Forget a listener or fixed beacon; positions made of it stay',
    roles: admins,
    params: schemas.byId,
    ifMatch: true,
    status: 204,
    handle: async ({ params, rev }) => {
      const done = await beacons.remove(params.id, rev);
      return done.ok ? undefined : refusedEdit(done, await beacons.get(params.id));
    },
  }),
];
