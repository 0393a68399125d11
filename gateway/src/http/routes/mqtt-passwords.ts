import { admins } from '../../access/access.ts';
import { PasswordsBusy } from '../../access/passwords.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

const BUSY_WAIT_S = 5;

/** By what MQTT devices prove who they are. Nobody can read one back. */
export const mqttPasswordRoutes = ({
  devices,
  mqttPasswords,
}: Pick<Rooms, 'devices' | 'mqttPasswords'>) => {
  const isKnown = (id: string) => devices.find({ protocol: 'mqtt', id })?.admission === 'known';
  return [
    endpoint({
      method: 'get',
      path: '/devices/:id/mqtt-password',
      summary: 'Whether an MQTT device has a password',
      roles: admins,
      params: schemas.byId,
      result: schemas.mqttPasswordState,
      refusals: ['notFound'],
      handle: async ({ params }) =>
        isKnown(params.id) ? { isSet: mqttPasswords.isSet(params.id) } : new Refusal('notFound'),
    }),
    endpoint({
      method: 'put',
      path: '/devices/:id/mqtt-password',
      summary: 'Set the password of an MQTT device; from now on nobody speaks for it without',
      roles: admins,
      params: schemas.byId,
      body: schemas.mqttPassword,
      status: 204,
      refusals: ['notFound', 'tooManyTries'],
      handle: async ({ params, body }) => {
        if (!isKnown(params.id)) return new Refusal('notFound');
        try {
          await mqttPasswords.set(params.id, body.password);
        } catch (error) {
          if (!(error instanceof PasswordsBusy)) throw error;
          return new Refusal('tooManyTries', { retryAfterS: BUSY_WAIT_S });
        }
        return undefined;
      },
    }),
    endpoint({
      method: 'delete',
      path: '/devices/:id/mqtt-password',
      summary: 'Take the password of an MQTT device away',
      roles: admins,
      params: schemas.byId,
      status: 204,
      refusals: ['notFound'],
      handle: async ({ params }) => {
        if (!isKnown(params.id) && !mqttPasswords.isSet(params.id)) return new Refusal('notFound');
        await mqttPasswords.set(params.id, null);
        return undefined;
      },
    }),
  ];
};
