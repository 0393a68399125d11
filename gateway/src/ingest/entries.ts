import type { Message } from '@xunji/protocols';
import type { DeviceRef, Entry, MessageEntry } from '../journal/record.ts';
import type { Session } from './session.ts';

/** No raw frame is kept. */
export const NO_BYTES = new Uint8Array(0);
/** What a joined message may bring into one record; its parts stand in the journal in any case. */
export const MAX_JOINED_BYTES = 1 << 20;
const NOTHING: readonly string[] = [];

/** Where a message came from, and what it comes to in the journal. */
export interface Desk {
  readonly session: Session;
  readonly receivedTime: number;
  readonly entries: Entry[];
}

/** Register and authenticate carry secrets, and so do single fields: the fact is kept, the bytes are not. */
export function messageEntry(
  message: Message,
  device: DeviceRef,
  { session, receivedTime }: Desk,
): MessageEntry {
  const { sensitive = NOTHING } = message;
  const isSecret = message.intent === 'register' || message.intent === 'authenticate';
  const isLong = message.raw.length > MAX_JOINED_BYTES;
  return {
    kind: 'message',
    seq: 0,
    receivedTime,
    device,
    edition: message.edition,
    epoch: session.epoch,
    name: message.name,
    fields: isSecret || isLong ? {} : without(message.fields, sensitive),
    raw: isSecret || isLong || sensitive.length > 0 ? NO_BYTES : message.raw,
  };
}

/** What the journal keeps of a message whose bytes are a file of their own. */
export function plainMessage({
  id,
  name,
  device,
  edition,
  serial,
  positions,
  intent,
}: Message): Message {
  return {
    ...{ kind: 'message', protocol: 'jt808', id, name, device, edition, serial, positions, intent },
    ...{ fields: {}, raw: NO_BYTES },
  };
}

function without(fields: Message['fields'], names: readonly string[]): Message['fields'] {
  if (names.length === 0) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** A connection of the device began or ended. */
export function presence(
  session: Session,
  device: DeviceRef,
  name: 'connected' | 'disconnected',
  receivedTime: number,
): Entry {
  return {
    kind: 'message',
    seq: 0,
    receivedTime,
    device,
    edition: null,
    epoch: session.epoch,
    name,
    fields: {},
    raw: NO_BYTES,
  };
}
