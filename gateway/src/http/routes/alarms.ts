import { z } from 'zod';
import { handlers, readers } from '../../access/access.ts';
import { BadCursor } from '../../alarms/place.ts';
import type { AlarmAnswer } from '../../live/desk.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal } from '../problem.ts';
import { resolveDevice } from '../resolve-device.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

const listQuery = schemas
  .paging(200, 1000)
  .extend({ state: z.enum(['open', 'all']).default('open') });
const eventQuery = schemas.paging(200, 1000).extend({
  from: schemas.period.from.optional(),
  to: schemas.period.to.optional(),
  ...schemas.ofDevice,
});

const answerOf = (answer: AlarmAnswer) => {
  if (answer.ok) return answer.alarm;
  return answer.code === 'conflict'
    ? new Refusal('conflict', { current: answer.alarm })
    : new Refusal('notFound');
};

/** The desk looks at a cursor itself. */
async function listed<T>(page: Promise<T>): Promise<T | Refusal> {
  try {
    return await page;
  } catch (error) {
    if (error instanceof BadCursor) return new Refusal('badCursor');
    throw error;
  }
}

/** Alarms and the facts they were born of. */
export const alarmRoutes = ({ desk, devices }: Pick<Rooms, 'desk' | 'devices'>) => {
  const change = (verb: 'ack' | 'clear', summary: string) =>
    endpoint({
      method: 'post',
      path: `/alarms/:id/${verb}`,
      summary,
      roles: handlers,
      params: schemas.byId,
      body: schemas.alarmNote.default({}),
      ifMatch: true,
      result: schemas.alarm,
      handle: async ({ params, body, rev, user }) =>
        answerOf(await desk[verb](params.id, rev, user.username, body.note ?? null)),
    });
  return [
    endpoint({
      method: 'get',
      path: '/alarms',
      summary: 'Alarms, newest first',
      roles: readers,
      query: listQuery,
      result: schemas.pageOf(schemas.alarm),
      refusals: ['badCursor'],
      handle: ({ query: { state, limit, cursor } }) =>
        listed(desk.list({ state, limit, ...(cursor === undefined ? {} : { cursor }) })),
    }),
    endpoint({
      method: 'get',
      path: '/alarms/:id',
      summary: 'One alarm',
      roles: readers,
      params: schemas.byId,
      result: schemas.alarm,
      refusals: ['notFound'],
      handle: async ({ params }) => (await desk.get(params.id)) ?? new Refusal('notFound'),
    }),
    change('ack', 'Acknowledge an alarm'),
    change('clear', 'Say that the condition of an alarm is over'),
    endpoint({
      method: 'get',
      path: '/events',
      summary: 'Fence events and device alarms, newest first',
      roles: readers,
      query: eventQuery,
      result: schemas.pageOf(schemas.fenceEvent),
      refusals: ['badCursor', 'notFound', 'ambiguousDevice'],
      handle: async ({ query: { from, to, limit, cursor, device: id, protocol } }) => {
        const device = id === undefined ? undefined : resolveDevice(devices, id, protocol);
        if (device instanceof Refusal) return device;
        return listed(
          desk.events({
            limit,
            ...(from === undefined ? {} : { from: Date.parse(from) }),
            ...(to === undefined ? {} : { to: Date.parse(to) }),
            ...(device === undefined ? {} : { device }),
            ...(cursor === undefined ? {} : { cursor }),
          }),
        );
      },
    }),
  ];
};
