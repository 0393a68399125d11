import { type DeviceAlarm, encodeOwnPosition } from '@xunji/protocols';
import type { Ledger } from '../ledger.ts';
import type { Report } from '../report.ts';
import { maxBuffered, type Terminal } from './terminal.ts';

/** The part of an MQTT client that a badge needs; keeps and repeats QoS 1 messages by itself while the line is down. */
export interface Publisher {
  /** Calls back once the broker's PUBACK came, or with what ended the attempt. */
  publish(topic: string, payload: Uint8Array, done: (error: Error | null) => void): void;
}

/** A badge with our own JSON positions over MQTT, QoS 1. @see protocols/mqtt.md, section 2.1 */
export class BadgeTerminal implements Terminal {
  readonly ledger: Ledger;
  readonly #id: string;
  readonly #publisher: Publisher;
  readonly #now: () => number;
  #serial = 0;
  #pending = 0;

  /** @param now ms UTC, read when a PUBACK comes */
  constructor(id: string, publisher: Publisher, ledger: Ledger, now: () => number) {
    this.ledger = ledger;
    this.#id = id;
    this.#publisher = publisher;
    this.#now = now;
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

  tick(_now: number): void {
    // Keep-alive and repeats are the client's.
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
