import { faultCodes, faultMeanings } from '../protocol.ts';
import { coverage } from './coverage.ts';
import { gt06Section } from './gt06.ts';
import { jt808Section } from './jt808.ts';
import { code, markdownTable } from './markdown.ts';
import { mqttSection } from './mqtt.ts';

/** What the page asks of a vector of our own. */
export interface OwnVector {
  readonly message?: {
    readonly id?: string;
    readonly name?: string;
    readonly edition?: string | null;
    readonly fields?: unknown;
  } | null;
  readonly options?: { readonly owntracksPassphrase?: string };
}

/** The vectors of our own, by protocol. */
export interface OwnVectors {
  readonly jt808: readonly OwnVector[];
  readonly gt06: readonly OwnVector[];
  readonly mqtt: readonly OwnVector[];
}

/** The page of docs: everything the tables say, in Markdown. The same for the same tables and vectors. */
export function docsPage(vectors: OwnVectors): string {
  const { jt808, gt06, mqtt } = vectors;
  const faults = markdownTable(
    ['code', 'cause', 'remedy'],
    faultCodes.map((one) => [code(one), faultMeanings[one].cause, faultMeanings[one].remedy]),
  );
  const page = [
    '# Protocols\n',
    'Made from the tables by `npm run docs`; do not edit. Field names are those of `npm run decode` and of commands.\n',
    '- [Coverage](#coverage)\n- [JT/T 808](#jtt-808)\n- [GT06](#gt06)\n- [MQTT](#mqtt)\n- [Faults](#faults)\n',
    '## Coverage\n',
    coverage(vectors),
    jt808Section(jt808),
    gt06Section(gt06),
    mqttSection(mqtt),
    '## Faults\n',
    'Input that could not be used is counted by these codes, which are stable.\n',
    faults,
  ].join('\n');
  return `${page.replace(/\n{3,}/g, '\n\n').trimEnd()}\n`;
}
