import { type Checks, empty, inTheirWords, renamed } from './gathered.test-support.ts';

const answer = renamed({ answeredSerial: 'ackSerial', answeredId: 'ackId' });

/** Answers, registration, authentication. */
export const sessionChecks: Checks = {
  '0x0001': answer,
  '0x0002': empty,
  '0x0003': empty,
  '0x0100': inTheirWords((fields, { edition }) => ({ layout: edition, ...fields })),
  '0x0102': renamed({}),
  '0x8001': answer,
  '0x8100': inTheirWords(({ answeredSerial, ...rest }) => ({
    ackSerial: answeredSerial,
    authCode: null,
    ...rest,
  })),
};
