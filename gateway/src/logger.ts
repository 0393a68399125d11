import pino, { type Logger } from 'pino';

export type { Logger };

/**
 * Structured lines on standard error, one event with fields each; standard output is for the ready line.
 * Coordinates, phone numbers, names, photos and passwords never stand in a line at info level.
 */
export const createLogger = (level: string): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['password', '*.password', 'req.headers.cookie', 'authCode'],
        censor: '[redacted]',
      },
    },
    pino.destination({ dest: 2, sync: false }),
  );

/** Lets through at most `perMinute` lines a key and counts what it holds back, so that a flood cannot fill a disk. */
export function rateLimited(
  perMinute: number,
  now: () => number,
): (key: string) => { log: boolean; held: number } {
  const seen = new Map<string, { since: number; count: number }>();
  return (key) => {
    const t = now();
    const entry = seen.get(key);
    if (entry === undefined || t - entry.since >= 60_000) {
      if (seen.size > 1000) seen.clear();
      seen.set(key, { since: t, count: 1 });
      return { log: true, held: entry === undefined ? 0 : Math.max(0, entry.count - perMinute) };
    }
    entry.count++;
    return { log: entry.count <= perMinute, held: 0 };
  };
}
