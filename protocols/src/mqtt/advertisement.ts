import { toHex } from '../bytes.ts';
import type { Sighting } from './sightings.ts';

/** What an advertisement says of its sender; only the keys it holds. */
export type Advertised = Partial<
  Pick<
    Sighting,
    | 'txPower'
    | 'uuid'
    | 'major'
    | 'minor'
    | 'eddystone'
    | 'url'
    | 'batteryPercent'
    | 'batteryMv'
    | 'temperatureC'
    | 'humidityPercent'
    | 'pressed'
  >
> & {
  /** Of the sender, where the service data repeats it. */
  readonly mac?: string;
};

/** Types of AD structures. @see Bluetooth assigned numbers, common data types */
const SERVICE_DATA_16 = 0x16;
const MANUFACTURER_DATA = 0xff;

/** Company 004C, type 02, length 15 hex: all numbers that follow are big-endian. @see mqtt.md section 6.2 */
const IBEACON = [0x4c, 0x00, 0x02, 0x15] as const;
const IBEACON_BYTES = 25;
const EDDYSTONE = [0xaa, 0xfe] as const;
const MINEW = [0xe1, 0xff] as const;
const MINEW_FRAME = 0xa1;
const MINEW_BYTES = 12;

const UID_FRAME = 0x00;
const URL_FRAME = 0x10;
const TLM_FRAME = 0x20;
/** Eddystone gives the power at 0 m; free space takes this to 1 m. */
const DB_TO_ONE_METRE = 41;
const NO_TEMPERATURE = 0x8000;

const urlSchemes = ['http://www.', 'https://www.', 'http://', 'https://'];
const urlEndings = ['.com', '.org', '.edu', '.net', '.info', '.biz', '.gov'];

/**
 * The AD structures of an advertisement: iBeacon, Eddystone UID, TLM and URL, Minew's service data. What is unknown
 * is passed over; a length that runs over ends the reading, and what came before it stays. Never throws.
 * @see mqtt.md section 6.2
 */
export function readAdvertisement(bytes: Uint8Array): Advertised {
  let found: Advertised = {};
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    // Padding; nothing follows it.
    if (length === 0 || at + 1 + length > bytes.length) break;
    const data = bytes.subarray(at + 2, at + 1 + length);
    const type = bytes[at + 1];
    if (type === MANUFACTURER_DATA) found = { ...found, ...ibeaconIn(data) };
    else if (type === SERVICE_DATA_16 && startsWith(data, EDDYSTONE)) {
      found = { ...found, ...eddystoneIn(data.subarray(EDDYSTONE.length)) };
    } else if (type === SERVICE_DATA_16 && startsWith(data, MINEW)) {
      found = { ...found, ...minewIn(data) };
    }
    at += 1 + length;
  }
  return found;
}

function ibeaconIn(data: Uint8Array): Advertised {
  if (data.length < IBEACON_BYTES || !startsWith(data, IBEACON)) return {};
  return {
    uuid: toHex(data.subarray(4, 20)),
    major: u16(data, 20),
    minor: u16(data, 22),
    txPower: i8(data, 24),
  };
}

function eddystoneIn(frame: Uint8Array): Advertised {
  const kind = frame[0];
  // The two reserved bytes at the end may be missing.
  if (kind === UID_FRAME && frame.length >= 18) {
    return { eddystone: toHex(frame.subarray(2, 18)), txPower: i8(frame, 1) - DB_TO_ONE_METRE };
  }
  if (kind === URL_FRAME && frame.length >= 3) {
    const scheme = urlSchemes[frame[2] ?? 0xff];
    const txPower = i8(frame, 1) - DB_TO_ONE_METRE;
    return scheme === undefined
      ? { txPower }
      : { txPower, url: scheme + urlRest(frame.subarray(3)) };
  }
  // Version 0 is the plain one; version 1 is encrypted.
  if (kind !== TLM_FRAME || frame[1] !== 0 || frame.length < 14) return {};
  const batteryMv = u16(frame, 2);
  const temperature = u16(frame, 4);
  return {
    ...(batteryMv === 0 ? {} : { batteryMv }),
    ...(temperature === NO_TEMPERATURE ? {} : { temperatureC: ((temperature << 16) >> 16) / 256 }),
  };
}

/** Codes 0-6 stand for an ending with a slash, 7-13 for one without; printable ASCII is itself. */
function urlRest(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const ending = urlEndings[byte % urlEndings.length] ?? '';
    if (byte < 2 * urlEndings.length) text += byte < urlEndings.length ? `${ending}/` : ending;
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
  }
  return text;
}

function minewIn(data: Uint8Array): Advertised {
  if (data[2] !== MINEW_FRAME || data.length !== MINEW_BYTES) return {};
  const batteryPercent = data[4] ?? 0;
  return {
    ...(batteryPercent > 100 ? {} : { batteryPercent }),
    mac: toHex(data.slice(6, 12).reverse()),
  };
}

const startsWith = (data: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, i) => data[i] === byte);
const u16 = (data: Uint8Array, at: number): number => ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
const i8 = (data: Uint8Array, at: number): number => ((data[at] ?? 0) << 24) >> 24;
