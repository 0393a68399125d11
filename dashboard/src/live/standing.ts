import { rowFlag } from '@xunji/gateway/wire';
import type { Fleet } from './fleet.ts';

/** Whether the device moved when it was last heard: decides the outline of a delayed one. */
export const wasMoving = (fleet: Fleet, slot: number): boolean =>
  ((fleet.at.flags[slot] ?? 0) & rowFlag.moving) !== 0;
