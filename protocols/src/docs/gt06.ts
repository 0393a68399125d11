import { hexId } from '../bytes.ts';
import { alarmCodes } from '../gt06/alarms.ts';
import { gt06 } from '../gt06/index.ts';
import { subtypeFields } from '../gt06/messages/information.ts';
import { moduleFields } from '../gt06/messages/modules.ts';
import { rows } from '../gt06/messages.ts';
import { models } from '../gt06/models.ts';
import type { Row } from '../gt06/row.ts';
import { fieldsOf } from './fields.ts';
import { code, mark, markdownTable } from './markdown.ts';
import type { OwnVector } from './page.ts';

const answers: Readonly<Record<Row['answer'], string>> = {
  none: '',
  bare: 'its own type',
  bareIfLong: 'its own type, when it came in the long form',
  login: 'its own type; date and time for some models',
  time: 'date and time',
  card: 'whether the card was read',
  module: 'its own type, when module 1000 asks',
  file: 'that the part arrived, for some models',
  position: 'its own type, for models that repeat otherwise',
};
const commands = new Set(gt06.commands.map((command) => command.id));

function sent(row: Row): string {
  if (row.direction === 'up') return '';
  return row.intent !== 'answer' && commands.has(row.id) ? 'as a command' : 'by itself';
}

/** All of GT06. */
export function gt06Section(vectors: readonly OwnVector[]): string {
  const has = new Set(vectors.map(({ message }) => message?.name));
  return [
    '## GT06\n',
    'Every type is decoded and written. Bytes that no field explains are kept in `extra`. Some fields are no part of a table: `crcOk` false where a wrong checksum was forgiven, `idFormat` `hex` for a log-in id that is no number, `phoneRest` for bytes behind the end of a phone number, `card` of the reader in 0x9B, and in 0x94 the `values` of a status text by key and the `states` they stand for.\n',
    markdownTable(
      ['type', 'name', '', 'answered with', 'sent by the platform', 'clause', 'own vector'],
      rows.map((row) => [
        row.id,
        code(row.name),
        row.direction,
        answers[row.answer],
        sent(row),
        row.clause,
        mark(has.has(row.name)),
      ]),
    ),
    '### GT06 contents\n',
    rows
      .map((row) => {
        const fields = fieldsOf({ fields: row.body.fields });
        return `#### ${row.id} ${row.name}\n\n${fields || 'No fields.\n'}`;
      })
      .join('\n'),
    '### GT06 information by subtype\n',
    'Subtypes without a table are kept in `content`; a Bluetooth key is neither shown nor kept.\n',
    subtypeFields
      .map(
        ([subtype, fields]) => `#### 0x94 subtype ${hexId(subtype, 2)}\n\n${fieldsOf({ fields })}`,
      )
      .join('\n'),
    '### GT06 modules of type 0x70\n',
    'A module of another id or size is kept in `content`.\n',
    moduleFields
      .map(
        ([id, name, fields]) =>
          `#### 0x70 module ${hexId(id, 4)} ${name}\n\n${fieldsOf({ fields })}`,
      )
      .join('\n'),
    '### GT06 alarm codes\n',
    'As the common table has them; a model may say otherwise. Codes without an alarm are notices.\n',
    markdownTable(
      ['code', 'meaning', 'alarm'],
      [...alarmCodes].map(([number, { key, alarm }]) => [hexId(number, 2), key, alarm ?? '']),
    ),
    '### GT06 models\n',
    markdownTable(
      ['model', 'what differs', 'alarm codes of its own'],
      models.map((model) => [
        model.name,
        model.note,
        [...(model.alarms ?? [])].map(([one, { key }]) => `${hexId(one, 2)} ${key}`).join(', '),
      ]),
    ),
  ].join('\n');
}
