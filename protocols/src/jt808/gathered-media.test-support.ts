import { bitsOf, timeOfDigits } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { Message } from '../protocol.ts';
import { dialectOf } from './dialects.ts';
import { type Checks, inTheirWords, renamed } from './gathered.test-support.ts';
import { type Location, toPosition, ZONE_HOURS } from './location.ts';
import { type Edition, versions } from './versions.ts';

const bits = (word: number): number[] =>
  Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => (word >>> bit) & 1);

/** The fixed part of a location in the words of the gathered file. */
function locationInTheirWords(location: unknown, { edition }: Message): object {
  const own = { ...(location as Location), extras: [] };
  const { alarms, status } = versions[edition as Edition];
  const alarm = bitsOf(own.alarms, alarms);
  const state = bitsOf(own.status, status);
  const time = timeOfDigits(own.time, ZONE_HOURS);
  const dialect = dialectOf(edition as Edition, null);
  const receipt = { receivedTime: 0, anyTime: true, dialect };
  const position = toPosition(own, receipt, false);
  return {
    alarm,
    alarmBits: bits(alarm),
    status: state,
    statusBits: bits(state),
    fixed: own.status.includes('fixed'),
    accOn: position.ignition,
    latRaw: own.latitude,
    lonRaw: own.longitude,
    latitude: position.latitude,
    longitude: position.longitude,
    altitudeM: position.altitudeM,
    speedKmh: own.speed / 10,
    direction: own.direction,
    timeBcd: own.time,
    timeUtc: time === null ? null : new Date(time).toISOString().replace('.000Z', 'Z'),
    extras: [],
  };
}

/** Multimedia, pass-through, compression, keys. */
export const mediaChecks: Checks = {
  '0x0800': renamed({ type: 'mediaType' }),
  '0x0801': inTheirWords(({ type, location, data, ...rest }, message) => ({
    ...rest,
    mediaType: type,
    location: locationInTheirWords(location, message),
    dataHex: data,
  })),
  '0x0802': inTheirWords(({ answeredSerial, count, items }, message) => ({
    ackSerial: answeredSerial,
    count,
    items: (items as readonly Fields[]).map(({ type, location, ...rest }) => ({
      ...rest,
      mediaType: type,
      location: locationInTheirWords(location, message),
    })),
  })),
  '0x0805': renamed({ answeredSerial: 'ackSerial' }),
  '0x8800': inTheirWords(({ mediaId, missing }) => ({
    mediaId,
    ...(missing === undefined
      ? {}
      : { count: (missing as readonly number[]).length, ids: missing }),
  })),
  '0x8801': renamed({ interval: 'intervalS', keep: 'saveFlag' }),
  '0x8802': renamed({ type: 'mediaType' }),
  '0x8803': renamed({ type: 'mediaType' }),
  '0x8804': renamed({ duration: 'durationS', keep: 'saveFlag', rate: 'sampleRate' }),
  '0x8805': renamed(),
  '0x0900': renamed({ content: 'dataHex' }),
  '0x0901': renamed({ data: 'dataHex' }),
  '0x8A00': renamed({ exponent: 'e', modulus: 'nHex' }),
};
