import type { FenceProperties } from '../wire.ts';
import { lastCrossing, type Shape } from './geometry.ts';
import { MAX_GAP_MS, MIN_FIXES, profiles } from './profiles.ts';

/** A position fit to judge by. Degrees, metres, ms UTC. */
export interface Fix {
  readonly time: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly accuracyM: number;
}

/** Evidence for a change that is not certain yet. */
interface Candidate {
  since: number;
  lastTime: number;
  fixes: number;
}

/** How one device stands to one fence. Plain data, so that a snapshot is its JSON. */
export interface Stay {
  inside: boolean;
  candidate: Candidate | null;
  /** When the way led over the outline against `inside`, null while it has not. */
  crossedTime: number | null;
  /** When it last went out, null when it never did or that no longer matters. */
  exitTime: number | null;
}

/** What of a fence the judgement needs. */
export interface Judged {
  readonly shape: Shape;
  readonly profile: FenceProperties['profile'];
  readonly bufferM: number;
}

/** A way over a longer silence says nothing of when the outline was crossed, ms. @see product.md, row B1 */
const MAX_INTERPOLATED_MS = 120_000;
/** The outline may have been crossed so long before the candidate began: walking out through the buffer takes time. */
const MAX_BACKDATED_MS = 120_000;

/** How a device stands that is judged for the first time: no event, whatever it is. @see product.md section 3, item 5 */
export function firstStay(fence: Judged, distanceM: number, fix: Fix): Stay {
  const { wantInM } = profiles[fence.profile];
  return {
    inside: distanceM < wantInM(fence.bufferM, fix.accuracyM, Number.POSITIVE_INFINITY),
    candidate: null,
    crossedTime: null,
    exitTime: null,
  };
}

/** Whether a device that is outside and has no stay goes on having none. */
export const isBeyond = (fence: Judged, distanceM: number, fix: Fix): boolean =>
  distanceM >=
  profiles[fence.profile].wantInM(fence.bufferM, fix.accuracyM, Number.POSITIVE_INFINITY);

/** A device that was judged before and is nowhere near. */
export const outsideStay = (): Stay => ({
  inside: false,
  candidate: null,
  crossedTime: null,
  exitTime: null,
});

/**
 * Moves a stay on by one fix, which is newer than all before it.
 * @param distanceM signed distance of the fix to the outline; -Infinity for "surely inside"
 * @param before the fix before, null for none
 * @returns the back-dated instant of a change that is certain now, else null; `stay.inside` then tells which
 * @see product.md section 3, items 2 to 4
 */
export function judge(
  stay: Stay,
  fence: Judged,
  kind: 'vehicle' | 'badge',
  distanceM: number,
  fix: Fix,
  before: Fix | null,
): number | null {
  noteCrossing(stay, fence.shape, distanceM, fix, before);
  const profile = profiles[fence.profile];
  const { bufferM } = fence;
  const sinceExitMs = stay.exitTime === null ? Number.POSITIVE_INFINITY : fix.time - stay.exitTime;
  const wants = stay.inside
    ? distanceM > profile.wantOutM(bufferM, fix.accuracyM)
    : distanceM < profile.wantInM(bufferM, fix.accuracyM, sinceExitMs);
  if (!wants) {
    stay.candidate = null;
    return null;
  }
  const { candidate } = stay;
  if (candidate === null || fix.time - candidate.lastTime > MAX_GAP_MS) {
    stay.candidate = { since: fix.time, lastTime: fix.time, fixes: 1 };
    return null;
  }
  candidate.fixes++;
  candidate.lastTime = fix.time;
  const holdMs = stay.inside ? profile.holdOutMs[kind] : profile.holdInMs;
  if (candidate.fixes < MIN_FIXES || fix.time - candidate.since < holdMs) return null;

  const crossed = stay.crossedTime;
  const occurredTime =
    crossed !== null && candidate.since - crossed <= MAX_BACKDATED_MS ? crossed : candidate.since;
  stay.exitTime = stay.inside ? occurredTime : null;
  stay.inside = !stay.inside;
  stay.candidate = null;
  stay.crossedTime = null;
  return occurredTime;
}

/** Remembers when the outline itself was passed, which the thresholds of a profile lie beside. */
function noteCrossing(
  stay: Stay,
  shape: Shape,
  distanceM: number,
  fix: Fix,
  before: Fix | null,
): void {
  if (distanceM <= 0 === stay.inside) {
    stay.crossedTime = null;
    return;
  }
  if (stay.crossedTime !== null) return;
  stay.crossedTime = fix.time;
  if (before === null || fix.time - before.time > MAX_INTERPOLATED_MS) return;
  const share = lastCrossing(shape, before, fix);
  if (share !== null) stay.crossedTime = Math.round(before.time + share * (fix.time - before.time));
}
