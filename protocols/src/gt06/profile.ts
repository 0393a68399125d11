import type { DeviceMemory } from '../protocol.ts';
import { DeviceClock } from './clock.ts';

/** What one device has shown of itself. @see gt06.md section 15 */
export interface Profile {
  readonly clock: DeviceClock;
  /** It has set bit 14 or 15 of the course word, so bit 15 is its ACC. @see gt06.md section 6.1 */
  usesSpareCourseBits: boolean;
  /** What its heartbeat stated last: a state that is repeated for hours is news only once. @see gt06.md section 7 */
  heartbeatAlarms: string;
}

/** Of a device that has said nothing yet. */
export const freshProfile = (anyTime: boolean): Profile => ({
  clock: new DeviceClock(anyTime),
  usesSpareCourseBits: false,
  heartbeatAlarms: '',
});

const KEY = 'gt06 ';

/** The profile of a device as an earlier connection left it, or a fresh one that the next will find. */
export function profileOf(
  device: string,
  memory: DeviceMemory | undefined,
  anyTime: boolean,
): Profile {
  const known = memory?.get(KEY + device);
  if (known !== undefined) return known as Profile;
  const profile = freshProfile(anyTime);
  memory?.set(KEY + device, profile);
  return profile;
}
