import { digitsOfTime } from '../bytes.ts';
import { gt06 } from '../gt06/index.ts';
import { type DecodeFigures, measureBeside } from './beside.ts';

/*
 * GT06 0x22 from the bytes of a frame to a position, beside a reader that does as little as can be done by hand.
 */

/** What the minimal reader gives: the fields of a 0x22 in plain units. */
export interface MinimalFix {
  readonly serial: number;
  readonly time: number;
  readonly valid: boolean;
  readonly latitude: number;
  readonly longitude: number;
  readonly speedKmh: number;
  readonly courseDeg: number;
  readonly satellites: number;
  readonly mcc: number;
  readonly mnc: number;
  readonly lac: number;
  readonly cellId: number;
  readonly ignition: boolean;
  readonly uploadMode: number;
  readonly buffered: boolean;
  readonly mileageKm: number;
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  return crc;
});
const FRAME_BYTES = 43;

/**
 * One whole 0x22 with mileage: frame, length, checksum, fields. It shares nothing with the codec and knows neither
 * streams, other types, device clocks nor bad input beyond a checksum.
 * @returns null for anything else
 */
export function readMinimal(bytes: Uint8Array): MinimalFix | null {
  if (bytes.length !== FRAME_BYTES || bytes[0] !== 0x78 || bytes[1] !== 0x78) return null;
  if (bytes[2] !== FRAME_BYTES - 5 || bytes[3] !== 0x22) return null;
  if (bytes[FRAME_BYTES - 2] !== 0x0d || bytes[FRAME_BYTES - 1] !== 0x0a) return null;
  let crc = 0xffff;
  for (let i = 2; i < FRAME_BYTES - 4; i++) {
    crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  }
  if ((crc ^ 0xffff) !== word16(bytes, FRAME_BYTES - 4)) return null;
  const word = word16(bytes, 20);
  return {
    serial: word16(bytes, FRAME_BYTES - 6),
    time: Date.UTC(
      2000 + (bytes[4] ?? 0),
      (bytes[5] ?? 0) - 1,
      bytes[6] ?? 0,
      bytes[7] ?? 0,
      bytes[8] ?? 0,
      bytes[9] ?? 0,
    ),
    valid: (word & 0x1000) !== 0,
    latitude: (word32(bytes, 11) / 1_800_000) * (word & 0x400 ? 1 : -1),
    longitude: (word32(bytes, 15) / 1_800_000) * (word & 0x800 ? -1 : 1),
    speedKmh: bytes[19] ?? 0,
    courseDeg: word & 0x3ff,
    satellites: (bytes[10] ?? 0) & 15,
    mcc: word16(bytes, 22),
    mnc: bytes[24] ?? 0,
    lac: word16(bytes, 25),
    cellId: (word16(bytes, 27) << 8) | (bytes[29] ?? 0),
    ignition: bytes[30] === 1,
    uploadMode: bytes[31] ?? 0,
    buffered: bytes[32] === 1,
    mileageKm: word32(bytes, 33) / 1000,
  };
}

const word16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const word32 = (bytes: Uint8Array, at: number): number =>
  ((word16(bytes, at) << 16) | word16(bytes, at + 2)) >>> 0;

const DISTINCT = 1000;

/** The frames that are measured: 0x22 with ACC, mode, re-upload and mileage, a second apart. */
export function gt06Reports(startTime: number): readonly Uint8Array[] {
  return Array.from({ length: DISTINCT }, (_, i) =>
    gt06.encode({
      id: '0x22',
      device: '861234567890123',
      edition: null,
      serial: i,
      fields: {
        time: digitsOfTime(startTime + i * 1000, 0),
        gpsInfo: { length: 12, satellites: 11 },
        latitude: 56_214_749 + i * 37,
        longitude: 218_652_662 + i * 53,
        speed: i % 120,
        courseStatus: { course: i % 360, flags: ['north', 'positioned'] },
        cell: { mcc: 460, mnc: 0, lac: 0x1806, cellId: 0xb3a1 },
        ...{ acc: 1, uploadMode: 0, reupload: 0, mileage: 12_345_000 + i },
      },
    }),
  );
}

/**
 * How many 0x22 frames of 43 bytes one core frames, checks, decodes and normalizes in a second, one frame a chunk as
 * devices send them, and how many the minimal reader reads, in the same run and by turns.
 * @param clock ms, monotonic
 * @param startTime ms UTC of the first report; the reports are the same for the same start
 * @throws Error when a frame did not decode: then the figure would mean nothing
 */
export function measureGt06Decode(
  clock: () => number,
  startTime: number,
  options: { readonly frames?: number; readonly rounds?: number } = {},
): DecodeFigures {
  return measureBeside({
    ...{ reports: gt06Reports(startTime), startTime, connection: gt06.open() },
    ...{ minimal: readMinimal, clock, ...options },
  });
}
