import { admins, readers } from '../../access/access.ts';
import { pageByName } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal, refusedEdit } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

/** Vehicles and people, and the device that carries each. */
export const subjectRoutes = ({ subjects }: Pick<Rooms, 'subjects'>) => [
  endpoint({
    method: 'get',
    path: '/subjects',
    summary: 'Vehicles and people by name',
    roles: readers,
    query: schemas.paging(200, 1000),
    result: schemas.pageOf(schemas.subject),
    refusals: ['badCursor'],
    handle: ({ query }) =>
      pageByName(
        query,
        (s) => s.name,
        (limit, after) => subjects.list(limit, after),
      ),
  }),
  endpoint({
    method: 'post',
    path: '/subjects',
    summary: 'Enter a vehicle or person; its device leaves whom it carried before',
    roles: admins,
    body: schemas.subjectDraft,
    status: 201,
    result: schemas.subject,
    refusals: ['unknownReference'],
    handle: async ({ body }) => {
      const made = await subjects.create(body);
      return made.ok ? made.value : refusedEdit(made);
    },
  }),
  endpoint({
    method: 'get',
    path: '/subjects/:id',
    summary: 'One vehicle or person',
    roles: readers,
    params: schemas.byId,
    result: schemas.subject,
    refusals: ['notFound'],
    handle: async ({ params }) => (await subjects.get(params.id)) ?? new Refusal('notFound'),
  }),
  endpoint({
    method: 'patch',
    path: '/subjects/:id',
    summary: 'Rename, or bind to another device from now on',
    roles: admins,
    params: schemas.byId,
    body: schemas.subjectPatch,
    ifMatch: true,
    result: schemas.subject,
    refusals: ['unknownReference'],
    handle: async ({ params, body, rev }) => {
      const done = await subjects.update(params.id, rev, body);
      return done.ok ? done.value : refusedEdit(done, await subjects.get(params.id));
    },
  }),
  endpoint({
    method: 'delete',
    path: '/subjects/:id',
    summary: 'Delete with its binding history',
    roles: admins,
    params: schemas.byId,
    ifMatch: true,
    status: 204,
    handle: async ({ params, rev }) => {
      const done = await subjects.remove(params.id, rev);
      return done.ok ? undefined : refusedEdit(done, await subjects.get(params.id));
    },
  }),
];
