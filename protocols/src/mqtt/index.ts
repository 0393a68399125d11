import type { Fault, FaultCode, Intent, Message } from '../protocol.ts';
import { commandAnswer, locateAnswer } from './commands.ts';
import { type GatewayAdapter, readGateway, type Scan } from './gateways/index.ts';
import { type Arrival, ownEvent, ownPositions, type Positions } from './own.ts';
import { readOwntracks } from './owntracks.ts';
import { booleanIn, isObject, parseJson, Refusal, scalarsOf } from './payload.ts';
import { readNeutral } from './sightings.ts';
import { DEFAULT_PREFIX, gatewayDevice, isDeviceId, levelAtPlus, matchesFilter } from './topics.ts';

export {
  type CommandDraft,
  encodeOwnCommand,
  encodeOwntracksCommand,
  mqttCommands,
  ownCommandId,
} from './commands.ts';
export { type GatewayAdapter, gatewayAdapters } from './gateways/index.ts';
export { ENDED, encodeOwnPosition, MAX_BATCH, type OwnPosition } from './own.ts';
export { keyOfPassphrase } from './secretbox.ts';
export { macOf, namesOf, type Sighting, uuidOf } from './sightings.ts';
export {
  DEFAULT_PREFIX,
  GATEWAY_PREFIX,
  gatewayDevice,
  isPlainTopic,
  matchesFilter,
} from './topics.ts';

/** Where the gateways of one maker publish, as a site has set it up. @see mqtt.md section 6.1 */
export interface GatewayTopic {
  readonly filter: string;
  readonly adapter: GatewayAdapter;
  /** `topic`: the level at the filter's first `+` is the gateway. */
  readonly gatewayIdFrom: 'topic' | 'payload';
}

export interface MqttDecodeOptions {
  /** As published: an old message that was kept is history, not news. */
  readonly retain: boolean;
  /** Root of our own topics; default `trk/v1`. */
  readonly prefix?: string;
  readonly gatewayTopics?: readonly GatewayTopic[];
  /** 32 bytes: opens the encrypted messages of OwnTracks. */
  readonly owntracksKey?: Uint8Array | null;
}

const NO_BYTES = new Uint8Array(0);

/**
 * One published message. Never throws, whatever topic and payload are; at most one pass over a payload of bounded size.
 * @param receivedTime ms UTC
 * @returns null for what is silently nothing: empty payloads, commands of ours
 * @see mqtt.md sections 2, 3 and 6
 */
export function decodeMqtt(
  topic: string,
  payload: Uint8Array,
  receivedTime: number,
  options: MqttDecodeOptions,
): Message | Fault | null {
  // This is how a client clears what it had retained.
  if (payload.length === 0) return null;
  const arrival = { receivedTime, retain: options.retain };
  const prefix = options.prefix ?? DEFAULT_PREFIX;
  if (topic.startsWith(`${prefix}/`)) {
    return own(topic.slice(prefix.length + 1).split('/', 8), payload, arrival);
  }
  const levels = topic.split('/', 8);
  if (levels[0] === 'owntracks') {
    return owntracks(levels, payload, arrival, options.owntracksKey ?? null);
  }
  const vendor = options.gatewayTopics?.find(({ filter }) => matchesFilter(filter, topic));
  return vendor === undefined
    ? fault('badTopic', payload, 'no such tree')
    : vendorScan(vendor, topic, payload, receivedTime);
}

function own(
  [id = '', ...rest]: readonly string[],
  payload: Uint8Array,
  arrival: Arrival,
): Message | Fault | null {
  if (id === 'gw') return ownGateway(rest, payload, arrival);
  const kind = rest.join('/');
  if (!isDeviceId(id)) return fault('badTopic', payload, 'no device id');
  if (kind === 'cmd') return null;
  if (!['pos', 'event', 'state', 'beacon', 'cmd/ack'].includes(kind)) {
    return fault('badTopic', payload, 'no such topic of a device');
  }
  const json = parseJson(payload);
  if (json instanceof Refusal) return fault('badPayload', payload, json.detail);
  if (kind === 'pos' || kind === 'event') {
    const read = kind === 'pos' ? ownPositions : ownEvent;
    return positionsMessage(kind, id, read(json, id, arrival), payload);
  }
  if (kind === 'beacon') return heardBy(id, json, payload, arrival.receivedTime);
  if (!isObject(json)) return fault('badPayload', payload, 'wants an object');
  return kind === 'state' ? state(id, json, payload) : commandAck(id, payload, scalarsOf(json, ''));
}

function commandAck(id: string, payload: Uint8Array, fields: Message['fields']): Message {
  const ack = message('cmd/ack', 'commandAck', id, payload, fields, 'answer');
  return { ...ack, answers: commandAnswer(fields) };
}

/** What a badge hears of the beacons around it. */
function heardBy(
  id: string,
  json: unknown,
  payload: Uint8Array,
  receivedTime: number,
): Message | Fault {
  const heard = readNeutral(json, null, receivedTime);
  if (heard instanceof Refusal) return fault('badPayload', payload, heard.detail);
  const { sightings, rejected } = heard;
  if (sightings.length === 0 && rejected > 0) {
    return fault('badPayload', payload, 'no sighting is sound');
  }
  const fields = { count: sightings.length, ...(rejected > 0 ? { rejected } : {}) };
  return { ...message('beacon', 'beacon', id, payload, fields, 'report'), sightings };
}

/** `{"online":false}` is a last will as well: the device is gone. @see mqtt.md section 2.2 */
function state(id: string, json: Readonly<Record<string, unknown>>, payload: Uint8Array) {
  const isOnline = booleanIn(json, 'online');
  if (isOnline === null) return fault('badPayload', payload, 'online: wants a truth value');
  const intent = isOnline ? 'keepalive' : 'logout';
  return message('state', 'state', id, payload, scalarsOf(json, ''), intent);
}

function ownGateway(
  [gateway = '', kind, ...more]: readonly string[],
  payload: Uint8Array,
  { receivedTime }: Arrival,
): Message | Fault | null {
  const device = gatewayDevice(gateway);
  if (device === null || more.length > 0) return fault('badTopic', payload, 'no gateway id');
  if (kind === 'cmd') return null;
  if (kind === 'scan') return scan(kind, gateway, device, payload, 'auto', receivedTime);
  if (kind !== 'state') return fault('badTopic', payload, 'no such topic of a gateway');
  const json = parseJson(payload);
  if (json instanceof Refusal) return fault('badPayload', payload, json.detail);
  return isObject(json)
    ? state(device, json, payload)
    : fault('badPayload', payload, 'wants an object');
}

function vendorScan(
  { filter, adapter, gatewayIdFrom }: GatewayTopic,
  topic: string,
  payload: Uint8Array,
  receivedTime: number,
): Message | Fault {
  if (gatewayIdFrom === 'payload') return scan('scan', null, null, payload, adapter, receivedTime);
  const gateway = listenerOf(levelAtPlus(filter, topic) ?? '');
  const device = gatewayDevice(gateway);
  return device === null
    ? fault('badTopic', payload, 'no gateway id')
    : scan('scan', gateway, device, payload, adapter, receivedTime);
}

/** @param gateway by the topic, whose word counts where there is one; null: by the payload */
function scan(
  id: string,
  gateway: string | null,
  device: string | null,
  payload: Uint8Array,
  adapter: GatewayAdapter,
  receivedTime: number,
): Message | Fault {
  const listener = gateway === null ? null : listenerOf(gateway);
  const found = readGateway(payload, listener, adapter, receivedTime);
  if (found instanceof Refusal) return fault('badPayload', payload, found.detail);
  const speaker = device ?? gatewayDevice(found.gateway ?? '');
  if (speaker === null) return fault('badPayload', payload, 'names no gateway');
  return scanMessage(id, found, listener ?? found.gateway, speaker, payload);
}

function scanMessage(
  id: string,
  { name, gateway, sightings, rejected, unknown, fields, positions = [] }: Scan,
  listener: string | null,
  device: string,
  payload: Uint8Array,
): Message {
  const isOther = gateway !== null && gateway !== listener;
  const counts = {
    ...(name === 'gatewayScan' ? { count: sightings.length } : {}),
    ...(rejected > 0 ? { rejected } : {}),
    ...(unknown > 0 ? { unknown } : {}),
    ...(isOther ? { idConflict: true } : {}),
  };
  const intent = name === 'gatewayScan' ? 'report' : name === 'unknown' ? 'unknown' : 'keepalive';
  const found = message(id, name, device, payload, { ...fields, ...counts }, intent);
  const heard = sightings.map((one) => ({ ...one, listener }));
  return { ...found, positions, ...(name === 'gatewayScan' ? { sightings: heard } : {}) };
}

/** A MAC in one spelling, whatever the topic uses. */
const listenerOf = (gateway: string): string => {
  const digits = gateway.replace(/[:.-]/g, '').toLowerCase();
  return /^[0-9a-f]{12}$/.test(digits) ? digits : gateway;
};

/** Topics below an OwnTracks device that carry something from it. @see mqtt.md section 3 */
const owntracksUplinks = new Set(['event', 'waypoint', 'waypoints', 'status', 'beacon']);

function owntracks(
  [, user = '', phone = '', suffix, ...more]: readonly string[],
  payload: Uint8Array,
  arrival: Arrival,
  key: Uint8Array | null,
): Message | Fault | null {
  const id = `ot-${user}-${phone}`;
  if (user === '' || phone === '' || !isDeviceId(id)) {
    return fault('badTopic', payload, 'no user and device');
  }
  if (more.length > 0 || (suffix !== undefined && !owntracksUplinks.has(suffix))) return null;
  const told = readOwntracks(payload, arrival, key);
  if (told === null) return null;
  if (told instanceof Refusal) return fault(told.code, payload, told.detail);
  const { type, name, intent, fields, position, sightings, isPrivate } = told;
  const found = message(type, name, id, isPrivate ? NO_BYTES : payload, fields, intent);
  return {
    ...found,
    ...(position === undefined ? {} : { positions: [position] }),
    ...(position?.extras['trigger'] === ASKED ? { answers: locateAnswer } : {}),
    ...(sightings === undefined ? {} : { sightings }),
  };
}

/** Trigger of a location that a phone was asked for. @see mqtt.md section 3.1 */
const ASKED = 'r';

function positionsMessage(
  kind: string,
  id: string,
  read: Positions | Refusal,
  payload: Uint8Array,
): Message | Fault {
  if (read instanceof Refusal) return fault('badPayload', payload, `${kind}: ${read.detail}`);
  const found = message(kind, kind, id, payload, read.fields, 'report');
  return { ...found, serial: read.serial, positions: read.positions };
}

function message(
  id: string,
  name: string,
  device: string,
  payload: Uint8Array,
  fields: Message['fields'],
  intent: Intent,
): Message {
  return {
    kind: 'message',
    protocol: 'mqtt',
    id,
    name,
    device,
    edition: null,
    serial: 0,
    fields,
    positions: [],
    intent,
    // The broker's buffer is not ours to keep.
    raw: new Uint8Array(payload),
  };
}

const fault = (code: FaultCode, payload: Uint8Array, detail: string): Fault => ({
  kind: 'fault',
  protocol: 'mqtt',
  code,
  offset: 0,
  bytes: payload.length,
  detail,
});
