import { crc32c } from './crc32c.ts';
import { MARKER_BYTES } from './segment-head.ts';

/*
 * Segment = head (`segment-head.ts`) + blocks; a block is one group, written and synced as one.
 *   block  marker[16] length u32 (of what follows the block's head) records u32 firstSeq f64 keyId u32 crc32c u32
 *          then the records, plain or sealed (`seal.ts`)
 * A block is begun only when the one before it is durable: damage before a sound block is damage to durable bytes.
 */

export const BLOCK_HEAD_BYTES = 40;
/** More than a group can grow to; a larger length on disk is damage. */
const MAX_BLOCK_BYTES = 1 << 30;
const at = { length: 16, records: 20, firstSeq: 24, keyId: 32, crc: 36 } as const;

export interface BlockHead {
  /** Bytes behind the block's head. */
  readonly length: number;
  readonly records: number;
  readonly firstSeq: number;
  /** As in the segment's head. */
  readonly keyId: number;
}

/** The bytes a block starts with. */
export function encodeBlockHead(marker: Uint8Array, head: BlockHead): Uint8Array {
  const bytes = new Uint8Array(BLOCK_HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(marker);
  view.setUint32(at.length, head.length, true);
  view.setUint32(at.records, head.records, true);
  view.setFloat64(at.firstSeq, head.firstSeq, true);
  view.setUint32(at.keyId, head.keyId, true);
  view.setUint32(at.crc, crc32c(bytes, 0, at.crc), true);
  return bytes;
}

/** Null when no sound head of a block with this marker stands at `offset`, or `bytes` end inside it. */
export function decodeBlockHead(
  bytes: Buffer,
  offset: number,
  marker: Uint8Array,
): BlockHead | null {
  if (offset + BLOCK_HEAD_BYTES > bytes.length) return null;
  if (bytes.compare(marker, 0, MARKER_BYTES, offset, offset + MARKER_BYTES) !== 0) return null;
  if (bytes.readUInt32LE(offset + at.crc) !== crc32c(bytes, offset, offset + at.crc)) return null;
  const length = bytes.readUInt32LE(offset + at.length);
  if (length > MAX_BLOCK_BYTES) return null;
  return {
    length,
    records: bytes.readUInt32LE(offset + at.records),
    firstSeq: bytes.readDoubleLE(offset + at.firstSeq),
    keyId: bytes.readUInt32LE(offset + at.keyId),
  };
}

/** What the checksums of a segment's records start from. */
export const recordSeed = (marker: Uint8Array): number =>
  Buffer.from(marker.buffer, marker.byteOffset, MARKER_BYTES).readUInt32LE(0);
