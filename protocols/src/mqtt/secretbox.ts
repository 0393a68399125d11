import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';

const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** The key of a passphrase: its UTF-8 bytes, padded with zeros. @returns null for one of more than 32 bytes or none */
export function keyOfPassphrase(passphrase: string): Uint8Array | null {
  const bytes = new TextEncoder().encode(passphrase);
  if (bytes.length === 0 || bytes.length > KEY_BYTES) return null;
  const key = new Uint8Array(KEY_BYTES);
  key.set(bytes);
  return key;
}

/**
 * Opens what libsodium's `crypto_secretbox` closed.
 * @param sealed nonce of 24 bytes, tag of 16, ciphertext
 * @param key 32 bytes
 * @returns null when it is too short, was changed, or belongs to another key
 * @see mqtt.md section 3.2 (encrypted)
 */
export function openSecretBox(sealed: Uint8Array, key: Uint8Array): Uint8Array | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES || key.length !== KEY_BYTES) return null;
  try {
    const nonce = sealed.slice(0, NONCE_BYTES);
    return xsalsa20poly1305(key, nonce).decrypt(sealed.slice(NONCE_BYTES));
  } catch {
    // The library throws for a wrong tag, which is an answer here: not ours, or changed on the way.
    return null;
  }
}
