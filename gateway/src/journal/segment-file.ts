import { BLOCK_HEAD_BYTES, decodeBlockHead } from './block.ts';
import { keyIdOf, SegmentSeal } from './seal.ts';
import { decodeHead, HEAD_BYTES, MARKER_BYTES } from './segment-head.ts';

/** `0000000000000001.journal`: the name carries the first sequence, so a listing is the index. */
export const segmentName = (firstSeq: number): string =>
  `${firstSeq.toString().padStart(16, '0')}.journal`;

/** First sequence of a segment file, null for any other file. */
export const segmentFirstSeq = (name: string): number | null =>
  /^\d{16}\.journal$/.test(name) ? Number(name.slice(0, 16)) : null;

/** Bytes from the beginning of a segment that `identify` looks at. */
export const IDENTIFY_BYTES = HEAD_BYTES + BLOCK_HEAD_BYTES;

/** Why a journal is not taken as ours, one line each on cause and remedy. */
export const journalFaults = {
  foreign: 'belongs to another data directory; put each back where it came from',
  newer: 'was written by a newer version of this program; run that one',
  older:
    'was written by an older format that this version does not read; begin a new data directory',
  noHead: 'does not begin as a journal segment does; move it away if it is none of ours',
  keyMissing: 'is encrypted; name its key by XUNJI_KEY_FILE',
  keyWrong: 'is encrypted with another key than that of XUNJI_KEY_FILE',
} as const;
export type JournalFault = keyof typeof journalFaults;

/** The journal is refused as it is; nothing was changed. */
export class JournalError extends Error {
  readonly code: JournalFault;

  constructor(code: JournalFault, segment: string) {
    super(`journal segment ${segment} ${journalFaults[code]}`);
    this.name = 'JournalError';
    this.code = code;
  }
}

/** How a segment is to be read. */
export interface Identified {
  readonly marker: Uint8Array;
  readonly seal: SegmentSeal | null;
  /** The last sound record before the segment; null when its head no longer says. */
  readonly previousSeq: number | null;
}

export interface Identity {
  readonly dataDirId: Uint8Array;
  /** 32 bytes, or none when nothing is sealed. */
  readonly key?: Uint8Array | null;
}

/**
 * Reads the beginning of a segment. A damaged head is no loss while the first block is sound: it carries the marker.
 * @param bytes the first `IDENTIFY_BYTES` of the file, fewer when it has no more
 * @returns null when the file holds no more than a damaged head: its making was interrupted, or nothing is readable
 * @throws JournalError when it is none of ours or its key is not at hand
 */
export function identify(
  name: string,
  bytes: Buffer,
  { dataDirId, key }: Identity,
): Identified | null {
  const decoded = decodeHead(bytes);
  if (decoded.ok && decoded.head.firstSeq === segmentFirstSeq(name)) {
    const { marker, keyId, previousSeq } = decoded.head;
    if (Buffer.compare(decoded.head.dataDirId, dataDirId) !== 0) {
      throw new JournalError('foreign', name);
    }
    return { marker, seal: sealOf(name, keyId, marker, key), previousSeq };
  }
  const marker = Uint8Array.from(bytes.subarray(HEAD_BYTES, HEAD_BYTES + MARKER_BYTES));
  const block = marker.length < MARKER_BYTES ? null : decodeBlockHead(bytes, HEAD_BYTES, marker);
  if (block !== null) {
    return { marker, seal: sealOf(name, block.keyId, marker, key), previousSeq: null };
  }
  if (!decoded.ok && decoded.why !== 'short' && decoded.why !== 'damaged') {
    throw new JournalError(decoded.why, name);
  }
  return null;
}

function sealOf(
  name: string,
  keyId: number,
  marker: Uint8Array,
  key: Uint8Array | null | undefined,
): SegmentSeal | null {
  if (keyId === 0) return null;
  if (key === null || key === undefined) throw new JournalError('keyMissing', name);
  if (keyId !== keyIdOf(key)) throw new JournalError('keyWrong', name);
  return new SegmentSeal(key, marker);
}
