import {
  encodeOwnCommand,
  encodeOwntracksCommand,
  GATEWAY_PREFIX,
  ownCommandId,
  type WrittenCommand,
} from '@xunji/protocols';
import type { DownCommand } from './session.ts';

/** Publishes with QoS 1 and never retained. False: there is no line now. */
export type Publish = (topic: string, payload: Uint8Array) => boolean;

const PHONES = 'owntracks/';

/**
 * Where a device listens that published on `heardOn`: phones below their own base, gateways and badges in our tree.
 * @see mqtt.md sections 2 and 3.2
 */
export function downTopic(device: string, heardOn: string, prefix: string): string {
  if (heardOn.startsWith(PHONES)) return `${heardOn.split('/', 3).join('/')}/cmd`;
  return device.startsWith(GATEWAY_PREFIX)
    ? `${prefix}/gw/${device.slice(GATEWAY_PREFIX.length)}/cmd`
    : `${prefix}/${device}/cmd`;
}

/**
 * The payload of a command, which its number names for good: a repeat is harmless.
 * @throws RangeError for a command that phones do not know
 */
export function writeMqttCommand(command: DownCommand, topic: string): WrittenCommand {
  const { id: cmd, fields: args, number, expiresTime } = command;
  const bytes = topic.startsWith(PHONES)
    ? encodeOwntracksCommand({ cmd })
    : encodeOwnCommand({ id: ownCommandId(number), cmd, args, expiresTime });
  if (bytes === null) throw new RangeError(`cmd: phones know locate, got ${cmd}`);
  return { serial: number, serials: 1, bytes };
}
