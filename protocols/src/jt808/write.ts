import type { Fields, Layout } from '../layout.ts';
import { checkInteger } from '../layout.ts';
import type { Outgoing } from '../protocol.ts';
import { writeBody } from './body.ts';
import { type Dialect, dialectOf } from './dialects.ts';
import { seal } from './frame.ts';
import { type Header, MAX_BODY_BYTES, writeContent } from './header.ts';
import { rowOf, rowOfId } from './messages.ts';
import { tablesOf } from './row.ts';
import { editions, headerForms, versions } from './versions.ts';

type Address = Pick<Header, 'form' | 'versionFlag' | 'versionByte' | 'phone'>;

/** Of a body that needs several frames, what each of them takes. @see the wire reference, section 2.7 */
const PART_BYTES = 1000;

/**
 * The frames of one message to the device of `to`, in the very form of header it uses itself: one, or for a body that
 * is too long for one, several with the serials from `to.serial` on.
 * @throws RangeError naming the field that does not fit
 * @see the wire reference, sections 2.4 step 5 and 2.7
 */
export function writeFrames(
  to: Address & { readonly id: number; readonly serial: number },
  dialect: Dialect,
  fields: Fields,
): readonly Uint8Array[] {
  const row = rowOf(to.id);
  if (row === undefined) throw new RangeError(`id: no message ${to.id.toString(16)}`);
  const body = writeBody(tableFor(tablesOf(row, dialect), fields), fields);
  if (body.length <= MAX_BODY_BYTES) return [seal(writeContent(to, body))];
  const total = Math.ceil(body.length / PART_BYTES);
  if (total > 0xffff) throw new RangeError(`body: wants at most 65535 parts, got ${total}`);
  return Array.from({ length: total }, (_, i) => {
    const piece = body.subarray(i * PART_BYTES, (i + 1) * PART_BYTES);
    const serial = (to.serial + i) & 0xffff;
    return seal(writeContent({ ...to, serial }, piece, { total, index: i + 1 }));
  });
}

/** The frames of `writeFrames`, one behind the other. */
export const write = (...message: Parameters<typeof writeFrames>): Uint8Array =>
  joined(writeFrames(...message));

/** Pieces one behind the other. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The table of most fields that are all given; none fits: the last, whose writer names what is missing. */
function tableFor(tables: readonly Layout<Fields>[], fields: Fields): Layout<Fields> {
  const given = tables
    .filter((table) => table.fieldNames.every((name) => fields[name] !== undefined))
    .sort((a, b) => b.fieldNames.length - a.fieldNames.length);
  const table = given[0] ?? tables.at(-1);
  if (table === undefined) throw new RangeError('edition: no body');
  return table;
}

/** @see Protocol.encode in `protocol.ts` */
export function encode(message: Outgoing): Uint8Array {
  const row = rowOfId(message.id);
  if (row === undefined) throw new RangeError(`id: no message ${message.id}`);
  const edition = editions.find((one) => one === message.edition);
  if (edition === undefined) throw new RangeError(`edition: wants ${editions.join(', ')}`);
  const { header } = versions[edition];
  const digits = headerForms[header].phoneBytes * 2;
  if (message.device === null || !new RegExp(`^[0-9a-f]{1,${digits}}$`).test(message.device)) {
    throw new RangeError(`device: wants 1 to ${digits} digits`);
  }
  const { fields } = message;
  const mismatch = fields['versionFlagMismatch'] === true;
  const version = fields['protocolVersion'];
  const frames = writeFrames(
    {
      id: row.number,
      form: header,
      versionFlag: (header === '2019') !== mismatch,
      versionByte: header === '2019' ? checkInteger(version ?? 1, 0, 255, 'protocolVersion') : null,
      phone: message.device,
      serial: checkInteger(message.serial, 0, 0xffff, 'serial'),
    },
    dialectOf(edition, message.model),
    fields,
  );
  return joined(frames);
}
