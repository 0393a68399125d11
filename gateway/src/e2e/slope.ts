/** A series of samples of one figure. */
export interface Sample {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly value: number;
}

/**
 * How much a figure grows a second: the median of the slopes between all pairs of samples (Theil and Sen), so that a few
 * samples of a bad moment do not decide. 0 for fewer than two.
 */
export function slopeOf(samples: readonly Sample[]): number {
  const slopes: number[] = [];
  samples.forEach((from, i) => {
    for (const to of samples.slice(i + 1)) {
      if (to.at > from.at) slopes.push((to.value - from.value) / (to.at - from.at));
    }
  });
  return median(slopes);
}

/** 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}
