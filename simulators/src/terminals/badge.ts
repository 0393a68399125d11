import { type DeviceAlarm, encodeOwnPosition } from '@xunji/protocols';
import type { Ledger } from '../ledger.ts';
import type { Report } from '../report.ts';
import { Answers, type Obedience } from './obedience.ts';
import { maxBuffered, type Terminal } from './terminal.ts';

/** The part of an MQTT client that a badge needs; keeps and repeats QoS 1 messages by itself while the line is down. */
export interface Publisher {
  /** Calls back once the broker's PUBACK came, or with what ended the attempt. */
  publish(topic: string, payload: Uint8Array, done: (error: Error | null) => void): void;
  /** Hears what is published on `topic` from now on, over reconnects. */
  listen?(topic: string, heard: (payload: Uint8Array) => void): void;
}

/** A badge with our own JSON positions over MQTT, QoS 1. @see protocols/mqtt.md, section 2.1 */
export class BadgeTerminal implements Terminal {
  readonly ledger: Ledger;
  readonly #id: string;
  readonly #publisher: Publisher;
  readonly #now: () => number;
  #serial = 0;
  #pending = 0;

  readonly #answers: Answers;

  /**
   * @param now ms UTC, read when a PUBACK or a command comes
   * @param obedience how it treats what it is asked
   */
  constructor(
    id: string,
    publisher: Publisher,
    ledger: Ledger,
    now: () => number,
    obedience: Obedience = 'obeys',
  ) {
    this.ledger = ledger;
    this.#id = id;
    this.#publisher = publisher;
    this.#now = now;
    this.#answers = new Answers(obedience);
    publisher.listen?.(`trk/v1/${id}/cmd`, (payload) => this.#obey(payload));
  }

  get pending(): number {
    return this.#pending;
  }

  report(report: Report, _now: number): void {
    if (this.#pending >= maxBuffered) {
      this.ledger.fault('bufferFull');
      return;
    }
    const entry = this.ledger.measured(report);
    this.#serial = (this.#serial + 1) >>> 0;
    this.#pending++;
    this.ledger.sent(entry);
    this.#publisher.publish(
      `trk/v1/${this.#id}/pos`,
      badgePayload(report, this.#serial),
      (error) => {
        this.#pending--;
        if (error === null) this.ledger.acknowledged(entry, this.#now());
        else this.ledger.fault('noAnswer');
      },
    );
  }

  tick(now: number): void {
    // Keep-alive and repeats are the client's.
    this.#answers.tick(now);
  }

  /** A command whose time is over is not obeyed. @see protocols/mqtt.md, section 2.3 */
  #obey(payload: Uint8Array): void {
    const now = this.#now();
    const command = commandOf(payload);
    if (command === null || command.exp * 1000 < now) return;
    const { id, cmd } = command;
    this.#answers.give(now, (shift) => {
      const named = shift === 0 ? id : `${id}-${shift}`;
      const isKnown = commands.includes(cmd);
      const ack = { id: named, ok: isKnown, msg: isKnown ? cmd : 'unknown', ts: this.#now() };
      const bytes = new TextEncoder().encode(JSON.stringify(ack));
      this.#publisher.publish(`trk/v1/${this.#id}/cmd/ack`, bytes, () => undefined);
    });
  }

  settle(_now: number): void {
    // Every publish asks for its own PUBACK.
  }
}

/** Estimated from satellites like the platform does for those that do not say. @see product.md section 0 */
const accuracyM = (satellites: number): number => (satellites >= 8 ? 5 : satellites >= 6 ? 8 : 12);

/** One position as the badge words it. */
export const badgePayload = (report: Report, seq: number): Uint8Array =>
  encodeOwnPosition({
    ts: report.fixTime,
    lat: report.latitude,
    lon: report.longitude,
    acc: accuracyM(report.satellites),
    alt: report.altitudeM,
    spd: report.speedKmh,
    crs: report.courseDeg,
    sat: report.satellites,
    ...(report.batteryPercent === null ? {} : { bat: report.batteryPercent, chg: false }),
    mot: report.speedKmh > 0,
    seq,
    ...(report.alarms.length === 0 ? {} : { evt: report.alarms.map((a) => eventNames[a] ?? a) }),
  });

/** Where the event's name differs from the shared vocabulary. @see protocols/mqtt.md, section 2.3 */
const eventNames: Partial<Record<DeviceAlarm, string>> = { lowBattery: 'lowbat' };

const commands: readonly string[] = ['locate', 'interval', 'buzz', 'reboot'];

function commandOf(payload: Uint8Array): { id: string; cmd: string; exp: number } | null {
  try {
    const { id, cmd, exp } = JSON.parse(new TextDecoder().decode(payload)) as Record<
      string,
      unknown
    >;
    return typeof id === 'string' && typeof cmd === 'string' && typeof exp === 'number'
      ? { id, cmd, exp }
      : null;
  } catch {
    return null;
  }
}
