import { expect, it } from 'vitest';
import { jt808 } from '../jt808/index.ts';
import { locationReports, measureDecode, measureFraming, readMinimal } from './decode.ts';

const start = Date.UTC(2026, 10, 23, 7, 0, 0);
/** Half a second passes between any two looks. */
const clock = () => {
  let ms = 0;
  return () => {
    ms += 500;
    return ms;
  };
};

it('measures frames that really decode, both ways in turns', () => {
  expect(measureDecode(clock(), start, { frames: 1500, rounds: 2 })).toEqual({
    frames: 1500,
    framesPerSecond: [3000, 3000],
    minimalPerSecond: [3000, 3000],
  });
});

it('compares readers that find the same', () => {
  const connection = jt808.open();
  for (const [i, report] of locationReports(start).entries()) {
    const [item] = connection.push(report, start + i * 1000);
    const position = item?.kind === 'message' ? item.positions[0] : undefined;
    expect(readMinimal(report)).toMatchObject({
      phone: '013912345678',
      serial: i,
      time: position?.fixTime,
      valid: true,
      ignition: position?.ignition,
      latitude: position?.latitude,
      longitude: position?.longitude,
      altitudeM: position?.altitudeM,
      speedKmh: position?.speedKmh,
      courseDeg: position?.courseDeg,
      mileageKm: position?.mileageKm,
      satellites: position?.satellites,
      fuelL: position?.extras['fuelL'],
      radioSignal: position?.extras['radioSignal'],
    });
    report[12] = (report[12] ?? 0) ^ 1;
    expect(readMinimal(report)).toBeNull();
  }
});

it('measures framing on as many bytes, short and long', () => {
  expect(measureFraming(clock(), { bytes: 1 << 20, rounds: 1 })).toEqual({
    nsPerByteOf1KiB: (500 / (1 << 20)) * 1e6,
    nsPerByteOf1MiB: (500 / (1 << 20)) * 1e6,
  });
});
