import { toHex } from '../bytes.ts';
import { type Fields, hex, type Layout, layout, restBytes } from '../layout.ts';

/*
 * Bodies may be longer than their table: later editions append, vendors add. What the table has no field for is
 * kept as hex in the field `trailing`, so that nothing is lost and what was read can be written again.
 */

/** The bytes behind the table, as hex. */
export const trailingHex = hex(restBytes);

const tail = layout({ trailing: trailingHex });

/** A body with what trailed it, or the place where reading ended. */
export type ReadBody<T> =
  | { readonly ok: true; readonly fields: T & { readonly trailing?: string } }
  | {
      readonly ok: false;
      readonly field: string;
      readonly offset: number;
      readonly expected: string;
    };

/** Reads a body, keeping the bytes its table does not explain. */
export function readBody<T extends object>(table: Layout<T>, body: Uint8Array): ReadBody<T> {
  const read = table.decode(body);
  if (!read.ok) return read;
  if (read.trailing === 0) return { ok: true, fields: read.value };
  const trailing = toHex(body.subarray(body.length - read.trailing));
  return { ok: true, fields: { ...read.value, trailing } };
}

/** @throws RangeError naming the field that does not fit */
export function writeBody(table: Layout<Fields>, fields: Fields): Uint8Array {
  const written = table.encode(fields);
  const { trailing } = fields;
  if (trailing === undefined) return written;
  const more = tail.encode({ trailing: trailing as string });
  const whole = new Uint8Array(written.length + more.length);
  whole.set(written);
  whole.set(more, written.length);
  return whole;
}
