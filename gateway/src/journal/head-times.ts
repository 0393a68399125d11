const SAMPLES = 512;

/**
 * When the journal ended where: samples of its head over time, of which a reader's delay follows. Old samples thin
 * out, so that days fit: the error stays under some hundredths of the delay.
 */
export class HeadTimes {
  #samples: { readonly seq: number; readonly time: number }[] = [];

  /** @param time monotonic, ms */
  note(seq: number, time: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && seq <= last.seq) return;
    this.#samples.push({ seq, time });
    if (this.#samples.length > SAMPLES) this.#thin();
  }

  /**
   * How long the oldest record that a reader has not applied was there at least, ms; 0 when it is at the head. A
   * backlog from an earlier life counts from the first sample.
   */
  behindMs(applied: number, now: number): number {
    let low = 0;
    let high = this.#samples.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#samples[middle]?.seq ?? 0) > applied) high = middle;
      else low = middle + 1;
    }
    const first = this.#samples[low];
    return first === undefined ? 0 : Math.max(0, now - first.time);
  }

  /** Drops the sample that is missed least: whose neighbours are close together for its age. */
  #thin(): void {
    const now = this.#samples.at(-1)?.time ?? 0;
    let least = Number.POSITIVE_INFINITY;
    let at = 1;
    for (let i = 1; i < this.#samples.length - 1; i++) {
      const gap = (this.#samples[i + 1]?.time ?? 0) - (this.#samples[i - 1]?.time ?? 0);
      const missed = gap / (now - (this.#samples[i]?.time ?? 0));
      if (missed >= least) continue;
      least = missed;
      at = i;
    }
    this.#samples.splice(at, 1);
  }
}
