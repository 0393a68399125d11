import { hexId } from '../bytes.ts';
import type { Fields, Layout } from '../layout.ts';
import type { Position } from '../position.ts';
import type { Intent, MessageRow } from '../protocol.ts';
import { type Dialect, dialectOf } from './dialects.ts';
import type { Receipt } from './location.ts';
import { type Edition, editions } from './versions.ts';

/** One row = one message. Decode, encode, answer, positions and the docs page come from it. */
export interface Row extends MessageRow {
  readonly number: number;
  readonly intent: Intent;
  /**
   * By edition, the body's tables, best first: the first that explains every byte counts, the last takes what is
   * left. Written is the one of most fields that are all given. An edition without tables does not have the message.
   */
  readonly bodies: Bodies;
  /** The tables where they depend on the model of the device too; `bodies` are then those of the standard. */
  readonly spokenBy?: (dialect: Dialect) => readonly Layout<Fields>[];
  /** The edition a body shows, where it tells more than the header. */
  readonly editionOf?: (body: Uint8Array, edition: Edition) => Edition;
  /** Why a body that could be read still holds nothing, or null. */
  readonly reject?: (fields: Fields) => string | null;
  readonly positions?: (fields: Fields, receipt: Receipt) => readonly Position[];
  /** What the receiver answers at once: the general answer, 0x8100, 0x8004, or nothing. */
  readonly answer: 'general' | 'registration' | 'time' | 'none';
}

/** The tables of a message by edition. */
export type Bodies = Readonly<Partial<Record<Edition, readonly Layout<Fields>[]>>>;

/** The same table in each edition that has the message; all by default. */
export function same(table: Layout<Fields>, ...in_: readonly Edition[]): Bodies {
  const has = in_.length === 0 ? editions : in_;
  return Object.fromEntries(has.map((edition) => [edition, [table]]));
}

/** Tables that depend on the model of the device, too: whose bits and items have names of their own. */
export function spoken(
  tables: (dialect: Dialect) => readonly Layout<Fields>[],
): Pick<Row, 'bodies'> & Required<Pick<Row, 'spokenBy'>> {
  const made = new Map<Dialect, readonly Layout<Fields>[]>();
  const spokenBy = (dialect: Dialect) => {
    const has = made.get(dialect) ?? tables(dialect);
    made.set(dialect, has);
    return has;
  };
  const bodies = editions.map((edition) => [edition, spokenBy(dialectOf(edition, null))]);
  return { bodies: Object.fromEntries(bodies), spokenBy };
}

/** What the standards are called in clauses. */
const standards = {
  jt808: 'JT/T 808',
  jt1078: 'JT/T 1078-2016',
  subiao: 'T/JSATL 12-2017',
} as const;

/** A row; its direction is that of its id. */
export function row(
  number: number,
  name: string,
  clause: string,
  rest: Omit<Row, 'id' | 'number' | 'name' | 'clause' | 'direction'>,
  standard: keyof typeof standards = 'jt808',
): Row {
  const direction = number & 0x8000 ? 'down' : 'up';
  const source = `${standards[standard]}, ${clause}`;
  return { id: hexId(number, 4), number, name, clause: source, direction, ...rest };
}

/**
 * The tables for a device that speaks `dialect`; a message that its edition lacks is read as the nearest edition that has it:
 * headers do not tell 2011 from 2013, and devices send what their text does not know.
 */
export function tablesOf(row: Row, dialect: Dialect): readonly Layout<Fields>[] {
  if (row.spokenBy !== undefined) return row.spokenBy(dialect);
  const { edition } = dialect;
  const own = row.bodies[edition];
  if (own !== undefined) return own;
  const others =
    edition === '2013' ? (['2019', '2011'] as const) : (['2013', '2019', '2011'] as const);
  for (const other of others) {
    const tables = row.bodies[other];
    if (tables !== undefined) return tables;
  }
  return [];
}
