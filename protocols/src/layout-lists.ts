import {
  checkInteger,
  type Kind,
  type Layout,
  layout,
  numberAt,
  Output,
  Unreadable,
} from './layout.ts';

/*
 * What a plain table cannot say: lists, and fields that are there only when others say so. Their extents are found
 * from the bytes; each step forward is at least one byte, so no count can make a reader loop or hold more than the
 * input is long.
 */

/** Bytes of a count or a length. */
export type CountWidth = 1 | 2 | 4;
const COUNTS = { 1: 'BYTE', 2: 'WORD', 4: 'DWORD' } as const;

/** A count, then as many items. A count beyond the bytes leaves the field cut short. */
export function list<T>(count: CountWidth, item: Kind<T>): Kind<readonly T[]> {
  const readItems = itemsOf(item);
  const most = 2 ** (8 * count) - 1;
  return {
    width: null,
    extent: (bytes, at) => {
      const items = numberAt(bytes, at, count);
      if (item.width !== null) return count + items * item.width;
      let end = at + count;
      for (let i = 0; i < items && end <= bytes.length; i++) {
        end += Math.max(1, item.extent(bytes, end));
      }
      return end - at;
    },
    declare: null,
    read: (parsed) => readItems(parsed as Uint8Array, count),
    write: (out, value, field) => {
      const items = wantList(value, field);
      out.number(checkInteger(items.length, 0, most, `${field}.length`), count);
      for (const [i, one] of items.entries()) item.write(out, one, `${field}.${i}`);
    },
    shape: `${COUNTS[count]} n, n items`,
    ...insideOf(item),
  };
}

/** Items to the end of the body, whatever a count said; what is left of a last one that is cut short trails. */
export function listToEnd<T>(item: Kind<T>): Kind<readonly T[]> {
  const readItems = itemsOf(item);
  return {
    width: null,
    extent: (bytes, at) => {
      let end = at;
      while (end < bytes.length) {
        const next = end + Math.max(1, item.extent(bytes, end));
        if (next > bytes.length) break;
        end = next;
      }
      return end - at;
    },
    declare: null,
    read: (parsed) => readItems(parsed as Uint8Array, 0),
    write: (out, value, field) => {
      for (const [i, one] of wantList(value, field).entries())
        item.write(out, one, `${field}.${i}`);
    },
    shape: 'items to the end',
    ...insideOf(item),
  };
}

/** A length, then a value that fills exactly as many bytes. */
export function sized<T>(prefix: CountWidth, inner: Kind<T>): Kind<T> {
  const most = 2 ** (8 * prefix) - 1;
  const one = layout({ value: inner });
  return {
    width: null,
    extent: (bytes, at) => prefix + numberAt(bytes, at, prefix),
    declare: null,
    read: (parsed) => {
      const read = one.decode((parsed as Uint8Array).subarray(prefix));
      if (!read.ok) return new Unreadable(read.expected, withoutFirst(read.field));
      if (read.trailing > 0) return new Unreadable(`${read.trailing} bytes fewer`);
      return read.value.value;
    },
    write: (out, value, field) => {
      const at = out.length;
      out.number(0, prefix);
      inner.write(out, value, field);
      const size = out.length - at - prefix;
      if (size > most) throw new RangeError(`${field}: wants at most ${most} bytes, got ${size}`);
      out.patch(at, size, prefix);
    },
    shape: `${COUNTS[prefix]} n, n bytes`,
    ...insideOf(inner),
  };
}

/**
 * A table whose further fields depend on what its first ones say. The value is one object of both.
 * @param rest the table that follows, null for none; asked with what was read, and with what is to be written
 */
export function followed<H extends object, T extends object>(
  head: Layout<H>,
  rest: (head: H) => Layout<T> | null,
  fields: Readonly<Record<string, Kind<unknown>>> = {},
): Layout<H & Partial<T>> {
  type V = H & Partial<T>;
  const readBoth = (bytes: Uint8Array): V | Unreadable => {
    const first = head.decode(bytes);
    if (!first.ok) return new Unreadable(first.expected, first.field);
    const table = rest(first.value);
    if (table === null) return first.value as V;
    const more = table.decode(bytes.subarray(bytes.length - first.trailing));
    if (!more.ok) return new Unreadable(more.expected, more.field);
    return { ...first.value, ...more.value };
  };
  const kind: Kind<V> = {
    width: null,
    extent: (bytes, at) => {
      const own = head.kind.extent(bytes, at);
      if (at + own > bytes.length) return own;
      const first = head.decode(bytes.subarray(at, at + own));
      const table = first.ok ? rest(first.value) : null;
      return own + (table?.kind.extent(bytes, at + own) ?? 0);
    },
    declare: null,
    read: (parsed) => readBoth(parsed as Uint8Array),
    write: (out, value, field) => {
      head.kind.write(out, value, field);
      rest(value)?.kind.write(out, value as unknown as T, field);
    },
    inside: { ...head.fields, ...fields },
  };
  return layoutOf(kind, head.fieldNames, { ...head.fields, ...fields }, head.minBytes);
}

/** A kind whose value is an object as a table of its own. */
export function layoutOf<T extends object>(
  kind: Kind<T>,
  fieldNames: readonly string[],
  fields: Readonly<Record<string, Kind<unknown>>>,
  minBytes: number,
): Layout<T> {
  return {
    fieldNames,
    fields,
    minBytes,
    decode: (bytes) => {
      const size = kind.extent(bytes, 0);
      if (size > bytes.length) {
        return {
          ok: false,
          field: '',
          offset: 0,
          expected: `${size} bytes, found ${bytes.length}`,
        };
      }
      const value = kind.read(bytes.subarray(0, size));
      if (value instanceof Unreadable) {
        return { ok: false, field: value.field, offset: 0, expected: value.expected };
      }
      return { ok: true, value, trailing: bytes.length - size };
    },
    encode: (value) => {
      const out = new Output();
      kind.write(out, value, '');
      return out.take();
    },
    kind,
  };
}

function itemsOf<T>(item: Kind<T>) {
  const one = layout({ item });
  return (bytes: Uint8Array, from: number): readonly T[] | Unreadable => {
    const items: T[] = [];
    for (let at = from; at < bytes.length; ) {
      const next = at + Math.max(1, item.width ?? item.extent(bytes, at));
      const read = one.decode(bytes.subarray(at, next));
      if (!read.ok) {
        const inside = withoutFirst(read.field);
        return new Unreadable(read.expected, `${items.length}${inside === '' ? '' : `.${inside}`}`);
      }
      items.push(read.value.item);
      at = next;
    }
    return items;
  };
}

const withoutFirst = (path: string): string => path.split('.').slice(1).join('.');

function wantList<T>(value: readonly T[], field: string): readonly T[] {
  if (!Array.isArray(value)) throw new RangeError(`${field}: wants a list`);
  return value;
}

const insideOf = ({ inside }: Kind<unknown>) => (inside === undefined ? {} : { inside });
