import type { Migration } from 'kysely';
import { addAlarmTimes, createAlarms } from '../alarms/schema.ts';
import { createBeacons } from './beacons.ts';
import { createCommands } from './commands-table.ts';
import { createDeviceProfiles } from './device-profiles.ts';
import { createMqttPasswords } from './mqtt-passwords.ts';
import { createPhotos } from './photos.ts';
import { createRecords } from './schema.ts';

/**
 * Every step of the schema in order; names sort like the list. A step that was ever released never changes:
 * add the next one.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '001-records': createRecords,
  '002-alarms': createAlarms,
  '003-alarm-times': addAlarmTimes,
  '004-beacons': createBeacons,
  '005-mqtt-passwords': createMqttPasswords,
  '006-device-profiles': createDeviceProfiles,
  '007-photos': createPhotos,
  '008-commands': createCommands,
};
