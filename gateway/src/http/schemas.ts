import { deviceAlarms, protocolNames } from '@xunji/protocols';
import { z } from 'zod';
import { beaconIdentity } from '../records/beacons.ts';
import { modelNames } from '../records/device-profiles.ts';
import type { FenceDraft } from '../records/fences.ts';
import type {
  Alarm,
  BaseMap,
  Beacon,
  Device,
  DeviceCommand,
  DeviceList,
  Fence,
  FenceEvent,
  FenceGeometry,
  HeatMap,
  LatestPosition,
  MqttPasswordState,
  Page,
  Photo,
  Problem,
  Rule,
  Session,
  StoreState,
  Subject,
  TrackPosition,
  User,
} from '../wire.ts';
import { MAX_VERTICES, polygonFaults } from './fence-geometry.ts';

/** Names under which schemas stand in the OpenAPI document. */
export const named = z.registry<{ id: string }>();

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Registers a schema whose output must be exactly the type of `wire.ts`; the build fails when they part. */
const wire =
  <T>() =>
  <S extends z.ZodType>(
    id: string,
    schema: S & (Same<z.output<S>, T> extends true ? unknown : never),
  ): S =>
    draft<S>(id, schema);
function draft<S extends z.ZodType>(id: string, schema: S): S {
  named.add(schema, { id });
  return schema;
}

// ---- words every resource uses

/** Text people or devices write: no control characters, no halves of surrogate pairs, NFC. */
const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'control characters are not allowed')
    .overwrite((value) => value.normalize('NFC').trim())
    .min(1, 'only blanks');
const id = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'control characters are not allowed');
const name = text(64);
const note = z
  .string()
  .max(500)
  .regex(/^(?:[^\p{Cc}\p{Cs}]|[\n\t])*$/u, 'control characters are not allowed');
const instant = z.iso.datetime({ offset: true });
const protocol = z.enum(protocolNames);
const severity = z.enum(['critical', 'high', 'medium', 'low']);
const role = z.enum(['admin', 'dispatcher', 'supervisor', 'manager', 'auditor', 'subject', 'wall']);
const deviceAlarm = z.enum(deviceAlarms);
const scalars = z.record(
  z.string().min(1).max(64),
  z.union([z.number(), z.string().max(256), z.boolean()]),
);
const degreesOrNull = z.number().nullable();

/** `{items, next}` of a resource. */
export const pageOf = <S extends z.ZodType>(
  item: S,
): z.ZodType<Page<z.output<S>>, Page<z.input<S>>> =>
  z.object({ items: z.array(item), next: z.string().nullable() }) as unknown as z.ZodType<
    Page<z.output<S>>,
    Page<z.input<S>>
  >;

/** `?limit=&cursor=` with the list's own bound. */
export const paging = (fallback: number, max: number) =>
  z.strictObject({
    limit: z.coerce.number().int().min(1).max(max).default(fallback),
    cursor: z.string().min(1).max(1024).optional(),
  });
export const byId = z.strictObject({ id });
/** Which family a device id is meant in. */
export const family = z.strictObject({ protocol: protocol.optional() });
/** Query parameters that narrow a list to one device. */
export const ofDevice = { device: id.optional(), protocol: protocol.optional() };

// ---- what the gateway answers

export const problem = wire<Problem>()(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string().exactOptional(),
    errors: z
      .array(z.object({ path: z.string(), code: z.string(), message: z.string() }))
      .exactOptional(),
  }),
);

export const user = wire<User>()(
  'User',
  z.object({ id: z.string(), username: z.string(), role, displayName: z.string() }),
);

export const session = wire<Session>()(
  'Session',
  z.object({ user, timeZone: z.string(), build: z.string() }),
);

const deviceRef = z.object({ id: z.string(), protocol });

export const device = wire<Device>()(
  'Device',
  z.object({
    id: z.string(),
    protocol,
    kind: z.enum(['vehicle', 'badge']),
    name: z.string(),
    group: z.string().nullable(),
    subject: z.string().nullable(),
    admission: z.enum(['known', 'pending', 'knocking']),
    edition: z.string().nullable(),
    model: z.string().nullable(),
    lenient: z.boolean(),
    online: z.boolean(),
    lastSeen: z.string().nullable(),
    slot: z.number(),
    rev: z.number(),
  }),
);
export const deviceList = wire<DeviceList>()(
  'DeviceList',
  z.object({ items: z.array(device), next: z.string().nullable(), boot: z.string() }),
);

const json = z.record(z.string().max(64), z.unknown());
export const deviceCommand = wire<DeviceCommand>()(
  'DeviceCommand',
  z.object({
    id: z.string(),
    device: z.string(),
    protocol,
    message: z.string(),
    name: z.string(),
    fields: z.record(z.string(), z.unknown()),
    by: z.string(),
    reason: z.string().nullable(),
    state: z.enum(['queued', 'sent', 'answered', 'refused', 'timeout', 'offline', 'expired']),
    result: z.enum(['done', 'failed', 'malformed', 'unsupported']).nullable(),
    detail: z.string().nullable(),
    sends: z.number(),
    requestedAt: z.string(),
    expiresAt: z.string(),
    sentAt: z.string().nullable(),
    takenAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    reply: z
      .object({ id: z.string(), name: z.string(), fields: z.record(z.string(), z.unknown()) })
      .nullable(),
    isLate: z.boolean(),
  }),
);

/** One of `id`, `name`, `text` (GT06) and `cmd` (MQTT) says what is asked. */
export const commandDraft = draft(
  'CommandDraft',
  z
    .strictObject({
      id: z.string().max(64).optional(),
      name: z.string().max(64).optional(),
      fields: json.optional(),
      text: z.string().max(512).optional(),
      language: z.number().int().min(0).max(0xffff).optional(),
      cmd: z.string().max(64).optional(),
      args: json.optional(),
      confirm: z.boolean().optional(),
      waitS: z.number().int().min(0).max(86_400).optional(),
      reason: note.optional(),
    })
    .refine(
      ({ id: one, name: other, text: said, cmd }) =>
        [one, other, said, cmd].filter((way) => way !== undefined).length === 1,
      'say the command by exactly one of id, name, text and cmd',
    ),
);

export const subject = wire<Subject>()(
  'Subject',
  z.object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['vehicle', 'person']),
    device: deviceRef.nullable(),
    rev: z.number(),
  }),
);

const trackPositionShape = {
  device: z.string(),
  protocol,
  fixTime: z.string(),
  receivedTime: z.string(),
  valid: z.boolean(),
  latitude: degreesOrNull,
  longitude: degreesOrNull,
  altitudeM: z.number().nullable(),
  speedKmh: z.number().nullable(),
  courseDeg: z.number().nullable(),
  satellites: z.number().nullable(),
  accuracyM: z.number().nullable(),
  mileageKm: z.number().nullable(),
  batteryPercent: z.number().nullable(),
  ignition: z.boolean().nullable(),
  source: z.string(),
  late: z.boolean(),
  alarms: z.array(deviceAlarm),
  flags: z.array(z.string()),
  extras: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
};
export const trackPosition = wire<TrackPosition>()('TrackPosition', z.object(trackPositionShape));
export const heatMap = wire<HeatMap>()(
  'HeatMap',
  z.object({
    latitudeStep: z.number(),
    longitudeStep: z.number(),
    clip: z.number(),
    hasMore: z.boolean(),
    cells: z.array(z.array(z.number())),
  }),
);
const parkedRecord = z.object({ seq: z.number(), device: z.string(), reason: z.string() });
export const storeState = wire<StoreState>()(
  'StoreState',
  z.object({
    name: z.string(),
    cursor: z.number(),
    journalHead: z.number(),
    behindRecords: z.number(),
    behindS: z.number(),
    state: z.enum(['ok', 'behind', 'failing']),
    error: z.string().nullable(),
    forS: z.number(),
    parked: z.object({ total: z.number(), recent: z.array(parkedRecord) }),
  }),
);
export const latestPosition = wire<LatestPosition>()(
  'LatestPosition',
  z.object({ ...trackPositionShape, lastSeen: z.string(), online: z.boolean() }),
);

const fenceKind = z.enum(['workshop', 'patrol', 'site', 'forbidden', 'zone']);
const profile = z.enum(['lenient', 'neutral']);
const anyNumbers = z.array(z.number());
export const fence = wire<Fence>()(
  'Fence',
  z.object({
    type: z.literal('Feature'),
    id: z.string(),
    geometry: z.discriminatedUnion('type', [
      z.object({ type: z.literal('Polygon'), coordinates: z.array(z.array(anyNumbers)) }),
      z.object({
        type: z.literal('MultiPolygon'),
        coordinates: z.array(z.array(z.array(anyNumbers))),
      }),
      z.object({ type: z.literal('Point'), coordinates: anyNumbers }),
    ]),
    properties: z.intersection(
      z.object({
        name: z.string(),
        kind: fenceKind,
        radiusM: z.number().exactOptional(),
        profile,
        bufferM: z.number(),
      }),
      z.object({ rev: z.number(), updatedAt: z.string() }),
    ),
  }),
);

export const rule = wire<Rule>()(
  'Rule',
  z.object({
    id: z.string(),
    name: z.string(),
    type: z.enum(['enter', 'exit']),
    fences: z.array(z.string()),
    severity,
    params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
    enabled: z.boolean(),
    rev: z.number(),
  }),
);

export const beacon = wire<Beacon>()(
  'Beacon',
  z.object({
    id: z.string(),
    identity: z.string(),
    name: z.string(),
    latitude: z.number(),
    longitude: z.number(),
    radiusM: z.number(),
    floor: z.string().nullable(),
    rev: z.number(),
    updatedAt: z.string(),
  }),
);

export const photo = wire<Photo>()(
  'Photo',
  z.object({
    id: z.string(),
    device: z.string(),
    protocol,
    mediaId: z.number(),
    kind: z.enum(['image', 'audio', 'video', 'other']),
    format: z.string(),
    event: z.string(),
    channel: z.number(),
    contentType: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    time: z.string(),
    timeSource: z.enum(['device', 'server']),
    receivedTime: z.string(),
    latitude: degreesOrNull,
    longitude: degreesOrNull,
  }),
);

export const mqttPasswordState = wire<MqttPasswordState>()(
  'MqttPasswordState',
  z.object({ isSet: z.boolean() }),
);

export const fenceEvent = wire<FenceEvent>()(
  'FenceEvent',
  z.object({
    id: z.string(),
    type: z.enum(['enter', 'exit', 'deviceAlarm']),
    device: z.string(),
    protocol,
    subject: z.string(),
    fence: z.object({ id: z.string(), name: z.string(), rev: z.number() }).nullable(),
    alarm: deviceAlarm.nullable(),
    occurredAt: z.string(),
    confirmedAt: z.string(),
    latitude: degreesOrNull,
    longitude: degreesOrNull,
    accuracyM: z.number().nullable(),
    late: z.boolean(),
  }),
);

export const alarm = wire<Alarm>()(
  'Alarm',
  z.object({
    id: z.string(),
    rev: z.number(),
    type: z.enum(['enter', 'exit', ...deviceAlarms]),
    ruleName: z.string().nullable(),
    severity,
    condition: z.enum(['active', 'cleared']),
    handling: z.enum(['new', 'acknowledged', 'closed']),
    device: z.string(),
    protocol,
    subject: z.string(),
    fence: z.object({ id: z.string(), name: z.string() }).nullable(),
    latitude: degreesOrNull,
    longitude: degreesOrNull,
    occurredAt: z.string(),
    confirmedAt: z.string(),
    raisedAt: z.string(),
    lastAt: z.string(),
    count: z.number(),
    late: z.boolean(),
    acknowledgedBy: z.string().nullable(),
    acknowledgedAt: z.string().nullable(),
    note: z.string().nullable(),
    clearedAt: z.string().nullable(),
    times: z
      .object({
        fixTime: z.string(),
        receivedTime: z.string(),
        durableTime: z.string().nullable(),
        evaluatedTime: z.string().nullable(),
        openedTime: z.string(),
      })
      .nullable(),
  }),
);

export const baseMap = wire<BaseMap>()(
  'BaseMap',
  z.object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['builtin', 'geojson']),
    crs: z.literal('wgs84'),
    url: z.string().nullable(),
    attribution: z.string(),
    bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullable(),
  }),
);

// ---- what people send

const password = z.string().min(8).max(256);

export const credentials = draft(
  'Credentials',
  z.strictObject({ username: z.string().min(1).max(256), password: z.string().max(1024) }),
);
export const userDraft = draft(
  'UserDraft',
  z.strictObject({ username: name, role, displayName: name, password }),
);

/** One that has a profile; it must be of the family of its device. */
const model = z.enum(modelNames);

export const deviceDraft = draft(
  'DeviceDraft',
  z.strictObject({
    id: z
      .string()
      .regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,127}$/u, 'letters, digits and . _ @ - only'),
    protocol,
    kind: z.enum(['vehicle', 'badge']).optional(),
    name: name.optional(),
    group: name.nullable().default(null),
    model: model.nullable().exactOptional(),
    lenient: z.boolean().exactOptional(),
  }),
);
export const devicePatch = draft(
  'DevicePatch',
  z.strictObject({
    kind: z.enum(['vehicle', 'badge']).exactOptional(),
    name: name.exactOptional(),
    group: name.nullable().exactOptional(),
    model: model.nullable().exactOptional(),
    lenient: z.boolean().exactOptional(),
    admission: z.literal('known').exactOptional(),
  }),
);

const carried = z.strictObject({ id, protocol }).nullable();
export const subjectDraft = draft(
  'SubjectDraft',
  z.strictObject({ name, kind: z.enum(['vehicle', 'person']), device: carried.default(null) }),
);
export const subjectPatch = draft(
  'SubjectPatch',
  z.strictObject({
    name: name.exactOptional(),
    kind: z.enum(['vehicle', 'person']).exactOptional(),
    device: carried.exactOptional(),
  }),
);

export const ruleDraft = draft(
  'RuleDraft',
  z.strictObject({
    name,
    type: z.enum(['enter', 'exit']),
    fences: z
      .array(id)
      .min(1)
      .max(200)
      .refine((ids) => new Set(ids).size === ids.length, 'a fence is named twice'),
    severity,
    params: scalars
      .refine((params) => Object.keys(params).length <= 32, 'at most 32 parameters')
      .default({}),
    enabled: z.boolean().default(true),
  }),
);

export const alarmNote = draft('AlarmNote', z.strictObject({ note: note.nullable().optional() }));

const position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]);
const rings = z
  .array(
    z
      .array(position)
      .min(4)
      .max(MAX_VERTICES + 1),
  )
  .min(1)
  .max(50);
const geometry = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('Polygon'), coordinates: rings }),
    z.strictObject({ type: z.literal('MultiPolygon'), coordinates: z.array(rings).min(1).max(50) }),
    z.strictObject({ type: z.literal('Point'), coordinates: position }),
  ])
  .superRefine((value, context) => {
    if (value.type === 'Point') return;
    const faults =
      value.type === 'Polygon'
        ? polygonFaults([value.coordinates], () => ['coordinates'])
        : polygonFaults(value.coordinates, (p) => ['coordinates', p]);
    for (const { path, message } of faults) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  });

/** A GeoJSON Feature as an operator draws it. What the gateway itself adds to one may be sent back and is ignored. */
export const fenceDraft = draft(
  'FenceDraft',
  z
    .strictObject({
      type: z.literal('Feature'),
      id: z.string().optional(),
      geometry,
      properties: z.strictObject({
        name,
        kind: fenceKind,
        radiusM: z.number().min(5).max(100_000).optional(),
        profile: profile.optional(),
        bufferM: z.number().min(0).max(1000).default(20),
        rev: z.number().optional(),
        updatedAt: z.string().optional(),
      }),
    })
    .superRefine((feature, context) => {
      const isPoint = feature.geometry.type === 'Point';
      if (isPoint === (feature.properties.radiusM !== undefined)) return;
      const message = isPoint ? 'a Point needs its radius in metres' : 'only a Point has a radius';
      context.addIssue({ code: 'custom', path: ['properties', 'radiusM'], message });
    })
    .transform(({ geometry: drawn, properties: p }): FenceDraft => {
      const shape: FenceGeometry = drawn;
      return {
        geometry: shape,
        properties: {
          ...{ name: p.name, kind: p.kind, bufferM: p.bufferM },
          ...(p.radiusM === undefined ? {} : { radiusM: p.radiusM }),
          profile: p.profile ?? (p.kind === 'workshop' ? 'lenient' : 'neutral'),
        },
      };
    }),
);

/** A listener or fixed beacon; its identity in any of the usual spellings. */
export const beaconDraft = draft(
  'BeaconDraft',
  z.strictObject({
    identity: z
      .string()
      .max(64)
      .refine(
        (text) => beaconIdentity(text) !== null,
        'a MAC, uuid-major-minor, 32 hexadecimal digits or the id of a gateway',
      )
      .overwrite((text) => beaconIdentity(text) ?? text),
    name,
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    radiusM: z.number().min(1).max(10_000).default(15),
    floor: text(32).nullable().default(null),
  }),
);

/** How an MQTT device logs in from now on. Long random passwords are checked quickly, so prefer 16 characters. */
export const mqttPassword = draft('MqttPassword', z.strictObject({ password }));

/** `from` inclusive, `to` exclusive, each ISO 8601 with its offset. */
export const period = { from: instant, to: instant };
