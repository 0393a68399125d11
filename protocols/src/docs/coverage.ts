import { gt06 } from '../gt06/index.ts';
import { rows as gt06Rows } from '../gt06/messages.ts';
import { extraItems } from '../jt808/extras.ts';
import { jt808 } from '../jt808/index.ts';
import { messages } from '../jt808/messages.ts';
import { models } from '../jt808/models.ts';
import { parameters } from '../jt808/parameters.ts';
import { editions } from '../jt808/versions.ts';
import { mqttRows } from '../mqtt/catalogue.ts';
import { byConnection, hasItemVector, hasVector } from './jt808.ts';
import { markdownTable } from './markdown.ts';
import { shownRows } from './mqtt.ts';
import type { OwnVectors } from './page.ts';

/** How much of each table is decoded, answered, sent, and shown by a vector of our own. */
export function coverage(vectors: OwnVectors): string {
  const shown808 = messages.filter((row) =>
    editions.every(
      (edition) => row.bodies[edition] === undefined || hasVector(vectors.jt808, row, edition),
    ),
  );
  const answered808 = messages.filter(
    ({ id, answer, direction }) =>
      direction === 'up' && (answer !== 'none' || byConnection[id] !== undefined),
  );
  const text = JSON.stringify(vectors.jt808);
  const vendor = models.flatMap((model) => model.items);
  const shownOf = (rows: readonly { readonly name: string }[]) =>
    rows.filter(({ name }) => hasItemVector(text, name)).length;
  const names = new Set(vectors.gt06.map(({ message }) => message?.name));
  const ups = mqttRows.filter(({ direction }) => direction === 'up');
  const downs = mqttRows.length - ups.length;
  return markdownTable(
    ['', 'rows', 'decoded', 'answered', 'sent as a command', 'with a vector of our own'],
    [
      [
        'JT/T 808 messages',
        messages.length,
        messages.length,
        answered808.length,
        jt808.commands.length,
        shown808.length,
      ],
      [
        'JT/T 808 additional items',
        extraItems.length,
        extraItems.length,
        '',
        '',
        shownOf(extraItems),
      ],
      ['JT/T 808 items of models', vendor.length, vendor.length, '', '', shownOf(vendor)],
      ['JT/T 808 parameters', parameters.length, parameters.length, '', '', shownOf(parameters)],
      [
        'GT06 types',
        gt06Rows.length,
        gt06Rows.length,
        gt06Rows.filter(({ direction, answer }) => direction === 'up' && answer !== 'none').length,
        gt06.commands.length,
        gt06Rows.filter(({ name }) => names.has(name)).length,
      ],
      [
        'MQTT topics and payloads',
        mqttRows.length,
        ups.length,
        '',
        downs,
        shownRows(vectors.mqtt).length,
      ],
    ].map((row) => row.map(String)),
  );
}
