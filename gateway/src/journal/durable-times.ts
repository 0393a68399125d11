/** At some hundred groups a second this holds the last ten seconds; who looks later has other delays to explain. */
const GROUPS = 4096;

/** When the last groups of records became durable. A ring of fixed size: a lookup costs a dozen comparisons. */
export class DurableTimes {
  readonly #lastSeqs = new Float64Array(GROUPS);
  readonly #times = new Float64Array(GROUPS);
  #count = 0;

  /** The next group: `records` of them, the last with `lastSeq`. @param time ms UTC */
  add(lastSeq: number, records: number, time: number): void {
    // Where the first group began is known too.
    if (this.#count === 0) this.#put(lastSeq - records, time);
    this.#put(lastSeq, time);
  }

  #put(lastSeq: number, time: number): void {
    const at = this.#count++ % GROUPS;
    this.#lastSeqs[at] = lastSeq;
    this.#times[at] = time;
  }

  /** Ms UTC at which the record was synced; null for one before the oldest group kept, or after the last. */
  of(seq: number): number | null {
    // Of the oldest group nobody knows where it begins.
    let low = Math.max(1, this.#count - GROUPS + 1);
    let high = this.#count;
    if (low >= high || seq <= (this.#lastSeqs[(low - 1) % GROUPS] ?? 0)) return null;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lastSeqs[middle % GROUPS] ?? 0) >= seq) high = middle;
      else low = middle + 1;
    }
    return low === this.#count ? null : (this.#times[low % GROUPS] ?? null);
  }
}
