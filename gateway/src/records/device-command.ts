import type { CommandAnswer, Message } from '@xunji/protocols';
import type { DeviceRef } from '../journal/record.ts';

/** How far it got; from `answered` on it is over. */
export type CommandState =
  /** Waits for its turn, or for the device to come. */
  | 'queued'
  /** On its way, perhaps more than once. */
  | 'sent'
  /** The device did it, or told what was asked. */
  | 'answered'
  /** The device said that it did not, or we did not let it go: `result`, `detail`. */
  | 'refused'
  /** The device is there and said nothing. */
  | 'timeout'
  /** The device is not there. */
  | 'offline'
  /** Its time was over before it could be sent. */
  | 'expired';

/** What a device said in the end, in the fields of its message. */
export interface CommandReply {
  readonly id: string;
  readonly name: string;
  readonly fields: Message['fields'];
}

/** One thing asked of one device. Times are ms UTC; what happens next is the queue's matter. */
export interface DeviceCommand {
  /** Counts over the life of the data directory. */
  readonly number: number;
  readonly device: DeviceRef;
  /** Of the message that carries it: `0x8300`, `0x80`, `locate`. */
  readonly message: string;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Who asked. */
  readonly by: string;
  readonly reason: string | null;
  readonly requestedTime: number;
  /** Not sent after it. */
  readonly expiresTime: number;
  state: CommandState;
  result: Exclude<CommandAnswer['result'], 'received'> | null;
  /** Why, where the state does not say it: a stable code. */
  detail: string | null;
  sends: number;
  sentTime: number | null;
  /** The device said that it has it, and the answer proper is awaited. */
  takenTime: number | null;
  endedTime: number | null;
  reply: CommandReply | null;
  /** The answer came after we had given up. */
  isLate: boolean;
}

/** What somebody asks of a device. */
export interface CommandRequest {
  readonly device: DeviceRef;
  /** Id or name of a row. */
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly reason: string | null;
  /** Said twice. */
  readonly isConfirmed: boolean;
  /** How long it may wait for a device that is not there. */
  readonly waitS: number;
}

/** Why a command was not taken. Stable: they are codes of problem documents. */
export type CommandRefusal =
  | 'notFound'
  | 'noSuchCommand'
  | 'badValue'
  | 'confirmNeeded'
  | 'notSafeNow'
  | 'deviceOffline'
  | 'queueFull';

export type CommandOutcome =
  | { readonly ok: true; readonly command: DeviceCommand }
  | { readonly ok: false; readonly code: CommandRefusal; readonly detail: string };

/** What takes commands, as those who ask see it. */
export interface CommandDesk {
  /** Takes a command and sends it if its device is there; recorded before it leaves. */
  request(request: CommandRequest): Promise<CommandOutcome>;
  /** It only asks where the device is. */
  isWhereNow(request: Pick<CommandRequest, 'device' | 'message' | 'fields'>): boolean;
}
