import { deviceAlarms, type Position, positionFlags } from '../position.ts';
import { type Fault, faultCodes, type Message, protocolNames } from '../protocol.ts';

type Item = Message | Fault;

const alarms: ReadonlySet<string> = new Set(deviceAlarms);
const flags: ReadonlySet<string> = new Set(positionFlags);
const codes: ReadonlySet<string> = new Set(faultCodes);
const names: ReadonlySet<string> = new Set([...protocolNames, 'unknown']);
/** No message of ours nests deeper. */
const MAX_DEPTH = 12;

/** What is wrong with an item that a protocol gave, or null. */
export function flawOf(item: Item): string | null {
  if (!names.has(item.protocol)) return `protocol ${item.protocol}`;
  if (item.kind === 'fault') return faultFlaw(item);
  if (typeof item.id !== 'string' || item.id === '') return 'no id';
  if (item.device !== null && typeof item.device !== 'string') return 'device is no text';
  if (!isCount(item.serial)) return `serial ${item.serial}`;
  if (!(item.raw instanceof Uint8Array)) return 'raw is no bytes';
  for (const [what, value] of [
    ['fields', item.fields],
    ['answers', item.answers ?? null],
    ['sightings', item.sightings ?? []],
  ] as const) {
    const flaw = dataFlaw(value, what);
    if (flaw !== null) return flaw;
  }
  for (const position of item.positions) {
    const flaw = positionFlaw(position);
    if (flaw !== null) return `position: ${flaw}`;
  }
  return null;
}

function faultFlaw({ code, offset, bytes, detail, message }: Fault): string | null {
  if (!codes.has(code)) return `code ${code}`;
  if (!isCount(offset) || !isCount(bytes)) return `fault at ${offset} of ${bytes} bytes`;
  if (detail !== undefined && typeof detail !== 'string') return 'detail is no text';
  return message === undefined ? null : flawOf(message);
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** Why a value would not come back from JSON as it is, or null. */
export function dataFlaw(value: unknown, path: string, depth = 0): string | null {
  if (depth > MAX_DEPTH) return `${path} is nested too deep`;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null;
    case 'number':
      return Number.isFinite(value) ? null : `${path} is ${value}`;
    case 'object':
      break;
    default:
      return `${path} is ${typeof value}`;
  }
  if (value === null) return null;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return `${path} is no plain data`;
  for (const [key, one] of Object.entries(value)) {
    const flaw = dataFlaw(one, `${path}.${key}`, depth + 1);
    if (flaw !== null) return flaw;
  }
  return null;
}

function positionFlaw(position: Position): string | null {
  const { fixTime, valid, latitude, longitude, courseDeg, speedKmh, extras } = position;
  if (!Number.isSafeInteger(fixTime)) return `fixTime ${fixTime}`;
  if (valid) {
    if (latitude === null || Math.abs(latitude) > 90) return `latitude ${latitude}`;
    if (longitude === null || Math.abs(longitude) > 180) return `longitude ${longitude}`;
  }
  if (courseDeg !== null && !(courseDeg >= 0 && courseDeg < 360)) return `course ${courseDeg}`;
  if (speedKmh !== null && !(speedKmh >= 0)) return `speed ${speedKmh}`;
  const strange = position.alarms.find((one) => !alarms.has(one));
  if (strange !== undefined) return `alarm ${strange}`;
  const flag = position.flags.find((one) => !flags.has(one));
  if (flag !== undefined) return `flag ${flag}`;
  for (const [name, value] of Object.entries(extras)) {
    if (typeof value === 'object') return `extras.${name} is not flat`;
  }
  return dataFlaw(position, 'position');
}
