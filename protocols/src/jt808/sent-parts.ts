import type { Fields } from '../layout.ts';
import { joined } from './write.ts';

/** Messages that are kept, and their bytes; the oldest give way. */
const MAX_MESSAGES = 4;
const MAX_BYTES = 256 << 10;

interface Sent {
  readonly firstSerial: number;
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
}

/**
 * The last long messages to a terminal, which may ask for parts of them again; kept as long as its connection.
 * @see JT/T 808-2019, terminal sub-package retransmission request clause
 */
export class SentParts {
  #sent: Sent[] = [];

  /** The last message is kept however long it is. */
  keep(firstSerial: number, frames: readonly Uint8Array[]): void {
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    this.#sent.push({ firstSerial, frames, bytes });
    const held = () => this.#sent.reduce((sum, sent) => sum + sent.bytes, 0);
    while (this.#sent.length > 1 && (this.#sent.length > MAX_MESSAGES || held() > MAX_BYTES)) {
      this.#sent.shift();
    }
  }

  /**
   * The frames asked for, unchanged.
   * @param fields of the request
   * @returns undefined when none of them is here
   */
  again({ originalSerial, ids }: Fields): Uint8Array | undefined {
    const sent = this.#sent.findLast((one) => one.firstSerial === originalSerial);
    const asked = new Set(Array.isArray(ids) ? (ids as number[]) : []);
    const frames = [...asked].flatMap((index) => sent?.frames[index - 1] ?? []);
    return frames.length === 0 ? undefined : joined(frames);
  }
}
