import { type DeviceRef, deviceKey } from '../journal/record.ts';

/** Where an id may be cut: OwnTracks phones are `ot-USER-DEVICE`, and a user's name may have hyphens of its own. */
const CUT = '-';

/**
 * With what the ids of known MQTT devices begin, so that an unknown log-in costs the same however many devices there
 * are. Holds a few short texts for each id with a hyphen.
 */
export class KnownPrefixes {
  readonly #counts = new Map<string, number>();
  readonly #known = new Set<string>();

  /** @param prefix ends with a hyphen */
  has(prefix: string): boolean {
    return this.#counts.has(prefix);
  }

  /** The device is known from now on, or is not. */
  note(device: DeviceRef, isKnown: boolean): void {
    if (device.protocol !== 'mqtt') return;
    const key = deviceKey(device);
    if (this.#known.has(key) === isKnown) return;
    if (isKnown) this.#known.add(key);
    else this.#known.delete(key);
    const { id } = device;
    for (let at = id.indexOf(CUT); at >= 0; at = id.indexOf(CUT, at + 1)) {
      const prefix = id.slice(0, at + 1);
      const count = (this.#counts.get(prefix) ?? 0) + (isKnown ? 1 : -1);
      if (count === 0) this.#counts.delete(prefix);
      else this.#counts.set(prefix, count);
    }
  }
}
