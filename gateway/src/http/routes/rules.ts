import { admins, readers } from '../../access/access.ts';
import { pageByName } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal, refusedEdit } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

/** What turns fence events into alarms. */
export const ruleRoutes = ({ rules }: Pick<Rooms, 'rules'>) => [
  endpoint({
    method: 'get',
    path: '/rules',
    summary: 'Rules by name',
    roles: readers,
    query: schemas.paging(200, 1000),
    result: schemas.pageOf(schemas.rule),
    refusals: ['badCursor'],
    handle: ({ query }) =>
      pageByName(
        query,
        (r) => r.name,
        (limit, after) => rules.list(limit, after),
      ),
  }),
  endpoint({
    method: 'post',
    path: '/rules',
    summary: 'Make a rule over fences',
    roles: admins,
    body: schemas.ruleDraft,
    status: 201,
    result: schemas.rule,
    refusals: ['unknownReference'],
    handle: async ({ body }) => {
      const made = await rules.create(body);
      return made.ok ? made.value : refusedEdit(made);
    },
  }),
  endpoint({
    method: 'get',
    path: '/rules/:id',
    summary: 'One rule',
    roles: readers,
    params: schemas.byId,
    result: schemas.rule,
    refusals: ['notFound'],
    handle: async ({ params }) => (await rules.get(params.id)) ?? new Refusal('notFound'),
  }),
  endpoint({
    method: 'put',
    path: '/rules/:id',
    summary: 'Replace a rule whole',
    roles: admins,
    params: schemas.byId,
    body: schemas.ruleDraft,
    ifMatch: true,
    result: schemas.rule,
    refusals: ['unknownReference'],
    handle: async ({ params, body, rev }) => {
      const done = await rules.replace(params.id, rev, body);
      return done.ok ? done.value : refusedEdit(done, await rules.get(params.id));
    },
  }),
  endpoint({
    method: 'delete',
    path: '/rules/:id',
    summary: 'Delete a rule',
    roles: admins,
    params: schemas.byId,
    ifMatch: true,
    status: 204,
    handle: async ({ params, rev }) => {
      const done = await rules.remove(params.id, rev);
      return done.ok ? undefined : refusedEdit(done, await rules.get(params.id));
    },
  }),
];
