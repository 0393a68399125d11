import { type MqttRow, mqttRows } from '../mqtt/catalogue.ts';
import { gatewayAdapters } from '../mqtt/index.ts';
import { code, mark, markdownTable } from './markdown.ts';
import type { OwnVector } from './page.ts';

/** All of MQTT. */
export function mqttSection(vectors: readonly OwnVector[]): string {
  const has = new Set(vectors.map(({ message }) => message?.name));
  // What was in it has a name of its own.
  if (vectors.some(({ options, message }) => options?.owntracksPassphrase && message)) {
    has.add('encrypted');
  }
  const isShown = ({ direction, name }: MqttRow) => direction === 'up' && has.has(name);
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
        mark(isShown(row)),
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
