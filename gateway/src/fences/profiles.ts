import type { Position, PositionSource } from '@xunji/protocols';
import type { FenceProperties } from '../wire.ts';

/** A fix worse than this says nothing about a fence, m. @see product.md section 3, item 1 */
export const MAX_ACCURACY_M = 60;
/** Fixes a change of state needs. */
export const MIN_FIXES = 2;
/** After a longer silence a candidate begins anew, and nothing is interpolated over it. */
export const MAX_GAP_MS = 600_000;
/** How long `neutral` takes a return more easily after an exit. */
export const RETURN_MS = 30 * 60_000;

type Profile = FenceProperties['profile'];

interface ProfileRow {
  /** A device that is outside and nearer than this (signed distance, m) may have come in. */
  wantInM(bufferM: number, accuracyM: number, sinceExitMs: number): number;
  /** A device that is inside and farther than this may have gone out. */
  wantOutM(bufferM: number, accuracyM: number): number;
  /** The largest `wantInM` there can be: how far around a fence a position still concerns it. */
  reachM(bufferM: number): number;
  readonly holdInMs: number;
  readonly holdOutMs: Readonly<Record<'vehicle' | 'badge', number>>;
}

/** Thresholds and holds by profile. @see product.md section 3, profile table */
export const profiles: Readonly<Record<Profile, ProfileRow>> = {
  lenient: {
    wantInM: (bufferM, accuracyM) => bufferM / 2 + accuracyM / 2,
    wantOutM: (bufferM, accuracyM) => bufferM + accuracyM,
    reachM: (bufferM) => bufferM / 2 + MAX_ACCURACY_M / 2,
    holdInMs: 30_000,
    holdOutMs: { vehicle: 30_000, badge: 60_000 },
  },
  neutral: {
    wantInM: (bufferM, _accuracyM, sinceExitMs) => (sinceExitMs <= RETURN_MS ? bufferM / 2 : 0),
    wantOutM: (bufferM, accuracyM) => bufferM + accuracyM,
    reachM: (bufferM) => bufferM / 2,
    holdInMs: 30_000,
    holdOutMs: { vehicle: 30_000, badge: 60_000 },
  },
};

/** Where the device states nothing, m, by source. GNSS goes by satellites. @see product.md section 0 */
const sourceAccuracyM: Partial<Record<PositionSource, number>> = { wifi: 50, cell: 500 };

/** Accuracy of a fix in metres: as reported, else estimated. @see product.md section 0 */
export function accuracyM(position: Position): number {
  if (position.accuracyM !== null && position.accuracyM > 0) return position.accuracyM;
  const bySource = sourceAccuracyM[position.source];
  if (bySource !== undefined) return bySource;
  const satellites = position.satellites ?? 0;
  if (satellites >= 8) return 5;
  if (satellites >= 6) return 8;
  if (satellites === 5) return 12;
  return satellites === 4 ? 20 : 25;
}
