import { eachContent } from './frame.ts';
import { type Header, readHeader } from './header.ts';
import { withoutPackageHeads } from './media.ts';
import { joined } from './write.ts';

/*
 * What parts come to: the body they make, and the memory that they made it, because a terminal that missed an answer
 * sends a part again.
 */

const MEDIA_DATA = 0x0801;
/** A part that comes again so long after its set was joined is known. */
const REMEMBER_MS = 600_000;
/** For a device, and in all. */
const MAX_REMEMBERED = 16;
const MAX_BYTES = 4 << 20;
const OVERHEAD_BYTES = 400;

/** A message all of whose parts have come, as long as one of them may come again. */
export interface Remembered {
  readonly id: number;
  readonly device: string;
  readonly joined: number;
  /** Of each frame, in the order of the parts: serials alone begin again with every start of a device. */
  readonly sums: Uint32Array;
  /** What the whole was answered with beyond the answers to its parts. @see `Speaker` */
  mediaId: number | null;
}

/** The messages that were joined lately; bounded in number a device, bytes and age. */
export class JoinedMemory {
  readonly #byDevice = new Map<string, Remembered[]>();
  /** In the order in which they were joined. */
  readonly #all = new Set<Remembered>();
  #bytes = 0;

  /** @param frames in the order of the parts */
  add(id: number, device: string, frames: readonly Uint8Array[], now: number): Remembered {
    const sums = Uint32Array.from(frames, sumOf);
    const what: Remembered = { id, device, joined: now, sums, mediaId: null };
    const own = this.#byDevice.get(device) ?? [];
    this.#byDevice.set(device, own);
    own.push(what);
    this.#all.add(what);
    this.#bytes += bytesOf(what);
    const [oldest] = own;
    if (oldest !== undefined && own.length > MAX_REMEMBERED) this.#forget(oldest);
    return what;
  }

  /** The message that this very frame was a part of. */
  find(header: Header, raw: Uint8Array): Remembered | null {
    const { total, index } = header.package ?? { total: 0, index: 0 };
    const alike = (this.#byDevice.get(header.device) ?? []).filter(
      ({ id, sums }) => id === header.id && sums.length === total,
    );
    if (alike.length === 0) return null;
    const sum = sumOf(raw);
    return alike.findLast(({ sums }) => sums[index - 1] === sum) ?? null;
  }

  expire(now: number): void {
    for (const what of this.#all) {
      const isOld = now - what.joined > REMEMBER_MS;
      if (!isOld && this.#bytes <= MAX_BYTES) break;
      this.#forget(what);
    }
  }

  #forget(what: Remembered): void {
    const own = this.#byDevice.get(what.device);
    if (own === undefined || !this.#all.delete(what)) return;
    this.#bytes -= bytesOf(what);
    own.splice(own.indexOf(what), 1);
    if (own.length === 0) this.#byDevice.delete(what.device);
  }
}

const bytesOf = ({ sums }: Remembered): number => sums.byteLength + OVERHEAD_BYTES;

/** The bodies of the frames in `raw`, one behind the other; of heads that stand in each only the first. */
export function joinBodies(raw: Uint8Array): Uint8Array {
  const bodies: Uint8Array[] = [];
  let id = 0;
  eachContent(raw, (content) => {
    const header = readHeader(content);
    if (header === null) return;
    id = header.id;
    bodies.push(content.slice(header.bodyAt));
  });
  return joined(id === MEDIA_DATA ? withoutPackageHeads(bodies) : bodies);
}

/** FNV-1a over the frame: for telling a repetition, not against forgery. */
function sumOf(raw: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < raw.length; i++) sum = Math.imul(sum ^ (raw[i] ?? 0), 0x01000193);
  return sum >>> 0;
}
