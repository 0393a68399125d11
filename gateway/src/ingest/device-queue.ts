import type { CommandAnswer, CommandRow, Message } from '@xunji/protocols';
import type { DeviceRef } from '../journal/record.ts';
import type { CommandReply, CommandState, DeviceCommand } from '../records/device-command.ts';
import type { Session } from './session.ts';

/** How a command is to be handled, beside what it says. */
export interface CommandManner {
  readonly row: CommandRow;
  /** It may wait for a device that is not there. */
  readonly mayWait: boolean;
  /** Fuel or power is cut: sent once and never again by ourselves. */
  readonly isCut: boolean;
  /** How often it is sent again without an answer. */
  readonly repeats: number;
}

/** What became of an answer, for the counter. */
export type AnswerUse =
  /** It ended a command, or said that the rest follows. */
  | 'matched'
  /** The same again. */
  | 'repeated'
  /** Nobody waited any more; the command says so. */
  | 'late'
  /** It names nothing that was asked. */
  | 'unmatched';

export interface QueueOptions {
  readonly device: DeviceRef;
  /** Commands under way at once. */
  readonly maxOpen: number;
  /** First wait for an answer; each repeat waits longer. */
  readonly waitMs: number;
  /** Ms UTC, for the record. */
  readonly now: () => number;
  /** Something that is recorded has changed. */
  readonly onChange: (command: DeviceCommand) => void;
  /** It is over, for the first time. */
  readonly onOver: (command: DeviceCommand) => void;
  /** A cut is to go out now. */
  readonly isSafe: () => boolean;
}

/** A command in the queue. Times are ms, monotonic. */
interface Place {
  readonly command: DeviceCommand;
  readonly manner: CommandManner;
  readonly giveUpAt: number;
  serial: number | null;
  serials: number;
  /** Times that it went out or would have, had the device been there. */
  tries: number;
  nextAt: number;
  /** Its last part was taken: what is missing is that nothing more comes. */
  isTaken: boolean;
  /** When it was over. */
  endedAt: number;
}

/** Of what is over, remembered so long, for answers that come late and so that its serials are not used meanwhile. */
const REMEMBER_MS = 600_000;
const MAX_REMEMBERED = 16;
/** A connection that has just come lets its device say who it is first. */
const SETTLE_MS = 1000;
/** Serials that are tried to find one nobody waits for. */
const MAX_SERIALS = 256;
const MAX_TEXT = 4096;

/**
 * What is asked of one device: in order, some at once, the next when one is over. Nothing here waits by itself;
 * `tick` looks at the clock.
 */
export class DeviceQueue {
  readonly #options: QueueOptions;
  readonly #waiting: Place[] = [];
  readonly #open: Place[] = [];
  #past: Place[] = [];
  /** Of the connection that the device was there by. */
  #epoch: number | undefined;
  #settledAt = 0;
  #announced = 0;

  /** @param session by which the device is there now */
  constructor(options: QueueOptions, session: Session | undefined) {
    this.#options = options;
    this.#epoch = session?.epoch;
  }

  get device(): DeviceRef {
    return this.#options.device;
  }
  /** Commands that are not over, or announced. */
  get length(): number {
    return this.#announced + this.#waiting.length + this.#open.length;
  }
  /** Nothing of it needs to be kept. */
  get isIdle(): boolean {
    return this.length === 0 && this.#past.length === 0;
  }

  /** Keeps a place for a command that is being recorded. */
  announce(): void {
    this.#announced++;
  }

  /** It will not come after all. */
  renounce(): void {
    this.#announced--;
  }

  /**
   * Takes a command that was announced.
   * @param giveUpAt when it is too late to send it
   */
  add(command: DeviceCommand, manner: CommandManner, giveUpAt: number): void {
    this.#announced--;
    this.#waiting.push({
      ...{ command, manner, giveUpAt, serial: null, serials: 0, tries: 0 },
      ...{ nextAt: 0, isTaken: false, endedAt: 0 },
    });
  }

  /** Sends what may go, repeats what had no answer, ends what has waited long enough. */
  tick(at: number, session: Session | undefined): void {
    this.#notice(at, session);
    for (const place of [...this.#open]) this.#look(place, at, session);
    for (const place of [...this.#waiting]) {
      if (at >= place.giveUpAt) this.#end(place, at, 'expired');
      else if (session === undefined && !place.manner.mayWait) this.#end(place, at, 'offline');
    }
    this.#next(at, session);
    this.#past = this.#past.filter(({ endedAt }) => at - endedAt < REMEMBER_MS);
  }

  /** Takes what a message of the device says of a command. */
  answered(
    answer: CommandAnswer,
    message: Message,
    at: number,
    session: Session | undefined,
  ): AnswerUse {
    const place = this.#open.find((one) => isMeant(one, answer));
    if (place === undefined) return this.#answeredPast(answer, message);
    const { command, manner } = place;
    if (answer.result === 'received' || isPartOnly(place, answer, message)) {
      if (command.takenTime !== null) return 'repeated';
      command.takenTime = this.#options.now();
      place.isTaken = answer.result !== 'received';
      place.nextAt = at + (place.isTaken ? this.#options.waitMs : manner.row.answerS * 1000);
      this.#options.onChange(command);
      return 'matched';
    }
    command.reply = replyOf(message);
    command.result = answer.result;
    this.#end(place, at, answer.result === 'done' ? 'answered' : 'refused');
    this.#next(at, session);
    return 'matched';
  }

  #answeredPast(answer: CommandAnswer, message: Message): AnswerUse {
    const place = this.#past.findLast((one) => answer.serial !== null && isMeant(one, answer));
    if (place === undefined) return 'unmatched';
    const { command } = place;
    if (command.reply !== null) return this.#more(command, message);
    if (answer.result === 'received' || command.sends === 0) return 'unmatched';
    command.reply = replyOf(message);
    command.result = answer.result;
    command.state = answer.result === 'done' ? 'answered' : 'refused';
    command.isLate = true;
    this.#options.onChange(command);
    return 'late';
  }

  /** A text that was too long for one frame goes on in the next under the same flag. @see gt06.md section 10 */
  #more(command: DeviceCommand, message: Message): AnswerUse {
    const said = command.reply?.fields['text'];
    const { text } = message.fields;
    const isMore = message.protocol === 'gt06' && typeof said === 'string' && text !== said;
    if (!isMore || typeof text !== 'string' || said.endsWith(text)) return 'repeated';
    if (said.length + text.length > MAX_TEXT || command.reply === null) return 'repeated';
    const fields = { ...command.reply.fields, text: `${said}${text}` };
    command.reply = { ...command.reply, fields };
    this.#options.onChange(command);
    return 'matched';
  }

  /** The device has come by another connection: what it may not have heard is due again, once it has settled. */
  #notice(at: number, session: Session | undefined): void {
    if (session === undefined || session.epoch === this.#epoch) return;
    this.#epoch = session.epoch;
    this.#settledAt = at + SETTLE_MS;
    for (const place of this.#open) {
      const mayRepeat = place.tries <= place.manner.repeats;
      if (place.command.takenTime === null && mayRepeat) place.nextAt = this.#settledAt;
    }
  }

  #look(place: Place, at: number, session: Session | undefined): void {
    const { command, manner } = place;
    if (at < place.nextAt) return;
    if (command.takenTime === null && place.tries <= manner.repeats) {
      // While it is away or its line is full it hears nothing; a wait begins all the same, and ends by itself.
      const isSent = session !== undefined && this.#send(place, at, session);
      if (!isSent) this.#tried(place, at);
      return;
    }
    if (place.isTaken) {
      command.result = 'done';
      this.#end(place, at, 'answered');
    } else this.#end(place, at, session === undefined ? 'offline' : 'timeout');
  }

  #next(at: number, session: Session | undefined): void {
    if (session === undefined || at < this.#settledAt) return;
    while (this.#open.length < this.#options.maxOpen) {
      const [place] = this.#waiting;
      if (place === undefined) return;
      if (place.manner.isCut && !this.#options.isSafe()) {
        place.command.detail = 'notSafeNow';
        this.#end(place, at, 'refused');
      } else if (!this.#send(place, at, session)) return;
    }
  }

  /** @returns false when the line cannot take it now */
  #send(place: Place, at: number, { link }: Session): boolean {
    const { command } = place;
    try {
      if (link.command === undefined || link.transmit === undefined) return false;
      let written = link.command(this.#words(place));
      for (let i = 0; place.serial === null && i < MAX_SERIALS; i++) {
        if (written === null || !this.#isWaitedFor(written.serial, written.serials)) break;
        written = link.command(this.#words(place));
      }
      if (written === null || !link.transmit(written.bytes)) return false;
      place.serial = written.serial;
      place.serials = written.serials;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      command.detail = `badValue: ${error.message}`;
      this.#end(place, at, 'refused');
      return true;
    }
    command.sends++;
    command.sentTime ??= this.#options.now();
    command.state = 'sent';
    this.#tried(place, at);
    if (this.#remove(this.#waiting, place)) this.#open.push(place);
    this.#options.onChange(command);
    return true;
  }

  #words({ command, serial }: Place) {
    const { device, message: id, fields, number, expiresTime } = command;
    const repeat = serial === null ? {} : { serial };
    return { device: device.id, id, fields, number, expiresTime, ...repeat };
  }

  /** T(N+1) = T(N) × (N+1); where nothing is repeated, as long as an answer may take. @see JT/T 808, retransmission */
  #tried(place: Place, at: number): void {
    const { manner } = place;
    place.tries++;
    let ms = manner.repeats === 0 ? manner.row.answerS * 1000 : this.#options.waitMs;
    if (manner.repeats > 0) for (let n = 2; n <= place.tries; n++) ms *= n;
    place.nextAt = at + ms;
  }

  #isWaitedFor(serial: number, serials: number): boolean {
    const overlaps = (one: Place) =>
      one.serial !== null && serial < one.serial + one.serials && one.serial < serial + serials;
    return this.#open.some(overlaps) || this.#past.some(overlaps);
  }

  #end(place: Place, at: number, state: CommandState): void {
    const { command } = place;
    command.state = state;
    command.endedTime = this.#options.now();
    place.endedAt = at;
    if (!this.#remove(this.#open, place)) this.#remove(this.#waiting, place);
    if (place.serial !== null) {
      this.#past.push(place);
      if (this.#past.length > MAX_REMEMBERED) this.#past.shift();
    }
    this.#options.onOver(command);
    this.#options.onChange(command);
  }

  #remove(places: Place[], place: Place): boolean {
    const index = places.indexOf(place);
    if (index >= 0) places.splice(index, 1);
    return index >= 0;
  }
}

/** By serial and id; what names no serial means the oldest. */
function isMeant({ command, serial, serials }: Place, answer: CommandAnswer): boolean {
  if (!answer.commands.includes(command.message)) return false;
  if (answer.serial === null) return true;
  // Serials count in sixteen bits where a message takes several.
  const after =
    serials > 1 ? (answer.serial - (serial ?? 0)) & 0xffff : answer.serial - (serial ?? 0);
  return serial !== null && after >= 0 && after < serials;
}

/** A terminal may answer each part: only the last says that all was taken. @see the wire reference, section 2.7 */
function isPartOnly(place: Place, answer: CommandAnswer, message: Message): boolean {
  const { serial, serials, manner } = place;
  if (serials <= 1 || serial === null || answer.result !== 'done') return false;
  const isSpecial = manner.row.answeredBy === message.id;
  return !isSpecial && answer.serial !== ((serial + serials - 1) & 0xffff);
}

function replyOf({ id, name, fields, sensitive = [] }: Message): CommandReply {
  const shown = Object.entries(fields).filter(([field]) => !sensitive.includes(field));
  return { id, name, fields: sensitive.length === 0 ? fields : Object.fromEntries(shown) };
}
