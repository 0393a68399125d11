import { crc32c } from './crc32c.ts';

/*
 * head  magic[8] version u16 zero u16 keyId u32 dataDirId[16] firstSeq f64 marker[16] previousSeq f64 zero u32
 *       crc32c u32 (over all before it)
 */

export const HEAD_BYTES = 72;
export const MARKER_BYTES = 16;
const MAGIC = Buffer.from('XUNJIJNL', 'latin1');
const VERSION = 3;
const at = {
  version: 8,
  keyId: 12,
  dataDirId: 16,
  firstSeq: 32,
  marker: 40,
  previousSeq: 56,
  crc: 68,
} as const;

/** What the head of a segment says. */
export interface SegmentHead {
  readonly dataDirId: Uint8Array;
  readonly firstSeq: number;
  /** 0 = plain records, else the id of the key the blocks are sealed with. */
  readonly keyId: number;
  /**
   * Random, new for each segment, and known to nobody outside: begins each block and seeds each record's checksum, so
   * that no bytes a device sends can pass for a block or a record.
   */
  readonly marker: Uint8Array;
  /** The last sound record before this segment; numbers between it and `firstSeq` were given up by a recovery. */
  readonly previousSeq: number;
}

/** Why a head is none of ours. */
export type HeadFault = 'short' | 'damaged' | 'newer' | 'older';

/** The bytes a segment starts with. */
export function encodeHead(head: SegmentHead): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(at.version, VERSION, true);
  view.setUint32(at.keyId, head.keyId, true);
  bytes.set(head.dataDirId.subarray(0, 16), at.dataDirId);
  view.setFloat64(at.firstSeq, head.firstSeq, true);
  bytes.set(head.marker.subarray(0, MARKER_BYTES), at.marker);
  view.setFloat64(at.previousSeq, head.previousSeq, true);
  view.setUint32(at.crc, crc32c(bytes, 0, at.crc), true);
  return bytes;
}

/** Whether a file of at least `HEAD_BYTES` begins as a journal segment does. */
export const hasMagic = (bytes: Uint8Array): boolean => MAGIC.compare(bytes, 0, MAGIC.length) === 0;

/** A version is believed only under our magic; `newer` also when the rest has another shape than ours. */
export function decodeHead(
  bytes: Uint8Array,
): { readonly ok: true; readonly head: SegmentHead } | { readonly ok: false; why: HeadFault } {
  if (bytes.length < HEAD_BYTES) return { ok: false, why: 'short' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  if (!hasMagic(bytes)) return { ok: false, why: 'damaged' };
  const version = view.getUint16(at.version, true);
  if (version > VERSION) return { ok: false, why: 'newer' };
  if (version < VERSION) return { ok: false, why: 'older' };
  if (view.getUint32(at.crc, true) !== crc32c(bytes, 0, at.crc)) {
    return { ok: false, why: 'damaged' };
  }
  return {
    ok: true,
    head: {
      dataDirId: bytes.slice(at.dataDirId, at.dataDirId + 16),
      firstSeq: view.getFloat64(at.firstSeq, true),
      keyId: view.getUint32(at.keyId, true),
      marker: bytes.slice(at.marker, at.marker + MARKER_BYTES),
      previousSeq: view.getFloat64(at.previousSeq, true),
    },
  };
}
