import { fromHex, toHex } from '../../bytes.ts';
import { type Body, reworded } from '../body.ts';
import { latin1, restText } from '../fields.ts';

/** A text and how many zeros stand behind it. */
export function splitText(
  raw: Uint8Array,
  read: (raw: Uint8Array) => string,
): { text: string; padding?: number } {
  let end = raw.length;
  while (end > 0 && raw[end - 1] === 0) end--;
  const text = read(raw.subarray(0, end));
  return end === raw.length ? { text } : { text, padding: raw.length - end };
}

/** A number nobody asked for. */
const NO_NUMBER = /^0+$/;

/**
 * A phone number, cut at its first zero byte. What stands behind it in the samples of the vendor is not zeros, so it
 * is kept as `phoneRest`; a field of all characters `0` is no number. @see gt06.md sections 9.2 and 9.3
 * @param body holds it as hex
 */
export const withPhone = (body: Body): Body =>
  reworded(
    body,
    (fields) => {
      const raw = fromHex(String(fields['phone'])) ?? new Uint8Array(0);
      const zero = raw.indexOf(0);
      const text = latin1.read(zero < 0 ? raw : raw.subarray(0, zero));
      const isNone = zero < 0 && NO_NUMBER.test(text);
      const rest = raw.subarray(isNone ? 0 : text.length);
      fields['phone'] = isNone ? '' : text;
      if (rest.some((byte) => byte !== 0)) fields['phoneRest'] = toHex(rest);
    },
    (fields) => {
      const { phone, phoneRest } = fields;
      if (typeof phone !== 'string') throw new RangeError('phone: wants a text');
      const text = toHex(latin1.write(phone));
      const rest = typeof phoneRest === 'string' ? phoneRest : '';
      return { ...fields, phone: (text + rest).padEnd(PHONE_DIGITS, '0') };
    },
    { ...body.fields, phone: restText },
  );

/** Hex digits of its 21 bytes. */
const PHONE_DIGITS = 42;
