import { fromHex, toHex } from '../bytes.ts';
import { type Decoded, type Fields, hex, type Kind, type Layout, restBytes } from '../layout.ts';

/*
 * Bodies that one table alone does not say: several tails behind one head, a choice of tables, what is kept raw.
 * Every byte is kept: what no table names stands in `extra`, so that writing gives the same bytes again.
 */

/** The body of one message. */
export interface Body {
  /** All fields that some body has, in the order of the wire, for the docs page. */
  readonly fields: Readonly<Record<string, Kind<unknown>>>;
  /** Never throws. */
  decode(content: Uint8Array): Decoded<Fields>;
  /** @throws RangeError naming the field */
  encode(fields: Fields): Uint8Array;
}

/**
 * A fixed head and one of several tails, told apart by how many bytes are left.
 * @param head read first, every field required
 * @param tails each of another fixed size; written is the one whose fields are given
 * @param beyond what is left when no tail has that size: all of it `extra`, or what the longest fitting tail leaves
 */
export function withTails(
  head: Layout<object>,
  tails: readonly Layout<object>[] = [],
  beyond: 'extra' | 'longestTail' = 'extra',
): Body {
  const bySize = new Map(tails.map((tail) => [tail.minBytes, tail]));
  const longestFirst = [...tails].sort((a, b) => b.minBytes - a.minBytes);
  const tailNames = [...new Set(tails.flatMap(({ fieldNames }) => fieldNames))];

  const tailFor = (left: number): Layout<object> | undefined =>
    bySize.get(left) ??
    (beyond === 'longestTail' ? longestFirst.find(({ minBytes }) => minBytes < left) : undefined);
  const tailOf = (fields: Fields): Layout<object> | undefined => {
    const given = tailNames.filter((name) => fields[name] !== undefined);
    if (given.length === 0) return undefined;
    const tail = tails.find(
      ({ fieldNames }) =>
        fieldNames.length === given.length && given.every((name) => fieldNames.includes(name)),
    );
    if (tail === undefined) throw new RangeError(`${given.join(', ')}: no tail has just these`);
    return tail;
  };

  return {
    fields: Object.assign({}, head.fields, ...longestFirst.map(({ fields }) => fields), extra),
    decode(content) {
      const decoded = head.decode(content);
      if (!decoded.ok) return decoded;
      const value = decoded.value as Record<string, unknown>;
      let left = decoded.trailing;
      const tail = left === 0 ? undefined : tailFor(left);
      if (tail !== undefined) {
        const at = content.length - left;
        const second = tail.decode(content.subarray(at));
        if (!second.ok) return { ...second, offset: at + second.offset };
        Object.assign(value, second.value);
        left = second.trailing;
      }
      if (left > 0) value['extra'] = toHex(content.subarray(content.length - left));
      return { ok: true, value, trailing: 0 };
    },
    encode(fields) {
      const parts = [head.encode(fields)];
      const tail = tailOf(fields);
      if (tail !== undefined) parts.push(tail.encode(fields));
      parts.push(extraOf(fields));
      return joined(parts);
    },
  };
}

const extra = { extra: hex(restBytes) };
const NOTHING = new Uint8Array(0);

/** The bytes of `extra`, none when it is absent. @throws RangeError when it is no hex text */
export function extraOf(fields: Fields, name = 'extra'): Uint8Array {
  const text = fields[name];
  if (text === undefined) return NOTHING;
  const raw = typeof text === 'string' ? fromHex(text) : null;
  if (raw === null) throw new RangeError(`${name}: wants hex digits`);
  return raw;
}

/** One of several bodies: by their bytes when read, by their fields when written. */
export function chosen(
  bodies: readonly Body[],
  read: (content: Uint8Array) => Body,
  write: (fields: Fields) => Body,
): Body {
  return {
    fields: Object.assign({}, ...bodies.map(({ fields }) => fields)),
    decode: (content) => read(content).decode(content),
    encode: (fields) => write(fields).encode(fields),
  };
}

/** A body whose fields are said in other words: `read` may add and replace, `write` undoes it. */
export function reworded(
  body: Body,
  read: (fields: Record<string, unknown>) => void,
  write: (fields: Fields) => Fields,
  fields: Body['fields'] = body.fields,
): Body {
  return {
    fields,
    decode(content) {
      const decoded = body.decode(content);
      if (decoded.ok) read(decoded.value as Record<string, unknown>);
      return decoded;
    },
    encode: (given) => body.encode(write(given)),
  };
}

/** Nothing is known of the content, or nothing that was seen on a device: its bytes. */
export const rawBody: Body = {
  fields: { content: hex(restBytes) },
  decode: (content) => ({ ok: true, value: { content: toHex(content) }, trailing: 0 }),
  encode: (fields) => {
    if (fields['content'] === undefined) throw new RangeError('content: wants hex digits');
    return extraOf(fields, 'content');
  },
};

/** An answer that says nothing but which frame it answers. */
export const emptyBody: Body = {
  fields: {},
  decode: (content) =>
    content.length === 0
      ? { ok: true, value: {}, trailing: 0 }
      : unreadable('content', 0, `nothing, found ${content.length} bytes`),
  encode: () => new Uint8Array(0),
};

/** A body that cannot be read. */
export const unreadable = (field: string, offset: number, expected: string): Decoded<Fields> => ({
  ok: false,
  field,
  offset,
  expected,
});

/** The parts one behind another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
