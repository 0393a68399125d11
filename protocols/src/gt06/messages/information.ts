import { bitNames, bitTable, fromHex, toHex } from '../../bytes.ts';
import type { Fields } from '../../layout.ts';
import {
  bytes,
  flags,
  hex,
  type Kind,
  layout,
  mapped,
  noted,
  sizedBytes,
  u8,
} from '../../layout.ts';
import { list } from '../../layout-lists.ts';
import { type Body, joined, rawBody, reworded, unreadable, withTails } from '../body.ts';
import { binaryTime, centivolts, latin1, mac, paddedDigits, restText } from '../fields.ts';
import { type Row, up } from '../row.ts';

const SUBTYPES = {
  externalVoltage: 0x00,
  status: 0x04,
  doors: 0x05,
  selfCheck: 0x08,
  satellites: 0x09,
  cards: 0x0a,
  fuel: 0x0d,
  rfid: 0x1b,
  bluetooth: 0x21,
  otherBluetooth: 0x23,
} as const;

/** Two alarms a word: whether each is on, and by which ways. */
const twoAlarms = (first: string, second: string) =>
  bitTable(8, {
    7: first,
    6: `${first}ByNetwork`,
    5: `${first}ByPhone`,
    4: `${first}BySms`,
    3: second,
    2: `${second}ByNetwork`,
    1: `${second}ByPhone`,
    0: `${second}BySms`,
  });

/** What the bits of the two-digit values say. @see gt06.md section 11, subtype 04 */
export const statusBits = {
  ALM1: twoAlarms('vibration', 'displacement'),
  ALM2: twoAlarms('internalBatteryLow', 'externalBatteryLow'),
  ALM3: twoAlarms('overspeed', 'powerOff'),
  ALM4: twoAlarms('sos', 'sound'),
  STA1: bitTable(8, {
    7: 'armed',
    6: 'autoArm',
    5: 'manualArm',
    4: 'remoteDisarm',
    3: 'remoteLock',
    1: 'tamperSwitch',
    0: 'tamperAlarm',
  }),
  DYD: bitTable(8, { 3: 'deferredBySpeed', 2: 'deferredByMissingFix', 1: 'cut', 0: 'connected' }),
} as const;

const TWO_HEX_DIGITS = /^[0-9A-Fa-f]{2}$/;

/** `KEY=VALUE;…`, at the first `=` of each piece; empty pieces occur. */
function valuesOf(text: string): Fields {
  const values: Record<string, string> = {};
  const states: Record<string, readonly string[]> = {};
  for (const piece of text.split(';')) {
    const at = piece.indexOf('=');
    const key = piece.slice(0, at).trim();
    // A key like __proto__ is no key of ours.
    if (at < 0 || !/^\w{1,32}$/.test(key) || key.startsWith('__')) continue;
    const value = piece.slice(at + 1);
    values[key] = value;
    const table = Object.hasOwn(statusBits, key)
      ? statusBits[key as keyof typeof statusBits]
      : undefined;
    if (table !== undefined && TWO_HEX_DIGITS.test(value)) {
      states[key] = bitNames(Number.parseInt(value, 16), table);
    }
  }
  return { values, states };
}

const statusText = reworded(
  withTails(layout({ text: restText })),
  (fields) => Object.assign(fields, valuesOf(String(fields['text']))),
  (fields) => fields,
);

const doors = bitTable(8, { 0: 'doorOpen', 1: 'triggerHigh', 2: 'ioHigh' });

/** State, satellites used and visible with the strength of each. */
const constellation = layout({
  state: noted(u8, '0 none, 1 searching, 2 2D, 3 3D, 4 asleep'),
  usedSnr: list(1, u8),
  visibleSnr: list(1, u8),
}).kind;

/** The line of the sensor begins with the `!` that the paper counts as part of the time; what follows is no text. */
const fuelLine = reworded(
  withTails(layout({ time: binaryTime, text: restText })),
  (fields) => {
    const line = String(fields['text']);
    const end = line.search(/[^\x20-\x7e]/);
    if (end < 0) return;
    fields['text'] = line.slice(0, end);
    fields['extra'] = toHex(latin1.write(line.slice(end)));
  },
  (fields) => fields,
);

const ADDRESS_BYTES = 6;
const KEY_MARK = [0x01, 0x10] as const;
const KEY_BYTES = 16;

/** The address alone comes out: whoever has the key can open the lock. Written it is when it is given. */
const bluetooth: Body = {
  fields: { address: mac, hasKey: flagKind() },
  decode(content) {
    if (content.length < ADDRESS_BYTES) {
      return unreadable('address', 0, `${ADDRESS_BYTES} bytes, found ${content.length}`);
    }
    const rest = content.subarray(ADDRESS_BYTES);
    const value = { address: toHex(content.subarray(0, ADDRESS_BYTES)), hasKey: rest.length > 0 };
    return { ok: true, value, trailing: 0 };
  },
  encode(fields) {
    const key = fields['key'];
    const raw = typeof key === 'string' ? fromHex(key) : null;
    if (key !== undefined && raw?.length !== KEY_BYTES) {
      throw new RangeError(`key: wants ${KEY_BYTES} bytes in hex`);
    }
    const address = layout({ address: mac }).encode({ address: String(fields['address']) });
    if (raw === null && fields['hasKey'] !== true) return address;
    // A key that was never shown is written as zeros.
    return joined([address, Uint8Array.from(KEY_MARK), raw ?? new Uint8Array(KEY_BYTES)]);
  },
};

/** A field that is made when read and not written. */
function flagKind(): Kind<boolean> {
  return mapped(u8, (value) => value !== 0, Number);
}

/** By subtype; the others are bytes. @see gt06.md section 11 */
const subtypes: ReadonlyMap<number, Body> = new Map<number, Body>([
  [SUBTYPES.externalVoltage, withTails(layout({ externalVoltage: centivolts }))],
  [SUBTYPES.status, statusText],
  [SUBTYPES.doors, withTails(layout({ doors: flags(doors) }))],
  [SUBTYPES.selfCheck, withTails(layout({ text: restText }))],
  [
    SUBTYPES.satellites,
    withTails(layout({ gps: constellation, beidou: constellation, extension: hex(sizedBytes(1)) })),
  ],
  [
    SUBTYPES.cards,
    withTails(layout({ imei: paddedDigits(8), imsi: paddedDigits(8), iccid: hex(bytes(10)) })),
  ],
  [SUBTYPES.fuel, fuelLine],
  [SUBTYPES.rfid, withTails(layout({ rfid: hex(bytes(8)) }))],
  [SUBTYPES.bluetooth, bluetooth],
  [SUBTYPES.otherBluetooth, bluetooth],
]);

/** What each subtype holds, for the docs page. */
export const subtypeFields: readonly (readonly [number, Body['fields']])[] = [...subtypes].map(
  ([subtype, { fields }]) => [subtype, fields],
);

/** The subtype, then what it says it holds. @see gt06.md section 11 */
const informationBody: Body = {
  fields: Object.assign(
    { subtype: u8 },
    ...[...subtypes.values()].map(({ fields }) => fields),
    rawBody.fields,
  ),
  decode(content) {
    const [subtype] = content;
    if (subtype === undefined) return unreadable('subtype', 0, '1 byte, found 0');
    const read = (subtypes.get(subtype) ?? rawBody).decode(content.subarray(1));
    if (!read.ok) return { ...read, offset: read.offset + 1 };
    return { ...read, value: { subtype, ...read.value } };
  },
  encode(fields) {
    const head = layout({ subtype: u8 }).encode({ subtype: fields['subtype'] as number });
    const body = subtypes.get(head[0] ?? 0) ?? rawBody;
    return joined([head, body.encode(fields)]);
  },
};

const KEY: readonly string[] = ['key'];
const NONE: readonly string[] = [];

/** @see gt06.md section 11 */
export const informationRows: readonly Row[] = [
  up(0x94, 'information', 'section 11', informationBody, {
    isLong: true,
    // The bytes it came in hold the key that its fields do not.
    sensitive: ({ hasKey }) => (hasKey === true ? KEY : NONE),
  }),
];
