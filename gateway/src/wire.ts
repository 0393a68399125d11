/**
 * Events and REST shapes that the gateway and the dashboard share. Types only; the schemas in
 * `http/schemas.ts` are checked against them, so a change here fails the build until they follow.
 * Times in REST are ISO 8601 UTC; times in live messages are integer milliseconds UTC.
 */
import type { DeviceAlarm, ProtocolName } from '@xunji/protocols';

export type Severity = 'critical' | 'high' | 'medium' | 'low';
export type Role =
  | 'admin'
  | 'dispatcher'
  | 'supervisor'
  | 'manager'
  | 'auditor'
  | 'subject'
  | 'wall';

/** RFC 9457. `code` is stable; `errors` names the fields at fault. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  errors?: { path: string; code: string; message: string }[];
}

export interface Page<T> {
  items: T[];
  /** Opaque cursor for `?cursor=`, null at the end. */
  next: string | null;
}

export interface User {
  id: string;
  username: string;
  role: Role;
  displayName: string;
}

/** GET/POST /api/v1/devices, GET/PATCH/DELETE /api/v1/devices/:id (`?protocol=` where an id is in two families). */
export interface Device {
  id: string;
  protocol: ProtocolName;
  /** `vehicle` or `badge`: decides holds, speed threshold and symbol. */
  kind: 'vehicle' | 'badge';
  /** What the map and the list show: plate or person; the device id until somebody names it. */
  name: string;
  group: string | null;
  subject: string | null;
  /** `pending`: was admitted by mode `open` and no operator has looked at it yet; `knocking`: refused so far. */
  admission: 'known' | 'pending' | 'knocking';
  edition: string | null;
  /** Profile by which its frames are read; null: none but the standard's. */
  model: string | null;
  /** Wrong checksums and lengths of its frames are taken. */
  lenient: boolean;
  online: boolean;
  lastSeen: string | null;
  /** Index of this device in live rows, stable for one `boot`. */
  slot: number;
  rev: number;
}
export interface DeviceList extends Page<Device> {
  boot: string;
}

/** POST and GET /api/v1/devices/:id/commands, GET /api/v1/commands/:id: what was asked of a device. */
export interface DeviceCommand {
  id: string;
  device: string;
  protocol: ProtocolName;
  /** Of the message that carries it: `0x8300`, `0x80`, `locate`. */
  message: string;
  name: string;
  fields: Record<string, unknown>;
  by: string;
  reason: string | null;
  /** From `answered` on it is over. `refused`: by the device, or by us as `detail` says. */
  state: 'queued' | 'sent' | 'answered' | 'refused' | 'timeout' | 'offline' | 'expired';
  result: 'done' | 'failed' | 'malformed' | 'unsupported' | null;
  detail: string | null;
  sends: number;
  requestedAt: string;
  /** Not sent after it. */
  expiresAt: string;
  sentAt: string | null;
  /** When the device said that it has it, where the answer proper comes later. */
  takenAt: string | null;
  endedAt: string | null;
  /** The message that answered it. */
  reply: { id: string; name: string; fields: Record<string, unknown> } | null;
  /** The answer came after we had given up. */
  isLate: boolean;
}

/** GET/POST /api/v1/subjects: the vehicle or person that carries a device, bound for a period. */
export interface Subject {
  id: string;
  name: string;
  kind: 'vehicle' | 'person';
  device: { id: string; protocol: ProtocolName } | null;
  rev: number;
}

/** A track point; GET /api/v1/devices/:id/track?from&to&limit&cursor gives a Page of it, oldest first. */
export interface TrackPosition {
  device: string;
  protocol: ProtocolName;
  fixTime: string;
  receivedTime: string;
  valid: boolean;
  latitude: number | null;
  longitude: number | null;
  altitudeM: number | null;
  speedKmh: number | null;
  courseDeg: number | null;
  satellites: number | null;
  accuracyM: number | null;
  mileageKm: number | null;
  batteryPercent: number | null;
  ignition: boolean | null;
  source: string;
  late: boolean;
  alarms: DeviceAlarm[];
  flags: string[];
  extras: Record<string, number | string | boolean>;
}

/** GET /api/v1/heat?bbox&from&to&cell&metric: positions of all devices as sums over cells, the most first. */
export interface HeatMap {
  /** Sides of a cell in degrees, near the metres asked for. */
  latitudeStep: number;
  longitudeStep: number;
  /** 95th percentile of the metric asked for: the end of a scale that one parked device does not spoil. */
  clip: number;
  hasMore: boolean;
  /** Each `[latitude, longitude, dwell s, fixes, device-days]`; the place is the cell's centre. */
  cells: number[][];
}

/** GET /api/v1/stores: how a store keeps up with what was acknowledged. */
export interface StoreState {
  name: string;
  /** The sequence up to which everything is in it. */
  cursor: number;
  journalHead: number;
  behindRecords: number;
  /** Age of the oldest record it has still to take; of a backlog from before the start, at least. */
  behindS: number;
  /** `behind`: more than ten seconds; `failing`: the last try failed, `error` says why. */
  state: 'ok' | 'behind' | 'failing';
  error: string | null;
  /** How long it is in this state. */
  forS: number;
  /** What it refused for good: a count, and the newest with their reasons, oldest first. */
  parked: { total: number; recent: { seq: number; device: string; reason: string }[] };
}

/** GET /api/v1/positions/latest */
export interface LatestPosition extends TrackPosition {
  lastSeen: string;
  online: boolean;
}

export type FenceKind = 'workshop' | 'patrol' | 'site' | 'forbidden' | 'zone';
export type FenceGeometry =
  | { type: 'Polygon'; coordinates: number[][][] }
  | { type: 'MultiPolygon'; coordinates: number[][][][] }
  | { type: 'Point'; coordinates: number[] };
/** GET/POST /api/v1/fences, GET/PUT/DELETE /api/v1/fences/:id (`If-Match` = rev). A GeoJSON Feature. */
export interface Fence {
  type: 'Feature';
  id: string;
  geometry: FenceGeometry;
  properties: FenceProperties & { rev: number; updatedAt: string };
}
export interface FenceProperties {
  name: string;
  kind: FenceKind;
  /** Required for a Point: the circle's radius. */
  radiusM?: number;
  /** Default by kind: workshop lenient, others neutral. */
  profile: 'lenient' | 'neutral';
  /** Hysteresis, default 20. */
  bufferM: number;
}

/** GET/POST /api/v1/rules, DELETE /api/v1/rules/:id. Turns fence events into alarms. */
export interface Rule {
  id: string;
  name: string;
  type: 'enter' | 'exit';
  fences: string[];
  severity: Severity;
  params: Record<string, number | string | boolean>;
  enabled: boolean;
  rev: number;
}

/**
 * GET/POST /api/v1/beacons, GET/PUT/DELETE /api/v1/beacons/:id (`If-Match` = rev). A place where badges are known to
 * be by radio: a gateway that hears them, or a fixed beacon that they hear.
 */
/** A photo, sound or film of a device; its bytes are at `photos/:id/file`. */
export interface Photo {
  id: string;
  device: string;
  protocol: ProtocolName;
  /** The device's own number, which begins anew when it pleases. */
  mediaId: number;
  kind: 'image' | 'audio' | 'video' | 'other';
  /** As the device says; `contentType` is what the bytes are. */
  format: string;
  event: string;
  channel: number;
  contentType: string;
  bytes: number;
  sha256: string;
  /** When it was made; the receive time where the device does not say (`timeSource`). */
  time: string;
  timeSource: 'device' | 'server';
  receivedTime: string;
  latitude: number | null;
  longitude: number | null;
}

export interface Beacon {
  id: string;
  /** MAC, `uuid-major-minor` of an iBeacon, Eddystone id of 32 digits, or the id a gateway has in its topic. */
  identity: string;
  /** Of the zone. */
  name: string;
  latitude: number;
  longitude: number;
  /** Of the zone, and the accuracy of positions made of it. */
  radiusM: number;
  floor: string | null;
  rev: number;
  updatedAt: string;
}

/** GET/PUT/DELETE /api/v1/devices/:id/mqtt-password: whether an MQTT device has one; what it is nobody can read. */
export interface MqttPasswordState {
  isSet: boolean;
}

/** GET /api/v1/events: immutable facts. */
export interface FenceEvent {
  id: string;
  type: 'enter' | 'exit' | 'deviceAlarm';
  device: string;
  protocol: ProtocolName;
  subject: string;
  fence: { id: string; name: string; rev: number } | null;
  /** Set for `deviceAlarm`. */
  alarm: DeviceAlarm | null;
  /** Back-dated to the first fix of the candidate. */
  occurredAt: string;
  confirmedAt: string;
  latitude: number | null;
  longitude: number | null;
  accuracyM: number | null;
  late: boolean;
}

/** GET /api/v1/alarms?state=open|all, POST /api/v1/alarms/:id/ack and /clear with `If-Match: rev`. */
export interface Alarm {
  id: string;
  rev: number;
  /** Rule type or device alarm: what the dashboard's dictionary translates. */
  type: 'enter' | 'exit' | DeviceAlarm;
  ruleName: string | null;
  severity: Severity;
  condition: 'active' | 'cleared';
  handling: 'new' | 'acknowledged' | 'closed';
  device: string;
  protocol: ProtocolName;
  subject: string;
  fence: { id: string; name: string } | null;
  latitude: number | null;
  longitude: number | null;
  /** Event time, ISO. */
  occurredAt: string;
  confirmedAt: string;
  raisedAt: string;
  lastAt: string;
  count: number;
  late: boolean;
  acknowledgedBy: string | null;
  acknowledgedAt: string | null;
  note: string | null;
  clearedAt: string | null;
  /** Null for an alarm that was opened before times were kept. */
  times: AlarmTimes | null;
}

/**
 * The way of the report that opened an alarm, or opened it again: device, socket, disk, engine, desk. Null where
 * nobody looked: the gateway was restarted in between. When it was pushed is in the live message.
 */
export interface AlarmTimes {
  fixTime: string;
  receivedTime: string;
  durableTime: string | null;
  evaluatedTime: string | null;
  openedTime: string;
}

/** GET /api/v1/basemaps; the data of a `geojson` one at `url`, same origin. */
export interface BaseMap {
  id: string;
  name: string;
  kind: 'builtin' | 'geojson';
  crs: 'wgs84';
  url: string | null;
  attribution: string;
  /** [west, south, east, north] in degrees: where to look first. */
  bbox: [number, number, number, number] | null;
}

/** GET /api/v1/session; also the body of POST /api/v1/login. */
export interface Session {
  user: User;
  /** IANA zone in which the site reads times. */
  timeZone: string;
  build: string;
}

// ---- Socket.IO, path /live, ux.md section 8 with the flags and alarm delivery of design.md section 6 ----

export const LIVE_VERSION = 1;

/** [slot, lon*1e6, lat*1e6, speed*10, heading, flags, dtMs]; dtMs = fix time relative to the batch's t0. */
export type LiveRow = [number, number, number, number, number, number, number];

export const rowFlag = {
  online: 1 << 0,
  valid: 1 << 1,
  ignition: 1 << 2,
  moving: 1 << 3,
  /** Three bits: 0 none, 1 low, 2 medium, 3 high, 4 critical. */
  alarmShift: 4,
  alarmMask: 0b111 << 4,
  suspect: 1 << 7,
  private: 1 << 8,
  lowBattery: 1 << 9,
  late: 1 << 10,
} as const;

export type LiveScope =
  | { all: true }
  | { groups: string[] }
  | { bbox: [number, number, number, number]; zoom: number }
  | { devices: string[] };

export type Ack<T> = ({ ok: true } & T) | { ok: false; code: string; message: string };

export interface ClientToServer {
  hello(
    p: { v: number; boot?: string; alarmSeq?: number; locale: string },
    ack: (r: Ack<Hello>) => void,
  ): void;
  sub(
    p: { id: string; scope: LiveScope; want: 'points' },
    ack: (r: Ack<{ seq: number; count: number; truncated: boolean }>) => void,
  ): void;
  unsub(p: { id: string }, ack: (r: Ack<object>) => void): void;
  'alarms.since'(p: { seq: number; limit: number }, ack: (r: Ack<AlarmsSince>) => void): void;
  'alarm.ack'(
    p: { id: string; rev: number; note?: string },
    ack: (
      r: Ack<{ alarm: Alarm }> | { ok: false; code: 'conflict'; message: string; alarm: Alarm },
    ) => void,
  ): void;
  time(p: { t: number }, ack: (r: Ack<{ t: number; now: number }>) => void): void;
}

export interface Hello {
  v: number;
  boot: string;
  now: number;
  user: User;
  /** Ageing of states, ms: `staleMs` (T1) and `offlineMs` (T2) by device kind. */
  thresholds: Record<
    'vehicle' | 'badge',
    { staleMs: number; offlineMs: number; movingKmh: number }
  >;
  rateMs: number;
  alarmSeq: number;
  build: string;
}

export type AlarmOp =
  | 'new'
  | 'ack'
  | 'assign'
  | 'comment'
  | 'clear'
  | 'resolve'
  | 'shelve'
  | 'reopen'
  | 'count'
  | 'escalate';
export interface AlarmMessage {
  seq: number;
  /** The last seq sent to this user: differs from what the client holds exactly when something is missing. */
  prev: number;
  op: AlarmOp;
  alarm: Alarm;
  /** When it left for this dashboard: the end of what `alarm.times` begins. */
  pushedTime: number;
}
export interface AlarmsSince {
  items: { seq: number; op: AlarmOp; alarm: Alarm }[];
  /** Highest seq scanned. */
  next: number;
  more: boolean;
  /** Open alarms by severity. */
  counts: Record<Severity, number>;
}

/** What a list of commands shows at once; the rest is at GET /api/v1/commands/:id. */
export type CommandChange = Pick<
  DeviceCommand,
  'id' | 'device' | 'protocol' | 'name' | 'state' | 'result'
>;
export interface CommandsMessage {
  items: CommandChange[];
  /** More have changed than are named: ask for those that are looked at. */
  more: boolean;
}

export interface ServerToClient {
  snap(p: {
    id: string;
    seq: number;
    part: number;
    parts: number;
    t0: number;
    rows: LiveRow[];
  }): void;
  delta(p: { id: string; seq: number; t0: number; rows: LiveRow[]; gone: number[] }): void;
  alarm(p: AlarmMessage): void;
  /** Commands that have changed since the last; not for walls. */
  commands(p: CommandsMessage): void;
  meta(p: {
    rev: number;
    devices: Device[];
    removed: { id: string; protocol: ProtocolName }[];
  }): void;
  /**
   * `fences`: reload the fences list. `storeBehind`, `journalFull`: degraded, `value` in seconds, `records` behind;
   * `journalDamaged`: `value` in records.
   */
  notice(p: { level: 'info' | 'warning'; code: string; value?: number; records?: number }): void;
}
