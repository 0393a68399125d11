/** What one run of the load came to; one JSON line of standard output. */
export interface LoadResult {
  readonly protocol: string;
  readonly mode: string;
  readonly sockets: number;
  /** Null in an open loop. */
  readonly window: number | null;
  /** Wanted reports a second; null in a closed loop. */
  readonly rate: number | null;
  readonly seconds: number;
  /** Live reports in the measured time. */
  readonly acknowledged: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Until every terminal had its first answer; null when not all had one. */
  readonly servedMs: number | null;
  /** Terminals that were served in a second, over that time. */
  readonly servedPerSecond: number | null;
  /** Acknowledged in all: warm-up and backlog too. */
  readonly total: number;
  readonly refused: number;
  /** Answers that could not be read, or that answered nothing. */
  readonly broken: number;
  /** Reports that were on their way when a line was lost: never answered, so nothing was promised. */
  readonly cutOff: number;
  /** Reports on lines that live which still had no answer when the run ended and had been waited for. */
  readonly unanswered: number;
  /** Lines that the far end or the network ended. */
  readonly linesLost: number;
  /** Fixes that had to repeat a second, because the device's clock would have run out of the live window. */
  readonly repeatedSeconds: number;
  readonly backlog: {
    readonly acknowledged: number;
    readonly perSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    /** From the first upload until the last was acknowledged; null when that did not come. */
    readonly settledMs: number | null;
  } | null;
  /** The load's own processor time. */
  readonly cpuSeconds: number;
  readonly ended: string;
}

/** The same for a person. */
export function textOf(r: LoadResult): string {
  const loop = r.rate === null ? `window ${r.window}` : `${r.rate}/s`;
  const rows: [string, string][] = [
    [`${r.protocol} ${r.mode}`, `${r.sockets} sockets, ${loop}, ${r.seconds} s: ${r.ended}`],
    ['positions/s', `${r.perSecond} acknowledged`],
    ['latency', `p50 ${r.p50Ms} ms, p99 ${r.p99Ms} ms, max ${r.maxMs} ms`],
    ['lost answers', `${r.unanswered}; ${r.refused} refused, ${r.broken} broken`],
    ['lines lost', `${r.linesLost}, ${r.cutOff} reports cut off with them`],
    [
      'all served',
      r.servedMs === null ? 'no' : `after ${r.servedMs} ms, ${r.servedPerSecond} terminals/s`,
    ],
  ];
  if (r.backlog !== null) {
    const { acknowledged, perSecond, p99Ms, settledMs } = r.backlog;
    const settled = settledMs === null ? 'not settled' : `settled after ${settledMs} ms`;
    rows.push(['backlog', `${acknowledged} fixes, ${perSecond}/s, p99 ${p99Ms} ms, ${settled}`]);
  }
  rows.push(['load CPU', `${r.cpuSeconds} s`]);
  return rows.map(([name, value]) => `${name.padEnd(14)} ${value}\n`).join('');
}
