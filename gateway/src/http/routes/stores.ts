import { overseers } from '../../access/access.ts';
import { endpoint } from '../endpoint.ts';
import type { Rooms } from '../rooms.ts';
import * as schemas from '../schemas.ts';

/** How the stores keep up with the journal, and what they refused. */
export const storeRoutes = ({ health }: Pick<Rooms, 'health'>) => [
  endpoint({
    method: 'get',
    path: '/stores',
    summary: 'How far each store is behind the journal, why, and what it has parked',
    roles: overseers,
    result: schemas.pageOf(schemas.storeState),
    handle: async () => ({ items: health.stores(), next: null }),
  }),
];
