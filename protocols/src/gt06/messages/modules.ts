import { hexId, toHex } from '../../bytes.ts';
import {
  bytes,
  checkInteger,
  type Fields,
  hex,
  i16,
  type Kind,
  type Layout,
  layout,
  mapped,
  noted,
  restBytes,
  u8,
  u16,
  u32,
} from '../../layout.ts';
import { list, listToEnd } from '../../layout-lists.ts';
import { emptyBody, extraOf, withTails } from '../body.ts';
import { centivolts, courseStatus, mac, paddedDigits, u24 } from '../fields.ts';
import { answerTo, type Row, up } from '../row.ts';
import { accessPoints } from './radio.ts';

/** One module as it is read: its value where its table fits exactly, its bytes otherwise. */
export interface Module {
  readonly id: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly content?: string;
}

interface ModuleRow {
  readonly name: string;
  readonly table: Layout<{ readonly value: unknown }>;
}

const row = (id: number, name: string, kind: Kind<unknown>): [number, ModuleRow] => [
  id,
  { name, table: layout({ value: kind }) },
];

const cell = layout({ mcc: u16, mnc: u16, lac: u16, cellId: u24, rssi: u8 }).kind;
const neighbour = layout({ lac: u16, cellId: u24, rssi: u8 }).kind;
const lteCell = layout({ mcc: u16, mnc: u16, lac: u16, cellId: u32, rssi: u8 }).kind;
const lteNeighbour = layout({ lac: u16, cellId: u32, rssi: u8 }).kind;
const fix = layout({
  time: noted(u32, 's since 1970, UTC'),
  satellites: u8,
  altitude: noted(i16, 'm'),
  latitude: noted(u32, '1/1 800 000 degree'),
  longitude: noted(u32, '1/1 800 000 degree'),
  speed: noted(u8, 'km/h'),
  courseStatus,
}).kind;
const beacon = layout({ mac, rssi: u8, major: u16, minor: u16 }).kind;
const tenths = noted(
  mapped(
    u8,
    (value) => value / 10,
    (value: number) => checkInteger(Math.round(value * 10), 0, 255, 'tenths'),
  ),
  'in tenths on the wire',
);

/** By id; the others are bytes. @see gt06.md section 12 */
const modules: ReadonlyMap<number, ModuleRow> = new Map([
  row(0x0000, 'transferType', u8),
  row(0x0001, 'imei', paddedDigits(8)),
  row(0x0002, 'imsi', paddedDigits(8)),
  row(0x0003, 'iccid', hex(bytes(10))),
  row(0x0009, 'satellitesUsed', u8),
  row(0x000a, 'satellitesVisible', u8),
  row(0x000b, 'satelliteSnr', listToEnd(u8)),
  row(0x0011, 'cell', cell),
  row(0x0012, 'neighbours', listToEnd(neighbour)),
  row(0x0016, 'csq', u8),
  row(0x0018, 'batteryVoltage', centivolts),
  row(0x0028, 'hdop', tenths),
  row(0x0029, 'sequence', u32),
  row(0x002a, 'tamper', u8),
  row(0x002b, 'bootReason', u8),
  row(0x002c, 'unixTime', u32),
  row(0x002e, 'mileage', u32),
  row(0x0030, 'reportingMode', hex(bytes(10))),
  row(0x0031, 'fenceTrigger', hex(restBytes)),
  row(0x0033, 'fix', fix),
  row(0x0034, 'statusReport', hex(bytes(6))),
  row(0x0035, 'buffered', u8),
  row(0x0036, 'wifi', accessPoints),
  row(0x0043, 'lteCell', lteCell),
  row(0x0044, 'lteNeighbours', listToEnd(lteNeighbour)),
  row(0x0045, 'beacons', list(1, beacon)),
  row(0x1000, 'replyWanted', u8),
]);

const HEAD_BYTES = 4;

/** Id, length, and as many bytes; one that runs over the end is left to `extra`. @see gt06.md section 12 */
const moduleKind: Kind<Module> = {
  width: null,
  extent: (content, at) => {
    if (at + HEAD_BYTES > content.length) return HEAD_BYTES;
    return HEAD_BYTES + (((content[at + 2] ?? 0) << 8) | (content[at + 3] ?? 0));
  },
  declare: null,
  read: (parsed) => {
    const raw = parsed as Uint8Array;
    const number = ((raw[0] ?? 0) << 8) | (raw[1] ?? 0);
    const body = raw.subarray(HEAD_BYTES);
    const known = modules.get(number);
    const id = hexId(number, 4);
    if (known === undefined) return { id, content: toHex(body) };
    const { name, table } = known;
    const read = table.decode(body);
    return read.ok && read.trailing === 0
      ? { id, name, value: read.value.value }
      : { id, name, content: toHex(body) };
  },
  write: (out, value, field) => {
    const number = checkInteger(Number.parseInt(value?.id, 16), 0, 0xffff, `${field}.id`);
    out.number(number, 2);
    const at = out.length;
    out.number(0, 2);
    if (value.content !== undefined) {
      out.bytes(extraOf(value as unknown as Fields, 'content'));
    } else {
      const known = modules.get(number);
      if (known === undefined) throw new RangeError(`${field}.content: wants hex digits`);
      out.bytes(known.table.encode({ value: value.value }));
    }
    out.patch(at, checkInteger(out.length - at - 2, 0, 0xffff, `${field}.content`), 2);
  },
  shape: 'WORD id, WORD n, BYTE[n]',
};

const body = withTails(layout({ modules: listToEnd(moduleKind) }));

const modular = up(0x70, 'modular', 'section 12', body, {
  place: 'modules',
  answer: 'module',
  isLong: true,
});

/** The modules of a message by name, the first of each; without those that could not be read. */
export function modulesByName(fields: Fields): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  for (const { name, value } of fields['modules'] as readonly Module[]) {
    if (name !== undefined && value !== undefined && !found.has(name)) found.set(name, value);
  }
  return found;
}

/** What each module holds, for the docs page. */
export const moduleFields: readonly (readonly [number, string, Layout<object>['fields']])[] = [
  ...modules,
].map(([id, { name, table }]) => [id, name, table.fields]);

/** @see gt06.md section 12 */
export const moduleRows: readonly Row[] = [modular, answerTo(modular, emptyBody, { isLong: true })];
