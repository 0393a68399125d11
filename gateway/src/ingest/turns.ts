/** A live device sends a few reports at once; a longer piece may be a backlog or a flood. */
const LIVE_BYTES = 512;
/** What is read in one go of who sends more. */
const SLICE_BYTES = 2048;
/** How long reading may keep the process from everything else: once as bytes come, once for those that wait. */
const TURN_MS = 4;
/** A turn of the event loop takes a bounded number of connections, so turns are short while somebody knocks. */
const ACCEPTING_TURN_MS = 1.5;
/** Turns of the event loop without a new connection after which nobody knocks any more. */
const ACCEPTING_TURNS = 4;
/** The part of a turn that is kept for the slow lane, so that it never stands still. */
const SLOW_SHARE = 0.25;
/** What a turn of the event loop may take, all that follows from reading included, while live devices report. */
const LAP_MS = 10;
/** Least time of the slow lane while turns take longer; it grows again as they get shorter. */
const SLOW_LEAST_MS = 0.25;
/** After so long without a live device nobody is there to be kept waiting. */
const LIVE_MS = 2000;
/** What waits for its turn in all; beyond it chunks are read whole, because memory has to be bounded. */
const MAX_WAITING_BYTES = 64 << 20;

/** Whose bytes are read in turns. */
export interface Reader {
  receive(bytes: Uint8Array): void;
  /** All that it offered is read: it may offer more. */
  caughtUp(): void;
  /** What it sends is history: others come first. */
  readonly isBacklog: boolean;
}

export interface TurnsOptions {
  /** While it has no room nobody has a turn. */
  readonly journal: { readonly hasRoom: boolean; onRoom(listener: () => void): void };
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

/**
 * Who is read when, for all ports together. A socket hands over up to 64 KiB at once, which may be four thousand
 * frames: read in one go, a few of them starve every other device, new connections and timers for seconds. So all
 * reading of one turn of the event loop has one budget of time. Short pieces of live devices are read as they come
 * while it lasts; the rest waits in two lanes, live before slow (backlogs and long pieces), one slice after the other.
 */
export class Turns {
  readonly #options: TurnsOptions;
  /** In the order of their next turn. */
  readonly #live = new Map<Reader, Uint8Array>();
  readonly #slow = new Map<Reader, Uint8Array>();
  readonly #parked = new Map<Reader, Uint8Array>();
  #waitingBytes = 0;
  #scheduled = false;
  /** Until when what comes is read at once; 0 before the first piece of this turn of the event loop. */
  #readUntil = 0;
  #accepting = 0;
  #slowMs = TURN_MS;
  #turnAt = 0;
  #liveAt = Number.NEGATIVE_INFINITY;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Somebody connected, so others may be knocking. */
  accepted(): void {
    this.#accepting = ACCEPTING_TURNS;
    this.#schedule();
  }

  /**
   * @param chunk kept, not copied
   * @returns false when so much of it waits that the reader must offer nothing more before `caughtUp`
   */
  offer(reader: Reader, chunk: Uint8Array): boolean {
    const rest = this.#live.get(reader) ?? this.#slow.get(reader) ?? this.#parked.get(reader);
    const isShort = chunk.length <= LIVE_BYTES;
    const isFull = this.#waitingBytes + chunk.length > MAX_WAITING_BYTES;
    const mayNow = isShort && !reader.isBacklog && this.#hasTime();
    if (rest === undefined && (mayNow || isFull)) {
      reader.receive(chunk);
      return true;
    }
    const all = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    this.#waitingBytes += chunk.length;
    if (this.#parked.has(reader)) this.#parked.set(reader, all);
    else this.#wait(reader, all);
    this.#schedule();
    return all.length <= SLICE_BYTES;
  }

  /** Something of `reader` waits for us, so that what is missing is not its fault. */
  has(reader: Reader): boolean {
    return this.#live.has(reader) || this.#slow.has(reader) || this.#parked.has(reader);
  }

  /** The rest of `reader` waits until `unpark`. */
  park(reader: Reader): void {
    const rest = this.#take(reader);
    if (rest !== undefined) this.#parked.set(reader, rest);
  }

  unpark(reader: Reader): void {
    const rest = this.#parked.get(reader);
    if (rest === undefined || !this.#parked.delete(reader)) return;
    this.#wait(reader, rest);
    this.#schedule();
  }

  /** Drops what is left of `reader`. */
  forget(reader: Reader): void {
    const rest = this.#take(reader) ?? this.#parked.get(reader);
    if (rest === undefined) return;
    this.#waitingBytes -= rest.length;
    this.#parked.delete(reader);
  }

  get #budgetMs(): number {
    return this.#accepting > 0 ? ACCEPTING_TURN_MS : TURN_MS;
  }

  #hasTime(): boolean {
    if (this.#live.size > 0) return false;
    const at = this.#options.monotonic();
    if (this.#readUntil === 0) {
      this.#readUntil = at + this.#budgetMs;
      this.#liveAt = at;
      this.#schedule();
    }
    return at < this.#readUntil;
  }

  #wait(reader: Reader, bytes: Uint8Array): void {
    // Who waits already stays where he is, unless he sends on and on.
    const most = this.#live.has(reader) ? SLICE_BYTES : LIVE_BYTES;
    const isSlow = reader.isBacklog || bytes.length > most;
    (isSlow ? this.#live : this.#slow).delete(reader);
    (isSlow ? this.#slow : this.#live).set(reader, bytes);
  }

  #take(reader: Reader): Uint8Array | undefined {
    const rest = this.#live.get(reader) ?? this.#slow.get(reader);
    if (rest !== undefined && !this.#live.delete(reader)) this.#slow.delete(reader);
    return rest;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    const waits = this.#live.size > 0 || this.#slow.size > 0;
    const { journal } = this.#options;
    if (!waits && this.#readUntil === 0 && this.#accepting === 0) return;
    this.#scheduled = true;
    const turn = () => {
      this.#scheduled = false;
      this.#readUntil = 0;
      if (this.#accepting > 0) this.#accepting--;
      if (journal.hasRoom) this.#turn();
      this.#schedule();
    };
    if (journal.hasRoom || !waits) setImmediate(turn);
    else journal.onRoom(turn);
  }

  #turn(): void {
    const from = this.#options.monotonic();
    const budget = this.#budgetMs;
    this.#pace(from);
    // The slow lane has its share, and what the live one leaves.
    this.#read(this.#live, from + budget * (this.#slow.size > 0 ? 1 - SLOW_SHARE : 1));
    if (this.#slow.size === 0) return;
    const at = this.#options.monotonic();
    this.#read(this.#slow, Math.min(at + this.#slowMs, from + budget));
  }

  /**
   * A backlog is read as fast as all that follows from it allows: its answers, the consumers. When they make the turns
   * of the event loop long, live devices would wait for them.
   */
  #pace(at: number): void {
    const lap = at - this.#turnAt;
    this.#turnAt = at;
    if (at - this.#liveAt > LIVE_MS || this.#slow.size === 0) this.#slowMs = TURN_MS;
    else if (lap > LAP_MS) this.#slowMs = Math.max(SLOW_LEAST_MS, this.#slowMs / 2);
    else this.#slowMs = Math.min(TURN_MS, this.#slowMs * 1.25);
  }

  /** At least one slice, however late it is. */
  #read(lane: Map<Reader, Uint8Array>, until: number): void {
    const { monotonic, journal } = this.#options;
    for (const [reader, bytes] of lane) {
      lane.delete(reader);
      const slice = bytes.length > SLICE_BYTES ? bytes.subarray(0, SLICE_BYTES) : bytes;
      this.#waitingBytes -= slice.length;
      // Before the read, which may park or forget the reader.
      if (slice !== bytes) lane.set(reader, bytes.subarray(SLICE_BYTES));
      reader.receive(slice);
      if (slice === bytes) reader.caughtUp();
      if (!journal.hasRoom || monotonic() >= until) break;
    }
  }
}
