import { timeOfDigits } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import { type Checks, inTheirWords } from './gathered.test-support.ts';
import { ZONE_HOURS } from './location.ts';

const utcOf = (time: unknown): string | null => {
  const at = timeOfDigits(time as string, ZONE_HOURS);
  return at === null ? null : new Date(at).toISOString().replace('.000Z', 'Z');
};

/** Recorder, waybill, driver, CAN. */
export const recorderChecks: Checks = {
  '0x0701': inTheirWords(({ content }) => ({
    length: (content as string).length / 2,
    dataHex: content,
  })),
  // A real device sends the form of 2019 behind the header of 2013, which the gathered file reads only in part.
  '0x0702': inTheirWords(({ time, qualification, idCard, ...rest }, { edition }) => ({
    ...rest,
    ...(edition === '2013' ? {} : { idCard }),
    timeBcd: time,
    timeUtc: utcOf(time),
    ...(qualification === undefined ? {} : { certificate: qualification }),
  })),
  '0x0705': inTheirWords(({ count, receiveTime, items }) => ({
    count,
    receiveTimeBcd: receiveTime,
    items: (items as readonly Fields[]).map(({ data, ...rest }) => ({ ...rest, dataHex: data })),
  })),
};
