import type { CommandAnswer, CommandRow } from '../protocol.ts';

const ANSWER_S = 60;
/** What badges can be asked. @see mqtt.md section 2.3 */
const names = ['locate', 'interval', 'buzz', 'reboot', 'raw'] as const;

/** Every command of our own convention. */
export const mqttCommands: readonly CommandRow[] = names.map((name) => ({
  ...{ id: name, name, direction: 'down', clause: 'MQTT section 2.3' },
  ...{ answeredBy: null, answerS: ANSWER_S },
}));

/** The id under which command number `n` travels. */
export const ownCommandId = (n: number): string => `c-${n}`;

/** What an acknowledgement says; null when it names none of our commands. @see mqtt.md section 2.3 */
export function commandAnswer(fields: Readonly<Record<string, unknown>>): CommandAnswer | null {
  const { id, ok } = fields;
  const [, digits] = /^c-(\d{1,15})$/.exec(typeof id === 'string' ? id : '') ?? [];
  if (digits === undefined) return null;
  return { serial: Number(digits), commands: names, result: ok === true ? 'done' : 'failed' };
}

/** What a phone's location says that was asked for: it names no command. @see mqtt.md section 3.2 */
export const locateAnswer: CommandAnswer = { serial: null, commands: ['locate'], result: 'done' };

/** A command in the words of our own convention. @see mqtt.md section 2.3 */
export interface CommandDraft {
  /** Unique for the device; a repeat with the same id is harmless. */
  readonly id: string;
  readonly cmd: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Ms UTC after which the device ignores it. */
  readonly expiresTime: number;
}

const utf8 = new TextEncoder();

/** The payload for `<prefix>/<id>/cmd`; to be published with QoS 1 and never retained. `exp` is in whole seconds. */
export function encodeOwnCommand({ id, cmd, args, expiresTime }: CommandDraft): Uint8Array {
  return utf8.encode(JSON.stringify({ id, cmd, args, exp: Math.floor(expiresTime / 1000) }));
}

/**
 * The payload for `owntracks/<user>/<device>/cmd`. Phones know one of our commands, and answer by a location when they
 * wake up.
 * @returns null for a command that they do not know
 * @see mqtt.md section 3.2
 */
export function encodeOwntracksCommand({ cmd }: Pick<CommandDraft, 'cmd'>): Uint8Array | null {
  if (cmd !== 'locate') return null;
  return utf8.encode(JSON.stringify({ _type: 'cmd', action: 'reportLocation' }));
}
