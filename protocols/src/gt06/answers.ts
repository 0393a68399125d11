import { digitsOfTime } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { Verdict } from '../protocol.ts';
import { writeFrame } from './frame.ts';
import type { FrameMessage } from './frame-message.ts';
import { CARD_READER } from './messages/files.ts';
import { modulesByName } from './messages/modules.ts';
import { timeAnswer } from './messages/session.ts';
import type { Model } from './models.ts';

/*
 * What a device is answered. Every answer repeats its type and its serial number, never one of ours.
 */

const NO_CONTENT = new Uint8Array(0);
const CARD_OK = 1;
const CARD_FAILED = 0;
const FILE_OK = 1;
/** Whose data the answer of 9B is: ours. @see gt06.md section 3.1 */
const SERVER = 2;

/** @returns the bytes to send, null where the device waits for nothing. @see gt06.md section 3.1 */
export function answerOf(message: FrameMessage, verdict: Verdict, model: Model): Uint8Array | null {
  const { row } = message;
  if (row === undefined || row.direction === 'down' || row.answer === 'none') return null;
  // A stranger left without these reconnects for ever and burns its data volume.
  const isCourtesy =
    row.intent === 'authenticate' || row.intent === 'keepalive' || row.answer === 'time';
  const isAnswered =
    verdict.result === 'accepted' || (verdict.result === 'unknownDevice' && isCourtesy);
  if (!isAnswered) return null;
  const write = (content: Uint8Array, isLong: boolean): Uint8Array =>
    writeFrame(row.type, content, message.serial, isLong);
  switch (row.answer) {
    case 'bare':
      return write(NO_CONTENT, false);
    case 'bareIfLong':
      return message.isLong ? write(NO_CONTENT, true) : null;
    case 'login':
      return write(model.loginTime === true ? loginTime(message.receivedTime) : NO_CONTENT, false);
    case 'time':
      return write(timeContent(message.receivedTime), false);
    case 'card':
      return isCardReader(message.fields)
        ? write(
            Uint8Array.of(SERVER, message.fields['card'] === undefined ? CARD_FAILED : CARD_OK),
            true,
          )
        : null;
    case 'module':
      return modulesByName(message.fields).get('replyWanted') === 1
        ? write(NO_CONTENT, true)
        : null;
    case 'file':
      return model.answerFiles === true ? write(Uint8Array.of(FILE_OK), true) : null;
    case 'position':
      return model.answerPositions === true ? write(NO_CONTENT, false) : null;
  }
}

const timeContent = (now: number): Uint8Array =>
  timeAnswer.body.encode({ time: digitsOfTime(now, 0) });

const loginTime = (now: number): Uint8Array => Uint8Array.of(...timeContent(now), 0);

const isCardReader = (fields: Fields): boolean => fields['moduleType'] === CARD_READER;
