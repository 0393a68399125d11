/** What is read at once from who sends little, and from the others in one turn. */
const SLICE_BYTES = 2048;
/** How long those who send much may keep the process from everybody else. */
const TURN_MS = 8;
/** What waits for its turn in all; beyond it chunks are read whole, because memory has to be bounded. */
const MAX_WAITING_BYTES = 64 << 20;

export interface TurnsOptions<P> {
  readonly read: (peer: P, bytes: Uint8Array) => void;
  /** All that `peer` offered is read: it may offer more. */
  readonly caughtUp: (peer: P) => void;
  /** While it has no room nobody has a turn. */
  readonly journal: { readonly hasRoom: boolean; onRoom(listener: () => void): void };
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

/**
 * Who is read when. A socket hands over up to 64 KiB at once, which may be four thousand frames: read in one go, a few
 * of them starve every other device for seconds. So short pieces are read as they come, long ones in slices, one
 * after the other, a few milliseconds in each turn of the event loop.
 */
export class Turns<P> {
  readonly #options: TurnsOptions<P>;
  /** In the order of their next turn. */
  readonly #waiting = new Map<P, Uint8Array>();
  readonly #parked = new Map<P, Uint8Array>();
  #waitingBytes = 0;
  #scheduled = false;

  constructor(options: TurnsOptions<P>) {
    this.#options = options;
  }

  /**
   * @param chunk kept, not copied
   * @returns false when part of it waits: the peer must offer nothing more before `caughtUp`
   */
  offer(peer: P, chunk: Uint8Array): boolean {
    const isShort = chunk.length <= SLICE_BYTES;
    if (isShort || this.#waitingBytes + chunk.length > MAX_WAITING_BYTES) {
      this.#options.read(peer, chunk);
      return true;
    }
    this.#waiting.set(peer, chunk);
    this.#waitingBytes += chunk.length;
    this.#schedule();
    return false;
  }

  /** The rest of `peer` waits until `unpark`. */
  park(peer: P): void {
    const rest = this.#waiting.get(peer);
    if (rest !== undefined && this.#waiting.delete(peer)) this.#parked.set(peer, rest);
  }

  unpark(peer: P): void {
    const rest = this.#parked.get(peer);
    if (rest === undefined || !this.#parked.delete(peer)) return;
    this.#waiting.set(peer, rest);
    this.#schedule();
  }

  /** Drops what is left of `peer`. */
  forget(peer: P): void {
    const rest = this.#waiting.get(peer) ?? this.#parked.get(peer);
    if (rest === undefined) return;
    this.#waitingBytes -= rest.length;
    this.#waiting.delete(peer);
    this.#parked.delete(peer);
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    const { journal } = this.#options;
    const turn = () => {
      this.#scheduled = false;
      if (journal.hasRoom) this.#turn();
      this.#schedule();
    };
    if (journal.hasRoom) setImmediate(turn);
    else journal.onRoom(turn);
  }

  #turn(): void {
    const { read, caughtUp, monotonic, journal } = this.#options;
    const until = monotonic() + TURN_MS;
    for (const [peer, bytes] of this.#waiting) {
      this.#waiting.delete(peer);
      const slice = bytes.subarray(0, SLICE_BYTES);
      const rest = bytes.subarray(SLICE_BYTES);
      this.#waitingBytes -= slice.length;
      // Before the read, which may park or forget the peer.
      if (rest.length > 0) this.#waiting.set(peer, rest);
      read(peer, slice);
      if (rest.length === 0) caughtUp(peer);
      if (!journal.hasRoom || monotonic() >= until) break;
    }
  }
}
