/** One platform general answer (0x8001) as it came. */
export interface GeneralAnswer {
  readonly serial: number;
  readonly id: number;
  readonly result: number;
}

/**
 * Finds the platform's general answers in what a socket gives, checksums verified, without the codec.
 * Anything else that frames soundly is passed over; anything that does not counts as `broken`.
 */
export class AnswerReader {
  readonly #frame = new Uint8Array(64);
  #length = -1;
  #escaped = false;
  broken = 0;

  read(chunk: Uint8Array, answer: (a: GeneralAnswer) => void): void {
    for (const byte of chunk) {
      if (byte === 0x7e) {
        if (this.#length > 0) this.#finish(answer);
        this.#length = 0;
        this.#escaped = false;
      } else if (this.#length >= 0) {
        if (byte === 0x7d) {
          this.#escaped = true;
          continue;
        }
        if (this.#length < this.#frame.length) {
          this.#frame[this.#length] = this.#escaped ? 0x7c + byte : byte;
        }
        this.#length++;
        this.#escaped = false;
      }
    }
  }

  #finish(answer: (a: GeneralAnswer) => void): void {
    const f = this.#frame;
    let xor = 0;
    for (let i = 0; i < this.#length && i < f.length; i++) xor ^= f[i] ?? 0;
    if (this.#length > f.length || xor !== 0) {
      this.broken++;
      return;
    }
    if (this.#length !== 18 || f[0] !== 0x80 || f[1] !== 0x01) return;
    const word = (at: number) => ((f[at] ?? 0) << 8) | (f[at + 1] ?? 0);
    answer({ serial: word(12), id: word(14), result: f[16] ?? 255 });
  }
}
