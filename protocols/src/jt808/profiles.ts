import type { ConnectionOptions, DeviceProfile } from '../protocol.ts';

/** How long what is known of a device is believed. */
const PROFILE_MS = 10_000;

/** What a connection knows of the devices that speak over it; nearly always it is one. */
export class Profiles {
  /** Of devices that nothing else is known of. */
  readonly #anyone: DeviceProfile;
  readonly #profileOf: ConnectionOptions['profileOf'];
  #device = '';
  #askedTime = 0;
  #profile: DeviceProfile;

  constructor(options: Pick<ConnectionOptions, 'model' | 'lenient' | 'profileOf'>) {
    this.#anyone = { model: options.model ?? null, lenient: options.lenient ?? false };
    this.#profileOf = options.profileOf;
    this.#profile = this.#anyone;
  }

  /** Asks for another device, and now and then for the same one again: somebody may have edited its record. */
  of(device: string, now: number): DeviceProfile {
    if (this.#profileOf === undefined) return this.#anyone;
    const age = now - this.#askedTime;
    if (device !== this.#device || age < 0 || age >= PROFILE_MS) {
      this.#profile = this.#profileOf('jt808', device) ?? this.#anyone;
      this.#device = device;
      this.#askedTime = now;
    }
    return this.#profile;
  }
}
