import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalRecord } from './record.ts';
import {
  IDENTIFY_BYTES,
  type Identity,
  identify,
  JournalError,
  segmentFirstSeq,
} from './segment-file.ts';
import { HEAD_BYTES } from './segment-head.ts';
import { SegmentScan } from './segment-scan.ts';

/** Something in a journal that is not as it was written. */
export interface JournalFinding {
  readonly segment: string;
  /**
   * `damaged` and `missing`: records from `from` to `to` cannot be read. `damagedHead`: the segment's head is, its records
   * are not. `refused`: the segment is none of ours, or its key is not at hand. `torn`: a group is cut off at the end of
   * the last segment, which is no damage: it is being written, or a crash came before it was acknowledged.
   */
  readonly what: 'damaged' | 'missing' | 'damagedHead' | 'refused' | 'torn';
  readonly from?: number;
  readonly to?: number;
  readonly detail?: string;
}

/** One step of a walk: a segment begins, a record of it, or a finding. */
export type WalkStep =
  | { readonly kind: 'segment'; readonly name: string; readonly bytes: number; isSealed: boolean }
  | { readonly kind: 'record'; readonly record: JournalRecord }
  | { readonly kind: 'finding'; readonly finding: JournalFinding };

const CHUNK_BYTES = 1 << 20;

/**
 * Reads a whole journal from its files alone, read-only: also one that a gateway is writing.
 * @param from segments that end below this sequence are not opened
 */
export async function* walkJournal(
  directory: string,
  identity: Identity,
  from = 0,
): AsyncGenerator<WalkStep> {
  const names = (await readdir(directory)).filter((n) => segmentFirstSeq(n) !== null).sort();
  let last: { name: string; seq: number } | null = null;
  for (const [i, name] of names.entries()) {
    const nextFirst = segmentFirstSeq(names[i + 1] ?? '');
    if (nextFirst !== null && nextFirst <= from) continue;
    const upTo = nextFirst === null ? Number.POSITIVE_INFINITY : nextFirst - 1;
    try {
      for await (const step of walkSegment(directory, name, identity, upTo, last)) {
        if (step.kind === 'record') last = { name, seq: step.record.seq };
        yield step;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // A running gateway has removed it by age since the listing, and all before it.
      last = null;
      continue;
    }
    last ??= { name, seq: (segmentFirstSeq(name) ?? 1) - 1 };
  }
}

async function* walkSegment(
  directory: string,
  name: string,
  identity: Identity,
  upTo: number,
  last: { readonly name: string; readonly seq: number } | null,
): AsyncGenerator<WalkStep> {
  const firstSeq = segmentFirstSeq(name) ?? 0;
  const finding = (f: Omit<JournalFinding, 'segment'>, segment = name): WalkStep => ({
    kind: 'finding',
    finding: { segment, ...f },
  });
  const file = await open(join(directory, name), 'r');
  try {
    const { size } = await file.stat();
    const start = Buffer.alloc(Math.min(IDENTIFY_BYTES, size));
    await file.read(start, 0, start.length, 0);
    const identified = tryIdentify(name, start, identity);
    if (identified instanceof JournalError) {
      yield finding({ what: 'refused', detail: identified.message });
      return;
    }
    if (identified === null) {
      if (size > HEAD_BYTES) yield finding({ what: 'damaged', from: firstSeq, to: upTo });
      else yield finding({ what: 'torn' });
      return;
    }
    const { marker, seal, previousSeq } = identified;
    yield { kind: 'segment', name, bytes: size, isSealed: seal !== null };
    if (previousSeq === null) yield finding({ what: 'damagedHead' });
    const before = previousSeq ?? firstSeq - 1;
    if (last !== null && before > last.seq) {
      yield finding({ what: 'missing', from: last.seq + 1, to: before }, last.name);
    }
    const scan = new SegmentScan(marker, seal, firstSeq - 1);
    for (let offset = HEAD_BYTES; ; ) {
      const step = scan.next();
      for (const gap of scan.hasGaps ? scan.takeGaps() : []) {
        if (gap.from <= upTo) yield finding({ what: 'damaged', ...gap });
      }
      if (step === 'end' || (step !== 'more' && step.seq > upTo)) break;
      if (step !== 'more') {
        yield { kind: 'record', record: step };
        continue;
      }
      const chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, scan.wanted));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
      offset += bytesRead;
      if (bytesRead === 0) scan.end();
      else scan.feed(chunk.subarray(0, bytesRead));
    }
    if (upTo !== Number.POSITIVE_INFINITY) return;
    const tail = scan.tail();
    if (tail.kind === 'torn') yield finding({ what: 'torn', detail: `${tail.bytes} bytes` });
    if (tail.kind === 'damaged') {
      yield finding({ what: 'damaged', from: scan.lastSeq + 1, to: tail.lastSeq });
    }
  } finally {
    await file.close();
  }
}

function tryIdentify(name: string, start: Buffer, identity: Identity) {
  try {
    return identify(name, start, identity);
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
}

/** What `verifyJournal` found. `faults` leaves out what is torn. */
export interface JournalSummary {
  readonly segments: number;
  readonly sealed: number;
  readonly bytes: number;
  readonly records: number;
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  readonly findings: readonly JournalFinding[];
  readonly isSound: boolean;
}

const MAX_FINDINGS = 1000;

/** Reads every record of a journal and sums up. */
export async function verifyJournal(
  directory: string,
  identity: Identity,
): Promise<JournalSummary> {
  const findings: JournalFinding[] = [];
  const sum = { segments: 0, sealed: 0, bytes: 0, records: 0 };
  let firstSeq: number | null = null;
  let lastSeq: number | null = null;
  let isSound = true;
  for await (const step of walkJournal(directory, identity)) {
    if (step.kind === 'segment') {
      sum.segments++;
      sum.bytes += step.bytes;
      if (step.isSealed) sum.sealed++;
    } else if (step.kind === 'record') {
      sum.records++;
      firstSeq ??= step.record.seq;
      lastSeq = step.record.seq;
    } else {
      if (step.finding.what !== 'torn') isSound = false;
      if (findings.length < MAX_FINDINGS) findings.push(step.finding);
    }
  }
  return { ...sum, firstSeq, lastSeq, findings, isSound };
}
