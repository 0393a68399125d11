import type { Connection, Fault, Message, Protocol } from '@xunji/protocols';
import type { Entry, Ledger } from '../ledger.ts';
import type { Report } from '../report.ts';
import { Jt808Commands } from './jt808-commands.ts';
import { locationFields, registerFields, type Vehicle } from './jt808-fields.ts';
import { Answers, type Obedience } from './obedience.ts';
import { type Line, maxBuffered, type StreamTerminal } from './terminal.ts';

export interface Jt808Settings {
  /** Decimal digits of the phone number in the header. */
  readonly phone: string;
  readonly edition: '2011' | '2013' | '2019';
  readonly vehicle: Vehicle;
  readonly heartbeatMs: number;
  /** First wait for an answer. @see JT/T 808, terminal parameters 0x0002 and 0x0003 */
  readonly answerMs?: number;
  readonly repeats?: number;
  /** How it treats what it is asked. */
  readonly obedience?: Obedience;
}

/** A message that waits for its answer. */
interface Waiting {
  readonly id: string;
  readonly frame: Uint8Array;
  readonly entries: readonly Entry[];
  repeats: number;
  waitMs: number;
  dueTime: number;
}

/** Positions in one 0x0704: stays below the 1023 bytes of a body. */
const batchSize = 20;
/** Older positions are sent as a supplement from the blind area, which raises no live alarm. */
const liveMs = 60_000;
const defaults = { answerMs: 10_000, repeats: 3, obedience: 'obeys' as const };
const FLAG = 0x7e;

/**
 * A vehicle terminal: registers once, authenticates on every connection, reports and sends heartbeats, checks every
 * answer, repeats what is not answered with growing waits and gives the line up after the last repeat. Does what it is
 * asked, and answers it.
 * @see JT/T 808, clauses on connection, retransmission and terminal management
 */
export class Jt808Terminal implements StreamTerminal {
  readonly ledger: Ledger;
  readonly #protocol: Protocol;
  readonly #settings: Required<Jt808Settings>;
  readonly #waiting = new Map<number, Waiting>();
  /** Measured, and not sent on the present line. Oldest first. */
  #backlog: Entry[] = [];
  #connection: Connection | null = null;
  #line: Line | null = null;
  #authCode: string | null = null;
  #online = false;
  #serial = 0;
  #heartbeatTime = 0;
  #last: Report | null = null;
  readonly #commands: Jt808Commands;
  readonly #answers: Answers;
  /** Serials of uploads, each frame of which the platform answers. */
  #uploads = new Set<number>();

  constructor(protocol: Protocol, settings: Jt808Settings, ledger: Ledger) {
    this.#protocol = protocol;
    this.#settings = { ...defaults, ...settings };
    this.#commands = new Jt808Commands(settings.heartbeatMs, settings.vehicle.plate);
    this.#answers = new Answers(this.#settings.obedience);
    this.ledger = ledger;
  }

  get pending(): number {
    let sent = 0;
    for (const { entries } of this.#waiting.values()) sent += entries.length;
    return this.#backlog.length + sent;
  }

  opened(line: Line, now: number): void {
    this.#line = line;
    this.#connection = this.#protocol.open({ side: 'terminal' });
    this.ledger.connected();
    if (this.#authCode === null) {
      const { vehicle, edition } = this.#settings;
      this.#send('0x0100', registerFields(vehicle, edition), [], now);
    } else this.#authenticate(this.#authCode, now);
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
    const unanswered = [...this.#waiting.values()].flatMap((w) => w.entries);
    this.#waiting.clear();
    this.#uploads.clear();
    this.#answers.forget();
    this.#backlog = [...unanswered, ...this.#backlog];
  }

  report(report: Report, now: number): void {
    const entry = this.ledger.measured(report);
    this.#last = report;
    if (this.#online) {
      this.#send('0x0200', this.#location(entry), [entry], now);
      return;
    }
    this.#backlog.push(entry);
    if (this.#backlog.length > maxBuffered) {
      this.#backlog.shift();
      this.ledger.fault('bufferFull');
    }
  }

  tick(now: number): void {
    this.#answers.tick(now);
    for (const waiting of this.#waiting.values()) {
      if (waiting.dueTime > now) continue;
      if (waiting.repeats >= this.#settings.repeats) {
        this.ledger.fault('noAnswer');
        this.#line?.close();
        return;
      }
      // T(N+1) = T(N) x (N+1)
      waiting.repeats++;
      waiting.waitMs *= waiting.repeats + 1;
      waiting.dueTime = now + waiting.waitMs;
      for (const entry of waiting.entries) this.ledger.sent(entry);
      this.#line?.send(waiting.frame);
    }
    if (this.#online && now >= this.#heartbeatTime) {
      this.#heartbeatTime = now + this.#commands.heartbeatMs;
      this.#send('0x0002', {}, [], now);
    }
  }

  settle(_now: number): void {
    // Every report asks for its own answer.
  }

  #take(item: Message | Fault, now: number): void {
    if (item.kind === 'fault') {
      this.ledger.fault('brokenFrame');
      return;
    }
    if (item.id === '0x8001') this.#generalAnswer(item, now);
    else if (item.id === '0x8100') this.#registerAnswer(item, now);
    else if (item.id !== '0x8800') this.#obey(item, now);
  }

  #obey(command: Message, now: number): void {
    const { edition, vehicle } = this.#settings;
    this.#answers.give(now, (shift) => {
      const serial = (command.serial + shift) & 0xffff;
      const asked = { edition, vehicle, last: this.#last };
      for (const { id, fields } of this.#commands.answersTo(command, serial, asked)) {
        this.#send(id, fields, null, now);
      }
    });
  }

  #generalAnswer({ fields }: Message, now: number): void {
    if (this.#uploads.delete(Number(fields['answeredSerial']))) return;
    const waiting = this.#answered(fields['answeredSerial']);
    if (waiting === null || waiting.id !== fields['answeredId']) {
      this.ledger.fault('unexpectedAnswer');
      return;
    }
    this.#waiting.delete(Number(fields['answeredSerial']));
    if (fields['result'] !== 0) {
      this.ledger.fault('refused');
      for (const entry of waiting.entries) this.ledger.refused(entry);
      if (waiting.id === '0x0102') this.#startOver();
      return;
    }
    for (const entry of waiting.entries) this.ledger.acknowledged(entry, now);
    if (waiting.id === '0x0102') this.#begin(now);
  }

  #registerAnswer({ fields }: Message, now: number): void {
    const waiting = this.#answered(fields['answeredSerial']);
    if (waiting?.id !== '0x0100') {
      this.ledger.fault('unexpectedAnswer');
      return;
    }
    this.#waiting.delete(Number(fields['answeredSerial']));
    const code = fields['authCode'];
    if (fields['result'] !== 0 || typeof code !== 'string') {
      this.ledger.fault('refused');
      this.#line?.close();
      return;
    }
    this.#authCode = code;
    this.#authenticate(code, now);
  }

  #answered(serial: unknown): Waiting | null {
    return typeof serial === 'number' ? (this.#waiting.get(serial) ?? null) : null;
  }

  /** A code that is not accepted is of no use: register anew on the next line. */
  #startOver(): void {
    this.#authCode = null;
    this.#line?.close();
  }

  #authenticate(authCode: string, now: number): void {
    const { vehicle, edition } = this.#settings;
    const extra =
      edition === '2019' ? { imei: vehicle.imei, softwareVersion: vehicle.softwareVersion } : {};
    this.#send('0x0102', { authCode, ...extra }, [], now);
  }

  /** Authenticated: what waited goes first. */
  #begin(now: number): void {
    this.#online = true;
    this.#heartbeatTime = now + this.#settings.heartbeatMs;
    const backlog = this.#backlog;
    this.#backlog = [];
    // 0x0704 came with the 2013 edition.
    const size = this.#settings.edition === '2011' ? 1 : batchSize;
    for (let at = 0; at < backlog.length; at += size) {
      const entries = backlog.slice(at, at + size);
      const [first] = entries;
      if (first === undefined) break;
      if (entries.length === 1) this.#send('0x0200', this.#location(first), entries, now);
      else {
        const kind = now - first.report.fixTime > liveMs ? 1 : 0;
        const items = entries.map((e) => this.#location(e));
        this.#send('0x0704', { count: items.length, kind, items }, entries, now);
      }
    }
  }

  #location(entry: Entry): Record<string, unknown> {
    return locationFields(entry.report);
  }

  /** @param entries null: an answer of ours, which is not answered in turn */
  #send(id: string, fields: Record<string, unknown>, entries: Entry[] | null, now: number): void {
    const { phone, edition, answerMs } = this.#settings;
    const serial = this.#serial;
    const frame = this.#protocol.encode({ id, device: phone, edition, serial, fields });
    const frames = frame.reduce((flags, byte) => flags + (byte === FLAG ? 1 : 0), 0) / 2;
    this.#serial = (serial + frames) & 0xffff;
    if (id === '0x0801') {
      for (let i = 0; i < frames; i++) this.#uploads.add((serial + i) & 0xffff);
    }
    if (entries !== null) {
      this.#waiting.set(serial, {
        id,
        frame,
        entries,
        repeats: 0,
        waitMs: answerMs,
        dueTime: now + answerMs,
      });
      for (const entry of entries) this.ledger.sent(entry);
    }
    this.#line?.send(frame);
  }
}
