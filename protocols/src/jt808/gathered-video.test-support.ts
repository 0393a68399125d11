import { type Checks, renamed } from './gathered.test-support.ts';

/** JT/T 1078. */
export const videoChecks: Checks = {
  '0x1003': renamed({ audioRate: 'audioSampleRate' }),
  '0x1005': renamed({ start: 'startBcd', end: 'endBcd' }),
  '0x1206': renamed({ answeredSerial: 'ackSerial' }),
  '0x9101': renamed({ address: 'ip', kind: 'dataType', stream: 'streamType' }),
  '0x9102': renamed({ close: 'closeType', stream: 'streamType' }),
};
