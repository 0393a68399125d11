import type { Connection, Message } from '../protocol.ts';

/** Both in frames a second, one figure a round, slowest last. */
export interface DecodeFigures {
  readonly frames: number;
  readonly framesPerSecond: readonly number[];
  readonly minimalPerSecond: readonly number[];
}

/** What is measured beside what. */
export interface Beside {
  /** One frame a report, each a second after the one before. */
  readonly reports: readonly Uint8Array[];
  /** Ms UTC of the first. */
  readonly startTime: number;
  readonly connection: Connection;
  /** A reader that does as little as can be done by hand. */
  readonly minimal: (report: Uint8Array) => { readonly valid: boolean } | null;
  /** Ms, monotonic. */
  readonly clock: () => number;
  readonly frames?: number;
  readonly rounds?: number;
}

type Read = (report: Uint8Array, receivedTime: number) => boolean;

/** What was read last: a compiler that sees a result unused does not make it. */
let kept: Message | { readonly valid: boolean } | null = null;

/**
 * How many reports one core frames, checks, decodes and normalizes in a second, one frame a chunk as devices send them,
 * and how many the minimal reader reads, in the same run and by turns.
 * @throws Error when a frame did not decode: then the figure would mean nothing
 */
export function measureBeside(beside: Beside): DecodeFigures {
  const { reports, startTime, connection, minimal, clock, frames = 200_000, rounds = 3 } = beside;
  const readAll = (read: Read): void => {
    let valid = 0;
    for (let i = 0; i < frames; i++) {
      const at = i % reports.length;
      const report = reports[at];
      if (report !== undefined && read(report, startTime + at * 1000)) valid++;
    }
    if (valid !== frames) throw new Error(`${valid} of ${frames} frames decoded`);
  };
  const timed = (read: Read): number => {
    const start = clock();
    readAll(read);
    return Math.round((frames / (clock() - start)) * 1000);
  };
  const fully: Read = (report, receivedTime) => {
    const [item] = connection.push(report, receivedTime);
    if (item?.kind !== 'message') return false;
    kept = item;
    return item.positions[0]?.valid === true;
  };
  const minimally: Read = (report) => {
    kept = minimal(report);
    return kept?.valid === true;
  };
  // The compiler has seen both before either is timed.
  readAll(fully);
  readAll(minimally);
  const full: number[] = [];
  const least: number[] = [];
  for (let round = 0; round < rounds; round++) {
    full.push(timed(fully));
    least.push(timed(minimally));
  }
  if (kept === null) throw new Error('nothing was read');
  const slowestLast = (figures: number[]) => figures.sort((a, b) => b - a);
  return { frames, framesPerSecond: slowestLast(full), minimalPerSecond: slowestLast(least) };
}
