import { StoreError } from './store.ts';

/** What InfluxDB has against points of a request; the others of the request may be kept. */
export interface Refusal {
  readonly reason: string;
  /** How many of the request it says it dropped; null where it does not say. */
  readonly dropped: number | null;
}

const BAD_REQUEST = 400;
const TOO_LARGE = 413;

/** What InfluxDB says of single points. Any other 400 (a proxy's, a wrong retention policy) is about the request. */
const ofPoints = /partial write|unable to parse|field type conflict|beyond retention/i;
const ofLimits = /limit exceeded/i;

/**
 * Tells points that can never be kept (field type conflict, unreadable, too large, older than the retention) from
 * everything else.
 * @returns null when trying again later may help, limits an operator can raise included
 */
export function refusalOf(error: unknown): Refusal | null {
  const status = statusOf(error);
  const reason = reasonOf(error);
  const isOfPoints = status === BAD_REQUEST && ofPoints.test(reason) && !ofLimits.test(reason);
  if (!isOfPoints && status !== TOO_LARGE) return null;
  const dropped = /dropped=(\d+)/.exec(reason)?.[1];
  return { reason, dropped: dropped === undefined ? null : Number(dropped) };
}

/** The typed error for what the library threw. */
export function faultOf(error: unknown, url: string): StoreError {
  if (error instanceof StoreError) return error;
  const status = statusOf(error);
  return status === null
    ? new StoreError('storeUnavailable', `${url}: ${reasonOf(error)}`, error)
    : new StoreError('storeRefused', `${url}: ${status} ${reasonOf(error)}`, error);
}

function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('res' in error)) return null;
  return (error.res as { statusCode?: number } | null)?.statusCode ?? null;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /"error"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(message)?.[1]?.replaceAll('\\"', '"') ?? message;
}
