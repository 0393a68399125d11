import { fromHex, hexId, toHex } from '../../bytes.ts';
import {
  checkInteger,
  type Kind,
  type Layout,
  mapped,
  Output,
  restBytes,
  Unreadable,
  u16,
  u32,
} from '../../layout.ts';

/*
 * Kinds that items have and messages have not.
 */

/** A code by its name; one without a name as hex (`0x42`), so that none is lost. */
export function coded(inner: Kind<number>, names: Readonly<Record<number, string>>): Kind<string> {
  const digits = 2 * (inner.width ?? 1);
  const codes = new Map(Object.entries(names).map(([code, name]) => [name, Number(code)]));
  return {
    ...mapped(
      inner,
      (code) => names[code] ?? hexId(code, digits),
      (name) => codes.get(name) ?? Number.parseInt(/^0x[0-9A-F]+$/.test(name) ? name : '', 16),
    ),
    note: Object.entries(names)
      .map(([code, name]) => `${code} ${name}`)
      .join(', '),
  };
}

/** Bit n stands for channel n + 1: the channels whose bit is set, lowest first. */
export const channels32: Kind<readonly number[]> = {
  ...mapped<number, readonly number[]>(
    u32,
    (word) => Array.from({ length: 32 }, (_, bit) => bit + 1).filter((n) => (word >>> (n - 1)) & 1),
    (list) =>
      list.reduce((word, n) => word + 2 ** (checkInteger(n, 1, 32, 'channel') - 1), 0) >>> 0,
  ),
  note: 'bit n: channel n + 1',
};

/** Values of `inner` to the end of the item; a rest shorter than one value leaves the item raw. */
export function valuesOf(inner: Kind<number>, width: 1 | 2): Kind<readonly number[]> {
  const signed = inner.shape?.startsWith('signed') === true;
  const bits = 8 * width;
  return mapped<Uint8Array, readonly number[]>(
    restBytes,
    (bytes) => {
      if (bytes.length % width !== 0) return new Unreadable(`whole values of ${width} bytes`);
      const values: number[] = [];
      for (let at = 0; at < bytes.length; at += width) {
        let value = bytes[at] ?? 0;
        if (width === 2) value = value * 256 + (bytes[at + 1] ?? 0);
        values.push(signed && value >= 2 ** (bits - 1) ? value - 2 ** bits : value);
      }
      return values;
    },
    (values) => {
      const bytes = new Uint8Array(values.length * width);
      for (const [i, value] of values.entries()) {
        const min = signed ? -(2 ** (bits - 1)) : 0;
        const raw = checkInteger(value, min, 2 ** (bits - (signed ? 1 : 0)) - 1, 'value');
        if (width === 2) bytes[i * 2] = raw >> 8;
        bytes[i * width + width - 1] = raw;
      }
      return bytes;
    },
  );
}

/** Sign and magnitude in a word: bit 15 set is negative. Below -273 no temperature is: then two's complement. */
export const signMagnitude16: Kind<number> = {
  ...mapped(
    u16,
    (word) => {
      const magnitude = word & 0x7fff;
      if ((word & 0x8000) === 0) return magnitude;
      return magnitude > 273 ? word - 0x1_0000 : 0 - magnitude;
    },
    (value) => {
      checkInteger(value, -273, 0x7fff, 'value');
      return value < 0 ? 0x8000 | -value : value;
    },
  ),
  note: 'sign and magnitude; beyond -273 two’s complement',
};

/** ASCII in so many bytes, or to the end of the item; NULs behind are dropped, other control bytes leave it raw. */
export function ascii(inner: Kind<Uint8Array>): Kind<string> {
  return mapped(
    inner,
    (bytes) => {
      let end = bytes.length;
      while (end > 0 && bytes[end - 1] === 0) end--;
      const text = String.fromCharCode(...bytes.subarray(0, end));
      return /^[\x20-\x7e]*$/.test(text) ? text : new Unreadable('ASCII text');
    },
    (text) => {
      if (!/^[\x20-\x7e]*$/.test(text)) throw new RangeError('wants ASCII text');
      const width = inner.width ?? text.length;
      if (text.length > width) throw new RangeError(`wants at most ${width} characters`);
      return Uint8Array.from({ length: width }, (_, i) => text.charCodeAt(i) || 0);
    },
  );
}

/** Digits two a byte; a nibble above nine leaves the item raw. */
export function bcdDigits(inner: Kind<Uint8Array>): Kind<string> {
  return mapped(
    inner,
    (bytes) => {
      const digits = toHex(bytes);
      return /^\d*$/.test(digits) ? digits : new Unreadable('BCD digits');
    },
    (digits) => {
      const bytes = /^\d*$/.test(digits) ? fromHex(digits) : null;
      if (bytes === null) throw new RangeError('wants pairs of decimal digits');
      return bytes;
    },
  );
}

/**
 * One of several tables, by which of them explains the rest of the item to its last byte, first things first. Written
 * is the first that takes every field of the value.
 */
export function oneOf<T extends object>(...tables: readonly Layout<T>[]): Kind<T> {
  return {
    width: null,
    extent: (bytes, at) => Math.max(0, bytes.length - at),
    declare: null,
    read: (parsed) => {
      for (const table of tables) {
        const read = table.decode(parsed as Uint8Array);
        if (read.ok && read.trailing === 0) return read.value;
      }
      return new Unreadable(`one of ${tables.length} lengths`);
    },
    write: (out, value, field) => {
      let refusal: unknown = new RangeError(`${field}: no table takes every field`);
      for (const table of tables) {
        try {
          // Into bytes of its own first: a table that refuses late must leave nothing behind.
          const own = new Output();
          refuseOthers(table, value, field);
          table.kind.write(own, value, field);
          out.bytes(own.take());
          return;
        } catch (error) {
          refusal = error;
        }
      }
      throw refusal;
    },
    shape: 'by its length',
    inside: Object.assign({}, ...tables.map((table) => table.fields)),
  };
}

/** @throws RangeError for a value with a field that the table does not have */
function refuseOthers<T extends object>(table: Layout<T>, value: T, field: string): void {
  if (typeof value !== 'object' || value === null)
    throw new RangeError(`${field}: wants an object`);
  for (const name of Object.keys(value)) {
    if (!(name in table.fields))
      throw new RangeError(`${field}.${name}: is no field of this table`);
  }
}

/** The table as a field whose writer refuses fields it does not have, so that `oneOf` can tell tables apart. */
export function exactly<T extends object>(table: Layout<T>): Kind<T> {
  return {
    ...table.kind,
    write: (out, value, field) => {
      table.kind.write(out, value, field);
      refuseOthers(table, value, field);
    },
  };
}
