import type { Header } from './header.ts';

/*
 * Joins bodies that came in several frames. Parts are cut at arbitrary bytes, so none is decoded alone.
 * @see JT/T 808, sub-package clause; the wire reference, section 2.7
 */

/** Sets that may be open on one connection, and the bytes they may hold together. */
const MAX_SETS = 16;
const MAX_BYTES = 256 << 10;
/** A part of a longer message is refused. */
export const MAX_PARTS = 4096;
/** What a part costs beside its bytes, so that a flood of empty ones is seen for what it is. */
const PART_OVERHEAD_BYTES = 400;
/** Without a new part for so long, a set is given up. */
const IDLE_MS = 60_000;

interface Part {
  readonly body: Uint8Array;
  readonly raw: Uint8Array;
  /** Of its frame in the stream. */
  readonly offset: number;
}

interface OpenSet {
  readonly id: number;
  readonly phone: string;
  readonly total: number;
  /** Serial of the first part, if the sender counts on. */
  readonly firstSerial: number;
  readonly parts: Map<number, Part>;
  bytes: number;
  touched: number;
}

/** A complete set. */
export interface Joined {
  readonly body: Uint8Array;
  /** The frames in the order of their parts. */
  readonly raw: Uint8Array;
}

/** A set given up, for the fault that counts it. */
export interface GivenUp {
  /** Of the first frame of the set that came, in the stream. */
  readonly offset: number;
  readonly bytes: number;
  readonly detail: string;
}

/** The open sets of one connection; bounded in number, bytes and age. */
export class Assembly {
  #sets: OpenSet[] = [];
  #bytes = 0;

  /** Memory that the open sets take, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param header with a package item that counts, `1 <= index <= total <= MAX_PARTS`
   * @param part copied by the caller
   * @returns the whole once its last part is here
   */
  add(
    header: Header,
    part: Part,
    receivedTime: number,
    giveUp: (what: GivenUp) => void,
  ): Joined | null {
    const { total, index } = header.package ?? { total: 0, index: 0 };
    const set =
      this.#find(header, total, index, giveUp) ?? this.#open(header, total, index, giveUp);
    set.touched = receivedTime;
    const repeated = set.parts.get(index);
    const growth = partBytes(part) - (repeated === undefined ? 0 : partBytes(repeated));
    set.parts.set(index, part);
    set.bytes += growth;
    this.#bytes += growth;
    if (set.parts.size === total) {
      this.#remove(set);
      return join(set);
    }
    while (this.#bytes > MAX_BYTES) {
      const oldest = this.#oldest(set) ?? set;
      this.#giveUp(oldest, `more than ${MAX_BYTES} bytes held`, giveUp);
    }
    return null;
  }

  /** Gives up the sets that wait in vain. */
  expire(now: number, giveUp: (what: GivenUp) => void): void {
    for (const set of [...this.#sets]) {
      if (now - set.touched >= IDLE_MS) this.#giveUp(set, 'parts are missing', giveUp);
    }
  }

  #find(
    header: Header,
    total: number,
    index: number,
    giveUp: (what: GivenUp) => void,
  ): OpenSet | undefined {
    const first = (header.serial - index + 1) & 0xffff;
    const alike = this.#sets.filter(
      (set) => set.id === header.id && set.phone === header.phone && set.total === total,
    );
    const exact = alike.find((set) => set.firstSerial === first);
    if (exact !== undefined) return exact;
    // Real devices let the serial jump between parts; a new part 1 however begins a new set.
    const [only] = alike;
    if (only === undefined || alike.length > 1) return undefined;
    if (index !== 1) return only;
    this.#giveUp(only, 'the sender began anew', giveUp);
    return undefined;
  }

  #open(header: Header, total: number, index: number, giveUp: (what: GivenUp) => void): OpenSet {
    if (this.#sets.length >= MAX_SETS) {
      const oldest = this.#oldest(null);
      if (oldest !== null) this.#giveUp(oldest, `more than ${MAX_SETS} sets open`, giveUp);
    }
    const set: OpenSet = {
      id: header.id,
      phone: header.phone,
      total,
      firstSerial: (header.serial - index + 1) & 0xffff,
      parts: new Map(),
      bytes: 0,
      touched: 0,
    };
    this.#sets.push(set);
    return set;
  }

  #oldest(but: OpenSet | null): OpenSet | null {
    let oldest: OpenSet | null = null;
    for (const set of this.#sets) {
      if (set !== but && (oldest === null || set.touched < oldest.touched)) oldest = set;
    }
    return oldest;
  }

  #giveUp(set: OpenSet, detail: string, giveUp: (what: GivenUp) => void): void {
    this.#remove(set);
    const held = [...set.parts.values()];
    giveUp({
      offset: held[0]?.offset ?? 0,
      bytes: held.reduce((sum, part) => sum + part.raw.length, 0),
      detail: `${held.length} of ${set.total} parts: ${detail}`,
    });
  }

  #remove(set: OpenSet): void {
    this.#sets = this.#sets.filter((other) => other !== set);
    this.#bytes -= set.bytes;
  }
}

const partBytes = (part: Part): number => part.body.length + part.raw.length + PART_OVERHEAD_BYTES;

function join(set: OpenSet): Joined {
  const parts = [...set.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  return {
    body: concat(parts.map((part) => part.body)),
    raw: concat(parts.map((part) => part.raw)),
  };
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
