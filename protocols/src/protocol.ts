import type { Subpackages } from './jt808/subpackages.ts';
import type { Sighting } from './mqtt/sightings.ts';
import type { Position } from './position.ts';

export const protocolNames = ['jt808', 'gt06', 'mqtt'] as const;
/** The families an identity lives in: an MQTT log-in named like a phone number is another device. */
export type ProtocolName = (typeof protocolNames)[number];

/** Input that could not be used. Counted by `code`, never thrown. */
export interface Fault {
  readonly kind: 'fault';
  readonly protocol: ProtocolName | 'unknown';
  readonly code: FaultCode;
  /** Offset in the byte stream of the connection at which the unusable piece starts. */
  readonly offset: number;
  /** How many bytes were dropped with it. */
  readonly bytes: number;
  /** Present when the frame was sound and only its body was not: the standard asks for an answer. */
  readonly message?: Message;
  /** What was expected and found, for the log; no personal data. */
  readonly detail?: string;
}

export const faultCodes = [
  'garbage',
  'badChecksum',
  'badLength',
  'badEscape',
  'badTail',
  'frameTooLong',
  'frameTimeout',
  'badBody',
  'encrypted',
  'unsupportedVariant',
  'unknownProtocol',
  'badTopic',
  'badPayload',
  'subpackageDropped',
] as const;
export type FaultCode = (typeof faultCodes)[number];

/** What a fault means and what to do about it, one line each. */
export interface FaultMeaning {
  readonly cause: string;
  readonly remedy: string;
}

/** By code; stable, so that dashboards and alerts may name them. */
export const faultMeanings: Readonly<Record<FaultCode, FaultMeaning>> = {
  garbage: {
    cause: 'bytes outside any frame',
    remedy: 'a few after a reconnect are normal; many: another protocol, or a port scanner',
  },
  badChecksum: {
    cause: 'a frame whose check code is not that of its bytes',
    remedy:
      'the line or the firmware damages bytes; where the firmware is known to, make the device lenient',
  },
  badLength: {
    cause: 'the announced length and the frame do not add up',
    remedy:
      'damaged or cut by the sender; if every frame of a model is, look at one with `npm run decode`',
  },
  badEscape: {
    cause: 'an escape byte that is not followed by one of its two codes',
    remedy: 'damaged, or the sender escapes after the check code was made',
  },
  badTail: {
    cause: 'a GT06 frame that does not end with 0D 0A where its length says',
    remedy: 'damaged or cut; the reader resumes at the next start',
  },
  frameTooLong: {
    cause: 'a frame that reached its bound without an end',
    remedy: 'another protocol, or an attack; the connection is closed when it goes on',
  },
  frameTimeout: {
    cause: 'a frame that was begun and not finished in time',
    remedy: 'the link broke in between; the device sends it again',
  },
  badBody: {
    cause: 'a sound frame whose content its table cannot explain; `detail` names the field',
    remedy: 'a dialect: name the device’s model, or look at the frame with `npm run decode`',
  },
  encrypted: {
    cause: 'a body or payload in a cipher we have no key for',
    remedy: 'switch encryption off in the device, or set the key',
  },
  unsupportedVariant: {
    cause: 'a frame of a known look-alike that is recognised and not decoded',
    remedy: 'set the device to the protocol itself, or expect no data of it',
  },
  unknownProtocol: {
    cause: 'a connection whose first bytes are of no protocol we speak',
    remedy: 'point the device at the right port, or at another server',
  },
  badTopic: {
    cause: 'an MQTT topic outside the trees that are read',
    remedy: 'correct the topic in the publisher',
  },
  badPayload: {
    cause: 'an MQTT payload that is not what its topic promises; `detail` says why',
    remedy: 'correct the publisher; in `npm run decode`: the line is not hex',
  },
  subpackageDropped: {
    cause: 'parts of a message that did not get complete, or contradict each other',
    remedy:
      'the link is bad or the device gives up; they were asked for again where the edition allows it',
  },
};

/** The typed content of one frame, in the words and raw units of its standard. */
export interface Message {
  readonly kind: 'message';
  readonly protocol: ProtocolName;
  /** Message id as the standard prints it: `0x0200` for JT/T 808, `0x12` for GT06, the sub-topic for MQTT. */
  readonly id: string;
  /** Row name, e.g. `locationReport`; `unknown` when no row has this id. */
  readonly name: string;
  /** Identity inside the family (phone without leading zeros, IMEI); null for a GT06 frame before log-in. */
  readonly device: string | null;
  /** `2011`, `2013`, `2019` for JT/T 808; null where the protocol has no editions. */
  readonly edition: string | null;
  readonly serial: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly positions: readonly Position[];
  /** Radio beacons and badges that the device heard, with who heard whom. */
  readonly sightings?: readonly Sighting[];
  /** What the message means to the session, whatever the protocol. */
  readonly intent: Intent;
  /** The verified frame exactly as it came over the wire. */
  readonly raw: Uint8Array;
  /** Fields that nobody may log or keep, keys and voices; what is kept goes without them and without `raw`. */
  readonly sensitive?: readonly string[];
  /** Set on what answers a command of ours; absent or null on everything else. */
  readonly answers?: CommandAnswer | null;
  /** Set on one piece of a message in several frames, whose content is nothing yet. @see Connection.join */
  readonly part?: PartOf | undefined;
}

/** Which piece of how many; `index` counts from 1. */
export interface PartOf {
  readonly total: number;
  readonly index: number;
}

/**
 * `register` asks for an auth code, `authenticate` proves identity (GT06 log-in is one),
 * `logout` leaves, `report` carries positions or state, `answer` replies to a command of ours,
 * `keepalive` is a heartbeat, `query` asks us something, `unknown` has no row.
 */
export type Intent =
  | 'register'
  | 'authenticate'
  | 'logout'
  | 'keepalive'
  | 'report'
  | 'answer'
  | 'query'
  | 'unknown';

/** What the gateway decided about a message; the protocol turns it into its own answer. */
export interface Verdict {
  readonly result: 'accepted' | 'refused' | 'unknownDevice' | 'unsupported' | 'malformed';
  /** For an accepted `register`. */
  readonly authCode?: string;
}

/** A message of ours that a device is to obey or answer. */
export interface Command {
  /** Whom of those that speak over the connection. */
  readonly device: string;
  /** A row of `Protocol.commands`. */
  readonly id: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** For a repeat that of the first send; absent: the next of ours. */
  readonly serial?: number;
}

/** A command as its connection wrote it. */
export interface WrittenCommand {
  /** What an answer names: the serial of the first frame (JT/T 808), the server flag (GT06). */
  readonly serial: number;
  /** How many serials from `serial` on it took: one a frame, and an answer may name any of them. */
  readonly serials: number;
  readonly bytes: Uint8Array;
}

/** What a device says about a command of ours. */
export interface CommandAnswer {
  /** That of the command; null where the answer names none: the oldest one of `commands` is meant. */
  readonly serial: number | null;
  /** Ids of the commands that it can be the answer to. */
  readonly commands: readonly string[];
  /** `received`: taken, and the answer proper is still to come. */
  readonly result: 'done' | 'received' | 'failed' | 'malformed' | 'unsupported';
}

/** Protocol state of one connection: framing, identity, edition, our serials. Pure; clocks are handed in. */
export interface Connection {
  /** Null until the first sound frame has decided. */
  readonly protocol: ProtocolName | null;
  /** Bytes held back because their frame is not complete. Bounded. */
  readonly pendingBytes: number;
  /** All that the connection keeps of the stream: what is pending, and sub-packages whose set is incomplete. */
  readonly heldBytes: number;
  /** Never throws, linear in the length of `chunk`; the chunk may be reused by the caller afterwards. */
  push(chunk: Uint8Array, receivedTime: number): readonly (Message | Fault)[];
  /** The bytes to send for `message`, or null when the protocol wants silence. Uses up a serial of ours. */
  reply(message: Message, verdict: Verdict): Uint8Array | null;
  /**
   * Writes a command in the header form and edition of the device; null while nothing sound has been heard that tells
   * them. Uses up a serial of ours unless one is given.
   * @throws RangeError naming the field, for an unknown id or a value that does not fit
   */
  command(command: Command): WrittenCommand | null;
  /** Gives up a frame that has been pending too long (GT06: 5 s); the rest is framed anew. */
  expire(now: number): readonly (Message | Fault)[];
  /**
   * Takes one part that may be kept, which is for the owner of `ConnectionOptions.subpackages` to decide. JT/T 808 only.
   * @returns the whole message once all parts are there, to be answered for this part's frame; what was given up for it
   */
  join?(part: Message, receivedTime: number): readonly (Message | Fault)[];
  /** What the protocol has to say unasked since it was last asked, e.g. that parts are missing; null for nothing. */
  takeRequests?(): Uint8Array | null;
  /** The line is gone. What is incomplete waits for the device's next connection. */
  leave?(): void;
}

/** One message to be written, by row id; `fields` as `decode` gives them. */
export interface Outgoing {
  readonly id: string;
  readonly device: string | null;
  /** JT/T 808 only; null elsewhere. */
  readonly edition: string | null;
  readonly serial: number;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Decides where an id says one thing up and another down; without it fields or none decide (GT06). */
  readonly direction?: 'up' | 'down';
  /** Whose vendor items and bits the fields may name; null or absent: those of the standard alone. */
  readonly model?: string | null;
}

/** How frames of one device are read, beyond what the frames themselves say. */
export interface DeviceProfile {
  /** One of `Protocol.models`; null or any other text: by the standard alone. */
  readonly model: string | null;
  /** Takes frames whose checksum or length is wrong in the ways that are known of devices. */
  readonly lenient: boolean;
  /** What the device's last register showed, where headers do not: it outlives the connection (JT/T 808 of 2011). */
  readonly edition?: string | null;
}

/** A device model whose dialect is known: its vendor items, alarm bits and quirks. */
export interface ModelRow {
  readonly name: string;
  /** What it is, for people who choose one. */
  readonly note: string;
}

/** What a device protocol over a byte stream fulfils; the conformance test, ports and simulators walk the list. */
export interface Protocol {
  readonly name: 'jt808' | 'gt06';
  /** Every message of the tables, for docs and tests that demand a vector a row. */
  readonly messages: readonly MessageRow[];
  /** What devices can be asked to do or tell. */
  readonly commands: readonly CommandRow[];
  /** Every model that has a profile; names are stable, device records hold them. */
  readonly models: readonly ModelRow[];
  open(options?: Omit<ConnectionOptions, 'prefer'>): Connection;
  /**
   * Whether a device could be sent the command, as far as can be told without its connection.
   * @param edition of the device; null: it is not known
   * @throws RangeError naming the field that does not fit
   */
  fits(command: Command, edition: string | null): void;
  /**
   * The whole frame, escaped and checksummed, ready to send.
   * @throws RangeError naming the field, for an unknown id or a value that does not fit: our own mistake
   */
  encode(message: Outgoing): Uint8Array;
}

/** What is public of a table row. */
export interface MessageRow {
  readonly id: string;
  readonly name: string;
  readonly direction: 'up' | 'down';
  /** Clause of the standard or section of the wire reference. */
  readonly clause: string;
}

/** What was learned of devices, kept from one connection of a device to its next. Bounded: it may forget. */
export interface DeviceMemory {
  get(device: string): unknown;
  set(device: string, learned: object): void;
}

/** What is public of a row that commands a device. */
export interface CommandRow extends MessageRow {
  /** The message that answers it in the end, after or in place of the general answer; null: nothing but that. */
  readonly answeredBy: string | null;
  /** How long that may take after the command was taken. */
  readonly answerS: number;
}

export interface ConnectionOptions {
  /** The family of the port: decides only whose faults are reported before a sound frame came. */
  readonly prefer: 'jt808' | 'gt06';
  /** Whose end this is: a `terminal` decodes what platforms send. Default `platform`. */
  readonly side?: 'platform' | 'terminal';
  readonly lenient?: boolean;
  readonly maxFrameBytes?: number;
  /**
   * JT/T 808 only: shares what waits for missing parts between connections. With it `push` gives each part as a message
   * of its own and joins none by itself: each is judged and made durable before it is handed to `join` and answered.
   */
  readonly subpackages?: Subpackages;
  /** Believes every device time that exists, however old: for looking at recorded frames. Default false. */
  readonly anyTime?: boolean;
  /** Name of the device model whose field faults and vendor tables apply; an unknown one changes nothing. */
  readonly model?: string;
  /**
   * What is known of a device once it has named itself; goes before `lenient` and `model`, which hold for all others
   * (null). Asked when a connection hears an identity and at most every ten seconds again, so an edit is heeded while
   * it lasts; also of a frame whose checksum is wrong, before anything in it is believed.
   */
  readonly profileOf?: (protocol: ProtocolName, device: string) => DeviceProfile | null;
  /** Without it each connection learns anew (GT06: whether a device sends UTC or local time). */
  readonly memory?: DeviceMemory;
}
