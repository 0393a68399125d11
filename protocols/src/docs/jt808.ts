import { hexId } from '../bytes.ts';
import { extraItems, type ItemRow } from '../jt808/extras.ts';
import { jt808 } from '../jt808/index.ts';
import { messages } from '../jt808/messages.ts';
import { models } from '../jt808/models.ts';
import { parameterId, parameters } from '../jt808/parameters.ts';
import type { Row } from '../jt808/row.ts';
import { type Edition, editions, versions } from '../jt808/versions.ts';
import { bitsNote, type Kind } from '../layout.ts';
import { fieldsOf, groupedByText } from './fields.ts';
import { code, mark, markdownTable } from './markdown.ts';
import type { OwnVector } from './page.ts';

/** Bits that every location has, shown once. */
const shared = new Map(
  editions.flatMap((edition) => [
    [`bits: ${bitsNote(versions[edition].alarms)}`, 'see [alarm bits](#jtt-808-alarm-bits)'],
    [`bits: ${bitsNote(versions[edition].status)}`, 'see [status bits](#jtt-808-status-bits)'],
  ]),
);
const noteOf = ({ note = '' }: Kind<unknown>): string => shared.get(note) ?? note;

const answers: Readonly<Record<Row['answer'], string>> = {
  general: 'general answer',
  registration: '0x8100',
  time: '0x8004',
  none: '',
};
/** What connections answer by themselves, behind the general answer or in its place. */
export const byConnection: Readonly<Record<string, string>> = {
  '0x0005': 'the missing parts',
  '0x0801': 'general answer to each part, then 0x8800',
  '0x8003': 'the missing parts',
};
const commands = new Map(jt808.commands.map((command) => [command.id, command]));

function sent(row: Row): string {
  if (row.direction === 'up') return '';
  return commands.has(row.id) ? 'as a command' : 'by itself';
}
function answered(row: Row): string {
  const own = byConnection[row.id];
  if (own !== undefined) return own;
  const proper = commands.get(row.id)?.answeredBy ?? null;
  return [answers[row.answer], proper ?? ''].filter((one) => one !== '').join(', then ');
}

/** Whether a vector of our own shows the message in an edition, or the table that it shares with another. */
export function hasVector(vectors: readonly OwnVector[], row: Row, edition: Edition): boolean {
  // The text of 2011 needs a vector of its own only where its table differs.
  if (edition === '2011' && row.bodies['2011']?.[0] === row.bodies['2013']?.[0]) return true;
  return vectors.some(({ message }) => message?.id === row.id && message.edition === edition);
}

/** Whether a vector holds an item or a parameter of that name. @param text the vectors as JSON */
export const hasItemVector = (text: string, name: string): boolean =>
  text.includes(`"name":"${name}"`);

function editionCell(vectors: readonly OwnVector[], row: Row, edition: Edition): string {
  if (row.bodies[edition] === undefined) return '';
  return hasVector(vectors, row, edition) ? '✓ v' : '✓';
}

function overview(vectors: readonly OwnVector[]): string {
  return markdownTable(
    ['id', 'name', '', ...editions, 'answered with', 'sent by the platform', 'clause'],
    messages.map((row) => [
      `[${row.id}](#${row.id.toLowerCase()}-${row.name.toLowerCase()})`,
      code(row.name),
      row.direction,
      ...editions.map((edition) => editionCell(vectors, row, edition)),
      answered(row),
      sent(row),
      row.clause,
    ]),
  );
}

function bodiesOf(row: Row): string {
  const variants = editions.flatMap((edition) => {
    const texts = (row.bodies[edition] ?? []).map((table) => fieldsOf(table, noteOf));
    const text = [...new Set(texts)].map((one) => one || 'No fields.\n').join('\nor\n\n');
    return texts.length === 0 ? [] : [{ label: edition, text }];
  });
  const groups = groupedByText(variants);
  if (groups.length === 1) {
    const [{ labels, text } = { labels: [], text: '' }] = groups;
    const only = labels.length === editions.length ? '' : `Only ${labels.join(' and ')}.\n\n`;
    return only + text;
  }
  return groups.map(({ labels, text }) => `${labels.join(', ')}:\n\n${text}`).join('\n');
}

const messageSections = (): string =>
  messages.map((row) => `#### ${row.id} ${row.name}\n\n${bodiesOf(row)}`).join('\n');

function itemTable(rows: readonly ItemRow[], vectors: readonly OwnVector[]): string {
  const text = JSON.stringify(vectors);
  const table = markdownTable(
    ['id', 'name', 'on the wire', 'unit, meaning', 'source', 'own vector'],
    rows.map(({ id, name, clause, body: { fields } }) => [
      hexId(id, 2),
      code(name),
      fields['value']?.shape ?? 'fields, below',
      fields['value'] === undefined ? '' : noteOf(fields['value']),
      clause,
      mark(hasItemVector(text, name)),
    ]),
  );
  const structures = rows.flatMap(({ id, name, body: { fields } }) => {
    const inside = fields['value']?.inside;
    if (inside === undefined) return [];
    return [`Item ${hexId(id, 2)} ${code(name)}:\n\n${fieldsOf({ fields: inside }, noteOf)}`];
  });
  return [table, ...structures].join('\n');
}

function modelSections(vectors: readonly OwnVector[]): string {
  return models
    .map((model) => {
      const bits = Object.entries({ ...model.alarms }).map(([bit, name]) => `${bit} ${name}`);
      const states = Object.entries({ ...model.status }).map(([bit, name]) => `${bit} ${name}`);
      return [
        `#### Model ${model.name}\n\n${model.note}.\n`,
        bits.length === 0 ? '' : `Alarm bits of its own: ${bits.join(', ')}.\n`,
        states.length === 0 ? '' : `Status bits of its own: ${states.join(', ')}.\n`,
        itemTable(model.items, vectors),
      ]
        .filter((one) => one !== '')
        .join('\n');
    })
    .join('\n');
}

function parameterTable(vectors: readonly OwnVector[]): string {
  const text = JSON.stringify(vectors);
  return markdownTable(
    ['id', 'name', 'type', 'unit', 'editions', 'meaning', 'a platform may set', 'own vector'],
    parameters.map((row) => {
      const shapes = groupedByText(
        editions.map((label) => ({ label, text: row.kinds[label].shape ?? 'fields' })),
      ).map(({ labels, text: shape }) =>
        labels.length === editions.length ? shape : `${shape} (${labels.join(', ')})`,
      );
      const notes = groupedByText(
        editions.map((label) => ({ label, text: noteOf(row.kinds[label]) })),
      )
        .filter((one) => one.text !== '')
        .map(({ labels, text: note }) =>
          labels.length === editions.length ? note : `${labels.join(', ')}: ${note}`,
        );
      const ids = row.last === row.id ? '' : `-${parameterId(row.last)}`;
      return [
        `${parameterId(row.id)}${ids}`,
        code(row.name),
        row.isBlock ? 'block, as hex' : shapes.join('; '),
        row.unit,
        row.standard === 'JT/T 808' ? row.editions.join(', ') : row.standard,
        [row.meaning, ...new Set(notes)].join('; '),
        row.range?.join(' to ') ?? '',
        mark(hasItemVector(text, row.name)),
      ];
    }),
  );
}

function bitTableOf(which: 'alarms' | 'status'): string {
  const names = (edition: Edition) => {
    const table = versions[edition][which];
    const group = (bit: number) =>
      table.groups.find(
        ({ shift, mask: width }) => bit >= shift && bit < shift + 32 - Math.clz32(width),
      );
    return Array.from({ length: 32 }, (_, bit) => {
      const found = group(bit);
      if (found !== undefined) return found.names.filter((name) => name !== '').join(' / ');
      const name = table.names[bit] ?? '';
      return name === `bit${bit}` ? '' : name;
    });
  };
  const columns = editions.map(names);
  return markdownTable(
    ['bit', ...editions],
    Array.from({ length: 32 }, (_, bit) => [
      `${bit}`,
      ...columns.map((column) => column[bit] ?? ''),
    ]),
  );
}

/** All of JT/T 808. */
export function jt808Section(vectors: readonly OwnVector[]): string {
  return [
    '## JT/T 808\n',
    'Every message is decoded and written in both directions. “✓”: the edition has it; “v”: a vector of our own shows it. A message that an edition lacks is read as the nearest edition that has it. Bytes behind a table are kept in `trailing`. What is odd about the frame stands beside the fields of its body: `versionFlagMismatch` where the version flag and the size of the header contradict each other, `protocolVersion` where it is not 1, `wrongChecksum` and `wrongLength` where these were forgiven. “Optional” fields are only in some bodies, or may be left out when writing.\n',
    overview(vectors),
    '### JT/T 808 bodies\n',
    messageSections(),
    '### JT/T 808 additional items\n',
    'Items of a location report. An item of an unknown id or of a length its row does not explain is kept as `{id, hex}`.\n',
    itemTable(extraItems, vectors),
    '### JT/T 808 items by model\n',
    'Models are named by the device record; what a model does not say is as above.\n',
    modelSections(vectors),
    '### JT/T 808 parameters\n',
    'In 0x8103 and 0x0104 as `{id, name, value}`; a value of another length than its type keeps its bytes as `{id, name, hex}`, an id without a row as `{id, hex}`.\n',
    parameterTable(vectors),
    '### JT/T 808 alarm bits\n',
    'Bits without a name are shown as `bitN`.\n',
    bitTableOf('alarms'),
    '### JT/T 808 status bits\n',
    bitTableOf('status'),
  ].join('\n');
}
