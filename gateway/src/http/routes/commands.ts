import { z } from 'zod';
import { commanders, handlers, historians } from '../../access/access.ts';
import { commandToWire } from '../../records/commands.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal } from '../problem.ts';
import { resolveDevice } from '../resolve-device.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

const listQuery = schemas.paging(100, 1000).extend(schemas.family.shape);
const place = z.tuple([z.number().int()]);

type Draft = z.output<typeof schemas.commandDraft>;

/** What is said of the message itself: by its id or name, as a GT06 text, or in the words of badges. */
function words({ id, name, fields, text, language, cmd, args }: Draft) {
  if (text !== undefined) {
    return { message: '0x80', fields: language === undefined ? { text } : { text, language } };
  }
  return cmd === undefined
    ? { message: id ?? name ?? '', fields: fields ?? {} }
    : { message: cmd, fields: args ?? {} };
}

/** What is asked of devices. */
export const commandRoutes = (rooms: Pick<Rooms, 'commands' | 'commandLog' | 'devices'>) => {
  const { commands, commandLog, devices } = rooms;
  return [
    endpoint({
      method: 'post',
      path: '/devices/:id/commands',
      summary: 'Ask something of a device',
      roles: commanders,
      params: schemas.byId,
      query: schemas.family,
      body: schemas.commandDraft,
      status: 202,
      result: schemas.deviceCommand,
      refusals: [
        ...(['notFound', 'ambiguousDevice', 'noSuchCommand', 'badValue', 'confirmNeeded'] as const),
        ...(['notSafeNow', 'deviceOffline', 'queueFull'] as const),
      ],
      handle: async ({ params, query, body, user }) => {
        const device = resolveDevice(devices, params.id, query.protocol);
        if (device instanceof Refusal) return device;
        const asked = words(body);
        const mayAsk = handlers.includes(user.role) || commands.isWhereNow({ ...asked, device });
        if (!mayAsk) return new Refusal('forbidden');
        const outcome = await commands.request({
          ...{ ...asked, device, by: user.username, reason: body.reason ?? null },
          ...{ isConfirmed: body.confirm ?? false, waitS: body.waitS ?? 0 },
        });
        if (outcome.ok) return commandToWire(outcome.command);
        const { code, detail } = outcome;
        if (code !== 'badValue') return new Refusal(code, { detail });
        const [path = '', message = detail] = detail.split(/: (.*)/s);
        return new Refusal(code, { detail, errors: [{ path: `fields.${path}`, code, message }] });
      },
    }),
    endpoint({
      method: 'get',
      path: '/devices/:id/commands',
      summary: 'What was asked of a device, newest first',
      roles: historians,
      params: schemas.byId,
      query: listQuery,
      result: schemas.pageOf(schemas.deviceCommand),
      refusals: ['notFound', 'ambiguousDevice', 'badCursor'],
      handle: async ({ params, query: { protocol, limit, cursor } }) => {
        const device = resolveDevice(devices, params.id, protocol);
        if (device instanceof Refusal) return device;
        const before = decodeCursor(place, cursor);
        if (before instanceof Refusal) return before;
        await commandLog.flush();
        const found = await commandLog.list(device, limit + 1, before?.[0] ?? null);
        const items = found.slice(0, limit);
        const last = items.at(-1);
        const hasMore = found.length > limit && last !== undefined;
        return { items, next: hasMore ? encodeCursor([Number(last.id)]) : null };
      },
    }),
    endpoint({
      method: 'get',
      path: '/commands/:id',
      summary: 'One command and what became of it',
      roles: historians,
      params: schemas.byId,
      result: schemas.deviceCommand,
      refusals: ['notFound'],
      handle: async ({ params }) => {
        if (!/^\d{1,15}$/.test(params.id)) return new Refusal('notFound');
        await commandLog.flush();
        return (await commandLog.get(Number(params.id))) ?? new Refusal('notFound');
      },
    }),
  ];
};
