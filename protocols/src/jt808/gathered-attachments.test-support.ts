import { timeOfDigits } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import { type Checks, inTheirWords, renamed } from './gathered.test-support.ts';
import { ZONE_HOURS } from './location.ts';

function alarmId(identification: unknown): object {
  const { terminalId, time, sequence, attachments } = identification as Fields;
  const at = timeOfDigits(time as string, ZONE_HOURS);
  return {
    terminalId,
    timeBcd: time,
    timeUtc: at === null ? null : new Date(at).toISOString().replace('.000Z', 'Z'),
    seq: sequence,
    attachments,
  };
}

/** Alarm attachments. */
export const attachmentChecks: Checks = {
  '0x9208': inTheirWords(({ address, identification, alarmNumber, reserved: _, ...rest }) => ({
    ...rest,
    ip: address,
    alarmId: alarmId(identification),
    alarmNo: alarmNumber,
  })),
  '0x1210': inTheirWords(({ identification, alarmNumber, informationType, files, ...rest }) => ({
    ...rest,
    alarmId: alarmId(identification),
    alarmNo: alarmNumber,
    infoType: informationType,
    count: (files as readonly unknown[]).length,
    files,
  })),
  '0x1211': renamed(),
  '0x1212': renamed(),
  '0x9212': inTheirWords(({ ranges, ...rest }) => ({
    ...rest,
    count: (ranges as readonly unknown[]).length,
    ranges,
  })),
};
