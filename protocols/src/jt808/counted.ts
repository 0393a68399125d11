import {
  checkInteger,
  type Fields,
  type Kind,
  type Layout,
  layout,
  Unreadable,
} from '../layout.ts';
import { layoutOf } from '../layout-lists.ts';

/**
 * A table that counts a list and then holds it to the end of the body, where the count is not trusted: what it said
 * is kept beside the list. Counts may be left out when writing, then they are true.
 * @param counts fields that count, all in front of the list
 * @param needed those that must be given for this table to be written
 */
export function counted(
  head: Readonly<Record<string, Kind<unknown>>>,
  counts: Readonly<Record<string, Kind<number>>>,
  name: string,
  list: Kind<readonly unknown[]>,
  needed: readonly string[] = [],
): Layout<Fields> {
  const whole: Layout<Fields> = layout({ ...head, ...counts, [name]: list });
  const kind: Kind<Fields> = {
    ...whole.kind,
    // Bytes are handed over, so that it can stand in any table.
    declare: null,
    read: (parsed) => {
      const read = whole.decode(parsed as Uint8Array);
      return read.ok ? read.value : new Unreadable(read.expected, read.field);
    },
    write: (out, value, field) => {
      const items = value[name];
      const length = Array.isArray(items) ? items.length : 0;
      const missing = Object.keys(counts).filter((one) => value[one] === undefined);
      const filled = missing.map((one) => [
        one,
        checkInteger(length, 0, 2 ** (8 * (counts[one]?.width ?? 1)) - 1, `${name}.length`),
      ]);
      whole.kind.write(out, { ...value, ...Object.fromEntries(filled) }, field);
    },
  };
  return {
    ...layoutOf(kind, [...Object.keys(head), ...needed, name], whole.fields, whole.minBytes),
    // Names the very field that is short.
    decode: whole.decode,
  };
}
