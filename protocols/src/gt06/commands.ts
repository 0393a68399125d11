import type { Fields } from '../layout.ts';
import type { Command, CommandAnswer, CommandRow, WrittenCommand } from '../protocol.ts';
import { writeFrame } from './frame.ts';
import { downRow } from './messages.ts';

/** Carries every command, as the text of an SMS. @see gt06.md section 10 */
const COMMAND = 0x80;
const row = downRow(COMMAND, false);
const ANSWER_S = 60;
const replies = ['0x15', '0x21'];
/** How devices say in their own words that they did not obey. @see gt06.md section 10 */
const REFUSAL = /fail|error|unvalued fix|speed limit|invalid|not support|unsupported|unknown/i;

/** The one command there is: what it does stands in its text. */
export const commands: readonly CommandRow[] =
  row === undefined
    ? []
    : [
        {
          ...{ id: row.id, name: row.name, direction: row.direction, clause: row.clause },
          answeredBy: null,
          answerS: ANSWER_S,
        },
      ];
const ids: readonly string[] = commands.map(({ id }) => id);

/**
 * What a reply says: which command by the server flag, 0 for the oldest, and whether it was obeyed.
 * @param fields asked for only where the id is that of a reply
 */
export function commandAnswer(id: string, fields: () => Fields): CommandAnswer | null {
  if (!replies.includes(id)) return null;
  const { serverFlag, text } = fields();
  if (typeof serverFlag !== 'number') return null;
  return {
    serial: serverFlag === 0 ? null : serverFlag,
    commands: ids,
    result: typeof text === 'string' && REFUSAL.test(text) ? 'failed' : 'done',
  };
}

/**
 * A command under the server flag `flag`.
 * @throws RangeError naming the field that does not fit; `id` for what is no command
 */
export function writeCommand(
  { id, fields }: Command,
  flag: number,
  serial: number,
): WrittenCommand {
  if (row === undefined || id !== row.id) throw new RangeError(`id: no command ${id}`);
  const { text, language, ...others } = fields;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new RangeError(`${unknown}: no field of a command`);
  const content = row.body.encode({
    serverFlag: flag,
    text: commandText(text),
    ...(language === undefined ? {} : { language }),
  });
  return { serial: flag, serials: 1, bytes: writeFrame(row.type, content, serial) };
}

/** As it may travel: ends of line and NUL are dropped, because they would split an SMS command in two. */
function commandText(text: unknown): string {
  if (typeof text !== 'string') throw new RangeError('text: wants a text');
  const printable = text.replaceAll(/[\r\n\0]/g, '');
  if (!/^[\x20-\x7e]+$/.test(printable)) {
    throw new RangeError('text: wants printable ASCII, e.g. WHERE#');
  }
  return printable;
}
