import type { Fields } from '../layout.ts';
import type { CommandAnswer, CommandRow } from '../protocol.ts';
import { messages } from './messages.ts';
import type { Edition } from './versions.ts';

/** The answer of its own that a command has beside the general one. */
interface SpecialAnswer {
  readonly by: string;
  /** In these the general answer is all there is. */
  readonly notIn?: readonly Edition[];
  /** A person has to press a button first. */
  readonly isByPerson?: true;
  /** `result` other than 0 says that it could not be done. */
  readonly hasResult?: true;
}

/** All other commands are answered by 0x0001 alone. @see the wire reference, answer column of section 4 and section 12 */
const specialAnswers: Readonly<Record<string, SpecialAnswer>> = {
  '0x8104': { by: '0x0104' },
  '0x8106': { by: '0x0104' },
  '0x8107': { by: '0x0107' },
  '0x8201': { by: '0x0201' },
  '0x8302': { by: '0x0302', isByPerson: true },
  '0x8500': { by: '0x0500' },
  '0x8608': { by: '0x0608' },
  '0x8700': { by: '0x0700' },
  '0x8702': { by: '0x0702' },
  '0x8801': { by: '0x0805', notIn: ['2011'], hasResult: true },
  '0x8802': { by: '0x0802' },
  '0x8A00': { by: '0x0A00' },
  '0x9003': { by: '0x1003' },
  '0x9205': { by: '0x1205' },
  '0x9206': { by: '0x1206', hasResult: true },
};

/** What answers another message is no command, and neither is asking for parts, which the connection does itself. */
const notCommands = new Set(['0x8001', '0x8003', '0x8004', '0x8100', '0x8800', '0x9212']);

const GENERAL_ANSWER = '0x0001';
const ANSWER_S = 60;
const PERSON_S = 600;
const results = ['done', 'failed', 'malformed', 'unsupported'] as const;

/** Every command of the tables. */
export const commands: readonly CommandRow[] = messages
  .filter(({ id, direction }) => direction === 'down' && !notCommands.has(id))
  .map(({ id, name, direction, clause }) => {
    const special = specialAnswers[id];
    return {
      ...{ id, name, direction, clause },
      answeredBy: special?.by ?? null,
      answerS: special?.isByPerson ? PERSON_S : ANSWER_S,
    };
  });

const commandsById = new Map(commands.map((row) => [row.id, row]));

/** The row of a command; undefined for what is none. */
export const commandOf = (id: string): CommandRow | undefined => commandsById.get(id);

/** By the id of a special answer: the commands it answers, and how it says so. */
const answered = new Map<string, { commands: string[]; hasResult: boolean }>();
for (const [id, { by, hasResult }] of Object.entries(specialAnswers)) {
  const entry = answered.get(by) ?? { commands: [], hasResult: hasResult ?? false };
  entry.commands.push(id);
  answered.set(by, entry);
}

/**
 * What a message says of a command of ours; null when it answers none.
 * @param fields as the tables read them, asked for only where the id is that of an answer
 */
export function commandAnswer(
  id: string,
  edition: Edition,
  fields: () => Fields,
): CommandAnswer | null {
  if (id === GENERAL_ANSWER) return generalAnswer(edition, fields());
  const entry = answered.get(id);
  if (entry === undefined) return null;
  const { answeredSerial, result } = fields();
  const hasFailed = entry.hasResult && result !== undefined && result !== 0;
  return {
    serial: typeof answeredSerial === 'number' ? answeredSerial : null,
    commands: entry.commands,
    result: hasFailed ? 'failed' : 'done',
  };
}

function generalAnswer(edition: Edition, fields: Fields): CommandAnswer | null {
  const { answeredSerial, answeredId, result } = fields;
  if (typeof answeredSerial !== 'number' || typeof answeredId !== 'string') return null;
  const said = results[result as number] ?? 'failed';
  const special = specialAnswers[answeredId];
  const isWhole = special === undefined || special.notIn?.includes(edition);
  return {
    serial: answeredSerial,
    commands: [answeredId],
    result: said === 'done' && !isWhole ? 'received' : said,
  };
}
