import { admins, overseers } from '../../access/access.ts';
import { PasswordsBusy } from '../../access/passwords.ts';
import { endpoint } from '../endpoint.ts';
import { Refusal, refusedEdit } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

const BUSY_WAIT_S = 5;

/** Who may log in. */
export const userRoutes = ({ access, users }: Pick<Rooms, 'access' | 'users'>) => [
  endpoint({
    method: 'get',
    path: '/users',
    summary: 'All users by name',
    roles: overseers,
    query: schemas.paging(1000, 1000),
    result: schemas.pageOf(schemas.user),
    handle: async () => ({ items: await users.list(), next: null }),
  }),
  endpoint({
    method: 'post',
    path: '/users',
    summary: 'Make a user',
    roles: admins,
    body: schemas.userDraft,
    status: 201,
    result: schemas.user,
    refusals: ['exists', 'tooManyTries'],
    handle: async ({ body: { password, ...draft } }) => {
      try {
        const made = await users.create({ ...draft, passwordHash: await access.hash(password) });
        return made.ok ? made.value : refusedEdit(made);
      } catch (error) {
        if (!(error instanceof PasswordsBusy)) throw error;
        return new Refusal('tooManyTries', { retryAfterS: BUSY_WAIT_S });
      }
    },
  }),
];
