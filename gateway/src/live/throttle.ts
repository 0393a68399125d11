/** Calls a socket may make at once, and how many come back each second. @see ux.md section 8, rule 5 */
export const CALLS_PER_SECOND = 20;
/** Refused calls in a row after which the socket is closed. */
const MAX_REFUSED = 200;

/** Counts the calls of one socket. Pure; the clock is handed in. */
export class CallThrottle {
  #tokens = CALLS_PER_SECOND;
  #countedAt: number;
  #refused = 0;

  /** @param now ms, monotonic */
  constructor(now: number) {
    this.#countedAt = now;
  }

  /** `close`: it does not stop although it is refused. */
  take(now: number): 'go' | 'refuse' | 'close' {
    const earned = ((now - this.#countedAt) / 1000) * CALLS_PER_SECOND;
    this.#tokens = Math.min(CALLS_PER_SECOND, this.#tokens + earned);
    this.#countedAt = now;
    if (this.#tokens < 1) return ++this.#refused > MAX_REFUSED ? 'close' : 'refuse';
    this.#tokens--;
    this.#refused = 0;
    return 'go';
  }
}
