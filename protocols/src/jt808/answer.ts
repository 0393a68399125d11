import { seal } from './frame.ts';
import { type Header, writeContent } from './header.ts';
import { type Edition, headerForms } from './versions.ts';

/*
 * The general answer, which is nearly all a platform sends, without its tables. A property test holds it to what they
 * write.
 */

const BODY_BYTES = 5;
const VERSION_BIT = 0x4000;
const MEDIA_ANSWER = 0x8800;

// One for each form: `seal` has copied it before the next answer is made.
const contents = {
  '2013': new Uint8Array(headerForms['2013'].bytes + BODY_BYTES),
  '2019': new Uint8Array(headerForms['2019'].bytes + BODY_BYTES),
} as const;

/**
 * The general answer to the frame of `to`, in its own form of header, as a frame of its own bytes.
 * @param id 0x8001 from a platform, 0x0001 from a terminal
 * @param serial ours
 * @param result 0 done, 1 failed, 2 message wrong, 3 not supported
 * @see JT/T 808, general answer clauses
 */
export function generalAnswer(to: Header, id: number, serial: number, result: number): Uint8Array {
  const { bytes, phoneAt } = headerForms[to.form];
  const content = contents[to.form];
  put16(content, 0, id);
  put16(content, 2, BODY_BYTES | (to.versionFlag ? VERSION_BIT : 0));
  if (to.form === '2019') content[4] = to.versionByte ?? 1;
  content.set(to.phoneBytes, phoneAt);
  put16(content, bytes - 2, serial);
  put16(content, bytes, to.serial);
  put16(content, bytes + 2, to.id);
  content[bytes + 4] = result;
  return seal(content);
}

function put16(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >> 8;
  bytes[at + 1] = word;
}

/**
 * The answer to media data: what is there, or which parts are missing. Its layout is that of the edition, the header
 * that of the terminal.
 * @param missing indexes of parts to be sent again, at most 125; empty: all is there
 * @see JT/T 808, multimedia data upload answer clause; the wire reference, section 8.2
 */
export function mediaAnswer(
  to: Header,
  edition: Edition,
  serial: number,
  mediaId: number,
  missing: readonly number[] = [],
): Uint8Array {
  const before = edition === '2011' ? 2 : 0;
  const counted = edition === '2011' || missing.length > 0;
  const body = new Uint8Array(before + 4 + (counted ? 1 + missing.length * 2 : 0));
  const view = new DataView(body.buffer);
  if (before > 0) view.setUint16(0, to.serial);
  view.setUint32(before, mediaId);
  if (counted) view.setUint8(before + 4, missing.length);
  for (const [i, index] of missing.entries()) view.setUint16(before + 5 + i * 2, index);
  return seal(writeContent({ ...to, id: MEDIA_ANSWER, serial }, body));
}
