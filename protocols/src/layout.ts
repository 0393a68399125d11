import { Parser } from 'binary-parser';
import { type BitTable, bitNames, bitsOf, decodeGbk, encodeGbk, fromHex, toHex } from './bytes.ts';

/*
 * A field table → typed decode and encode. The only importer of binary-parser, and its guard: that parser shortens
 * an overrunning buffer without a word, throws on numbers past the end, hands out views of its input and knows no
 * types and no writer. Here lengths are checked before it runs, what it gives is copied, and the writer is made
 * from the same table.
 */

/** A value that its bytes do not make; `field` is the path inside a nested layout, empty for the field itself. */
export class Unreadable {
  readonly expected: string;
  readonly field: string;
  constructor(expected: string, field = '') {
    this.expected = expected;
    this.field = field;
  }
}

/** One kind of field: how wide it is, how it is read and how it is written. */
export interface Kind<T> {
  /** Bytes when every value takes the same number, else null. */
  readonly width: number | null;
  /** Bytes the field takes from `at` on; reaches beyond the end when the field is cut short. */
  extent(bytes: Uint8Array, at: number): number;
  /** Declares the field to binary-parser; null: `read` gets the very bytes of its extent. */
  readonly declare: ((parser: Parser, name: string) => void) | null;
  /** From what binary-parser gives; never keeps a view of the input. */
  read(parsed: unknown): T | Unreadable;
  /** @throws RangeError naming `field` for a value of the wrong type or range */
  write(out: Output, value: T, field: string): void;
  /** For the docs page: how it stands on the wire, in the standard's words (`WORD`, `BCD[6]`). */
  readonly shape?: string;
  /** For the docs page: unit, meaning of codes. */
  readonly note?: string;
  /** For the docs page: the fields inside. */
  readonly inside?: Readonly<Record<string, Kind<unknown>>>;
}

/** What a kind reads. */
export type ValueOf<K> = K extends Kind<infer T> ? T : never;

/** Where encoders write to; grows as needed. */
export class Output {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Big-endian, `width` bytes; the value must fit, which is the kind's to check. */
  number(value: number, width: number): void {
    this.#reserve(width);
    for (let i = width - 1; i >= 0; i--) {
      this.#bytes[this.#length++] = Math.floor(value / 2 ** (8 * i)) & 0xff;
    }
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Overwrites a number written before, for lengths that are known only afterwards. */
  patch(at: number, value: number, width: number): void {
    const end = this.#length;
    this.#length = at;
    this.number(value, width);
    this.#length = end;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** The values of a body by field name, whatever its table. */
export type Fields = Readonly<Record<string, unknown>>;

/** A body that was read, or the place where that ended. */
export type Decoded<T> =
  | {
      readonly ok: true;
      readonly value: T;
      /** Bytes of the input the table has no field for, from its end. */
      readonly trailing: number;
    }
  | {
      readonly ok: false;
      /** The first field that could not be read. */
      readonly field: string;
      /** Its offset in the input. */
      readonly offset: number;
      readonly expected: string;
    };

/** A compiled field table. */
export interface Layout<T> {
  /** Those that a value must have, in the order of the wire. */
  readonly fieldNames: readonly string[];
  /** All fields, those that only some bodies have included, for the docs page. */
  readonly fields: Readonly<Record<string, Kind<unknown>>>;
  /** Bytes of the shortest input that can be read. */
  readonly minBytes: number;
  /** Linear in the input; never throws. Longer input is fine: see `trailing`. */
  decode(bytes: Uint8Array): Decoded<T>;
  /** @throws RangeError naming the field whose value is missing, of the wrong type or out of range */
  encode(value: T): Uint8Array;
  /** The table as one field of another. */
  readonly kind: Kind<T>;
}

/** What a table reads: its fields by name. */
export type LayoutValue<F extends Readonly<Record<string, Kind<unknown>>>> = {
  readonly [K in keyof F]: ValueOf<F[K]>;
};

/** Compiles a table; its keys are the fields in the order of the wire. Done once, at load. */
export function layout<F extends Readonly<Record<string, Kind<unknown>>>>(
  table: F,
): Layout<LayoutValue<F>> {
  type T = LayoutValue<F>;
  const names = Object.keys(table);
  const kinds = Object.values(table);
  const isDeclared = kinds.every((kind) => kind.declare !== null);
  const parser = new Parser();
  if (isDeclared) for (const [i, kind] of kinds.entries()) kind.declare?.(parser, names[i] ?? '');
  const width = kinds.reduce<number | null>(
    (sum, kind) => (sum === null || kind.width === null ? null : sum + kind.width),
    0,
  );
  const runs = isDeclared ? [] : runsOf(kinds, names);

  const extent = (bytes: Uint8Array, from: number): number => {
    let at = from;
    for (let i = 0; i < kinds.length && at <= bytes.length; i++)
      at += kinds[i]?.extent(bytes, at) ?? 0;
    return at - from;
  };
  /** Declared fields by the parser of their run, the others by themselves. */
  const parseRuns = (bytes: Uint8Array): Fields => {
    const parsed: Record<string, unknown> = {};
    let at = 0;
    for (const run of runs) {
      const start = at;
      for (const kind of run.kinds) at += kind.extent(bytes, at);
      const part = bytes.subarray(start, at);
      if (run.parser === null) parsed[run.name] = part;
      else Object.assign(parsed, run.parser.parse(part));
    }
    return parsed;
  };
  const read = (from: unknown): T | Unreadable => {
    const source = isDeclared ? (from as Fields) : parseRuns(from as Uint8Array);
    const value: Record<string, unknown> = {};
    for (let i = 0; i < kinds.length; i++) {
      const name = names[i] ?? '';
      const field = kinds[i]?.read(source[name]);
      if (field instanceof Unreadable) {
        return new Unreadable(field.expected, field.field ? `${name}.${field.field}` : name);
      }
      value[name] = field;
    }
    return value as T;
  };
  const write = (out: Output, value: T, path: string): void => {
    if (typeof value !== 'object' || value === null) refuse(path, 'an object', value);
    const source = value as Fields;
    for (let i = 0; i < kinds.length; i++) {
      const name = names[i] ?? '';
      kinds[i]?.write(out, source[name], path === '' ? name : `${path}.${name}`);
    }
  };
  const offsetOf = (bytes: Uint8Array, field: string): number => {
    let at = 0;
    for (let i = 0; i < kinds.length && names[i] !== field; i++)
      at += kinds[i]?.extent(bytes, at) ?? 0;
    return at;
  };
  const short = (bytes: Uint8Array): Decoded<T> => {
    let at = 0;
    for (let i = 0; i < kinds.length; i++) {
      const need = kinds[i]?.extent(bytes, at) ?? 0;
      if (at + need > bytes.length) {
        const expected = `${need} bytes, found ${Math.max(0, bytes.length - at)}`;
        return { ok: false, field: names[i] ?? '', offset: at, expected };
      }
      at += need;
    }
    return { ok: false, field: '', offset: at, expected: 'a readable body' };
  };

  return {
    fieldNames: names,
    fields: table,
    minBytes: kinds.reduce((sum, kind) => sum + (kind.width ?? kind.extent(NOTHING, 0)), 0),
    decode(bytes) {
      const size = width ?? extent(bytes, 0);
      if (size > bytes.length) return short(bytes);
      const value = read(isDeclared ? parser.parse(bytes) : bytes.subarray(0, size));
      if (value instanceof Unreadable) {
        const [field = ''] = value.field.split('.');
        return {
          ok: false,
          field: value.field,
          offset: offsetOf(bytes, field),
          expected: value.expected,
        };
      }
      return { ok: true, value, trailing: bytes.length - size };
    },
    encode(value) {
      const out = new Output();
      write(out, value, '');
      return out.take();
    },
    kind: {
      width,
      extent: width === null ? extent : () => width,
      declare: isDeclared
        ? (outer, name) => {
            outer.nest(name, { type: parser });
          }
        : null,
      read,
      write,
      inside: table,
    },
  };
}

/** Fields in a row that one parser reads; `parser` null: one field that reads its bytes itself. */
interface Run {
  readonly name: string;
  readonly kinds: Kind<unknown>[];
  readonly parser: Parser | null;
}

function runsOf(kinds: readonly Kind<unknown>[], names: readonly string[]): readonly Run[] {
  const runs: Run[] = [];
  for (const [i, kind] of kinds.entries()) {
    const name = names[i] ?? '';
    const last = runs.at(-1);
    if (kind.declare === null) runs.push({ name, kinds: [kind], parser: null });
    else if (last === undefined || last.parser === null) {
      const parser = new Parser();
      kind.declare(parser, name);
      runs.push({ name, kinds: [kind], parser });
    } else {
      kind.declare(last.parser, name);
      last.kinds.push(kind);
    }
  }
  return runs;
}

const NOTHING = new Uint8Array(0);

function refuse(field: string, wanted: string, found: unknown): never {
  const shown = typeof found === 'number' || typeof found === 'string' ? `${found}` : typeof found;
  throw new RangeError(`${field}: wants ${wanted}, got ${shown}`);
}

/** Checks a number for a writer. @throws RangeError naming the field */
export function checkInteger(value: unknown, min: number, max: number, field: string): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    refuse(field, `a whole number ${min}..${max}`, value);
  }
  return value as number;
}

function integer(bytes: 1 | 2 | 4, signed: boolean): Kind<number> {
  const min = signed ? -(2 ** (8 * bytes - 1)) : 0;
  const max = 2 ** (8 * bytes - (signed ? 1 : 0)) - 1;
  return {
    width: bytes,
    extent: () => bytes,
    declare: (parser, name) => {
      if (bytes === 1) signed ? parser.int8(name) : parser.uint8(name);
      else if (bytes === 2) signed ? parser.int16be(name) : parser.uint16be(name);
      else signed ? parser.int32be(name) : parser.uint32be(name);
    },
    read: (parsed) => parsed as number,
    write: (out, value, field) => out.number(checkInteger(value, min, max, field), bytes),
    shape: `${signed ? 'signed ' : ''}${bytes === 1 ? 'BYTE' : bytes === 2 ? 'WORD' : 'DWORD'}`,
  };
}

/** Unsigned and signed whole numbers, big-endian. */
export const u8 = integer(1, false);
export const u16 = integer(2, false);
export const u32 = integer(4, false);
export const i8 = integer(1, true);
export const i16 = integer(2, true);
export const i32 = integer(4, true);

/** The kind with what the docs page says of it: its unit, what its codes mean. */
export function noted<T>(kind: Kind<T>, note: string): Kind<T> {
  return { ...kind, note };
}

/** A kind made of another: `read` may refuse, `write` may throw RangeError without naming the field. */
export function mapped<A, B>(
  inner: Kind<A>,
  read: (value: A) => B | Unreadable,
  write: (value: B) => A,
): Kind<B> {
  return {
    width: inner.width,
    extent: inner.extent,
    declare: inner.declare,
    read: (parsed) => {
      const value = inner.read(parsed);
      return value instanceof Unreadable ? value : read(value);
    },
    write: (out, value, field) => {
      if (value === undefined || value === null) refuse(field, 'a value', value);
      let raw: A;
      try {
        raw = write(value);
      } catch (error) {
        // Whatever a converter trips over, it is the value that was wrong; the field is known only here.
        throw new RangeError(`${field}: ${error instanceof Error ? error.message : 'unfit value'}`);
      }
      inner.write(out, raw, field);
    },
    ...(inner.shape === undefined ? {} : { shape: inner.shape }),
    ...(inner.note === undefined ? {} : { note: inner.note }),
    ...(inner.inside === undefined ? {} : { inside: inner.inside }),
  };
}

function wantBytes(value: unknown, field: string): Uint8Array {
  return value instanceof Uint8Array ? value : refuse(field, 'bytes', value);
}

/** Exactly `width` bytes, copied. */
export function bytes(width: number): Kind<Uint8Array> {
  return {
    width,
    extent: () => width,
    declare: (parser, name) => {
      parser.buffer(name, { length: width });
    },
    read: (parsed) => copy(parsed as Uint8Array),
    write: (out, value, field) => {
      if (wantBytes(value, field).length !== width) {
        throw new RangeError(`${field}: wants ${width} bytes, got ${value.length}`);
      }
      out.bytes(value);
    },
    shape: `BYTE[${width}]`,
  };
}

// `slice` of a Node buffer would be another view.
const copy = (view: Uint8Array): Uint8Array => new Uint8Array(view);

/** All bytes to the end of the body, copied; the last field of a table. */
export const restBytes: Kind<Uint8Array> = {
  width: null,
  extent: (input, at) => Math.max(0, input.length - at),
  declare: (parser, name) => {
    parser.buffer(name, { readUntil: 'eof' });
  },
  read: (parsed) => copy(parsed as Uint8Array),
  write: (out, value, field) => out.bytes(wantBytes(value, field)),
  shape: 'BYTE[rest]',
};

/** A length of `prefix` bytes, then as many bytes. */
export function sizedBytes(prefix: 1 | 2 | 4): Kind<Uint8Array> {
  const max = 2 ** (8 * prefix) - 1;
  return {
    width: null,
    extent: (input, at) => prefix + numberAt(input, at, prefix),
    declare: (parser, name) => {
      const count = `${name}Size`;
      declareCount(parser, count, prefix).buffer(name, { length: count });
    },
    read: (parsed) => copy(parsed as Uint8Array),
    write: (out, value, field) => {
      const size = wantBytes(value, field).length;
      if (size > max) throw new RangeError(`${field}: wants at most ${max} bytes, got ${size}`);
      out.number(size, prefix);
      out.bytes(value);
    },
    shape: `${COUNT_SHAPES[prefix]} n, BYTE[n]`,
  };
}

const COUNT_SHAPES = { 1: 'BYTE', 2: 'WORD', 4: 'DWORD' } as const;

function declareCount(parser: Parser, name: string, prefix: 1 | 2 | 4): Parser {
  if (prefix === 1) return parser.uint8(name);
  return prefix === 2 ? parser.uint16be(name) : parser.uint32be(name);
}

/** An unsigned number of `width` bytes, big-endian; what is missing at the end counts as zeros. */
export function numberAt(input: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + (input[at + i] ?? 0);
  return value;
}

/** Bytes as lower-case hex text. */
export function hex(inner: Kind<Uint8Array>): Kind<string> {
  return mapped(inner, toHex, (text) => fromHex(text) ?? refuse('text', 'hex digits', text));
}

/** A word of flags as the names of what is set, in the words of its table. */
export function flags(table: BitTable): Kind<readonly string[]> {
  const word = table.width === 8 ? u8 : table.width === 16 ? u16 : u32;
  const names = mapped<number, readonly string[]>(
    word,
    (value) => bitNames(value, table),
    (names) => bitsOf(names, table),
  );
  return noted(names, `bits: ${bitsNote(table)}`);
}

/** Every bit with a meaning of its own, for the docs page. */
export function bitsNote({ names, groups }: BitTable): string {
  const named = names.map((name, bit) => [bit, name] as const);
  return [
    ...named.filter(([bit, name]) => name !== `bit${bit}`).map(([bit, name]) => `${bit} ${name}`),
    ...groups.map(({ shift, mask, names }) => {
      const last = shift + 31 - Math.clz32(mask);
      const values = names.map((name, value) => `${value} ${name || 'none'}`);
      return `${shift}-${last} ${values.join(' / ')}`;
    }),
  ].join(', ');
}

/**
 * A BCD time as its twelve digits `YYMMDDhhmmss`, whatever they say: a report with an impossible date still has
 * a place, so the date is judged where positions are made.
 */
export const bcdTime: Kind<string> = {
  ...mapped(bytes(6), toHex, (digits) => {
    const raw = /^[0-9a-f]{12}$/.test(digits) ? fromHex(digits) : null;
    return raw ?? refuse('time', 'twelve digits YYMMDDhhmmss', digits);
  }),
  shape: 'BCD[6]',
  note: 'YYMMDDhhmmss',
};

/** How a fixed-width text is filled up. */
export type Padding = 'nulBehind' | 'nulBefore' | 'blankBehind';

/**
 * GBK text in `width` bytes. Reading drops NULs at both ends and blanks behind whatever the padding is, because
 * devices differ; a text that ends in blanks therefore comes back without them.
 */
export function text(width: number, padding: Padding = 'nulBehind'): Kind<string> {
  const kind = mapped(bytes(width), trimmedText, (value) => {
    const encoded = encodeGbk(value);
    if (encoded.length > width) throw new RangeError(`wants at most ${width} bytes of text`);
    const padded = new Uint8Array(width).fill(padding === 'blankBehind' ? 0x20 : 0);
    padded.set(encoded, padding === 'nulBefore' ? width - encoded.length : 0);
    return padded;
  });
  return { ...kind, shape: `STRING[${width}]` };
}

/** GBK text of any other extent; reading drops NULs at both ends and blanks behind. */
export function textOf(inner: Kind<Uint8Array>, terminator: '' | '\0' = ''): Kind<string> {
  const kind = mapped(inner, trimmedText, (value) => {
    if (typeof value !== 'string') throw new RangeError(`wants a text, got ${typeof value}`);
    return encodeGbk(value + terminator);
  });
  return { ...kind, shape: (inner.shape ?? 'BYTE').replace('BYTE[', 'STRING[') };
}

function trimmedText(raw: Uint8Array): string {
  let from = 0;
  let to = raw.length;
  while (from < to && raw[from] === 0) from++;
  while (to > from && (raw[to - 1] === 0 || raw[to - 1] === 0x20)) to--;
  return decodeGbk(raw.subarray(from, to));
}
