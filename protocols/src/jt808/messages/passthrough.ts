import { fromHex, toHex } from '../../bytes.ts';
import {
  bytes,
  type Fields,
  hex,
  type Kind,
  type Layout,
  layout,
  mapped,
  noted,
  restBytes,
  sizedBytes,
  textOf,
  Unreadable,
  u8,
  u32,
} from '../../layout.ts';
import { followed, list, listToEnd, sized } from '../../layout-lists.ts';
import { gunzip, inflatedLimit } from '../gzip.ts';
import { type Row, row, same } from '../row.ts';

/*
 * What only passes through: bytes for devices on the terminal's ports, compressed bodies, keys. What T/JSATL 12 put
 * there is read; all else is kept as it is.
 */

const TYPES =
  '0x00 GNSS detail, 0x0B IC card, 0x41 serial port 1, 0x42 serial port 2, 0xF0-0xFF custom; T/JSATL 12: 0xF7 state, 0xF8 information of devices';
const type = noted(u8, TYPES);
const plain: Layout<Fields> = layout({
  type,
  content: noted(hex(restBytes), 'as the device sent it'),
});

/** Nobody sends more in packages. */
const MAX_TOTAL_BYTES = 16 << 20;
const packageTable: Layout<Fields> = layout({
  type,
  totalLength: noted(u32, 'bytes of all packages'),
  content: noted(hex(sizedBytes(2)), 'as the device sent it'),
});
/** Headers do not tell 2011 from 2013: only what can be a package is one, for content may look like it. */
const package2011: Layout<Fields> = {
  ...packageTable,
  decode: (body) => {
    const read = packageTable.decode(body);
    if (!read.ok) return read;
    const total = read.value['totalLength'] as number;
    const size = (read.value['content'] as string).length / 2;
    if (total >= size && total <= MAX_TOTAL_BYTES) return read;
    const expected = `${size} to ${MAX_TOTAL_BYTES}`;
    return { ok: false, field: 'totalLength', offset: 1, expected };
  },
};

const STATE = 0xf7;
const INFORMATION = 0xf8;
const safetyType = layout({
  type: noted(
    mapped(
      u8,
      (code) => (code === STATE || code === INFORMATION ? code : new Unreadable('0xF7 or 0xF8')),
      (code: number) => {
        if (code !== STATE && code !== INFORMATION) throw new RangeError('wants 0xF7 or 0xF8');
        return code;
      },
    ),
    TYPES,
  ),
});
const device = noted(u8, '100 ADAS, 101 DSM, 102 TPMS, 103 BSD');
const stateOf = layout({
  device,
  status: sized(
    1,
    layout({
      state: noted(u8, '1 working, 2 standby, 3 upgrading, 4 fault, 16 disconnected'),
      alarms: noted(u32, 'bits of the device'),
    }).kind,
  ),
});
const shortText = textOf(sizedBytes(1));
const informationOf = layout({
  device,
  information: sized(
    1,
    layout({
      company: shortText,
      model: shortText,
      hardware: shortText,
      software: shortText,
      deviceId: shortText,
      customer: shortText,
    }).kind,
  ),
});
type ListOf = <T>(item: Kind<T>) => Kind<readonly T[]>;
/** The list of T/JSATL 12; the text counts it, some devices do not. */
function devices(of: ListOf): Layout<Fields> {
  const states: Layout<Fields> = layout({ devices: of(stateOf.kind) });
  const informations: Layout<Fields> = layout({ devices: of(informationOf.kind) });
  return followed<Fields, Fields>(
    safetyType,
    (head) => (head['type'] === STATE ? states : informations),
    { devices: of({ ...stateOf.kind, inside: { ...stateOf.fields, ...informationOf.fields } }) },
  );
}
const up = [devices((item) => list(1, item)), devices(listToEnd)];
const asked: Layout<Fields> = layout({ ...safetyType.fields, devices: list(1, device) });

const compressed = layout({
  length: noted(u32, 'bytes of the compressed data'),
  data: noted(hex(restBytes), 'GZIP'),
});
/** What it inflates to stands beside it, unless it is no GZIP or inflates beyond reason. */
const inflating: Layout<Fields> = {
  ...compressed,
  fields: {
    ...compressed.fields,
    content: noted(hex(restBytes), 'no field of its own: the data inflated, where they can be'),
  },
  decode: (body) => {
    const read = compressed.decode(body);
    const data = read.ok ? fromHex(read.value.data) : null;
    if (!read.ok || data === null) return read;
    const content = gunzip(data, inflatedLimit(data.length));
    if (content === null) return read;
    return { ...read, value: { ...read.value, content: toHex(content) } };
  },
  encode: (value) => compressed.encode(value as { length: number; data: string }),
};

const key = layout({
  exponent: noted(u32, 'e of the public RSA key'),
  modulus: noted(hex(bytes(128)), 'n of the public RSA key'),
});

/** Pass-through, compression, keys. @see the wire reference, section 8.3 */
export const passthroughMessages: readonly Row[] = [
  row(0x0900, 'passthroughUp', 'data uplink pass-through', {
    intent: 'report',
    bodies: {
      '2011': [package2011, ...up, plain],
      '2013': [...up, package2011, plain],
      '2019': [...up, plain],
    },
    answer: 'general',
  }),
  row(0x0901, 'compressed', 'compressed data report', {
    intent: 'report',
    bodies: same(inflating),
    answer: 'general',
  }),
  row(0x0a00, 'terminalKey', 'terminal RSA public key', {
    intent: 'answer',
    bodies: same(key),
    answer: 'general',
  }),
  row(0x8900, 'passthroughDown', 'data downlink pass-through', {
    intent: 'query',
    bodies: {
      '2011': [package2011, asked, plain],
      '2013': [asked, package2011, plain],
      '2019': [asked, plain],
    },
    answer: 'general',
  }),
  row(0x8a00, 'platformKey', 'platform RSA public key', {
    intent: 'query',
    bodies: same(key),
    answer: 'none',
  }),
];
