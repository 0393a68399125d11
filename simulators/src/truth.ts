import type { DeviceAlarm } from '@xunji/protocols';
import { type Point, signedDistanceM, toDegrees } from './geo.ts';
import type { LedgerCounts } from './ledger.ts';
import type { SimulatedDevice, TrueFence } from './scenarios/scenario.ts';

/** What really happened to a device. Times are ISO 8601 UTC. */
export interface TrueEvent {
  readonly type: 'enter' | 'exit' | 'deviceAlarm';
  readonly device: string;
  readonly protocol: string;
  /** Name of the fence, null for device alarms. */
  readonly fence: string | null;
  readonly alarm: DeviceAlarm | null;
  /** The true second of the crossing, or of the first report that carries the alarm. */
  readonly occurredAt: string;
  /** An event is found when its time lies this close. */
  readonly toleranceS: number;
  readonly latitude: number;
  readonly longitude: number;
}

/** `[fixTime, latitude, longitude, acknowledgedTime or null]`, times in ms UTC. */
export type TruePosition = readonly [number, number, number, number | null];

/** One device in `truth.json`. */
export interface TrueDevice extends LedgerCounts {
  readonly id: string;
  readonly protocol: string;
  readonly edition: string | null;
  readonly kind: string;
  readonly name: string;
  readonly group: string;
  readonly duty: string;
  readonly intervalS: number;
  /** Length of the true path since the start. */
  readonly trueKm: number;
  /** Oldest first; `unlisted` older ones are only counted. */
  readonly positions: readonly TruePosition[];
  readonly unlisted: number;
}

/** The whole of `truth.json`. */
export interface Truth {
  readonly version: 1;
  readonly scenario: string;
  readonly seed: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly fences: readonly {
    readonly id: string;
    readonly name: string;
    readonly kind: string;
    /** Closed ring, [longitude, latitude]. */
    readonly ring: readonly (readonly [number, number])[];
  }[];
  readonly totals: {
    readonly sent: number;
    readonly acknowledged: number;
    readonly refused: number;
  };
  readonly devices: readonly TrueDevice[];
  readonly events: readonly TrueEvent[];
}

/** Metres beyond the line at which a platform may call it crossed, at a walker's pace. @see product.md, fence profiles */
const toleranceM = 35;
const slowestMs = 1;
const reactionS = 5;

/** Watches one device second by second. */
export class Witness {
  readonly events: TrueEvent[] = [];
  readonly #device: SimulatedDevice;
  readonly #fences: readonly { readonly fence: TrueFence; inside: boolean | null }[];
  readonly #startTime: number;
  #alarms: readonly DeviceAlarm[] = [];
  #startKm: number | null = null;
  #km = 0;

  /** @param startTime the instant of second 0, ms UTC */
  constructor(device: SimulatedDevice, fences: readonly TrueFence[], startTime: number) {
    this.#device = device;
    this.#fences = fences.map((fence) => ({ fence, inside: null }));
    this.#startTime = startTime;
  }

  get km(): number {
    return this.#startKm === null ? 0 : this.#km - this.#startKm;
  }

  /** Every second once, in order. */
  see(second: number): void {
    const { at, odometerKm } = this.#device.carrier.truth(second);
    this.#startKm ??= odometerKm;
    this.#km = odometerKm;
    for (const watched of this.#fences) {
      const inside = signedDistanceM(at, watched.fence.outline) < 0;
      if (watched.inside !== null && watched.inside !== inside) {
        this.#note(inside ? 'enter' : 'exit', watched.fence.name, null, second, at);
      }
      watched.inside = inside;
    }
  }

  /** What the report of this second said; alarms count from the first report that carries them. */
  hear(second: number, alarms: readonly DeviceAlarm[]): void {
    const { at } = this.#device.carrier.truth(second);
    for (const alarm of alarms) {
      if (!this.#alarms.includes(alarm)) this.#note('deviceAlarm', null, alarm, second, at);
    }
    this.#alarms = alarms;
  }

  #note(
    type: TrueEvent['type'],
    fence: string | null,
    alarm: DeviceAlarm | null,
    second: number,
    at: Point,
  ): void {
    const { id, protocol, intervalS } = this.#device;
    const crossingS = fence === null ? 0 : toleranceM / slowestMs;
    const { latitude, longitude } = toDegrees(at);
    this.events.push({
      type,
      device: id,
      protocol,
      fence,
      alarm,
      occurredAt: new Date(this.#startTime + second * 1000).toISOString(),
      toleranceS: intervalS + reactionS + crossingS,
      latitude: Number(latitude.toFixed(6)),
      longitude: Number(longitude.toFixed(6)),
    });
  }
}
