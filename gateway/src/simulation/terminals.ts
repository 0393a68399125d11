import { type Connection, type Message, openConnection } from '@xunji/protocols';
import { type Fix, gt06Frame, gt06Position, jt808Frame, locationBody } from '../e2e/frames.ts';
import type { Scheduled, VirtualClock } from './clock.ts';
import { Drive } from './drive.ts';
import { fixKey, type Ledger, type SentFix } from './ledger.ts';
import type { Line, LineTraits, VirtualNetwork } from './network.ts';
import type { Random } from './random.ts';
import { BEGIN } from './world.ts';

/** What every terminal of a run stands on. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly ledger: Ledger;
  readonly ports: { readonly jt808: number; readonly gt06: number };
  /** When terminals stop measuring, ms of the run; they go on sending until all of it is acknowledged. */
  readonly lastFixMs: number;
}

/** Of the standard: how often a frame is sent again, each wait one T longer than the one before. */
const RETRIES = 3;
const MAX_IN_FLIGHT = 8;
const BATCH = 10;
/** A fix that waited for so long is sent as one that was stored. */
const STORED_MS = 60_000;
const FIRST_RECONNECT_MS = 1000;
const LAST_RECONNECT_MS = 30_000;
const SOS_BIT = 1;

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** A frame under way and what it carries. */
interface InFlight {
  readonly frame: Uint8Array;
  readonly fixes: readonly SentFix[];
  timer: Scheduled;
  tries: number;
}

/**
 * What terminals have in common: they measure, keep what is not acknowledged, and come back after every loss. A copy is
 * deleted only when the gateway has said that it has it.
 */
abstract class Terminal {
  readonly id: string;
  protected readonly around: Surroundings;
  protected readonly random: Random;
  protected line: Line | null = null;
  /** Not acknowledged, oldest first. */
  protected outbox: SentFix[] = [];
  protected connection: Connection;
  protected readonly inFlight = new Map<number, InFlight>();
  protected readonly waitMs: number;
  protected isReady = false;
  #serial: number;
  readonly #drive: Drive;
  readonly #traits: LineTraits;
  readonly #periodMs: number;
  readonly #protocol: 'jt808' | 'gt06';
  #failures = 0;
  #sosUntil = 0;

  constructor(protocol: 'jt808' | 'gt06', id: string, around: Surroundings, random: Random) {
    this.id = id;
    this.around = around;
    this.random = random;
    this.#protocol = protocol;
    this.#drive = new Drive(random.fork());
    this.#periodMs = random.between(8000, 20_000);
    this.waitMs = random.between(4000, 10_000);
    // Close to the wrap for some.
    this.#serial = random.chance(0.3) ? 65_500 + random.below(36) : random.below(1000);
    const minDelayMs = random.between(5, 80);
    this.#traits = {
      minDelayMs,
      maxDelayMs: minDelayMs + random.between(0, 400),
      splits: random.chance(0.3) ? random.between(0, 0.5) : 0,
      merges: random.chance(0.3) ? random.between(0, 0.5) : 0,
    };
    this.connection = this.#fresh();
    around.clock.inWorld(random.between(0, 5000), () => this.#connect());
    around.clock.inWorld(random.between(0, this.#periodMs), () => this.#measure());
  }

  /** Everything measured is acknowledged. */
  get isDone(): boolean {
    return this.outbox.length === 0 && this.around.clock.now >= this.around.lastFixMs;
  }

  /** Breaks its connection as the network would, if it has one. */
  breakLine(): void {
    this.line?.break();
  }

  /** Neither end hears anything for so long. */
  blackhole(ms: number): void {
    if (this.line !== null) this.line.blackholeUntil = this.around.clock.now + ms;
  }

  protected abstract opened(): void;
  protected abstract heard(message: Message): void;
  /** Sends of the outbox what may be sent now. */
  protected abstract sendOutbox(): void;

  protected nextSerial(): number {
    const serial = this.#serial;
    this.#serial = (this.#serial + 1) & 0xffff;
    return serial;
  }

  /** Sends, and again after T, 2 T, 3 T; then the connection is given up. */
  protected sendUntilAnswered(serial: number, frame: Uint8Array, fixes: readonly SentFix[]): void {
    const { clock } = this.around;
    const again = () => {
      flight.tries++;
      if (flight.tries > RETRIES) return this.giveUp();
      this.line?.send(flight.frame);
      flight.timer = clock.inWorld(this.waitMs * (flight.tries + 1), again);
    };
    const flight = { frame, fixes, tries: 0, timer: clock.inWorld(this.waitMs, again) };
    this.inFlight.set(serial, flight);
    this.line?.send(frame);
  }

  /** @returns what was carried, null for an answer that nobody waits for */
  protected answered(serial: number): readonly SentFix[] | null {
    const flight = this.inFlight.get(serial);
    if (flight === undefined) return null;
    flight.timer.cancel();
    this.inFlight.delete(serial);
    return flight.fixes;
  }

  protected acked(fixes: readonly SentFix[]): void {
    for (const fix of fixes) this.around.ledger.ack(fix, this.around.clock.now);
    this.outbox = this.outbox.filter((fix) => fix.ackedAt === null);
    this.#failures = 0;
  }

  protected giveUp(): void {
    const { line } = this;
    if (line === null) return;
    line.close();
    this.#lost();
  }

  protected isStored(fix: SentFix): boolean {
    return BEGIN + this.around.clock.now - fix.fixTime > STORED_MS;
  }

  #fresh(): Connection {
    return openConnection({ prefer: this.#protocol, side: 'terminal' });
  }

  #connect(): void {
    const { network, ports } = this.around;
    this.connection = this.#fresh();
    // Every port takes every protocol.
    const port = this.random.chance(0.9)
      ? this.#protocol
      : this.random.pick<'jt808' | 'gt06'>(['jt808', 'gt06']);
    const line: Line = network.connect(
      ports[port],
      {
        opened: () => {
          if (this.line === line) this.opened();
        },
        received: (bytes) => {
          if (this.line !== line) return;
          for (const item of this.connection.push(bytes, BEGIN + this.around.clock.now)) {
            if (item.kind === 'message') this.heard(item);
            else this.around.ledger.wrongs.push(`${this.id} heard ${item.code}`);
          }
        },
        closed: () => {
          if (this.line === line) this.#lost();
        },
      },
      this.#traits,
    );
    this.line = line;
    // Nobody waits for ever for a connection to open.
    this.around.clock.inWorld(20_000, () => {
      if (this.line === line && !this.isReady) this.giveUp();
    });
  }

  #lost(): void {
    this.line = null;
    this.isReady = false;
    for (const { timer } of this.inFlight.values()) timer.cancel();
    this.inFlight.clear();
    const ceiling = Math.min(LAST_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** this.#failures++);
    this.around.clock.inWorld(this.random.between(ceiling / 2, ceiling), () => this.#connect());
  }

  #measure(): void {
    const { clock, lastFixMs, ledger } = this.around;
    if (clock.now >= lastFixMs) return;
    clock.inWorld(this.#periodMs, () => this.#measure());
    const fixTime = Math.floor((BEGIN + clock.now) / 1000) * 1000;
    if (this.random.chance(0.01)) this.#sosUntil = clock.now + 30_000;
    const fix: SentFix = {
      ...{ key: fixKey(this.#protocol, this.id, fixTime), fixTime, ackedAt: null },
      ...this.#drive.at(clock.now),
      alarmBits: clock.now < this.#sosUntil ? SOS_BIT : 0,
    };
    ledger.add(fix);
    this.outbox.push(fix);
    if (this.isReady) this.sendOutbox();
  }
}

const asFrameFix = (fix: SentFix): Fix => ({ ...fix, time: new Date(fix.fixTime) });

/** Registers, proves itself and reports; every report is answered, a backlog goes in batches. */
export class Jt808Terminal extends Terminal {
  readonly #registers: boolean;
  #authCode: string | null = null;

  constructor(id: string, around: Surroundings, random: Random, registers: boolean) {
    super('jt808', id, around, random);
    this.#registers = registers;
  }

  protected opened(): void {
    if (!this.#registers) {
      this.isReady = true;
      this.sendOutbox();
    } else if (this.#authCode === null) this.#send(0x0100, Buffer.alloc(37));
    else this.#send(0x0102, Buffer.from(this.#authCode));
  }

  protected heard({ name, fields }: Message): void {
    const fixes = this.answered(Number(fields['answeredSerial']));
    if (fixes === null) return;
    const isTaken = fields['result'] === 0;
    if (!isTaken) {
      // The code is no longer good, or never was.
      this.#authCode = null;
      this.giveUp();
    } else if (name === 'registerAnswer') {
      this.#authCode = String(fields['authCode']);
      this.#send(0x0102, Buffer.from(this.#authCode));
    } else {
      if (fixes.length > 0) this.acked(fixes);
      this.isReady = true;
      this.sendOutbox();
    }
  }

  protected sendOutbox(): void {
    const carried = new Set([...this.inFlight.values()].flatMap(({ fixes }) => fixes));
    const waiting = this.outbox.filter((fix) => !carried.has(fix));
    while (waiting.length > 0 && this.inFlight.size < MAX_IN_FLIGHT) {
      const stored = waiting.filter((fix) => this.isStored(fix)).slice(0, BATCH);
      if (stored.length > 1) {
        waiting.splice(0, stored.length);
        this.#send(0x0704, batchBody(stored), stored);
      } else {
        const fix = waiting.shift() as SentFix;
        this.#send(0x0200, locationBody(asFrameFix(fix)), [fix]);
      }
    }
  }

  #send(id: number, body: Uint8Array, fixes: readonly SentFix[] = []): void {
    const serial = this.nextSerial();
    this.sendUntilAnswered(serial, hex(jt808Frame(id, this.id, serial, body)), fixes);
  }
}

/** Of a blind area, oldest first. @see JT/T 808, location data batch upload */
function batchBody(fixes: readonly SentFix[]): Buffer {
  const items = fixes.flatMap((fix) => {
    const body = locationBody(asFrameFix(fix));
    return [Buffer.from([body.length >> 8, body.length & 255]), body];
  });
  return Buffer.concat([Buffer.from([0, fixes.length, 1]), ...items]);
}

const GT06_LOGIN = 0x01;
const GT06_HEARTBEAT = 0x13;
const GT06_POSITION = 0x22;
const HEARTBEAT_MS = 30_000;

/** Logs in and reports; a report is never answered, but an answered heartbeat answers all that came before it. */
export class Gt06Terminal extends Terminal {
  #unanswered: SentFix[] = [];
  #sinceHeartbeat = 0;
  #beat: Scheduled | null = null;

  constructor(id: string, around: Surroundings, random: Random) {
    super('gt06', id, around, random);
  }

  protected opened(): void {
    this.#unanswered = [];
    this.#sinceHeartbeat = 0;
    this.#send(GT06_LOGIN, Buffer.from(this.id.padStart(16, '0'), 'hex'), []);
  }

  protected heard({ serial }: Message): void {
    const fixes = this.answered(serial);
    if (fixes === null) return;
    if (fixes.length > 0) {
      this.acked(fixes);
      const isHeld = (fix: SentFix) => fix.ackedAt === null;
      this.#unanswered = this.#unanswered.filter(isHeld);
    }
    if (!this.isReady) {
      this.isReady = true;
      this.#beat?.cancel();
      this.#beatLater();
    }
    this.sendOutbox();
  }

  protected sendOutbox(): void {
    const sent = new Set(this.#unanswered);
    for (const fix of this.outbox) {
      if (sent.has(fix)) continue;
      if (this.#unanswered.length >= 40) break;
      const content = gt06Position(asFrameFix(fix));
      if (this.isStored(fix)) content[content.length - 1] = 1;
      this.line?.send(hex(gt06Frame(GT06_POSITION, content, this.nextSerial())));
      this.#unanswered.push(fix);
      this.#sinceHeartbeat++;
    }
    if (this.#sinceHeartbeat >= 3 && this.inFlight.size === 0) this.#heartbeat();
  }

  #beatLater(): void {
    const { line } = this;
    this.#beat = this.around.clock.inWorld(HEARTBEAT_MS, () => {
      if (this.line !== line || line === null) return;
      if (this.inFlight.size === 0) this.#heartbeat();
      this.#beatLater();
    });
  }

  #heartbeat(): void {
    this.#sinceHeartbeat = 0;
    this.#send(GT06_HEARTBEAT, Buffer.from([0x45, 6, 4, 0, 2]), [...this.#unanswered]);
  }

  #send(type: number, content: Uint8Array, fixes: readonly SentFix[]): void {
    const serial = this.nextSerial();
    this.sendUntilAnswered(serial, hex(gt06Frame(type, content, serial)), fixes);
  }
}
