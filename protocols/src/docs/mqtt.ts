import { type MqttRow, mqttRows } from '../mqtt/catalogue.ts';
import { gatewayAdapters } from '../mqtt/index.ts';
import { code, mark, markdownTable } from './markdown.ts';
import type { OwnVector } from './page.ts';

/** Rows of what we receive that a vector of our own shows. */
export function shownRows(vectors: readonly OwnVector[]): readonly MqttRow[] {
  const has = new Set(vectors.map(({ message }) => message?.name));
  // What was in it has a name of its own.
  if (vectors.some(({ options, message }) => options?.owntracksPassphrase && message)) {
    has.add('encrypted');
  }
  return mqttRows.filter(({ direction, name }) => direction === 'up' && has.has(name));
}

/** All of MQTT. */
export function mqttSection(vectors: readonly OwnVector[]): string {
  const shown = shownRows(vectors);
  return [
    '## MQTT\n',
    'Topics by their default prefix. Identity comes from the topic, never from the payload.\n',
    markdownTable(
      ['topic', 'name', '', 'payload', 'clause', 'own vector'],
      mqttRows.map((row) => [
        code(row.topic),
        code(row.name),
        row.direction,
        row.payload,
        row.clause,
        mark(shown.includes(row)),
      ]),
    ),
    `Payloads of BLE gateways are told by their shape: ${gatewayAdapters
      .filter((one) => one !== 'auto')
      .map(code)
      .join(', ')}.\n`,
    mqttRows
      .filter(({ keys }) => Object.keys(keys).length > 0)
      .map(
        ({ topic, name, keys }) =>
          `#### MQTT ${name}\n\n${code(topic)}\n\n${markdownTable(
            ['key', 'unit, meaning'],
            Object.entries(keys).map(([key, meaning]) => [code(key), meaning]),
          )}`,
      )
      .join('\n'),
  ].join('\n');
}
