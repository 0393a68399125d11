import { z } from 'zod';
import { admins, historians, readers } from '../../access/access.ts';
import { deviceToWire } from '../../live/device-wire.ts';
import type { DeviceEntry } from '../../records/devices.ts';
import { StoreError } from '../../stores/store.ts';
import type { Device } from '../../wire.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint, sent } from '../endpoint.ts';
import { Refusal, refusedEdit } from '../problem.ts';
import { resolveDevice } from '../resolve-device.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';
import { sendTrack } from '../track-answer.ts';

/** A day of a fix a second, and a little. */
const MAX_TRACK = 100_000;
const listQuery = schemas.paging(1000, 10_000).extend({
  /** `knocking` ones are listed only when asked for. */
  admission: z.enum(['known', 'pending', 'knocking']).optional(),
});
const trackQuery = schemas
  .paging(1000, MAX_TRACK)
  .extend({ ...schemas.period, ...schemas.family.shape });

/** A page of admitted devices goes by slot, which is stable within one `boot`; knocking ones by key. */
const place = z.tuple([z.string(), z.number(), z.string()]);

/** Devices and their tracks. */
export const deviceRoutes = (rooms: Pick<Rooms, 'devices' | 'latest' | 'tracks' | 'site'>) => {
  const { devices, latest, tracks, site } = rooms;
  const toWire = (entry: DeviceEntry): Device => deviceToWire(entry, latest.presence(entry));

  /** Admitted ones come in the order of their slots; those that knock are few and sorted by key. */
  const listed = (admission: Device['admission'] | undefined, slot: number, key: string) => {
    const all = [...devices.all()];
    if (admission === 'knocking') {
      const knocking = all.filter((e) => e.admission === 'knocking' && e.key > key);
      return knocking.sort((a, b) => (a.key < b.key ? -1 : 1));
    }
    return all.filter(
      (e) => e.slot > slot && (admission === undefined || e.admission === admission),
    );
  };

  return [
    endpoint({
      method: 'get',
      path: '/devices',
      summary: 'Devices that are admitted, or that knock',
      roles: readers,
      query: listQuery,
      result: schemas.deviceList,
      refusals: ['badCursor'],
      handle: async ({ query }) => {
        const after = decodeCursor(place, query.cursor);
        if (after instanceof Refusal) return after;
        if (after !== null && after[0] !== site.boot) return new Refusal('badCursor');
        const found = listed(query.admission, after?.[1] ?? -1, after?.[2] ?? '');
        const shown = found.slice(0, query.limit);
        const last = shown.at(-1);
        const more = found.length > shown.length && last !== undefined;
        const next = more ? encodeCursor([site.boot, last.slot, last.key]) : null;
        return { items: shown.map(toWire), next, boot: site.boot };
      },
    }),
    endpoint({
      method: 'post',
      path: '/devices',
      summary: 'Enter a device; one that is pending or knocks becomes known',
      roles: admins,
      body: schemas.deviceDraft,
      status: 201,
      result: schemas.device,
      refusals: ['exists', 'unknownReference'],
      handle: async ({ body }) => {
        const kind = body.kind ?? (body.protocol === 'mqtt' ? 'badge' : 'vehicle');
        const made = await devices.create({ ...body, kind, name: body.name ?? body.id });
        return made.ok ? toWire(made.value) : refusedEdit(made);
      },
    }),
    endpoint({
      method: 'get',
      path: '/devices/:id',
      summary: 'One device',
      roles: readers,
      params: schemas.byId,
      query: schemas.family,
      result: schemas.device,
      refusals: ['notFound', 'ambiguousDevice'],
      handle: async ({ params, query }) => {
        const ref = resolveDevice(devices, params.id, query.protocol);
        if (ref instanceof Refusal) return ref;
        const entry = devices.find(ref);
        return entry === undefined ? new Refusal('notFound') : toWire(entry);
      },
    }),
    endpoint({
      method: 'patch',
      path: '/devices/:id',
      summary: 'Rename, regroup or accept a device, say how its frames are read',
      roles: admins,
      params: schemas.byId,
      query: schemas.family,
      body: schemas.devicePatch,
      ifMatch: true,
      result: schemas.device,
      refusals: ['ambiguousDevice'],
      handle: async ({ params, query, body, rev }) => {
        const ref = resolveDevice(devices, params.id, query.protocol);
        if (ref instanceof Refusal) return ref;
        const done = await devices.update(ref, rev, body);
        if (done.ok) return toWire(done.value);
        const current = devices.find(ref);
        return refusedEdit(done, current && toWire(current));
      },
    }),
    endpoint({
      method: 'delete',
      path: '/devices/:id',
      summary: 'Forget a device; its track stays',
      roles: admins,
      params: schemas.byId,
      query: schemas.family,
      ifMatch: true,
      status: 204,
      refusals: ['ambiguousDevice'],
      handle: async ({ params, query, rev }) => {
        const ref = resolveDevice(devices, params.id, query.protocol);
        if (ref instanceof Refusal) return ref;
        const done = await devices.remove(ref, rev);
        return done.ok ? undefined : refusedEdit(done);
      },
    }),
    endpoint({
      method: 'get',
      path: '/devices/:id/track',
      summary: 'Positions of a device in a period, oldest first',
      roles: historians,
      params: schemas.byId,
      query: trackQuery,
      result: schemas.pageOf(schemas.trackPosition),
      refusals: ['notFound', 'ambiguousDevice', 'badCursor', 'unavailable'],
      handle: async ({ params, query, response }) => {
        const device = resolveDevice(devices, params.id, query.protocol);
        if (device instanceof Refusal) return device;
        const { limit, cursor } = query;
        try {
          const page = await tracks.track({
            ...{ device, limit, from: Date.parse(query.from), to: Date.parse(query.to) },
            ...(cursor === undefined ? {} : { cursor }),
          });
          await sendTrack(response, device, page);
          return sent;
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          if (error.code === 'badCursor') return new Refusal('badCursor');
          return new Refusal('unavailable', { detail: error.code });
        }
      },
    }),
  ];
};
