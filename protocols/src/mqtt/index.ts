import type { Fault, FaultCode, Intent, Message } from '../protocol.ts';
import { type Arrival, ownEvent, ownPositions, type Positions } from './own.ts';
import { owntracksLocation } from './owntracks.ts';
import { booleanIn, isObject, parseJson, Refusal, scalarsOf, textIn } from './payload.ts';

export { encodeOwnPosition, MAX_BATCH, type OwnPosition } from './own.ts';

/** As the device table knows them. @see mqtt.md section 2 */
const DEVICE_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** Names that stand where a device id would and are none. */
const RESERVED = new Set(['gw', 'out']);

/** Topics below an OwnTracks device that carry something from it. @see mqtt.md section 3 */
const owntracksUplinks = new Set(['event', 'waypoint', 'waypoints', 'status', 'beacon', 'step']);
/** Known, without a position, of no use yet: proof of life. @see mqtt.md section 3.2 */
const owntracksKeepalives = new Set([
  'transition',
  'waypoint',
  'waypoints',
  'status',
  'beacon',
  'steps',
  'request',
]);
/** They hold names, pictures and passwords: that they came is kept, what they say is not. */
const owntracksPrivate = new Set(['card', 'configuration', 'dump']);
const NO_BYTES = new Uint8Array(0);

/**
 * One published message. Never throws, whatever topic and payload are; at most one pass over a payload of bounded size.
 * @param receivedTime ms UTC
 * @param options.retain as published: an old message that was kept is history, not news
 * @returns null for what is silently nothing: empty payloads, commands of ours, states the broker knows better
 * @see mqtt.md sections 2 and 3
 */
export function decodeMqtt(
  topic: string,
  payload: Uint8Array,
  receivedTime: number,
  options: { readonly retain: boolean },
): Message | Fault | null {
  // This is how a client clears what it had retained.
  if (payload.length === 0) return null;
  const arrival = { receivedTime, retain: options.retain };
  const levels = topic.split('/', 8);
  if (levels[0] === 'owntracks') return owntracks(levels, payload, arrival);
  if (levels[0] === 'trk' && levels[1] === 'v1') return own(levels, payload, arrival);
  return fault('badTopic', payload, 'no such tree');
}

function own(
  [, , id = '', ...rest]: readonly string[],
  payload: Uint8Array,
  arrival: Arrival,
): Message | Fault | null {
  const kind = rest.join('/');
  if (id === 'gw') return fault('unsupportedVariant', payload, 'gateway scans are not read yet');
  if (!DEVICE_ID.test(id) || RESERVED.has(id)) return fault('badTopic', payload, 'no device id');
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
  if (kind === 'beacon' && Array.isArray(json)) {
    return message(kind, 'beacon', id, payload, { count: json.length }, 'keepalive');
  }
  if (!isObject(json)) return fault('badPayload', payload, 'wants an object');
  if (kind === 'state') {
    // The broker sees a client leave before its will is out; a will must not wake its session again.
    if (booleanIn(json, 'online') !== true) return null;
    return message(kind, 'state', id, payload, scalarsOf(json, ''), 'keepalive');
  }
  return kind === 'beacon'
    ? message(kind, 'beacon', id, payload, scalarsOf(json, ''), 'keepalive')
    : message(kind, 'commandAck', id, payload, scalarsOf(json, ''), 'answer');
}

function owntracks(
  [, user = '', phone = '', suffix, ...more]: readonly string[],
  payload: Uint8Array,
  arrival: Arrival,
): Message | Fault | null {
  const id = `ot-${user}-${phone}`;
  if (user === '' || phone === '' || !DEVICE_ID.test(id)) {
    return fault('badTopic', payload, 'no user and device');
  }
  if (more.length > 0 || (suffix !== undefined && !owntracksUplinks.has(suffix))) return null;
  const json = parseJson(payload);
  if (json instanceof Refusal) return fault('badPayload', payload, json.detail);
  if (!isObject(json)) return fault('badPayload', payload, 'wants an object');
  const type = textIn(json, '_type', 32);
  if (type === null) return fault('badPayload', payload, '_type: missing');
  if (type === 'location') {
    const position = owntracksLocation(json, arrival);
    return positionsMessage(
      type,
      id,
      position instanceof Refusal ? position : { positions: [position], serial: 0, fields: {} },
      payload,
    );
  }
  // A last will tells when the phone connected; the broker tells when it left.
  if (type === 'lwt' || type === 'cmd') return null;
  if (type === 'encrypted') return fault('encrypted', payload, 'payload encryption is not read');
  if (owntracksPrivate.has(type)) return message(type, type, id, NO_BYTES, {}, 'keepalive');
  return owntracksKeepalives.has(type)
    ? message(type, type, id, payload, scalarsOf(json, ''), 'keepalive')
    : message(type, 'unknown', id, payload, {}, 'unknown');
}

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
