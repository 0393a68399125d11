const FREE = -1;
const MAX_SLOTS = 1 << 16;

/** What an answer was for. Changed by the next `take`. */
export interface Asked {
  /** Ms, monotonic: when it was sent, or in an open loop when it was to be sent. */
  sentAt: number;
  /** Its reports: this one and those after it. */
  from: number;
  count: number;
  /** Buffered reports, which are measured apart. */
  isBacklog: boolean;
}

/** What one terminal has sent and not been answered yet, by the key of the answer. */
export class Pending {
  #keys = new Int32Array(0);
  #sentAt = new Float64Array(0);
  #from = new Int32Array(0);
  /** Negative for a backlog. */
  #counts = new Int16Array(0);
  #reports = 0;
  readonly #asked: Asked = { sentAt: 0, from: 0, count: 0, isBacklog: false };

  /** Reports that wait for an answer. */
  get reports(): number {
    return this.#reports;
  }

  /** @param key below 65,536; while one waits, no other has it */
  add(key: number, sentAt: number, from: number, count: number, isBacklog = false): void {
    while (this.#keys[this.#at(key)] !== FREE) this.#grow();
    const at = this.#at(key);
    this.#keys[at] = key;
    this.#sentAt[at] = sentAt;
    this.#from[at] = from;
    this.#counts[at] = isBacklog ? -count : count;
    this.#reports += count;
  }

  /** What the answer with this key is for, null when nothing waits for it. */
  take(key: number): Asked | null {
    const at = this.#at(key);
    if (this.#keys[at] !== key) return null;
    this.#keys[at] = FREE;
    const asked = this.#asked;
    const count = this.#counts[at] as number;
    asked.sentAt = this.#sentAt[at] as number;
    asked.from = this.#from[at] as number;
    asked.count = Math.abs(count);
    asked.isBacklog = count < 0;
    this.#reports -= asked.count;
    return asked;
  }

  /** Nothing that was asked on a line before will be answered on the next. @returns the reports given up */
  clear(): number {
    const lost = this.#reports;
    this.#keys.fill(FREE);
    this.#reports = 0;
    return lost;
  }

  #at(key: number): number {
    return key & (this.#keys.length - 1);
  }

  #grow(): void {
    const [keys, sentAt, from, counts] = [this.#keys, this.#sentAt, this.#from, this.#counts];
    if (keys.length >= MAX_SLOTS)
      throw new RangeError('no more than 65,536 answers can be awaited');
    const size = Math.max(4, keys.length * 2);
    this.#keys = new Int32Array(size).fill(FREE);
    this.#sentAt = new Float64Array(size);
    this.#from = new Int32Array(size);
    this.#counts = new Int16Array(size);
    this.#reports = 0;
    for (let i = 0; i < keys.length; i++) {
      const [key, count] = [keys[i] as number, counts[i] as number];
      if (key === FREE) continue;
      this.add(key, sentAt[i] as number, from[i] as number, Math.abs(count), count < 0);
    }
  }
}
