import type { DeviceAlarm } from '@xunji/protocols';
import type { Motion, Mover } from './drive.ts';
import { toDegrees } from './geo.ts';
import type { Noise } from './noise.ts';
import type { Random } from './random.ts';

/** What a device measured at one second and will send, whatever its protocol. */
export interface Report {
  /** Whole second, ms UTC. */
  readonly fixTime: number;
  /** Degrees, rounded to 1e-6: what JT/T 808 can carry. */
  readonly latitude: number;
  readonly longitude: number;
  readonly altitudeM: number;
  /** To 0.1 km/h. */
  readonly speedKmh: number;
  /** 0-359. */
  readonly courseDeg: number;
  readonly satellites: number;
  /** Null where the device has no ignition wire. */
  readonly ignition: boolean | null;
  readonly mileageKm: number;
  /** Null for what runs on the vehicle's supply. */
  readonly batteryPercent: number | null;
  readonly alarms: readonly DeviceAlarm[];
}

/** A device alarm that holds for some seconds of world time, from `fromS` on, every `everyS` if given. */
export interface Incident {
  readonly alarm: DeviceAlarm;
  readonly fromS: number;
  readonly forS: number;
  readonly everyS?: number;
}

export const isUnderWay = ({ fromS, forS, everyS }: Incident, second: number): boolean => {
  const since = second - fromS;
  return since >= 0 && (everyS === undefined ? since : since % everyS) < forS;
};

/** What a carrier is made of. */
export interface CarrierParts {
  readonly mover: Mover;
  readonly noise: Noise;
  readonly random: Random;
  readonly incidents: readonly Incident[];
  /** Badges run on a battery. */
  readonly battery: boolean;
}

/** Who carries a device: the true path and what the receiver makes of it. Asked second after second. */
export class Carrier {
  readonly #parts: CarrierParts;
  readonly #altitudeM: number;
  readonly #fullPercent: number;

  constructor(parts: CarrierParts) {
    this.#parts = parts;
    this.#altitudeM = parts.random.int(3, 9);
    this.#fullPercent = parts.random.int(62, 99);
  }

  /** @param second of world time, never less than at any call before */
  truth(second: number): Motion {
    return this.#parts.mover.at(second);
  }

  alarms(second: number): DeviceAlarm[] {
    return this.#parts.incidents.filter((i) => isUnderWay(i, second)).map((i) => i.alarm);
  }

  /** @param fixTime the instant of `second`, ms UTC */
  measure(second: number, fixTime: number): Report {
    const { noise, battery } = this.#parts;
    const motion = this.truth(second);
    const { latitude, longitude } = toDegrees(noise.at(second, motion.at));
    return {
      fixTime,
      latitude: round(latitude, 1e6),
      longitude: round(longitude, 1e6),
      altitudeM: this.#altitudeM,
      speedKmh: this.#measuredKmh(motion.speedKmh),
      courseDeg: Math.round(motion.courseDeg) % 360,
      satellites: noise.satellites(),
      ignition: motion.ignition,
      mileageKm: round(motion.odometerKm, 10),
      // A charge lasts about two days.
      batteryPercent: battery ? Math.max(5, this.#fullPercent - Math.floor(second / 1800)) : null,
      alarms: this.alarms(second),
    };
  }

  /** Receivers hold their speed at zero while they stand. */
  #measuredKmh(trueKmh: number): number {
    if (trueKmh === 0) return 0;
    return Math.max(0, round(trueKmh + speedSigmaKmh * this.#parts.random.gauss(), 10));
  }
}

/** Doppler speed of a good receiver. */
const speedSigmaKmh = 0.3;

const round = (value: number, scale: number): number => Math.round(value * scale) / scale;
