import { decode } from '@msgpack/msgpack';
import { isObject } from './payload.ts';

/** Nothing that a payload of the longest kind could hold; announced lengths beyond cost nothing. */
const LIMITS = {
  maxStrLength: 1 << 16,
  maxBinLength: 1 << 16,
  maxArrayLength: 10_000,
  maxMapLength: 1000,
  maxExtLength: 0,
};

/**
 * The map that takes all of `bytes`. Texts and binaries are both bytes, because older writers put binaries into texts.
 * @returns null for what is no map of MessagePack, is cut short or goes on after its end
 * @see the MessagePack specification, formats
 */
export function readMessagePack(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value = decode(bytes, { ...LIMITS, rawStrings: true });
    return isObject(value) ? value : null;
  } catch {
    // Whatever the library trips over is what strangers sent.
    return null;
  }
}

const MAX_TEXT = 256;

/** A short text of ASCII; what is longer is cut, what is no ASCII becomes a question mark. */
export function asciiOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes.subarray(0, MAX_TEXT)) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  }
  return text;
}
