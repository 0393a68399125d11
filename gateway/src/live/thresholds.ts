import type { Hello } from '../wire.ts';

/**
 * Ageing of states by kind: T1, T2 and what counts as moving.
 * Both kinds report every 30 s at most.
 */
export const thresholds: Hello['thresholds'] = {
  vehicle: { staleMs: 60_000, offlineMs: 600_000, movingKmh: 5 },
  badge: { staleMs: 60_000, offlineMs: 600_000, movingKmh: 2 },
};

/** Per cent at which a battery counts as low. */
export const LOW_BATTERY_PERCENT = 20;
