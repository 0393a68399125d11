/*
 * Whether a device sends UTC or the local time of its zone is nowhere said, so it is learned from live fixes.
 */

const NEAR_MS = 600_000;
const QUARTER_MS = 900_000;
const OFFSET_MAX_MS = 14 * 3_600_000;
const FRAMES_TO_LEARN = 5;
/** A backlog sent in one go shows a constant offset too, but its times run ahead of ours; a live device keeps step. */
const STEP_MS = 10_000;
const FUTURE_MAX_MS = 300_000;
const OLD_MAX_MS = 30 * 86_400_000;

/** The clock of one device. @see gt06.md section 6.2 */
export class DeviceClock {
  readonly #anyTime: boolean;
  /** How far its times are ahead of UTC; null until it is known. */
  #offsetMs: number | null = null;
  #candidateMs = 0;
  #agreeing = 0;
  #firstDifferenceMs = 0;

  /** @param anyTime believes every time as UTC, for looking at recorded frames */
  constructor(anyTime: boolean) {
    this.#anyTime = anyTime;
  }

  /**
   * @param deviceTime its date and time read as if they were UTC, ms
   * @param live sent when measured: what its difference from ours may be learned from needs a fix besides
   * @returns ms UTC, or null when the receive time must stand in: not learned yet, from the future, over 30 days old
   */
  fixTime(
    deviceTime: number,
    receivedTime: number,
    { live, fixed }: { readonly live: boolean; readonly fixed: boolean },
  ): number | null {
    const time = this.fix(deviceTime, receivedTime, live, fixed);
    return Number.isNaN(time) ? null : time;
  }

  /** The same for the hot path: NaN where the receive time must stand in. */
  fix(deviceTime: number, receivedTime: number, live: boolean, fixed: boolean): number {
    if (this.#anyTime) return deviceTime;
    if (live && fixed) this.#learn(deviceTime - receivedTime);
    // What was stored for later is labelled UTC by the vendor; taking the receive time would fold a track into a point.
    if (this.#offsetMs === null && live) return Number.NaN;
    const time = deviceTime - (this.#offsetMs ?? 0);
    return isBelievable(time, receivedTime) ? time : Number.NaN;
  }

  /** @param time ms UTC; @returns null when it is from the future or over 30 days old */
  utc(time: number, receivedTime: number): number | null {
    return this.#anyTime || isBelievable(time, receivedTime) ? time : null;
  }

  #learn(differenceMs: number): void {
    if (Math.abs(differenceMs) <= NEAR_MS) {
      this.#offsetMs = 0;
      this.#agreeing = 0;
      return;
    }
    const candidate = Math.round(differenceMs / QUARTER_MS) * QUARTER_MS;
    if (Math.abs(candidate) > OFFSET_MAX_MS) {
      this.#agreeing = 0;
      return;
    }
    const agrees =
      this.#agreeing > 0 &&
      candidate === this.#candidateMs &&
      Math.abs(differenceMs - this.#firstDifferenceMs) <= STEP_MS;
    if (!agrees) {
      this.#candidateMs = candidate;
      this.#firstDifferenceMs = differenceMs;
    }
    this.#agreeing = agrees ? this.#agreeing + 1 : 1;
    if (this.#agreeing >= FRAMES_TO_LEARN) this.#offsetMs = candidate;
  }
}

function isBelievable(time: number, receivedTime: number): boolean {
  const ahead = time - receivedTime;
  return ahead <= FUTURE_MAX_MS && ahead >= -OLD_MAX_MS;
}
