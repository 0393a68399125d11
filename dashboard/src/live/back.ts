/** What a person must know after one or several breaks of the line. */
export interface Back {
  /** All breaks together, ms. */
  readonly awayMs: number;
  /** Alarms that came meanwhile. */
  readonly alarms: number;
}

/** The message after one more break; alarms nobody has read about yet stay counted. */
export const backAfter = (unread: Back | null, awayMs: number, alarms: number): Back =>
  unread === null || unread.alarms === 0
    ? { awayMs, alarms }
    : { awayMs: unread.awayMs + awayMs, alarms: unread.alarms + alarms };
