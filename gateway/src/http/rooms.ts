import type { Access } from '../access/access.ts';
import type { BaseMaps } from '../basemaps/basemaps.ts';
import type { Health } from '../health.ts';
import type { AlarmDesk } from '../live/desk.ts';
import type { LatestPositions } from '../live/latest.ts';
import type { Photos } from '../media/photos.ts';
import type { Beacons } from '../records/beacons.ts';
import type { CommandLog } from '../records/commands.ts';
import type { CommandDesk } from '../records/device-command.ts';
import type { DeviceRegistry } from '../records/devices.ts';
import type { Fences } from '../records/fences.ts';
import type { MqttPasswords } from '../records/mqtt-passwords.ts';
import type { Rules } from '../records/rules.ts';
import type { Sessions } from '../records/sessions.ts';
import type { Subjects } from '../records/subjects.ts';
import type { Users } from '../records/users.ts';
import type { Store } from '../stores/store.ts';

/** What the routes ask of the rest of the house. */
export interface Rooms {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly users: Users;
  readonly devices: DeviceRegistry;
  readonly subjects: Subjects;
  readonly fences: Fences;
  readonly beacons: Beacons;
  readonly mqttPasswords: MqttPasswords;
  readonly rules: Rules;
  readonly commands: CommandDesk;
  readonly commandLog: CommandLog;
  readonly latest: LatestPositions;
  readonly desk: AlarmDesk;
  /** Where tracks are read. */
  readonly tracks: Pick<Store, 'track' | 'heat' | 'exportDay'>;
  readonly health: Pick<Health, 'stores'>;
  readonly baseMaps: BaseMaps;
  readonly photos: Pick<Photos, 'list' | 'file'>;
  readonly site: Site;
}

/** What is the same for everybody while the process lives. */
export interface Site {
  /** Names this life of the process: slots hold for one `boot`. */
  readonly boot: string;
  readonly build: string;
  /** IANA zone in which the site reads times. */
  readonly timeZone: string;
}
