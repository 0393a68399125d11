import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomFillSync,
} from 'node:crypto';
import { readFileSync } from 'node:fs';

/*
 * A sealed block: nonce[12] | AES-256-GCM of the records | tag[16]. Each segment has a key of its own, derived from the
 * operator's key and the segment's random marker, and each block a random nonce: one segment holds far too few blocks
 * for two nonces to meet, and no counter has to survive a restart.
 */

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What sealing adds to a block. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES;
const CIPHER = 'aes-256-gcm';

/** Never 0, which stands for plain blocks; tells keys apart and gives nothing of them away. */
export function keyIdOf(key: Uint8Array): number {
  return (
    createHash('sha256').update('xunji journal key id').update(key).digest().readUInt32LE(0) || 1
  );
}

/** Seals and opens the blocks of one segment. */
export class SegmentSeal {
  readonly #key: Buffer;

  constructor(key: Uint8Array, marker: Uint8Array) {
    this.#key = Buffer.from(hkdfSync('sha256', key, marker, 'xunji journal segment', KEY_BYTES));
  }

  seal(records: Uint8Array): Buffer {
    const out = Buffer.allocUnsafe(records.length + SEAL_BYTES);
    const nonce = randomFillSync(out.subarray(0, NONCE_BYTES));
    const cipher = createCipheriv(CIPHER, this.#key, nonce);
    cipher.update(records).copy(out, NONCE_BYTES);
    cipher.final();
    cipher.getAuthTag().copy(out, NONCE_BYTES + records.length);
    return out;
  }

  /** Null when a bit of it is not as it was sealed. */
  open(sealed: Buffer): Buffer | null {
    if (sealed.length < SEAL_BYTES) return null;
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, this.#key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(end));
    const records = decipher.update(sealed.subarray(NONCE_BYTES, end));
    try {
      decipher.final();
    } catch {
      // The only thing it says: the tag does not fit.
      return null;
    }
    return records;
  }
}

/**
 * The key of a key file: 32 raw bytes, 64 hexadecimal digits or base64 of 32 bytes, white space around it ignored.
 * @throws naming the file and what is wrong with it, never its content
 */
export function readKeyFile(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Error(`XUNJI_KEY_FILE: ${(error as Error).message}`);
  }
  const text = bytes.toString('latin1').trim();
  let key = bytes;
  if (/^[0-9a-f]{64}$/i.test(text)) key = Buffer.from(text, 'hex');
  else if (/^[A-Za-z0-9+/]{43}=?$/.test(text)) key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new Error(
      `XUNJI_KEY_FILE: ${path} holds no key: 32 bytes, 64 hexadecimal digits or base64 of 32 bytes are expected`,
    );
  }
  if (key.every((byte) => byte === key[0])) {
    throw new Error(`XUNJI_KEY_FILE: ${path} holds the same byte 32 times, which is no key`);
  }
  return key;
}
