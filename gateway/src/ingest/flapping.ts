import { type DeviceRef, deviceKey } from '../journal/record.ts';

/** So many take-overs of one identity within the window are no bad radio link. */
const TAKE_OVERS = 15;
const WINDOW_MS = 300_000;
/** Identities watched; the one whose window began first makes room. */
const MAX_WATCHED = 10_000;

export interface FlappingOptions {
  /** Said once a window for an identity that connections keep taking from each other: it may be cloned. */
  readonly onFlapping: (device: DeviceRef, takeOvers: number) => void;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

interface Window {
  since: number;
  takeOvers: number;
}

/** Notices when two terminals use one identity: each connection pushes the other out, for ever. */
export class Flapping {
  readonly #options: FlappingOptions;
  readonly #windows = new Map<string, Window>();

  constructor(options: FlappingOptions) {
    this.#options = options;
  }

  takenOver(device: DeviceRef): void {
    const at = this.#options.monotonic();
    const key = deviceKey(device);
    const found = this.#windows.get(key);
    if (found !== undefined && at - found.since <= WINDOW_MS) {
      if (++found.takeOvers === TAKE_OVERS) this.#options.onFlapping(device, TAKE_OVERS);
      return;
    }
    this.#windows.delete(key);
    this.#windows.set(key, { since: at, takeOvers: 1 });
    if (this.#windows.size <= MAX_WATCHED) return;
    for (const first of this.#windows.keys()) {
      this.#windows.delete(first);
      break;
    }
  }
}
