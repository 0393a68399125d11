import type { Connection, Fault, Message, Protocol } from '@xunji/protocols';
import type { Entry, Ledger } from '../ledger.ts';
import type { Report } from '../report.ts';
import { replyTo, type TrackerState } from './gt06-commands.ts';
import {
  alarmFields,
  cardFields,
  heartbeatFields,
  positionFields,
  voltageFields,
} from './gt06-fields.ts';
import { Answers, type Obedience } from './obedience.ts';
import { type Line, maxBuffered, type StreamTerminal } from './terminal.ts';

export interface Gt06Settings {
  readonly imei: string;
  readonly heartbeatMs: number;
  /** A log-in, heartbeat or alarm that is not answered is repeated. @see GT06, log-in and heartbeat sections */
  readonly answerMs?: number;
  readonly attempts?: number;
  /** Tells its supply voltage so often, null for never. @see GT06, command ADT */
  readonly voltageMs?: number | null;
  /** How it treats what it is asked. */
  readonly obedience?: Obedience;
  /** The older reply is short, the general one is not. @see GT06, command replies */
  readonly reply?: '0x15' | '0x21';
}

/** A frame on the present line, in order of sending. */
interface Sent {
  readonly id: string;
  readonly serial: number;
  readonly frame: Uint8Array;
  readonly entry: Entry | null;
  readonly answerable: boolean;
  attempts: number;
  dueTime: number;
}

const defaults = {
  answerMs: 5_000,
  attempts: 3,
  voltageMs: null,
  obedience: 'obeys',
  reply: '0x15',
} as const;
/** With the engine off there is less to say. @see GT06, command HBT: 3 and 5 minutes */
const PARKED = 5 / 3;
/** What was kept while offline is sent so many frames a segment. */
const GLUED = 10;
/** The platform's clock and ours are the same here but for the way. */
const CLOCK_MS = 10_000;

/**
 * A GT06 tracker. Its positions are not answered, so it keeps them until a later frame of the same line is, and sends
 * them again as re-uploads otherwise; that is what an answer promises here.
 */
export class Gt06Terminal implements StreamTerminal {
  readonly ledger: Ledger;
  readonly #protocol: Protocol;
  readonly #settings: Required<Gt06Settings>;
  #sent: Sent[] = [];
  #backlog: Entry[] = [];
  #connection: Connection | null = null;
  #line: Line | null = null;
  #online = false;
  #serial = 1;
  #heartbeatTime = 0;
  #alarms: readonly string[] = [];
  #last: Report | null = null;
  /** Has asked for the time and told its cards: once after power-on. */
  #hasBegun = false;
  #voltageTime = 0;
  readonly #state: TrackerState;
  readonly #answers: Answers;

  constructor(protocol: Protocol, settings: Gt06Settings, ledger: Ledger) {
    this.#protocol = protocol;
    this.#settings = { ...defaults, ...settings };
    this.#state = { heartbeatMs: settings.heartbeatMs, isCut: false };
    this.#answers = new Answers(this.#settings.obedience);
    this.ledger = ledger;
  }

  /** Fuel and power are cut. */
  get isCut(): boolean {
    return this.#state.isCut;
  }

  get pending(): number {
    return this.#backlog.length + this.#sent.filter((s) => s.entry !== null).length;
  }

  opened(line: Line, now: number): void {
    this.#line = line;
    this.#connection = this.#protocol.open({ side: 'terminal' });
    this.ledger.connected();
    this.#send('0x01', {}, null, true, now);
  }

  received(chunk: Uint8Array, now: number): void {
    const items = this.#connection?.push(chunk, now) ?? [];
    for (const item of items) this.#take(item, now);
  }

  closed(_now: number): void {
    if (this.#line !== null) this.ledger.fault('lineLost');
    this.#line = null;
    this.#connection = null;
    this.#online = false;
    const unconfirmed = this.#sent.flatMap((s) => (s.entry === null ? [] : [s.entry]));
    this.#sent = [];
    this.#answers.forget();
    this.#backlog = [...unconfirmed, ...this.#backlog];
  }

  report(report: Report, now: number): void {
    const entry = this.ledger.measured(report);
    this.#last = report;
    if (!this.#online) {
      this.#backlog.push(entry);
      if (this.#backlog.length > maxBuffered) {
        this.#backlog.shift();
        this.ledger.fault('bufferFull');
      }
      return;
    }
    const [fresh] = report.alarms.filter((alarm) => !this.#alarms.includes(alarm));
    this.#alarms = report.alarms;
    if (fresh === undefined) this.#send('0x22', positionFields(report, false), entry, false, now);
    else this.#send('0x26', alarmFields(report, fresh), entry, true, now);
  }

  tick(now: number): void {
    this.#answers.tick(now);
    for (const sent of this.#sent) {
      if (!sent.answerable || sent.dueTime > now) continue;
      if (sent.attempts >= this.#settings.attempts) {
        this.ledger.fault('noAnswer');
        this.#line?.close();
        return;
      }
      sent.attempts++;
      sent.dueTime = now + this.#settings.answerMs;
      if (sent.entry !== null) this.ledger.sent(sent.entry);
      this.#line?.send(sent.frame);
    }
    if (!this.#online) return;
    if (now >= this.#heartbeatTime) this.#heartbeat(now);
    const { voltageMs } = this.#settings;
    if (voltageMs === null || now < this.#voltageTime) return;
    this.#voltageTime = now + voltageMs;
    this.#send('0x94', voltageFields, null, false, now);
  }

  settle(now: number): void {
    if (this.#online && this.pending > 0) this.#heartbeat(now);
  }

  #heartbeat(now: number): void {
    const { heartbeatMs } = this.#state;
    this.#heartbeatTime = now + heartbeatMs * (this.#last?.ignition === false ? PARKED : 1);
    this.#send('0x13', heartbeatFields(this.#last), null, true, now);
  }

  #take(item: Message | Fault, now: number): void {
    if (item.kind === 'fault') {
      this.ledger.fault('brokenFrame');
      return;
    }
    if (item.id === COMMAND) {
      this.#obey(item, now);
      return;
    }
    const at = this.#sent.findIndex((s) => s.serial === item.serial && s.id === item.id);
    const sent = this.#sent[at];
    if (sent === undefined || !(sent.answerable || sent.id === TIME)) {
      this.ledger.fault('unexpectedAnswer');
      return;
    }
    const isPromised =
      sent.id === TIME
        ? Math.abs(timeIn(item.raw) - now) <= CLOCK_MS
        : equal(item.raw, bareAnswer(Number(sent.id), sent.serial));
    if (!isPromised) {
      this.ledger.fault('wrongAnswer');
      return;
    }
    // An answer confirms its frame and every earlier one of this line.
    for (const { entry } of this.#sent.slice(0, at + 1)) {
      if (entry !== null) this.ledger.acknowledged(entry, now);
    }
    this.#sent = this.#sent.slice(at + 1);
    if (sent.id === '0x01') this.#begin(now);
  }

  #obey({ fields }: Message, now: number): void {
    const { reply } = this.#settings;
    this.#answers.give(now, (shift) => {
      const serverFlag = Number(fields['serverFlag']) + shift;
      const text = replyTo(String(fields['text']), this.#state, this.#last);
      const more = reply === '0x15' ? { language: 2 } : { encoding: 1 };
      this.#send(reply, { serverFlag, text, ...more }, null, false, now);
    });
  }

  #begin(now: number): void {
    this.#online = true;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#send(TIME, {}, null, false, now);
      this.#send('0x94', cardFields(this.#settings.imei), null, false, now);
    }
    const backlog = this.#backlog;
    this.#backlog = [];
    for (let from = 0; from < backlog.length; from += GLUED) {
      const frames = backlog.slice(from, from + GLUED).map((entry) => {
        const late = entry.sends > 0 || now - entry.report.fixTime > this.#settings.answerMs * 2;
        return this.#prepare('0x22', positionFields(entry.report, late), entry, false, now);
      });
      this.#line?.send(joined(frames));
    }
    this.#heartbeat(now);
  }

  #send(
    id: string,
    fields: Record<string, unknown>,
    entry: Entry | null,
    answerable: boolean,
    now: number,
  ): void {
    this.#line?.send(this.#prepare(id, fields, entry, answerable, now));
  }

  /** Counts the frame as sent. */
  #prepare(
    id: string,
    fields: Record<string, unknown>,
    entry: Entry | null,
    answerable: boolean,
    now: number,
  ): Uint8Array {
    const serial = this.#serial;
    // Counts from 1 after power-on and wraps at 0xffff.
    this.#serial = serial === 0xffff ? 1 : serial + 1;
    const { imei, answerMs } = this.#settings;
    const message = { id, device: imei, edition: null, serial, fields, direction: 'up' } as const;
    const frame = this.#protocol.encode(message);
    this.#sent.push({ id, serial, frame, entry, answerable, attempts: 1, dueTime: now + answerMs });
    if (entry !== null) this.ledger.sent(entry);
    return frame;
  }
}

const COMMAND = '0x80';
/** Asks for the time; a tracker that is not told goes by its satellites. @see GT06, section on the time */
const TIME = '0x8A';

/** Ms UTC of the date and time in an answer of sixteen bytes, NaN for any other. Read without the codec as well. */
function timeIn(raw: Uint8Array): number {
  const [year = 0, month = 0, ...rest] = raw.slice(4, 10);
  const [day = 0, hour = 0, minute = 0, second = 0] = rest;
  return raw.length === 16 && raw[2] === 11
    ? Date.UTC(2000 + year, month - 1, day, hour, minute, second)
    : Number.NaN;
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(frames.flatMap((frame) => [...frame]));
}

/**
 * The ten bytes with which a platform must answer. Written without the codec, so that the two check each other.
 * @see GT06, section on what must be answered
 */
export function bareAnswer(type: number, serial: number): Uint8Array {
  const covered = [0x05, type, serial >> 8, serial & 0xff];
  let crc = 0xffff;
  for (const byte of covered) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  crc ^= 0xffff;
  return Uint8Array.from([0x78, 0x78, ...covered, crc >> 8, crc & 0xff, 0x0d, 0x0a]);
}

const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
