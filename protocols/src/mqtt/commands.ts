/** A command in the words of our own convention. @see mqtt.md section 2.3 */
export interface CommandDraft {
  /** Unique for the device; a repeat with the same id is harmless. */
  readonly id: string;
  readonly cmd: 'locate' | 'interval' | 'buzz' | 'reboot' | 'raw';
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
