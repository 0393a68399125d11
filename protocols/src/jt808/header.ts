import { toHex } from '../bytes.ts';
import { type Edition, type HeaderForm, headerForms, versions } from './versions.ts';

/** What stands in front of a body, and how the sender laid it out. */
export interface Header {
  readonly id: number;
  readonly form: HeaderForm;
  /** Bit 14 as sent; some devices set it on the short header or leave it out of the long one. */
  readonly versionFlag: boolean;
  /** Protocol version byte; null in the short header. */
  readonly versionByte: number | null;
  /** Bits 10-12; 0 = the body is plain. */
  readonly encryption: number;
  /** All digits as sent, leading zeros included; some devices have digits above nine. */
  readonly phone: string;
  /** The phone in the wire's own BCD; a copy. */
  readonly phoneBytes: Uint8Array;
  /** The identity: digits without leading zeros, so a device keeps it over a change of edition. */
  readonly device: string;
  readonly serial: number;
  readonly package: { readonly total: number; readonly index: number } | null;
  /** Offset of the body in the content. */
  readonly bodyAt: number;
  /** Set where the announced length is not that of the frame, which `readHeader` takes only when told to. */
  readonly wrongLength?: true;
  /** Set by the connection where a wrong check code was forgiven. */
  readonly wrongChecksum?: true;
}

const LENGTH_BITS = 0x03ff;
const SUBPACKAGE_BIT = 0x2000;
const VERSION_BIT = 0x4000;
const PACKAGE_ITEM_BYTES = 4;

/**
 * Reads the header by the length equation: the form that bit 14 announces, and if its sizes do not add up, the other.
 * @param content begins with header and body
 * @param length of header and body, without the check code
 * @param before the header of an earlier frame, whose identity is taken over where it is the same
 * @param anyLength takes the announced form where neither adds up, and all that follows as the body
 * @returns null when neither adds up
 * @see the wire reference, section 2.4
 */
export function readHeader(
  content: Uint8Array,
  length = content.length,
  before: Header | null = null,
  anyLength = false,
): Header | null {
  const properties = word(content, 2);
  const announced = properties & VERSION_BIT ? '2019' : '2013';
  const other = announced === '2019' ? '2013' : '2019';
  const form = fits(length, properties, announced)
    ? announced
    : fits(length, properties, other)
      ? other
      : anyLength
        ? announced
        : null;
  if (form === null) return null;
  const { bytes } = headerForms[form];
  const hasPackage = (properties & SUBPACKAGE_BIT) !== 0;
  const bodyAt = bytes + (hasPackage ? PACKAGE_ITEM_BYTES : 0);
  if (bodyAt > length) return null;
  const sender =
    before !== null && isSender(content, form, before) ? before : senderOf(content, form);
  const header: Header = {
    id: word(content, 0),
    form,
    versionFlag: (properties & VERSION_BIT) !== 0,
    versionByte: form === '2019' ? (content[4] ?? 0) : null,
    encryption: (properties >> 10) & 7,
    phone: sender.phone,
    phoneBytes: sender.phoneBytes,
    device: sender.device,
    serial: word(content, bytes - 2),
    package: hasPackage ? { total: word(content, bytes), index: word(content, bytes + 2) } : null,
    bodyAt,
  };
  return anyLength && !fits(length, properties, form) ? { ...header, wrongLength: true } : header;
}

function fits(length: number, properties: number, form: HeaderForm): boolean {
  const item = properties & SUBPACKAGE_BIT ? PACKAGE_ITEM_BYTES : 0;
  return headerForms[form].bytes + item + (properties & LENGTH_BITS) === length;
}

function isSender(content: Uint8Array, form: HeaderForm, { phoneBytes }: Header): boolean {
  if (phoneBytes.length !== headerForms[form].phoneBytes) return false;
  const { phoneAt } = headerForms[form];
  for (let i = 0; i < phoneBytes.length; i++) {
    if (phoneBytes[i] !== content[phoneAt + i]) return false;
  }
  return true;
}

function senderOf(content: Uint8Array, form: HeaderForm) {
  const { phoneAt, phoneBytes: width } = headerForms[form];
  const phoneBytes = Uint8Array.from(content.subarray(phoneAt, phoneAt + width));
  const phone = toHex(phoneBytes);
  return { phone, phoneBytes, device: phone.replace(/^0+(?=.)/, '') };
}

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** The header as a device of another edition would have sent it; the last digits of a phone that is too long. */
export function asEdition(header: Header, edition: Edition): Header {
  const form = versions[edition].header;
  if (form === header.form) return header;
  const { phoneBytes: width } = headerForms[form];
  const phoneBytes = new Uint8Array(width);
  const kept = header.phoneBytes.subarray(Math.max(0, header.phoneBytes.length - width));
  phoneBytes.set(kept, width - kept.length);
  const versionFlag = form === '2019';
  const versionByte = versionFlag ? 1 : null;
  return { ...header, form, versionFlag, versionByte, phoneBytes, phone: toHex(phoneBytes) };
}

/**
 * A whole content around `body`.
 * @param part the package item of a message in several frames
 */
export function writeContent(
  header: Pick<Header, 'id' | 'form' | 'versionFlag' | 'versionByte' | 'phone' | 'serial'>,
  body: Uint8Array,
  part: Header['package'] = null,
): Uint8Array {
  if (body.length > LENGTH_BITS) {
    throw new RangeError(`body: wants at most ${LENGTH_BITS} bytes, got ${body.length}`);
  }
  const { bytes, phoneBytes, phoneAt } = headerForms[header.form];
  const bodyAt = bytes + (part === null ? 0 : PACKAGE_ITEM_BYTES);
  const content = new Uint8Array(bodyAt + body.length);
  const view = new DataView(content.buffer);
  view.setUint16(0, header.id);
  const flags = (header.versionFlag ? VERSION_BIT : 0) | (part === null ? 0 : SUBPACKAGE_BIT);
  view.setUint16(2, body.length | flags);
  if (header.form === '2019') content[4] = header.versionByte ?? 1;
  const digits = header.phone.padStart(phoneBytes * 2, '0');
  for (let i = 0; i < phoneBytes; i++) {
    content[phoneAt + i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  }
  view.setUint16(bytes - 2, header.serial);
  if (part !== null) {
    view.setUint16(bytes, part.total);
    view.setUint16(bytes + 2, part.index);
  }
  content.set(body, bodyAt);
  return content;
}

/** Longest body of one frame. */
export const MAX_BODY_BYTES = LENGTH_BITS;
