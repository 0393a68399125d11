import { Jt808Speaker } from './jt808-speaker.ts';
import type { Heard } from './speaker.ts';

const DELIMITER = 0x7e;

/**
 * Sends what a JT/T 808 terminal sends and takes the same bytes back for the answer, in order: it counts delimiters
 * and reads nothing else, so that the echo server it measures pays for nothing but the echo.
 */
export class EchoSpeaker extends Jt808Speaker {
  #delimiters = 0;
  #nextKey = 0;

  /** @param phone 12 digits */
  constructor(phone: string) {
    super(phone, false);
  }

  override greet(): null {
    this.#delimiters = 0;
    this.#nextKey = this.nextSerial;
    return null;
  }

  override read(chunk: Uint8Array, heard: Heard): void {
    for (let at = chunk.indexOf(DELIMITER); at >= 0; at = chunk.indexOf(DELIMITER, at + 1)) {
      if (this.#delimiters++ % 2 === 0) continue;
      heard.answered(this.#nextKey, true);
      this.#nextKey = (this.#nextKey + 1) & 0xffff;
    }
  }
}
