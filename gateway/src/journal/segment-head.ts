import { crc32c } from './crc32c.ts';

/*
 * head  magic[8] version u16 reserved u16 keyId u32 dataDirId[16] firstSeq f64 zero[..] crc32c u32 (over the first 60)
 */

export const HEAD_BYTES = 64;
const MAGIC = 'XUNJIJNL';
const VERSION = 2;

/** What the head of a segment says. `keyId` 0 = plain records. */
export interface SegmentHead {
  readonly dataDirId: Uint8Array;
  readonly firstSeq: number;
  readonly keyId: number;
}

/** The 64 bytes a segment starts with. */
export function encodeHead(head: SegmentHead): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(MAGIC, 'latin1'));
  view.setUint16(8, VERSION, true);
  view.setUint32(12, head.keyId, true);
  bytes.set(head.dataDirId.subarray(0, 16), 16);
  view.setFloat64(32, head.firstSeq, true);
  view.setUint32(60, crc32c(bytes, 0, 60), true);
  return bytes;
}

/** Null when the bytes are not a head of ours: torn, foreign or of a later format. */
export function decodeHead(bytes: Uint8Array): SegmentHead | null {
  if (bytes.length < HEAD_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  if (view.getUint32(60, true) !== crc32c(bytes, 0, 60)) return null;
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== MAGIC) return null;
  if (view.getUint16(8, true) !== VERSION) return null;
  return {
    dataDirId: bytes.slice(16, 32),
    firstSeq: view.getFloat64(32, true),
    keyId: view.getUint32(12, true),
  };
}
