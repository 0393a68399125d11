import { utf16 } from '../../bytes.ts';
import type { Fields, Kind } from '../../layout.ts';
import {
  bytes,
  checkInteger,
  hex,
  layout,
  noted,
  numberAt,
  restBytes,
  u8,
  u16,
  u32,
} from '../../layout.ts';
import { type Body, extraOf, joined, unreadable, withTails } from '../body.ts';
import { cell, gpsBlock, latin1, restText } from '../fields.ts';
import { down, type Row, up } from '../row.ts';
import { splitText, withPhone } from './texts.ts';

const FLAG_BYTES = 4;
/** Longer commands are nowhere documented in the one-byte length. @see gt06.md section 10 */
const COMMAND_MAX = 240;
const REPLY_MAX = 0xff - FLAG_BYTES;

const textFields = {
  serverFlag: noted(u32, 'our correlation id, returned unchanged'),
  text: noted(restText, 'ASCII, a command ends in #'),
  padding: noted(u8, 'zeros behind the text'),
  language: noted(u16, '1 Chinese, 2 English'),
  statedLength: noted(u8, 'only where it does not fit what came'),
  extra: hex(restBytes),
};

/** A length that counts flag and text, the flag, the text, perhaps a language. @see gt06.md section 10 */
const flaggedText = (textMax: number): Body => ({
  fields: textFields,
  decode(content) {
    if (content.length < 1 + FLAG_BYTES) {
      return unreadable('serverFlag', 1, `${FLAG_BYTES} bytes, found ${content.length - 1}`);
    }
    const stated = content[0] ?? 0;
    const room = content.length - 1 - FLAG_BYTES;
    const isStated = stated >= FLAG_BYTES && stated - FLAG_BYTES <= room;
    const textEnd = isStated ? 1 + stated : content.length;
    const left = content.length - textEnd;
    const value: Record<string, unknown> = {
      serverFlag: numberAt(content, 1, FLAG_BYTES),
      ...splitText(content.subarray(1 + FLAG_BYTES, textEnd), latin1.read),
    };
    if (left === 2) value['language'] = numberAt(content, textEnd, 2);
    else if (left > 0) value['extra'] = hexOf(content.subarray(textEnd));
    if (!isStated) value['statedLength'] = stated;
    return { ok: true, value, trailing: 0 };
  },
  encode(fields) {
    const text = textOf(fields, latin1.write);
    if (text.length > textMax) throw new RangeError(`text: wants at most ${textMax} characters`);
    const { language, statedLength } = fields;
    return joined([
      numberOf('statedLength', statedLength ?? FLAG_BYTES + text.length, 1),
      numberOf('serverFlag', fields['serverFlag'], FLAG_BYTES),
      text,
      language === undefined ? NOTHING : numberOf('language', language, 2),
      extraOf(fields),
    ]);
  },
});

const UTF16 = 2;
const replyFields = { innerLength: u8, ...textFields, encoding: u8 };

/**
 * The flag, the encoding and the text to the end. One maker puts a length in front, which fits the rest and makes no
 * encoding where that stands. @see gt06.md section 10
 */
const generalReply: Body = {
  fields: replyFields,
  decode(content) {
    const hasLength =
      content.length > FLAG_BYTES + 1 &&
      content[0] === content.length - 1 &&
      !isEncoding(content[FLAG_BYTES]) &&
      isEncoding(content[FLAG_BYTES + 1]);
    const from = hasLength ? 1 : 0;
    if (content.length < from + FLAG_BYTES + 1) {
      return unreadable('serverFlag', 0, `${FLAG_BYTES + 1} bytes, found ${content.length}`);
    }
    const encoding = content[from + FLAG_BYTES] ?? 0;
    const rest = content.subarray(from + FLAG_BYTES + 1);
    const odd = encoding === UTF16 ? rest.length % 2 : 0;
    const text = rest.subarray(0, rest.length - odd);
    const value: Record<string, unknown> = {
      serverFlag: numberAt(content, from, FLAG_BYTES),
      encoding,
      ...(encoding === UTF16 ? { text: utf16.read(text) } : splitText(text, latin1.read)),
    };
    if (hasLength) value['innerLength'] = content[0];
    if (odd > 0) value['extra'] = hexOf(rest.subarray(rest.length - 1));
    return { ok: true, value, trailing: 0 };
  },
  encode(fields) {
    const { encoding, innerLength } = fields;
    return joined([
      innerLength === undefined ? NOTHING : numberOf('innerLength', innerLength, 1),
      numberOf('serverFlag', fields['serverFlag'], FLAG_BYTES),
      numberOf('encoding', encoding, 1),
      textOf(fields, encoding === UTF16 ? utf16.write : latin1.write),
      extraOf(fields),
    ]);
  },
};

const NOTHING = new Uint8Array(0);
const isEncoding = (byte: number | undefined): boolean => byte === 1 || byte === UTF16;
const hexOf = (raw: Uint8Array): string => Array.from(raw, two).join('');
const two = (byte: number): string => byte.toString(16).padStart(2, '0');

function numberOf(field: string, value: unknown, width: number): Uint8Array {
  const number = checkInteger(value, 0, 2 ** (8 * width) - 1, field);
  return Uint8Array.from({ length: width }, (_, i) => Math.floor(number / 256 ** (width - 1 - i)));
}

function textOf(fields: Fields, write: (text: string) => Uint8Array): Uint8Array {
  const { text, padding } = fields;
  if (typeof text !== 'string') throw new RangeError('text: wants a text');
  let raw: Uint8Array;
  try {
    raw = write(text);
  } catch {
    throw new RangeError('text: wants characters of one byte');
  }
  return padding === undefined
    ? raw
    : joined([raw, new Uint8Array(checkInteger(padding, 0, 0xffff, 'padding'))]);
}

const TAG_END = 0x26;
const END_BYTES = 2;
const PHONE_BYTES = 21;

/**
 * An address: its length, the server flag, a tag, `&&`, UTF-16, `&&`, the phone, `##`. The second `&&` is looked for
 * at the even places of the text only. @see gt06.md section 9.3
 */
function addressBody(lengthBytes: 1 | 2): Body {
  const fields = {
    serverFlag: u32,
    tag: noted(restText, 'ADDRESS, or ALARMSMS for an alarm'),
    address: restText,
    phone: restText,
  } satisfies Record<string, Kind<unknown>>;
  const phone = withPhone(withTails(layout({ phone: hexPhone })));
  return {
    fields,
    decode(content) {
      const tagAt = lengthBytes + FLAG_BYTES;
      const tagEnd = pairAt(content, tagAt, 1);
      if (tagEnd < 0) return unreadable('tag', tagAt, '&& behind a tag');
      const addressEnd = pairAt(content, tagEnd + 2, 2);
      if (addressEnd < 0) return unreadable('address', tagEnd + 2, '&& behind the address');
      const phoneAt = addressEnd + 2;
      const end = phoneAt + PHONE_BYTES;
      if (content.length !== end + END_BYTES || content[end] !== 0x23) {
        return unreadable('phone', phoneAt, `${PHONE_BYTES} bytes and ##`);
      }
      const number = phone.decode(content.subarray(phoneAt, end));
      if (!number.ok) return number;
      const value = {
        serverFlag: numberAt(content, lengthBytes, FLAG_BYTES),
        tag: latin1.read(content.subarray(tagAt, tagEnd)),
        address: utf16.read(content.subarray(tagEnd + 2, addressEnd)),
        ...number.value,
      };
      return { ok: true, value, trailing: 0 };
    },
    encode(given) {
      const command = joined([
        numberOf('serverFlag', given['serverFlag'], FLAG_BYTES),
        textOf({ text: given['tag'] }, latin1.write),
        Uint8Array.of(TAG_END, TAG_END),
        textOf({ text: given['address'] }, utf16.write),
        Uint8Array.of(TAG_END, TAG_END),
        phone.encode(given),
        Uint8Array.of(0x23, 0x23),
      ]);
      return joined([numberOf('address', command.length, lengthBytes), command]);
    },
  };
}

const hexPhone = hex(bytes(PHONE_BYTES));

function pairAt(content: Uint8Array, from: number, step: 1 | 2): number {
  for (let at = from; at + 1 < content.length; at += step) {
    if (content[at] === TAG_END && content[at + 1] === TAG_END) return at;
  }
  return -1;
}

const language = { language: noted(u16, '1 Chinese, 2 English') };
const addressQuery = withPhone(withTails(layout({ ...gpsBlock, phone: hexPhone, ...language })));

/** @see gt06.md sections 9.2, 9.3 and 10 */
export const commandRows: readonly Row[] = [
  up(0x15, 'commandReply', 'section 10', flaggedText(REPLY_MAX), { intent: 'answer' }),
  up(0x21, 'generalReply', 'section 10', generalReply, { intent: 'answer', isLong: true }),
  down(0x80, 'command', 'section 10', flaggedText(COMMAND_MAX)),
  down(0x81, 'queryCommand', 'section 10', flaggedText(COMMAND_MAX)),
  up(0x1a, 'addressQuery', 'section 9.2', addressQuery, { intent: 'query', place: 'gps' }),
  up(0x2a, 'englishAddressQuery', 'section 9.2', addressQuery, { intent: 'query', place: 'gps' }),
  up(
    0x17,
    'cellAddressQuery',
    'section 4',
    withPhone(withTails(layout({ cell, phone: hexPhone }))),
    { intent: 'query', place: 'radio' },
  ),
  down(0x17, 'chineseAddress', 'section 9.3', addressBody(1)),
  down(0x97, 'englishAddress', 'section 9.3', addressBody(2), { isLong: true }),
];
