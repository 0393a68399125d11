/** Upper bounds of the buckets grow by this factor: what is read from them is at most 1 % too high. */
const GROWTH = 1.01;
const FIRST_MS = 0.01;
const BUCKETS = 1700;
const perBucket = 1 / Math.log(GROWTH);

/** Latencies from 10 us to some hours in constant memory; a million of them cost no sorting. */
export class Latencies {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;
  #max = 0;

  add(ms: number, times = 1): void {
    const bucket = ms <= FIRST_MS ? 0 : Math.ceil(Math.log(ms / FIRST_MS) * perBucket);
    const at = Math.min(bucket, BUCKETS - 1);
    this.#buckets[at] = (this.#buckets[at] ?? 0) + times;
    this.#count += times;
    if (ms > this.#max) this.#max = ms;
  }

  get count(): number {
    return this.#count;
  }

  /** Ms, two decimals; 0 when there are none. */
  get maxMs(): number {
    return rounded(this.#max);
  }

  /** The latency that the share `p` of all does not exceed, ms; 0 when there are none. */
  quantile(p: number): number {
    let left = Math.ceil(this.#count * p);
    if (left === 0) return 0;
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#buckets[i] ?? 0;
      if (left <= 0) return rounded(Math.min(this.#max, FIRST_MS * GROWTH ** i));
    }
    return this.maxMs;
  }
}

const rounded = (ms: number): number => Number(ms.toFixed(2));
