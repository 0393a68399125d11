import type { Fields, Layout } from '../layout.ts';
import { checkInteger } from '../layout.ts';
import type { Outgoing } from '../protocol.ts';
import { writeBody } from './body.ts';
import { seal } from './frame.ts';
import { type Header, writeContent } from './header.ts';
import { rowOf, rowOfId } from './messages.ts';
import { tablesOf } from './row.ts';
import { type Edition, editions, headerForms, versions } from './versions.ts';

type Address = Pick<Header, 'form' | 'versionFlag' | 'versionByte' | 'phone'>;

/**
 * A frame to the device of `to`, in the very form of header it uses itself.
 * @throws RangeError naming the field that does not fit
 * @see the wire reference, section 2.4 step 5
 */
export function write(
  to: Address & { readonly id: number; readonly serial: number },
  edition: Edition,
  fields: Fields,
): Uint8Array {
  const row = rowOf(to.id);
  if (row === undefined) throw new RangeError(`id: no message ${to.id.toString(16)}`);
  return seal(writeContent(to, writeBody(tableFor(tablesOf(row, edition), fields), fields)));
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
  return write(
    {
      id: row.number,
      form: header,
      versionFlag: (header === '2019') !== mismatch,
      versionByte: header === '2019' ? checkInteger(version ?? 1, 0, 255, 'protocolVersion') : null,
      phone: message.device,
      serial: checkInteger(message.serial, 0, 0xffff, 'serial'),
    },
    edition,
    fields,
  );
}
