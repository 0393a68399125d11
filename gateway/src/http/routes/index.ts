import type { Endpoint } from '../endpoint.ts';
import type { Rooms } from '../rooms.ts';
import { alarmRoutes } from './alarms.ts';
import { baseMapRoutes } from './basemaps.ts';
import { beaconRoutes } from './beacons.ts';
import { commandRoutes } from './commands.ts';
import { deviceRoutes } from './devices.ts';
import { fenceRoutes } from './fences.ts';
import { historyRoutes } from './history.ts';
import { mqttPasswordRoutes } from './mqtt-passwords.ts';
import { photoRoutes } from './photos.ts';
import { positionRoutes } from './positions.ts';
import { ruleRoutes } from './rules.ts';
import { sessionRoutes } from './session.ts';
import { storeRoutes } from './stores.ts';
import { subjectRoutes } from './subjects.ts';
import { userRoutes } from './users.ts';

/** Every operation of the API but the document that describes them. */
export const apiEndpoints = (rooms: Rooms): Endpoint[] => [
  ...sessionRoutes(rooms),
  ...deviceRoutes(rooms),
  ...commandRoutes(rooms),
  ...mqttPasswordRoutes(rooms),
  ...beaconRoutes(rooms),
  ...subjectRoutes(rooms),
  ...positionRoutes(rooms),
  ...historyRoutes(rooms),
  ...photoRoutes(rooms),
  ...fenceRoutes(rooms),
  ...ruleRoutes(rooms),
  ...alarmRoutes(rooms),
  ...userRoutes(rooms),
  ...storeRoutes(rooms),
  ...baseMapRoutes(rooms),
];
