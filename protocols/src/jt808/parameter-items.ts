import { fromHex, toHex } from '../bytes.ts';
import { type Kind, type Layout, layout, mapped, noted, numberAt, Output, u32 } from '../layout.ts';
import { MAX_VALUE_BYTES } from './parameter-kinds.ts';
import { type ParameterRow, parameterId, parameterOf, parameters } from './parameters.ts';
import { type Edition, editions } from './versions.ts';

/*
 * Parameters as they travel: id, length, value. An id may come several times; the order is kept.
 */

/** One parameter: its value where its table explains it, else its bytes. Only rows of the table have names. */
export type Parameter =
  | { readonly id: string; readonly name?: string; readonly value: unknown }
  | { readonly id: string; readonly name?: string; readonly hex: string };

const HEAD_BYTES = 5;

/** Bytes of the items from `from` on that are whole. */
function wholeItems(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at + HEAD_BYTES <= bytes.length) {
    const next = at + HEAD_BYTES + (bytes[at + 4] ?? 0);
    if (next > bytes.length) break;
    at = next;
  }
  return at - from;
}

/** Ids as the tables print them. */
export const idKind: Kind<string> = mapped(noted(u32, 'parameter id'), parameterId, idNumber);

function idNumber(id: string): number {
  const number = /^0x[0-9A-F]{4,8}$/.test(id) ? Number.parseInt(id.slice(2), 16) : -1;
  if (number < 0 || parameterId(number) !== id) {
    throw new RangeError(`wants an id such as 0x0001, got ${id}`);
  }
  return number;
}

/**
 * Parameters to the end of the body, whatever a count says; one that is cut short trails.
 * @param isSetting also refuses to write what the table does not allow a platform to set
 */
export function parameterItems(edition: Edition, isSetting: boolean): Kind<readonly Parameter[]> {
  return {
    width: null,
    extent: wholeItems,
    declare: null,
    read: (parsed) => {
      const bytes = parsed as Uint8Array;
      const items: Parameter[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = at + HEAD_BYTES + (bytes[at + 4] ?? 0);
        items.push(readItem(numberAt(bytes, at, 4), bytes.subarray(at + HEAD_BYTES, end), edition));
        at = end;
      }
      return items;
    },
    write: (out, value, field) => {
      if (!Array.isArray(value)) throw new RangeError(`${field}: wants a list of parameters`);
      for (const [i, one] of (value as readonly unknown[]).entries()) {
        writeItem(out, one, `${field}.${i}`, edition, isSetting);
      }
    },
    shape: 'items to the end: DWORD id, BYTE n, BYTE[n]',
    note: 'one of the parameter table by name and value, others as hex',
  };
}

const layouts = new Map<Kind<unknown>, Layout<{ readonly value: unknown }>>();
for (const { kinds } of parameters) {
  for (const edition of editions) layouts.set(kinds[edition], layout({ value: kinds[edition] }));
}

function readItem(number: number, body: Uint8Array, edition: Edition): Parameter {
  const id = parameterId(number);
  const row = parameterOf(number);
  if (row === undefined) return { id, hex: toHex(body) };
  const { name } = row;
  if (!row.isBlock) {
    const read = layouts.get(row.kinds[edition])?.decode(body);
    if (read?.ok && read.trailing === 0) return { id, name, value: read.value.value };
  }
  return { id, name, hex: toHex(body) };
}

function writeItem(
  out: Output,
  item: unknown,
  field: string,
  edition: Edition,
  isSetting: boolean,
): void {
  if (typeof item !== 'object' || item === null) throw new RangeError(`${field}: wants an object`);
  const given = item as { id?: unknown; name?: unknown; value?: unknown; hex?: unknown };
  let number: number;
  try {
    number = idNumber(String(given.id));
  } catch (error) {
    throw new RangeError(`${field}.id: ${error instanceof Error ? error.message : 'unfit'}`);
  }
  const row = parameterOf(number);
  if (given.name !== undefined && given.name !== row?.name) {
    throw new RangeError(`${field}.name: ${given.id} is not ${given.name}`);
  }
  const body =
    given.hex === undefined
      ? valueBytes(row, given, field, edition, isSetting)
      : hexBytes(given.hex, field);
  if (body.length > MAX_VALUE_BYTES) {
    throw new RangeError(`${field}: wants at most ${MAX_VALUE_BYTES} bytes, got ${body.length}`);
  }
  out.number(number, 4);
  out.number(body.length, 1);
  out.bytes(body);
}

function hexBytes(hex: unknown, field: string): Uint8Array {
  const bytes = typeof hex === 'string' ? fromHex(hex) : null;
  if (bytes === null) throw new RangeError(`${field}.hex: wants hex digits`);
  return bytes;
}

function valueBytes(
  row: ParameterRow | undefined,
  { id, value }: { id?: unknown; value?: unknown },
  field: string,
  edition: Edition,
  isSetting: boolean,
): Uint8Array {
  if (row === undefined) throw new RangeError(`${field}: ${id} has no row, give its hex`);
  const path = `${field}.value (${id} ${row.name})`;
  const { range } = row;
  const isWithin =
    !isSetting || range === null || (Number(value) >= range[0] && Number(value) <= range[1]);
  if (!isWithin) throw new RangeError(`${path}: wants ${range?.join('..')}, got ${value}`);
  const out = new Output();
  row.kinds[edition].write(out, value, path);
  return out.take();
}
