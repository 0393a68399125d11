import { rowFlag } from '@xunji/gateway/wire';

/** How a device stands, in the order its sprites are drawn: later ones lie on top. */
export const deviceStates = [
  'offHours',
  'offline',
  'noFix',
  'parked',
  'stale',
  'idling',
  'moving',
  'suspect',
] as const;
export type DeviceState = (typeof deviceStates)[number];

/** States a list can be filtered by, in the order of the chips. */
export const chipStates = [
  'moving',
  'idling',
  'parked',
  'noFix',
  'stale',
  'offline',
  'suspect',
] as const satisfies readonly DeviceState[];

/** Ageing of states in ms, from the server's `hello`. */
export interface Thresholds {
  readonly staleMs: number;
  readonly offlineMs: number;
}

/** Used until the server has said its own: the defaults of the specification. */
export const defaultThresholds: Thresholds = { staleMs: 60_000, offlineMs: 600_000 };

/** A vehicle with ignition on is idling after standing this long. */
export const IDLE_MS = 120_000;

/**
 * The state of a device by its row and the clock alone, so that a dead line turns everything stale.
 * @param flags the row's flags, see `rowFlag`
 * @param ageMs corrected clock minus fix time
 * @param stillMs for how long this page has seen it stand
 */
export const stateOf = (
  flags: number,
  ageMs: number,
  stillMs: number,
  limits: Thresholds,
): DeviceState => {
  if ((flags & rowFlag.private) !== 0) return 'offHours';
  if ((flags & rowFlag.online) === 0 || ageMs > limits.offlineMs) return 'offline';
  if ((flags & rowFlag.suspect) !== 0) return 'suspect';
  if (ageMs > limits.staleMs) return 'stale';
  if ((flags & rowFlag.valid) === 0) return 'noFix';
  if ((flags & rowFlag.moving) !== 0) return 'moving';
  return (flags & rowFlag.ignition) !== 0 && stillMs > IDLE_MS ? 'idling' : 'parked';
};

/** The alarm level in a row's flags: 0 none, 1 low, 2 medium, 3 high, 4 critical. */
export const levelOf = (flags: number): number => (flags & rowFlag.alarmMask) >> rowFlag.alarmShift;
