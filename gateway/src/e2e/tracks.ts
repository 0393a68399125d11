import type { GatewayProcess } from './harness.ts';
import { numberOf, type Terminal } from './terminals.ts';

/** What a track holds of a terminal's fixes; each list should be empty but `stored`. */
export interface Audit {
  stored: number;
  acknowledged: number;
  /** Acknowledged and not stored, as "id #number". */
  readonly lost: string[];
  readonly doubled: string[];
  /** Stored and never made. */
  readonly invented: string[];
}

const HOUR_MS = 3_600_000;
const PAGE = 5000;

/** Reads the tracks of `fleet` and compares them with what each terminal knows. Call when stores have caught up. */
export async function audit(
  gateway: GatewayProcess,
  fleet: readonly Terminal[],
  since: number,
): Promise<Audit> {
  const sum: Audit = { stored: 0, acknowledged: 0, lost: [], doubled: [], invented: [] };
  for (const terminal of fleet) {
    const times = await storedTimes(gateway, terminal.id, since);
    sum.stored += times.size;
    sum.acknowledged += terminal.acknowledged.size;
    for (const n of terminal.acknowledged) {
      if (!times.has(n)) sum.lost.push(`${terminal.id} #${n}`);
    }
    for (const [n, count] of times) {
      if (count > 1) sum.doubled.push(`${terminal.id} #${n}`);
      if (n < 0 || n >= terminal.made) sum.invented.push(`${terminal.id} #${n}`);
    }
  }
  return sum;
}

/** How often each fix of a device is in its track, by number. */
async function storedTimes(
  gateway: GatewayProcess,
  id: string,
  since: number,
): Promise<Map<number, number>> {
  const times = new Map<number, number>();
  const from = new Date(since - HOUR_MS).toISOString();
  const to = new Date(Date.now() + HOUR_MS).toISOString();
  let cursor = '';
  do {
    const { body } = await gateway.api(
      'GET',
      `devices/${id}/track?from=${from}&to=${to}&limit=${PAGE}${cursor}`,
    );
    for (const place of body.items) {
      const n = numberOf(place);
      times.set(n, (times.get(n) ?? 0) + 1);
    }
    cursor = body.next === null ? '' : `&cursor=${encodeURIComponent(body.next)}`;
  } while (cursor !== '');
  return times;
}
