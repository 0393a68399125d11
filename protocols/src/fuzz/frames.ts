import { crcItu, fromHex } from '../bytes.ts';
import { partsOf, writeFrame } from '../gt06/frame.ts';
import { eachContent, seal } from '../jt808/frame.ts';

/*
 * Frames taken apart and put together again with the checksum that fits, so that a mutation reaches what lies behind
 * it.
 */

export const bytesOf = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);

export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Changes the body of a frame; header and checksum are made to fit. What is no frame stays as it is. */
export function rewriteBody(
  protocol: 'jt808' | 'gt06',
  frame: Uint8Array,
  change: (body: Uint8Array) => Uint8Array,
): Uint8Array {
  if (protocol === 'gt06') {
    if (frame.length < 10) return frame;
    const { type, serial, isLong, contentStart, contentEnd } = partsOf(frame);
    const content = change(frame.slice(contentStart, contentEnd));
    return content.length > 0xff00 ? frame : writeFrame(type, content, serial, isLong);
  }
  const head = headOf(contentOf(frame));
  if (head === null) return frame;
  const { content, bodyAt } = head;
  return sealBody(content.subarray(0, bodyAt), change(content.slice(bodyAt)));
}

/** Header and body of a JT/T 808 frame; empty for what is none. */
export function contentOf(frame: Uint8Array): Uint8Array {
  let content: Uint8Array = new Uint8Array(0);
  eachContent(frame, (found) => {
    if (content.length === 0) content = found.slice();
  });
  return content;
}

/** Where the body of a content begins by the flags of its header; null when it is too short for one. */
export function headOf(content: Uint8Array): { content: Uint8Array; bodyAt: number } | null {
  const flags = content[2] ?? 0;
  const bodyAt = (flags & 0x40 ? 17 : 12) + (flags & 0x20 ? 4 : 0);
  return content.length < bodyAt ? null : { content, bodyAt };
}

/** A frame of a header and any body, whose length the header is made to say as far as it can. */
export function sealBody(head: Uint8Array, body: Uint8Array): Uint8Array {
  const content = concat([head, body]);
  content[2] = ((content[2] ?? 0) & 0xfc) | ((body.length >> 8) & 3);
  content[3] = body.length & 0xff;
  return seal(content);
}

/** A GT06 frame whose length says what it likes, under a checksum that fits. */
export function lyingLength(frame: Uint8Array, length: number): Uint8Array {
  const lied = frame.slice();
  const isLong = lied[0] === 0x79;
  if (isLong) lied[2] = length >> 8;
  lied[isLong ? 3 : 2] = length & 0xff;
  const at = lied.length - 4;
  if (at < 2) return lied;
  const crc = crcItu(lied, 2, at);
  lied[at] = crc >> 8;
  lied[at + 1] = crc & 0xff;
  return lied;
}
