import { type DeviceRef, deviceKey } from '../journal/record.ts';

/** So many take-overs of one identity within the window are no bad radio link, even from one address. */
const TAKE_OVERS = 15;
const WINDOW_MS = 300_000;
/** Returns of the one that had lost, between two addresses; after a change of address nobody returns. @see product.md AC8 */
const RETURNS = 3;
const RETURNS_WINDOW_MS = 600_000;
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
  returnsSince: number;
  returns: number;
  /** Address of the last that lost. */
  loser: string;
  toldAt: number;
}

/** Notices when two terminals use one identity: each connection pushes the other out, for ever. */
export class Flapping {
  readonly #options: FlappingOptions;
  readonly #windows = new Map<string, Window>();

  constructor(options: FlappingOptions) {
    this.#options = options;
  }

  /** A connection from the address `to` took `device` from one that is open from `from`. */
  takenOver(device: DeviceRef, from: string, to: string): void {
    const at = this.#options.monotonic();
    const window = this.#window(deviceKey(device), at);
    if (at - window.since > WINDOW_MS) {
      window.since = at;
      window.takeOvers = 0;
    }
    if (at - window.returnsSince > RETURNS_WINDOW_MS) {
      window.returnsSince = at;
      window.returns = 0;
    }
    window.takeOvers++;
    if (from !== to && to === window.loser) window.returns++;
    window.loser = from;
    if (window.takeOvers < TAKE_OVERS && window.returns < RETURNS) return;
    if (at - window.toldAt < RETURNS_WINDOW_MS) return;
    window.toldAt = at;
    this.#options.onFlapping(device, window.takeOvers);
  }

  #window(key: string, at: number): Window {
    const found = this.#windows.get(key);
    if (found !== undefined) return found;
    const window: Window = {
      ...{ since: at, takeOvers: 0, returnsSince: at, returns: 0, loser: '' },
      toldAt: Number.NEGATIVE_INFINITY,
    };
    this.#windows.set(key, window);
    if (this.#windows.size > MAX_WATCHED) {
      for (const first of this.#windows.keys()) {
        this.#windows.delete(first);
        break;
      }
    }
    return window;
  }
}
