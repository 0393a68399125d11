import { bitTable, fromHex, hexId, toHex } from '../bytes.ts';
import { flags, type Kind, type Layout, layout, type Output, u8, u16, u32 } from '../layout.ts';

/*
 * Additional information of a location report: id, length, value.
 * @see JT/T 808, the clauses on additional location information
 */

/** One item as it stood in the report: known ones by name, the others by their bytes. */
export type Item =
  | { readonly id: string; readonly name: string; readonly value: unknown }
  | { readonly id: string; readonly hex: string };

/** What items say of a position; filled in the order of the report, a repeated item counts last. */
export interface Findings {
  mileageKm: number | null;
  satellites: number | null;
  readonly extras: Record<string, number | string | boolean>;
}

/** A row of the item table. */
export interface ItemRow {
  readonly id: number;
  readonly name: string;
  readonly clause: string;
  readonly width: number;
  readonly body: Layout<{ readonly value: unknown }>;
  readonly note: (value: unknown, findings: Findings) => void;
  /** The value is one unsigned number of `width` bytes. */
  readonly isNumber: boolean;
}

const plain: ReadonlySet<unknown> = new Set([u8, u16, u32]);

function item<T>(
  id: number,
  name: string,
  clause: string,
  kind: Kind<T>,
  note: (value: T, findings: Findings) => void,
): ItemRow {
  // Only values that this very kind has read reach `note`.
  const noteRead = (value: unknown, findings: Findings) => note(value as T, findings);
  return {
    id,
    name,
    clause,
    width: kind.width ?? 0,
    body: layout({ value: kind }),
    note: noteRead,
    isNumber: plain.has(kind),
  };
}

const signals = bitTable(32, {
  0: 'lowBeam',
  1: 'highBeam',
  2: 'rightTurn',
  3: 'leftTurn',
  4: 'brake',
  5: 'reverse',
  6: 'fogLamp',
  7: 'clearanceLamp',
  8: 'horn',
  9: 'airConditioner',
  10: 'neutral',
  11: 'retarder',
  12: 'abs',
  13: 'heater',
  14: 'clutch',
});
const inputs = bitTable(16, { 0: 'deepSleep', 1: 'sleep' });
const analog = layout({ ad1: u16, ad0: u16 });

/** Every item that is understood; ids without a row stay bytes. */
export const extraItems: readonly ItemRow[] = [
  // 0.1 km, the vehicle's odometer; trackers send a count of their own.
  item(0x01, 'mileage', 'additional information 0x01', u32, (value, findings) => {
    findings.mileageKm = value / 10;
  }),
  // 0.1 L
  item(0x02, 'fuel', 'additional information 0x02', u16, (value, { extras }) => {
    extras['fuelL'] = value / 10;
  }),
  // 0.1 km/h, from the driving recorder
  item(0x03, 'recorderSpeed', 'additional information 0x03', u16, (value, { extras }) => {
    extras['recorderSpeedKmh'] = value / 10;
  }),
  item(0x25, 'vehicleSignals', 'additional information 0x25', flags(signals), (value, found) => {
    found.extras['vehicleSignals'] = value.join(',');
  }),
  item(0x2a, 'inputs', 'additional information 0x2A', flags(inputs), (value, { extras }) => {
    extras['inputs'] = value.join(',');
  }),
  // AD0 is the low word.
  item(0x2b, 'analog', 'additional information 0x2B', analog.kind, (value, { extras }) => {
    extras['ad0'] = value.ad0;
    extras['ad1'] = value.ad1;
  }),
  // 0-31 on most devices, percent on some: no unit
  item(0x30, 'radioSignal', 'additional information 0x30', u8, (value, { extras }) => {
    extras['radioSignal'] = value;
  }),
  item(0x31, 'satellites', 'additional information 0x31', u8, (value, findings) => {
    findings.satellites = value;
  }),
];

const byId = new Map(extraItems.map((row) => [row.id, row]));
const byIdText = new Map(extraItems.map((row) => [hexId(row.id, 2), row]));
const idTexts = Array.from({ length: 256 }, (_, id) => hexId(id, 2));

/** Bytes of the items from `from` on that are whole; what follows an overlong one cannot be found. */
function wholeItems(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at + 2 <= bytes.length) {
    const next = at + 2 + (bytes[at + 1] ?? 0);
    if (next > bytes.length) break;
    at = next;
  }
  return at - from;
}

/** The items to the end of the report. An unknown id or an unusual length costs nothing but its name. */
export const items: Kind<readonly Item[]> = {
  width: null,
  extent: wholeItems,
  declare: (parser, name) => {
    parser.buffer(name, { readUntil: 'eof' });
  },
  read: (parsed) => {
    const bytes = parsed as Uint8Array;
    const end = wholeItems(bytes, 0);
    const found: Item[] = [];
    for (let at = 0; at < end; at += 2 + (bytes[at + 1] ?? 0)) {
      found.push(readItem(bytes[at] ?? 0, bytes.subarray(at + 2, at + 2 + (bytes[at + 1] ?? 0))));
    }
    return found;
  },
  write: (out, value, field) => {
    if (!Array.isArray(value)) throw new RangeError(`${field}: wants a list of items`);
    for (const [i, one] of (value as readonly Item[]).entries()) {
      writeItem(out, one, `${field}.${i}`);
    }
  },
};

function readItem(number: number, body: Uint8Array): Item {
  const row = byId.get(number);
  const id = idTexts[number] ?? '';
  if (row !== undefined && row.width === body.length) {
    const read = row.body.decode(body);
    if (read.ok) return { id, name: row.name, value: read.value.value };
  }
  return { id, hex: toHex(body) };
}

function writeItem(out: Output, item: Item, field: string): void {
  const id = /^0x[0-9A-F]{2}$/.test(item.id) ? Number.parseInt(item.id.slice(2), 16) : null;
  if (id === null) throw new RangeError(`${field}.id: wants an id such as 0x01, got ${item.id}`);
  let body: Uint8Array | null;
  if ('hex' in item) {
    body = fromHex(item.hex);
  } else {
    const row = byIdText.get(item.id);
    if (row === undefined) throw new RangeError(`${field}.id: ${item.id} has no row, give its hex`);
    body = encodeNamed(row, item.value, field);
  }
  if (body === null || body.length > 255) {
    throw new RangeError(`${field}.hex: wants at most 255 bytes as hex digits`);
  }
  out.number(id, 1);
  out.number(body.length, 1);
  out.bytes(body);
}

function encodeNamed(row: ItemRow, value: unknown, field: string): Uint8Array {
  try {
    return row.body.encode({ value });
  } catch (error) {
    throw new RangeError(`${field}.${error instanceof Error ? error.message : 'value'}`);
  }
}

/** What the items of one report say, in the units of positions; items without a row under `itemXX` as hex. */
export function findings(list: readonly Item[]): Findings {
  const found: Findings = { mileageKm: null, satellites: null, extras: {} };
  for (const one of list) {
    if ('hex' in one) found.extras[`item${one.id.slice(2)}`] = one.hex;
    else byIdText.get(one.id)?.note(one.value, found);
  }
  return found;
}

// Dense, because it is asked for each item of each report.
const rowsById = Array.from({ length: 256 }, (_, id) => byId.get(id));
const keysById = idTexts.map((id) => `item${id.slice(2)}`);

/**
 * Notes the whole items of `bytes[from, to)` as `findings` does those that were read.
 * @returns where the last whole one ends: `to` when nothing is left over
 */
export function noteItems(bytes: Uint8Array, from: number, to: number, found: Findings): number {
  let at = from;
  while (at + 2 <= to) {
    const id = bytes[at] ?? 0;
    const start = at + 2;
    const next = start + (bytes[at + 1] ?? 0);
    if (next > to) break;
    const row = rowsById[id];
    if (row?.isNumber === true && row.width === next - start) {
      let value = 0;
      for (let i = start; i < next; i++) value = value * 256 + (bytes[i] ?? 0);
      row.note(value, found);
    } else {
      const read = readItem(id, bytes.subarray(start, next));
      if ('hex' in read) found.extras[keysById[id] ?? ''] = read.hex;
      else row?.note(read.value, found);
    }
    at = next;
  }
  return at;
}
