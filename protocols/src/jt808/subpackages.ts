import type { Message } from '../protocol.ts';
import { FrameMessage } from './frame-message.ts';
import type { Header } from './header.ts';
import { JoinedMemory, joinBodies, type Remembered } from './joined-parts.ts';
import { joined } from './write.ts';

/*
 * Joins bodies that came in several frames. Parts are cut at arbitrary bytes, so none is decoded alone. The open sets
 * belong to their device and outlive its connection: a terminal that lost its line goes on with the parts that were
 * not acknowledged.
 * @see JT/T 808, sub-package clause; the wire reference, section 2.7
 */

/** Sets that may be open for one device, and the bytes they may hold together. */
const MAX_SETS = 16;
const MAX_DEVICE_BYTES = 8 << 20;
const DEFAULT_MAX_BYTES = 128 << 20;
/** A part of a longer message is refused. */
export const MAX_PARTS = 4096;
/** What a part costs beside its bytes, so that a flood of empty ones is seen for what it is. */
const PART_OVERHEAD_BYTES = 400;
/** Without a new part for so long, a set is given up. */
const IDLE_MS = 60_000;
/** However steadily its parts trickle in. */
const MAX_AGE_MS = 3_600_000;
/** After so long without a new part the missing ones are asked for: waits of 10, 15 and 20 s. */
const ASK_AFTER_MS = [10_000, 25_000, 45_000] as const;
interface Part {
  /** The frame; its body is read out of it when the set is joined. */
  readonly raw: Uint8Array;
  readonly serial: number;
  /** Of its frame in the stream it came in. */
  readonly offset: number;
}

/** Whose sets are whose: the connection that brought the last part asks for those that are missing. */
export interface Holder {
  /** Memory that its sets take, about. */
  bytes: number;
  readonly sets: Set<OpenSet>;
}

export const newHolder = (): Holder => ({ bytes: 0, sets: new Set() });

/** The parts of one message that have come so far. */
export interface OpenSet {
  readonly device: DeviceSets;
  /** Of the part that came last: its form is what the sender understands. */
  header: Header;
  readonly total: number;
  /** Serial of part 1: as it came, or reckoned from another part while that is missing. */
  firstSerial: number;
  readonly parts: Map<number, Part>;
  holder: Holder | null;
  bytes: number;
  opened: number;
  touched: number;
  asked: number;
}

interface DeviceSets {
  readonly id: string;
  readonly open: OpenSet[];
  bytes: number;
}

/** A complete set. */
export interface Joined {
  readonly body: Uint8Array;
  /** The frames in the order of their parts. */
  readonly raw: Uint8Array;
  readonly firstSerial: number;
  readonly remembered: Remembered;
}

/** A set given up, for the fault that counts it. */
export interface GivenUp {
  /** Of the first frame of the set that came, in its stream. */
  readonly offset: number;
  readonly bytes: number;
  readonly detail: string;
}

type GiveUp = (what: GivenUp) => void;

export interface SubpackagesOptions {
  /** What all open sets together may hold; beyond it those longest without a part give way. Default 128 MiB. */
  readonly maxBytes?: number;
}

/**
 * The open sets of all devices that share it; bounded in number, bytes and age, a device and in all. Every step costs
 * time in proportion to the sets of one device, of which there are few.
 */
export class Subpackages {
  readonly #maxBytes: number;
  readonly #devices = new Map<string, DeviceSets>();
  /** Of all devices, the set longest without a part first. */
  readonly #byAge = new Set<OpenSet>();
  readonly #joined = new JoinedMemory();
  #bytes = 0;

  constructor({ maxBytes = DEFAULT_MAX_BYTES }: SubpackagesOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  /** Memory that the open sets take, about. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Open sets of all devices. */
  get size(): number {
    return this.#byAge.size;
  }

  /** When the first part of the oldest open set came, ms UTC; null when none is open. */
  oldest(): number | null {
    let oldest: number | null = null;
    for (const { opened } of this.#byAge) {
      if (oldest === null || opened < oldest) oldest = opened;
    }
    return oldest;
  }

  /**
   * @param header with a package item that counts, `1 <= index <= total <= MAX_PARTS`
   * @param part copied by the caller
   * @returns the whole once its last part is here; the memory of it for a part that had been joined before; or null
   */
  add(
    holder: Holder,
    header: Header,
    part: Part,
    receivedTime: number,
    giveUp: GiveUp,
  ): Joined | Remembered | null {
    const { total, index } = header.package ?? { total: 0, index: 0 };
    this.#joined.expire(receivedTime);
    const again = this.#joined.find(header, part.raw);
    if (again !== null) return again;
    const device = this.#deviceOf(header.device);
    const set = find(device, header, this.#drop(giveUp)) ?? this.#open(device, header, giveUp);
    const repeated = set.parts.get(index);
    // It changes nothing, and keeps no set alive that gets no new part.
    if (repeated !== undefined && sameBytes(repeated.raw, part.raw)) return null;
    this.#touch(set, holder, header, receivedTime);
    set.parts.set(index, part);
    if (index === 1) set.firstSerial = part.serial;
    this.#grow(set, partBytes(part) - (repeated === undefined ? 0 : partBytes(repeated)));
    if (set.parts.size === total) {
      this.#remove(set);
      return this.#join(set, receivedTime);
    }
    while (device.bytes > MAX_DEVICE_BYTES) {
      const [oldest = set] = device.open.filter((one) => one !== set).sort(byTouch);
      this.#giveUp(oldest, `more than ${MAX_DEVICE_BYTES} bytes held for a device`, giveUp);
    }
    for (const oldest of this.#byAge) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#giveUp(oldest, `more than ${this.#maxBytes} bytes held in all`, giveUp);
    }
    return null;
  }

  /** Gives up the sets of `holder` that wait in vain, and asks for what the others miss when it is time. */
  expire(holder: Holder, now: number, ask: (set: OpenSet) => void, giveUp: GiveUp): void {
    for (const set of [...holder.sets]) {
      if (isOver(set, now)) this.#giveUp(set, 'parts are missing', giveUp);
      else if (now - set.touched >= (ASK_AFTER_MS[set.asked] ?? Number.POSITIVE_INFINITY)) {
        set.asked++;
        ask(set);
      }
    }
  }

  /** The connection of `holder` is gone: its sets wait for the next one of their device. */
  leave(holder: Holder): void {
    for (const set of holder.sets) set.holder = null;
    holder.sets.clear();
    holder.bytes = 0;
  }

  /** Some of the sets of `device` have lost their connection. */
  hasOrphans(device: string): boolean {
    return this.#devices.get(device)?.open.some(({ holder }) => holder === null) ?? false;
  }

  /** The connection of `holder` speaks for `device` now: it asks for what is missing. */
  adopt(device: string, holder: Holder): void {
    for (const set of this.#devices.get(device)?.open ?? []) {
      if (set.holder === null) this.#hold(set, holder);
    }
  }

  /** Gives up what no connection holds any more, once its time is over. */
  sweep(now: number, giveUp: GiveUp): void {
    for (const set of this.#byAge) {
      if (now - set.touched < IDLE_MS) break;
      if (set.holder === null) this.#giveUp(set, 'parts are missing, the line is gone', giveUp);
    }
    this.#joined.expire(now);
  }

  /** For a part of which it is known otherwise that its set was joined, though not all of its parts are here. */
  drop(part: Message): void {
    if (!(part instanceof FrameMessage) || part.header === null) return;
    const { header } = part;
    const device = this.#devices.get(header.device);
    const set = device && find(device, header, () => undefined);
    if (set !== undefined) this.#remove(set);
  }

  /**
   * Goes on at `now` where another process stopped at `ended`: what waited in vain by then is given up, the others
   * have all their time again.
   */
  restart(ended: number, now: number, giveUp: GiveUp): void {
    for (const set of [...this.#byAge]) {
      if (isOver(set, ended)) this.#giveUp(set, 'parts are missing', giveUp);
      else {
        set.opened = now;
        set.touched = now;
      }
    }
  }

  #deviceOf(id: string): DeviceSets {
    let device = this.#devices.get(id);
    if (device === undefined) {
      device = { id, open: [], bytes: 0 };
      this.#devices.set(id, device);
    }
    return device;
  }

  #open(device: DeviceSets, header: Header, giveUp: GiveUp): OpenSet {
    if (device.open.length >= MAX_SETS) {
      const [oldest] = [...device.open].sort(byTouch);
      if (oldest !== undefined) this.#giveUp(oldest, `more than ${MAX_SETS} sets open`, giveUp);
    }
    const set: OpenSet = {
      device,
      header,
      total: header.package?.total ?? 0,
      firstSerial: firstSerialOf(header),
      parts: new Map(),
      holder: null,
      bytes: 0,
      opened: 0,
      touched: 0,
      asked: 0,
    };
    device.open.push(set);
    // What was given up may have been the last of the device.
    this.#devices.set(device.id, device);
    return set;
  }

  #touch(set: OpenSet, holder: Holder, header: Header, at: number): void {
    if (set.opened === 0) set.opened = at;
    set.header = header;
    set.touched = at;
    this.#byAge.delete(set);
    this.#byAge.add(set);
    if (set.holder !== holder) this.#hold(set, holder);
  }

  #hold(set: OpenSet, holder: Holder): void {
    this.#unhold(set);
    set.holder = holder;
    holder.sets.add(set);
    holder.bytes += set.bytes;
  }

  #unhold(set: OpenSet): void {
    if (set.holder === null) return;
    set.holder.sets.delete(set);
    set.holder.bytes -= set.bytes;
    set.holder = null;
  }

  #grow(set: OpenSet, by: number): void {
    set.bytes += by;
    set.device.bytes += by;
    this.#bytes += by;
    if (set.holder !== null) set.holder.bytes += by;
  }

  #drop(giveUp: GiveUp): (set: OpenSet) => void {
    return (set) => this.#giveUp(set, 'the sender began anew', giveUp);
  }

  #giveUp(set: OpenSet, detail: string, giveUp: GiveUp): void {
    this.#remove(set);
    const held = [...set.parts.values()];
    giveUp({
      offset: held[0]?.offset ?? 0,
      bytes: held.reduce((sum, part) => sum + part.raw.length, 0),
      detail: `${held.length} of ${set.total} parts: ${detail}`,
    });
  }

  #remove(set: OpenSet): void {
    const { device } = set;
    this.#unhold(set);
    this.#byAge.delete(set);
    this.#bytes -= set.bytes;
    device.bytes -= set.bytes;
    device.open.splice(device.open.indexOf(set), 1);
    if (device.open.length === 0) this.#devices.delete(device.id);
  }

  #join(set: OpenSet, now: number): Joined {
    const parts = [...set.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
    const frames = parts.map(({ raw }) => raw);
    const remembered = this.#joined.add(set.header.id, set.device.id, frames, now);
    const raw = joined(frames);
    return { body: joinBodies(raw), raw, firstSerial: set.firstSerial, remembered };
  }
}

const byTouch = (a: OpenSet, b: OpenSet): number => a.touched - b.touched;
const partBytes = ({ raw }: Part): number => raw.length + PART_OVERHEAD_BYTES;
const isOver = (set: OpenSet, now: number): boolean =>
  now - set.touched >= IDLE_MS || now - set.opened >= MAX_AGE_MS;
const firstSerialOf = ({ serial, package: item }: Header): number =>
  (serial - (item?.index ?? 1) + 1) & 0xffff;

/** The set that a part belongs to; `drop` gets the one that it puts an end to. */
function find(
  { open }: DeviceSets,
  header: Header,
  drop: (set: OpenSet) => void,
): OpenSet | undefined {
  const { total, index } = header.package ?? { total: 0, index: 0 };
  const first = firstSerialOf(header);
  const alike = open.filter((set) => set.header.id === header.id && set.total === total);
  const exact = alike.find((set) => set.firstSerial === first);
  if (exact !== undefined) return exact;
  // Real devices let the serial jump between parts; a new part 1 however begins a new set.
  const [only] = alike;
  if (only === undefined || index !== 1) return only;
  drop(only);
  return undefined;
}

/** The parts of a set that have not come, in order, at most `max`. */
export function missing({ parts, total }: OpenSet, max: number): number[] {
  const indexes: number[] = [];
  for (let index = 1; index <= total && indexes.length < max; index++) {
    if (!parts.has(index)) indexes.push(index);
  }
  return indexes;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
