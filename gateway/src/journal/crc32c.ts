// Castagnoli polynomial, reflected, four tables: four bytes a step (RFC 3720 appendix B.4 for the check values).
const tables = (() => {
  const t = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)];
  const [t0, t1, t2, t3] = t as [Int32Array, Int32Array, Int32Array, Int32Array];
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    t0[n] = c;
  }
  for (let n = 0; n < 256; n++) {
    const a = t0[n] ?? 0;
    const b = (a >>> 8) ^ (t0[a & 255] ?? 0);
    const c = (b >>> 8) ^ (t0[b & 255] ?? 0);
    t1[n] = b;
    t2[n] = c;
    t3[n] = (c >>> 8) ^ (t0[c & 255] ?? 0);
  }
  return [t0, t1, t2, t3] as const;
})();
const [T0, T1, T2, T3] = tables;

/**
 * CRC32C of `bytes[from, to)`, unsigned.
 * @param seed changes the result for all bytes alike; 0 gives the standard's
 * @see RFC 3720, section 12.1
 */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, seed = 0): number {
  let c = ~seed;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    c ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    c =
      (T3[c & 255] as number) ^
      (T2[(c >>> 8) & 255] as number) ^
      (T1[(c >>> 16) & 255] as number) ^
      (T0[c >>> 24] as number);
  }
  for (; i < to; i++) c = (c >>> 8) ^ (T0[(c ^ (bytes[i] as number)) & 255] as number);
  return ~c >>> 0;
}
