import { digitsOfTime } from '../bytes.ts';
import { jt808 } from '../jt808/index.ts';
import { type DecodeFigures, measureBeside } from './beside.ts';

/*
 * JT/T 808 0x0200 from the bytes of a frame to a position, beside a reader that does as little as can be done by hand;
 * and what bytes cost that never become a frame.
 */

/** What the minimal reader gives: a report in plain units. */
export interface MinimalReport {
  readonly phone: string;
  readonly serial: number;
  readonly time: number;
  readonly alarms: number;
  readonly status: number;
  readonly valid: boolean;
  readonly ignition: boolean;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitudeM: number;
  readonly speedKmh: number;
  readonly courseDeg: number;
  mileageKm: number | null;
  fuelL: number | null;
  radioSignal: number | null;
  satellites: number | null;
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const ZONE_MS = 8 * 3_600_000;
const HEADER_BYTES = 12;
const BASIC_BYTES = 28;

/**
 * One whole 0x0200 of 2013: flags, escapes, check code, header, fixed part, items. It shares nothing with the codec
 * and knows neither streams, editions, sub-packages, names of bits nor bad input beyond what makes it no such frame.
 * @returns null for anything else
 */
export function readMinimal(frame: Uint8Array): MinimalReport | null {
  const end = frame.length - 1;
  if (frame[0] !== 0x7e || frame[end] !== 0x7e) return null;
  const content = new Uint8Array(frame.length);
  let length = 0;
  let xor = 0;
  for (let i = 1; i < end; i++) {
    let byte = frame[i] ?? 0;
    if (byte === 0x7d) byte = 0x7c + (frame[++i] ?? 0);
    content[length++] = byte;
    xor ^= byte;
  }
  const view = new DataView(content.buffer);
  const isWhole = length === HEADER_BYTES + (view.getUint16(2) & 0x3ff) + 1;
  if (xor !== 0 || view.getUint16(0) !== 0x0200 || !isWhole) return null;
  let phone = '';
  for (let i = 4; i < 10; i++) phone += DIGITS[content[i] ?? 0];
  const at = HEADER_BYTES;
  const time = Date.UTC(
    2000 + bcd(view.getUint8(at + 22)),
    bcd(view.getUint8(at + 23)) - 1,
    bcd(view.getUint8(at + 24)),
    bcd(view.getUint8(at + 25)),
    bcd(view.getUint8(at + 26)),
    bcd(view.getUint8(at + 27)),
  );
  const status = view.getUint32(at + 4);
  const report: MinimalReport = {
    phone,
    serial: view.getUint16(10),
    time: time - ZONE_MS,
    alarms: view.getUint32(at),
    status,
    valid: (status & 2) !== 0,
    ignition: (status & 1) !== 0,
    latitude: (view.getUint32(at + 8) / 1e6) * (status & 4 ? -1 : 1),
    longitude: (view.getUint32(at + 12) / 1e6) * (status & 8 ? -1 : 1),
    altitudeM: view.getInt16(at + 16),
    speedKmh: view.getUint16(at + 18) / 10,
    courseDeg: view.getUint16(at + 20),
    mileageKm: null,
    fuelL: null,
    radioSignal: null,
    satellites: null,
  };
  for (let item = at + BASIC_BYTES; item + 2 < length; item += 2 + view.getUint8(item + 1)) {
    const id = view.getUint8(item);
    if (id === 0x01) report.mileageKm = view.getUint32(item + 2) / 10;
    else if (id === 0x02) report.fuelL = view.getUint16(item + 2) / 10;
    else if (id === 0x30) report.radioSignal = view.getUint8(item + 2);
    else if (id === 0x31) report.satellites = view.getUint8(item + 2);
  }
  return report;
}

const bcd = (byte: number): number => (byte >> 4) * 10 + (byte & 15);

const DISTINCT = 1000;
/** Reads one frame, keeps what it found and says whether it was a valid position. */

/** The frames that are measured: four items, 56 bytes before escaping, a second apart. */
export function locationReports(startTime: number): readonly Uint8Array[] {
  return Array.from({ length: DISTINCT }, (_, i) =>
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
        time: digitsOfTime(startTime + i * 1000, 8),
        extras: [
          { id: '0x01', name: 'mileage', value: 12_345 + i },
          { id: '0x02', name: 'fuel', value: 553 },
          { id: '0x30', name: 'radioSignal', value: 28 },
          { id: '0x31', name: 'satellites', value: 11 },
        ],
      },
    }),
  );
}

/**
 * How many location reports one core frames, checks, decodes and normalizes in a second, one frame a chunk as devices
 * send them, and how many the minimal reader reads, in the same run and by turns.
 * @param clock ms, monotonic
 * @param startTime ms UTC of the first report; the reports are the same for the same start
 * @throws Error when a frame did not decode: then the figure would mean nothing
 */
export function measureDecode(
  clock: () => number,
  startTime: number,
  options: { readonly frames?: number; readonly rounds?: number } = {},
): DecodeFigures {
  return measureBeside({
    ...{ reports: locationReports(startTime), startTime, connection: jt808.open() },
    ...{ minimal: readMinimal, clock, ...options },
  });
}

/** Ns a byte that never becomes a frame, for a short and a long stretch without a delimiter; best of the rounds. */
export interface FramingFigures {
  readonly nsPerByteOf1KiB: number;
  readonly nsPerByteOf1MiB: number;
}

const SHORT_BYTES = 1 << 10;
const LONG_BYTES = 1 << 20;
/** As sockets give them. */
const CHUNK_BYTES = 1 << 16;

/**
 * What the framing of JT/T 808 costs on bytes behind a delimiter that no other follows: as many bytes in streams of
 * 1 KiB as in one of 1 MiB, in the chunks that sockets give.
 * @param clock ms, monotonic
 */
export function measureFraming(
  clock: () => number,
  { bytes = 16 << 20, rounds = 3 } = {},
): FramingFigures {
  const stretch = new Uint8Array(LONG_BYTES).fill(0x55);
  stretch[0] = 0x7e;
  const nsPerByte = (length: number): number => {
    // Opening them is no part of framing.
    const connections = Array.from({ length: bytes / length }, () => jt808.open());
    const start = clock();
    for (const connection of connections) {
      for (let at = 0; at < length; at += CHUNK_BYTES) {
        connection.push(stretch.subarray(at, Math.min(length, at + CHUNK_BYTES)), 0);
      }
    }
    return ((clock() - start) / bytes) * 1e6;
  };
  const best = (length: number): number => {
    nsPerByte(length);
    return Math.min(...Array.from({ length: rounds }, () => nsPerByte(length)));
  };
  return { nsPerByteOf1KiB: best(SHORT_BYTES), nsPerByteOf1MiB: best(LONG_BYTES) };
}
