import {
  type DecodeFigures,
  measureDecode,
  measureFraming,
  measureGt06Decode,
} from '@xunji/protocols/bench';

/*
 * Decode alone, on one core, frame by frame as sockets give them, beside a reader that does as little as can be done
 * by hand, in the same run and by turns. Prints one JSON line.
 */
const start = Date.UTC(2026, 10, 23, 6, 32, 8);
const clock = () => performance.now();
const options = { frames: 200_000, rounds: 5 };
const collect = (globalThis as { gc?: () => void }).gc;

/** The best round of each, how far the others were from it, and how many times as long ours takes. */
function shown({ framesPerSecond, minimalPerSecond }: DecodeFigures) {
  const best = framesPerSecond[0] ?? 0;
  const minimal = minimalPerSecond[0] ?? 0;
  return {
    framesPerSecond: best,
    spread: Number((1 - (framesPerSecond.at(-1) ?? 0) / best).toFixed(2)),
    minimalPerSecond: minimal,
    minimalToOurs: Number((minimal / best).toFixed(2)),
  };
}

collect?.();
const jt808 = shown(measureDecode(clock, start, options));
collect?.();
const gt06 = shown(measureGt06Decode(clock, start, options));
collect?.();
const framing = measureFraming(clock);
const round = (ns: number) => Number(ns.toFixed(2));
const nsPerByte = {
  of1KiB: round(framing.nsPerByteOf1KiB),
  of1MiB: round(framing.nsPerByteOf1MiB),
};
process.stdout.write(
  `${JSON.stringify({ 'jt808 0x0200': jt808, 'gt06 0x22': gt06, 'no delimiter, ns/byte': nsPerByte })}\n`,
);
