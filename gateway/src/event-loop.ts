import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Its timer's interval, which the histogram counts as part of every delay. */
const RESOLUTION_MS = 10;

/** How late the main thread's event loop comes to its work; a busy or blocked loop shows here before devices feel it. */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** What 99 of 100 turns since the last call were at most late by, in seconds; 0 when there was none. */
  takeP99Seconds(): number {
    const p99Ms = this.#histogram.percentile(99) / 1e6;
    this.#histogram.reset();
    return Math.max(0, p99Ms - RESOLUTION_MS) / 1000;
  }

  close(): void {
    this.#histogram.disable();
  }
}
