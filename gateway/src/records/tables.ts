import type { ProtocolName } from '@xunji/protocols';
import type { Generated } from 'kysely';
import type { FenceKind, Role, Rule, Severity } from '../wire.ts';
import type { CommandsTable } from './commands-table.ts';
import type { PhotosTable } from './photos.ts';

/** Booleans are 0 or 1, times ms UTC, JSON is text. */
export interface UsersTable {
  id: string;
  username: string;
  role: Role;
  displayName: string;
  /** Argon2id in its PHC form. */
  passwordHash: string;
  createdTime: number;
}

export interface SessionsTable {
  /** SHA-256 of the cookie's token, hex. */
  hash: string;
  userId: string;
  createdTime: number;
  lastUsedTime: number;
}

export interface DevicesTable {
  protocol: ProtocolName;
  id: string;
  kind: 'vehicle' | 'badge';
  name: string;
  groupName: string | null;
  admission: 'known' | 'pending' | 'knocking';
  edition: string | null;
  /** Whose dialect it speaks. */
  model: string | null;
  lenient: 0 | 1;
  lastSeenTime: number | null;
  createdTime: number;
  rev: number;
}

export interface SubjectsTable {
  id: string;
  name: string;
  kind: 'vehicle' | 'person';
  createdTime: number;
  rev: number;
}

/** Which device a subject carried, from when until when; `toTime` null = still. */
export interface BindingsTable {
  id: Generated<number>;
  subjectId: string;
  protocol: ProtocolName;
  deviceId: string;
  fromTime: number;
  toTime: number | null;
}

export interface FencesTable {
  id: string;
  name: string;
  kind: FenceKind;
  /** GeoJSON geometry. */
  geometry: string;
  radiusM: number | null;
  profile: 'lenient' | 'neutral';
  bufferM: number;
  updatedTime: number;
  rev: number;
}

export interface RulesTable {
  id: string;
  name: string;
  type: Rule['type'];
  severity: Severity;
  /** JSON list of fence ids. */
  fences: string;
  /** JSON object. */
  params: string;
  enabled: 0 | 1;
  createdTime: number;
  rev: number;
}

/** Every edit that facts depend on, in the order in which the journal gets them. */
export interface ConfigLogTable {
  revision: Generated<number>;
  what: 'fence' | 'rule' | 'device';
  configId: string;
  /** JSON; null = deleted. */
  value: string | null;
  changedTime: number;
  /** 1 once it is durable in the journal. */
  journaled: 0 | 1;
}

/** Random keys of this data directory, made at first use. */
export interface SecretsTable {
  name: string;
  value: Uint8Array;
}

/** Where a BLE listener or a fixed beacon stands. */
export interface BeaconsTable {
  id: string;
  /** As `beaconIdentity` words it. */
  identity: string;
  name: string;
  latitude: number;
  longitude: number;
  radiusM: number;
  floor: string | null;
  updatedTime: number;
  rev: number;
}

export interface MqttPasswordsTable {
  /** Id of an MQTT device. */
  device: string;
  /** Argon2id in its PHC form. */
  hash: string;
  updatedTime: number;
}

export interface RecordsTables {
  users: UsersTable;
  sessions: SessionsTable;
  devices: DevicesTable;
  subjects: SubjectsTable;
  bindings: BindingsTable;
  fences: FencesTable;
  rules: RulesTable;
  beacons: BeaconsTable;
  mqtt_passwords: MqttPasswordsTable;
  photos: PhotosTable;
  commands: CommandsTable;
  config_log: ConfigLogTable;
  secrets: SecretsTable;
}
