import { type Random, seeded } from '../random.ts';

/** What a line may suffer. Times in ms from its beginning, sizes in bytes of one direction. */
export interface LineFaults {
  /** Of every piece, each way. */
  readonly delayMs: number;
  /** Null for as fast as it goes. */
  readonly bytesPerSecond: number | null;
  /** Pieces are cut anew into such of 1 to so many bytes; null leaves them as they are. */
  readonly splitBytes: number | null;
  readonly end: LineEnd | null;
}

export interface LineEnd {
  /**
   * `reset`: both sides are told at once. `halfClose`: what comes from the device goes on, the answers end with a FIN.
   * `blackhole`: nothing passes any more in either direction and nobody is told, until the proxy gives up after
   * `blackholeMs` and resets.
   */
  readonly kind: 'reset' | 'halfClose' | 'blackhole';
  /** After so many bytes of the device: anywhere in a frame. */
  readonly afterBytes: number;
}

/** How likely each fault is for a line, and how bad it may be. */
export interface FaultPlan {
  readonly delay: number;
  readonly maxDelayMs: number;
  readonly throttle: number;
  readonly minBytesPerSecond: number;
  readonly split: number;
  readonly reset: number;
  readonly halfClose: number;
  readonly blackhole: number;
  readonly blackholeMs: number;
  /** The end of a line comes within so many bytes. */
  readonly maxBytes: number;
}

/** Every fault often enough to be met in a minute. */
export const everyFault: FaultPlan = {
  ...{ delay: 0.3, maxDelayMs: 60, throttle: 0.2, minBytesPerSecond: 4000, split: 0.5 },
  ...{ reset: 0.25, halfClose: 0.1, blackhole: 0.1, blackholeMs: 1500, maxBytes: 20_000 },
};

/** Nothing happens. */
export const noFault: FaultPlan = {
  ...{ delay: 0, maxDelayMs: 0, throttle: 0, minBytesPerSecond: 1, split: 0 },
  ...{ reset: 0, halfClose: 0, blackhole: 0, blackholeMs: 0, maxBytes: 1 },
};

/**
 * What the n-th line of a proxy suffers: the seed decides, not who comes first or how fast, so that the same seed
 * gives the n-th line the same faults.
 */
export function faultsOf(seed: string | number, n: number, plan: FaultPlan): LineFaults {
  const random = seeded(seed).fork(`line/${n}`);
  const has = (probability: number): boolean => random.chance(probability);
  return {
    delayMs: has(plan.delay) ? random.int(1, Math.max(1, plan.maxDelayMs)) : 0,
    bytesPerSecond: has(plan.throttle) ? plan.minBytesPerSecond * random.int(1, 8) : null,
    splitBytes: has(plan.split) ? random.int(1, 40) : null,
    end: endOf(random, plan),
  };
}

function endOf(random: Random, plan: FaultPlan): LineEnd | null {
  const draw = random.next();
  const afterBytes = random.int(1, plan.maxBytes);
  if (draw < plan.reset) return { kind: 'reset', afterBytes };
  if (draw < plan.reset + plan.halfClose) return { kind: 'halfClose', afterBytes };
  if (draw < plan.reset + plan.halfClose + plan.blackhole) return { kind: 'blackhole', afterBytes };
  return null;
}

/** Sizes of the pieces that `length` bytes are cut into, each 1 to `max`. */
export function pieces(random: Random, length: number, max: number | null): number[] {
  if (max === null) return length > 0 ? [length] : [];
  const sizes: number[] = [];
  for (let left = length; left > 0; ) {
    const size = Math.min(left, random.int(1, max));
    sizes.push(size);
    left -= size;
  }
  return sizes;
}
