import { jt808 } from '@xunji/protocols';
import { LocationFrames } from './location-frame.ts';

/*
 * Decode alone, on one core: a stream of JT/T 808 location reports of 500 terminals through the codec, frame by
 * frame as sockets give them. Prints one JSON line {framesPerSecond, spread} of the best of several rounds.
 */
const terminals = 500;
const perTerminal = 200;
const rounds = 5;

const start = Date.UTC(2026, 10, 23, 6, 32, 8);
const frames: Uint8Array[][] = Array.from({ length: terminals }, (_, i) => {
  const source = new LocationFrames(String(13_900_000_000 + i).padStart(12, '0'));
  return Array.from({ length: perTerminal }, (_, n) =>
    source.next(start + n * 1000, 31_200_000 + i * 37 + n, 121_400_000 + i * 53 + n).slice(),
  );
});

const collect = (globalThis as { gc?: () => void }).gc;
const rates: number[] = [];
for (let round = 0; round < rounds; round++) {
  collect?.();
  const connections = frames.map(() => jt808.open());
  let positions = 0;
  const from = performance.now();
  for (let n = 0; n < perTerminal; n++) {
    for (let i = 0; i < terminals; i++) {
      const frame = frames[i]?.[n];
      if (frame === undefined) throw new RangeError('frame is missing');
      for (const item of connections[i]?.push(frame, start) ?? []) {
        if (item.kind === 'message') positions += item.positions.length;
      }
    }
  }
  const seconds = (performance.now() - from) / 1000;
  if (positions !== terminals * perTerminal) throw new Error(`decoded ${positions} positions`);
  rates.push(Math.round(positions / seconds));
}
const best = Math.max(...rates);
process.stdout.write(
  `${JSON.stringify({ framesPerSecond: best, spread: Number((1 - Math.min(...rates) / best).toFixed(2)) })}\n`,
);
