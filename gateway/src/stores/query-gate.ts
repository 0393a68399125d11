/**
 * Lets at most `slots` works run at a time, the others wait in order. Native engines share the four threads of the
 * libuv pool with DNS, files and password checks.
 */
export class QueryGate {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  #running = new Set<Promise<unknown>>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Runs `work` when a slot is free; its result or fault is handed through. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const promise = this.#run(work);
    this.#running.add(promise);
    const forget = () => void this.#running.delete(promise);
    promise.then(forget, forget);
    return promise;
  }

  /** Resolves once nothing runs or waits any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
