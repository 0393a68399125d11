/** A span of instants, ms UTC, both ends inclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The few spans that cover all instants, cut at the widest gaps: a batch that holds live fixes and somebody's upload
 * of last week must not look through the whole week. Sorts, so n log n.
 * @param maxRanges at least 1
 */
export function timeRanges(times: readonly number[], maxRanges: number): TimeRange[] {
  const sorted = Float64Array.from(times).sort();
  const gaps: { at: number; width: number }[] = [];
  for (let i = 1; i < sorted.length; i++) {
    const width = (sorted[i] as number) - (sorted[i - 1] as number);
    if (width > MIN_GAP_MS) gaps.push({ at: i, width });
  }
  gaps.sort((a, b) => b.width - a.width);
  const cuts = gaps
    .slice(0, maxRanges - 1)
    .map((gap) => gap.at)
    .sort((a, b) => a - b);
  const ranges: TimeRange[] = [];
  let start = 0;
  for (const end of [...cuts, sorted.length]) {
    if (end > start) {
      ranges.push({ from: sorted[start] as number, to: sorted[end - 1] as number });
    }
    start = end;
  }
  return ranges;
}

/** A smaller gap is not worth a range of its own. */
const MIN_GAP_MS = 600_000;
