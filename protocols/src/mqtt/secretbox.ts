/*
 * Opening what libsodium's `crypto_secretbox` closed: XSalsa20 and Poly1305. Only the reading side, whose result is
 * authenticated before a byte of it is used; the platform has no XSalsa20 of its own.
 */

export const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const BLOCK_BYTES = 64;
/** "expand 32-byte k", four little-endian words. */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
const DOUBLE_ROUNDS = 10;

/** The key of a passphrase: its UTF-8 bytes, padded with zeros. @returns null for one of more than 32 bytes or none */
export function keyOfPassphrase(passphrase: string): Uint8Array | null {
  const bytes = new TextEncoder().encode(passphrase);
  if (bytes.length === 0 || bytes.length > KEY_BYTES) return null;
  const key = new Uint8Array(KEY_BYTES);
  key.set(bytes);
  return key;
}

/**
 * @param sealed nonce of 24 bytes, tag of 16, ciphertext
 * @param key 32 bytes
 * @returns null when it is too short, was changed, or belongs to another key
 * @see mqtt.md section 3.2 (encrypted)
 */
export function openSecretBox(sealed: Uint8Array, key: Uint8Array): Uint8Array | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES || key.length !== KEY_BYTES) return null;
  const nonce = wordsOf(sealed.subarray(0, NONCE_BYTES));
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const box = sealed.subarray(NONCE_BYTES + TAG_BYTES);
  const subkey = hsalsa20(wordsOf(key), nonce);
  const stream = new Uint8Array(BLOCK_BYTES);
  salsa20(subkey, nonce, 0, stream);
  if (!isSame(poly1305(box, stream.subarray(0, 32)), tag)) return null;
  // The first half of the first block was the key of the tag.
  const plain = new Uint8Array(box.length);
  for (let i = 0; i < box.length; i++) {
    const at = i + 32;
    if (at % BLOCK_BYTES === 0) salsa20(subkey, nonce, at / BLOCK_BYTES, stream);
    plain[i] = (box[i] ?? 0) ^ (stream[at % BLOCK_BYTES] ?? 0);
  }
  return plain;
}

/** Where the words of sigma, key and input stand in the state. @see Salsa20 specification, section 8 */
function stateOf(key: Uint32Array, input: ArrayLike<number>): Uint32Array {
  const state = new Uint32Array(16);
  for (let i = 0; i < 4; i++) {
    state[5 * i] = SIGMA[i] ?? 0;
    state[1 + i] = key[i] ?? 0;
    state[11 + i] = key[4 + i] ?? 0;
    state[6 + i] = input[i] ?? 0;
  }
  return state;
}

function doubleRounds(x: Uint32Array): void {
  for (let i = 0; i < DOUBLE_ROUNDS; i++) {
    for (const [a, b, c, d] of columns) quarter(x, a, b, c, d);
    for (const [a, b, c, d] of rows) quarter(x, a, b, c, d);
  }
}
const columns = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
] as const;
const rows = [
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

function quarter(x: Uint32Array, a: number, b: number, c: number, d: number): void {
  const at = (i: number): number => x[i] ?? 0;
  x[b] = at(b) ^ rotl(at(a) + at(d), 7);
  x[c] = at(c) ^ rotl(at(b) + at(a), 9);
  x[d] = at(d) ^ rotl(at(c) + at(b), 13);
  x[a] = at(a) ^ rotl(at(d) + at(c), 18);
}
const rotl = (sum: number, by: number): number => (sum << by) | ((sum >>> 0) >>> (32 - by));

/** The key of this nonce. @see Bernstein, Extending the Salsa20 nonce, section 2 */
function hsalsa20(key: Uint32Array, nonce: Uint32Array): Uint32Array {
  const x = stateOf(key, nonce);
  doubleRounds(x);
  return Uint32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (i) => x[i] ?? 0);
}

function salsa20(key: Uint32Array, nonce: Uint32Array, block: number, out: Uint8Array): void {
  const input = stateOf(key, [nonce[4] ?? 0, nonce[5] ?? 0, block >>> 0, 0]);
  const x = input.slice();
  doubleRounds(x);
  const view = new DataView(out.buffer, out.byteOffset);
  for (let i = 0; i < 16; i++) view.setUint32(4 * i, (x[i] ?? 0) + (input[i] ?? 0), true);
}

const PRIME = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

/** Payloads are small and rare, so plain big integers do. @see RFC 8439, section 2.5 */
function poly1305(message: Uint8Array, key: Uint8Array): Uint8Array {
  const r = littleEndian(key.subarray(0, 16)) & CLAMP;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * r) % PRIME;
  }
  let tag = sum + littleEndian(key.subarray(16, 32));
  return Uint8Array.from({ length: TAG_BYTES }, () => {
    const byte = Number(tag & 0xffn);
    tag >>= 8n;
    return byte;
  });
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

/** In a time that does not tell where they differ. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
