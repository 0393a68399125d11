import { expect, it } from 'vitest';
import { gt06 } from '../gt06/index.ts';
import { gt06Reports, measureGt06Decode, readMinimal } from './decode-gt06.ts';

const start = Date.UTC(2026, 10, 23, 7, 0, 0);

it('measures frames that really decode, both ways in turns', () => {
  let ms = 0;
  const clock = () => {
    ms += 500;
    return ms;
  };
  expect(measureGt06Decode(clock, start, { frames: 1500, rounds: 2 })).toEqual({
    frames: 1500,
    framesPerSecond: [3000, 3000],
    minimalPerSecond: [3000, 3000],
  });
});

it('compares readers that find the same', () => {
  const connection = gt06.open();
  for (const [i, report] of gt06Reports(start).entries()) {
    const [item] = connection.push(report, start + i * 1000);
    const position = item?.kind === 'message' ? item.positions[0] : undefined;
    const minimal = readMinimal(report);
    expect(minimal).toMatchObject({
      serial: i,
      time: position?.fixTime,
      valid: true,
      latitude: expect.closeTo(position?.latitude ?? 0, 5),
      longitude: expect.closeTo(position?.longitude ?? 0, 5),
      speedKmh: position?.speedKmh,
      courseDeg: position?.courseDeg,
      satellites: position?.satellites,
      ignition: position?.ignition,
      mileageKm: position?.mileageKm,
      cellId: position?.extras['cellId'],
    });
    report[12] = (report[12] ?? 0) ^ 1;
    expect(readMinimal(report)).toBeNull();
  }
});
