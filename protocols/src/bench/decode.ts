import { digitsOfTime } from '../bytes.ts';
import { jt808 } from '../jt808/index.ts';

/** What `measureDecode` found. */
export interface DecodeFigures {
  readonly frames: number;
  /** One figure a round, slowest last. */
  readonly framesPerSecond: readonly number[];
}

const ZONE_HOURS = 8;
const DISTINCT = 1000;

/**
 * How many JT/T 808 location reports (three items, 52 bytes) one core frames, checks, decodes and normalizes in a
 * second, one frame a chunk as devices send them.
 * @param clock ms, monotonic
 * @param startTime ms UTC of the first report; the reports are the same for the same start
 * @throws Error when a frame did not decode: then the figure would mean nothing
 */
export function measureDecode(
  clock: () => number,
  startTime: number,
  { frames = 200_000, rounds = 3 } = {},
): DecodeFigures {
  const reports = Array.from({ length: DISTINCT }, (_, i) =>
    jt808.encode({
      id: '0x0200',
      device: '13912345678',
      edition: '2013',
      serial: i,
      fields: {
        alarms: [],
        status: ['acc', 'fixed'],
        latitude: 31_200_000 + i * 37,
        longitude: 121_400_000 + i * 53,
        altitude: 7,
        speed: i % 900,
        direction: i % 360,
        time: digitsOfTime(startTime + i * 1000, ZONE_HOURS),
        extras: [
          { id: '0x01', name: 'mileage', value: 12_345 + i },
          { id: '0x30', name: 'radioSignal', value: 28 },
          { id: '0x31', name: 'satellites', value: 11 },
        ],
      },
    }),
  );
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const connection = jt808.open();
    let valid = 0;
    const start = clock();
    for (let i = 0; i < frames; i++) {
      const report = reports[i % DISTINCT];
      if (report === undefined) continue;
      for (const item of connection.push(report, startTime + DISTINCT * 1000)) {
        if (item.kind === 'message' && item.positions[0]?.valid === true) valid++;
      }
    }
    const elapsedMs = clock() - start;
    if (valid !== frames) throw new Error(`${valid} of ${frames} frames decoded`);
    figures.push(Math.round((frames / elapsedMs) * 1000));
  }
  return { frames, framesPerSecond: figures.sort((a, b) => b - a) };
}
