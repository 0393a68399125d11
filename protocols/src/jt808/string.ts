import {
  checkInteger,
  type Kind,
  mapped,
  numberAt,
  restBytes,
  sizedBytes,
  textOf,
  Unreadable,
} from '../layout.ts';
import { type CountWidth, list } from '../layout-lists.ts';
import { type Edition, versions } from './versions.ts';

/*
 * What the three texts share below the level of a message: STRING, and the counts that 2011 says twice because its
 * messages may be cut into packages of their own.
 */

/** A length, then a STRING. In 2011 the length covers its NUL, which reading does not ask for. */
export const sizedString = (edition: Edition, prefix: CountWidth): Kind<string> =>
  textOf(sizedBytes(prefix), versions[edition].terminator);

/** A STRING to the end that may not be written longer; a longer one is still read. @param most bytes */
export function shortString(edition: Edition, most: number): Kind<string> {
  const limited = mapped<Uint8Array, Uint8Array>(
    restBytes,
    (bytes) => bytes,
    (bytes) => {
      if (bytes.length > most) throw new RangeError(`wants at most ${most} bytes of text`);
      return bytes;
    },
  );
  return textOf(limited, versions[edition].terminator);
}

/** A kind of lists that may not be written longer; a longer one is still read. */
export function atMost<T>(kind: Kind<readonly T[]>, most: number): Kind<readonly T[]> {
  return {
    ...kind,
    write: (out, value, field) => {
      if (Array.isArray(value)) checkInteger(value.length, 0, most, `${field}.length`);
      kind.write(out, value, field);
    },
  };
}

/**
 * The number of all items, the number of those in this package, and these: 2011, where it is one package. Other
 * numbers are refused; the table beside it then has a field for the total.
 */
export function wholeList<T>(
  total: CountWidth,
  here: CountWidth,
  item: Kind<T>,
): Kind<readonly T[]> {
  const inner = list(here, item);
  return {
    ...inner,
    extent: (bytes, at) => total + inner.extent(bytes, at + total),
    read: (parsed) => {
      const bytes = parsed as Uint8Array;
      const items = inner.read(bytes.subarray(total));
      if (items instanceof Unreadable) return items;
      const all = numberAt(bytes, 0, total);
      return items.length === all ? items : new Unreadable(`${all} items, found ${items.length}`);
    },
    write: (out, value, field) => {
      const at = out.length;
      out.number(0, total);
      inner.write(out, value, field);
      out.patch(at, value.length, total);
    },
    shape: `${total === 1 ? 'BYTE' : 'WORD'} n, ${inner.shape}`,
  };
}
