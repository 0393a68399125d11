import { fromHex } from '../../bytes.ts';
import {
  bytes,
  hex,
  type Kind,
  layout,
  restBytes,
  sizedBytes,
  u8,
  u16,
  u32,
} from '../../layout.ts';
import { type Body, chosen, rawBody, reworded, withTails } from '../body.ts';
import { binaryTime, latin1 } from '../fields.ts';
import { answerTo, down, type Row, up } from '../row.ts';

const CHECK_TYPE_AT = 5;
const head = { fileType: u8, fileLength: u32, checkType: u8 };

/** By check type: a checksum of two bytes, or MD5. */
const withCheck = (check: Kind<string>): Body =>
  withTails(layout({ ...head, check, fileOffset: u32, part: hex(sizedBytes(2)) }), [
    layout({ recordedTime: binaryTime }),
    layout({ alarmSerial: u16 }),
  ]);
const byCheckType = [withCheck(hex(bytes(2))), withCheck(hex(bytes(16)))] as const;
/** Where nobody knows how long the check is. */
const unknownCheck = withTails(layout(head));

/** @see gt06.md section 13 */
const filePart = up(
  0x8d,
  'filePart',
  'section 13',
  chosen(
    [...byCheckType, unknownCheck],
    (content) => byCheckType[content[CHECK_TYPE_AT] ?? 0] ?? unknownCheck,
    (fields) => byCheckType[Number(fields['checkType'])] ?? unknownCheck,
  ),
  // The voices of people: what a gateway keeps is that there was a recording.
  { isLong: true, answer: 'file', sensitive: () => ['part', 'extra'] },
);

const transparent = layout({ moduleType: u8, data: hex(restBytes) });
/** A reader of cards. @see gt06.md section 13 */
export const CARD_READER = 3;
const STX = 0x02;
const ETX = 0x03;
const CARD_MIN = 4;
const CARD_MAX = 20;

/** The number between the marks of a card reader, null when it is none. */
function cardOf(data: unknown): string | null {
  const raw = typeof data === 'string' ? fromHex(data) : null;
  if (raw === null || raw[0] !== STX || raw.at(-1) !== ETX) return null;
  const card = latin1.read(raw.subarray(1, -1));
  return card.length >= CARD_MIN && card.length <= CARD_MAX && /^[\x21-\x7e]+$/.test(card)
    ? card
    : null;
}

const externalData = up(
  0x9b,
  'externalData',
  'section 13',
  reworded(
    withTails(transparent),
    (fields) => {
      const card = fields['moduleType'] === CARD_READER ? cardOf(fields['data']) : null;
      if (card !== null) fields['card'] = card;
    },
    (fields) => fields,
  ),
  { isLong: true, answer: 'card' },
);

/** @see gt06.md section 13 */
export const fileRows: readonly Row[] = [
  filePart,
  answerTo(filePart, withTails(layout({ result: u8 })), { isLong: true }),
  down(0x90, 'serverFilePart', 'section 13', rawBody, { isLong: true }),
  externalData,
  answerTo(externalData, withTails(transparent), { isLong: true }),
  up(0x9c, 'moduleData', 'section 13', withTails(layout({ moduleId: u8, data: hex(restBytes) })), {
    isLong: true,
  }),
];
