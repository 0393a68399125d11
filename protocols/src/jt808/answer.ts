import type { Header } from './header.ts';

/*
 * The general answer, which is nearly all a platform sends, straight into its frame. A property test holds it to what
 * the tables write.
 */

const FLAG = 0x7e;
const ESCAPE = 0x7d;
const BODY_BYTES = 5;
const VERSION_BIT = 0x4000;

const frame = new Uint8Array(64);
let at = 0;
let xor = 0;

function put(byte: number): void {
  xor ^= byte;
  if (byte === FLAG || byte === ESCAPE) {
    frame[at++] = ESCAPE;
    frame[at++] = byte - ESCAPE + 1;
  } else {
    frame[at++] = byte;
  }
}

function put16(word: number): void {
  put((word >> 8) & 0xff);
  put(word & 0xff);
}

/**
 * The general answer to the frame of `to`, in its own form of header, as a frame of its own bytes.
 * @param id 0x8001 from a platform, 0x0001 from a terminal
 * @param serial ours
 * @param result 0 done, 1 failed, 2 message wrong, 3 not supported
 * @see JT/T 808, general answer clauses
 */
export function generalAnswer(to: Header, id: number, serial: number, result: number): Uint8Array {
  at = 0;
  frame[at++] = FLAG;
  xor = 0;
  put16(id);
  put16(BODY_BYTES | (to.versionFlag ? VERSION_BIT : 0));
  if (to.form === '2019') put(to.versionByte ?? 1);
  for (const byte of to.phoneBytes) put(byte);
  put16(serial);
  put16(to.serial);
  put16(to.id);
  put(result);
  put(xor);
  frame[at++] = FLAG;
  return frame.slice(0, at);
}
