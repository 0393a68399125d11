import { copyCrcItu, crcItu } from '../bytes.ts';
import type { FaultCode } from '../protocol.ts';

/** Whole frame, start and tail included: a length of 4096, the bound the wire reference names, in the long form. */
export const DEFAULT_MAX_FRAME_BYTES = 4096 + 6;
/** A frame that is not complete after this long gives up its first byte. @see gt06.md section 1.1, step 5 */
export const FRAME_TIMEOUT_MS = 5000;

const SHORT_START = 0x78;
/** Twice, before a length of two bytes. */
export const LONG_START = 0x79;
/** Type, serial and checksum: what the length counts when the content is empty. */
const LENGTH_OF_EMPTY = 5;
/** The short form counts its length in one byte. */
const SHORT_CONTENT_MAX = 0xff - LENGTH_OF_EMPTY;
const LONG_CONTENT_MAX = 0xffff - LENGTH_OF_EMPTY;
/** Before the length, where the checksum begins. */
const START_BYTES = 2;
const CRC_AND_TAIL_BYTES = 4;
const LOGIN = 0x01;
/** A log-in counted so is one of a protocol without serial and checksum. @see gt06.md section 14, Topin */
const TOPIN_LOGIN_LENGTH = 0x0a;
const TR02_START = 0x68;
/** The older protocol is told from noise by its fixed length. @see gt06.md section 14 */
const TR02_HEAD = [TR02_START, TR02_START, 0x25] as const;
/** Protocols that look like this one and are not. @see gt06.md section 14 */
const variants = {
  tr02: 'GT02A/TR02 (6868, no checksum)',
  topin: 'Topin/ZX303 (log-in of length 0A, no checksum)',
} as const;
const FIRST_CAPACITY = 256;
/** A connection with nothing pending keeps no more than this. */
const IDLE_CAPACITY = 1024;
const NOTHING_HELD = new Uint8Array(0);

/** Where the parts of one verified frame lie in its bytes. @see gt06.md section 1 */
export interface FrameParts {
  readonly type: number;
  readonly serial: number;
  readonly isLong: boolean;
  readonly contentStart: number;
  readonly contentEnd: number;
}

/** What framing gives, in the order of the stream. */
export interface FrameSink {
  /** @param raw the frame in bytes of its own; `crcOk` is false only in lenient mode */
  frame(raw: Uint8Array, offset: number, crcOk: boolean): void;
  /** A run of bytes that belongs to no frame; contiguous runs of one call are told once. */
  lost(code: FaultCode, offset: number, bytes: number, detail?: string): void;
}

export interface FramerOptions {
  /** Until somebody sets it otherwise. */
  readonly lenient: boolean;
  readonly maxFrameBytes: number;
}

/** Serial, checksum and tail stand behind the content. */
const BEHIND_CONTENT = 6;

/** Where the content of a whole frame ends and its serial begins. */
export const contentEnd = (raw: Uint8Array): number => raw.length - BEHIND_CONTENT;

/** @param raw one whole frame as the framer delivers it */
export function serialOf(raw: Uint8Array): number {
  const at = contentEnd(raw);
  return ((raw[at] ?? 0) << 8) | (raw[at + 1] ?? 0);
}

/** @param raw one whole frame as the framer delivers it */
export function partsOf(raw: Uint8Array): FrameParts {
  const isLong = raw[0] !== SHORT_START;
  const typeAt = isLong ? 4 : 3;
  return {
    type: raw[typeAt] ?? 0,
    isLong,
    serial: serialOf(raw),
    contentStart: typeAt + 1,
    contentEnd: contentEnd(raw),
  };
}

/**
 * A whole frame around `content`, in the short form when it fits.
 * @param isLong the long form even then
 * @throws RangeError when the content is longer than the long form can count
 */
export function writeFrame(
  type: number,
  content: Uint8Array,
  serial: number,
  isLong = false,
): Uint8Array {
  const short = !isLong && content.length <= SHORT_CONTENT_MAX;
  if (content.length > LONG_CONTENT_MAX) throw new RangeError('content: longer than a frame holds');
  const length = content.length + LENGTH_OF_EMPTY;
  const frame = new Uint8Array(length + (short ? 5 : 6));
  let at = 0;
  frame[at++] = short ? SHORT_START : LONG_START;
  frame[at++] = short ? SHORT_START : LONG_START;
  if (!short) frame[at++] = length >> 8;
  frame[at++] = length;
  frame[at++] = type;
  frame.set(content, at);
  at += content.length;
  frame[at++] = serial >> 8;
  frame[at++] = serial;
  const crc = crcItu(frame, 2, at);
  frame[at++] = crc >> 8;
  frame[at++] = crc;
  frame[at++] = 0x0d;
  frame[at] = 0x0a;
  return frame;
}

/**
 * Cuts a byte stream into verified frames. The length decides where a frame ends, because nothing is escaped; one
 * that does not fit its tail costs one byte and the search goes on behind it. Linear in the bytes pushed, however
 * they are split, and bounded: never more than one incomplete frame is pending.
 * @see gt06.md section 1.1
 */
export class Framer {
  /** Delivers frames whose checksum alone is wrong, except log-ins. @see gt06.md section 15 */
  lenient: boolean;
  readonly #maxFrameBytes: number;
  readonly #sink: FrameSink;
  #held: Uint8Array = NOTHING_HELD;
  #start = 0;
  #end = 0;
  /** Bytes that must be there before the pending frame can be judged. */
  #need = 0;
  #pendingSince = 0;
  #lastPush = 0;
  /** Offset in the stream of the first byte that is not decided yet. */
  #offset = 0;
  #lostCode: FaultCode = 'garbage';
  #lostDetail: string | undefined;
  #lostBytes = 0;

  constructor(options: FramerOptions, sink: FrameSink) {
    this.lenient = options.lenient;
    this.#maxFrameBytes = options.maxFrameBytes;
    this.#sink = sink;
  }

  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** @param now ms; frames that stay incomplete are timed by it */
  push(chunk: Uint8Array, now: number): void {
    const headBefore = this.#offset;
    const hadPending = this.pendingBytes > 0;
    let from = 0;
    while (from < chunk.length) {
      if (this.pendingBytes === 0) {
        from = this.#scan(chunk, from, chunk.length);
        this.#hold(chunk, from, chunk.length);
        break;
      }
      // No more than the pending frame lacks: what follows it is read where it lies.
      const to = Math.min(chunk.length, from + Math.max(1, this.#need - this.pendingBytes));
      this.#hold(chunk, from, to);
      from = to;
      if (this.pendingBytes < this.#need) break;
      this.#start = this.#scan(this.#held, this.#start, this.#end);
    }
    this.#tellLost();
    if (!hadPending || this.#offset !== headBefore) this.#pendingSince = now;
    this.#lastPush = now;
  }

  /** Gives up the first byte of a frame pending since `FRAME_TIMEOUT_MS`, and of those behind it that are as old. */
  expire(now: number): void {
    // A clock that was set back must not keep a dead frame alive.
    if (now < this.#pendingSince) this.#pendingSince = now;
    while (this.pendingBytes > 0 && now - this.#pendingSince >= FRAME_TIMEOUT_MS) {
      this.#lose('frameTimeout', 1);
      this.#start = this.#scan(this.#held, this.#start + 1, this.#end);
      this.#pendingSince = this.#lastPush;
    }
    this.#tellLost();
  }

  /** @returns where the first undecided byte lies; every byte before it was delivered or lost */
  #scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to) {
      const start = bytes[at];
      if (start === TR02_START) {
        const seen = tr02HeadBytes(bytes, at, to);
        if (seen < TR02_HEAD.length && at + seen >= to) return this.#wait(at, seen + 1);
        if (seen === TR02_HEAD.length) this.#loseVariant(variants.tr02, 1);
        else this.#lose('garbage', 1);
        at++;
        continue;
      }
      if (start !== SHORT_START && start !== LONG_START) {
        this.#lose('garbage', 1);
        at++;
        continue;
      }
      if (at + 1 >= to) return this.#wait(at, 2);
      if (bytes[at + 1] !== start) {
        this.#lose('garbage', 1);
        at++;
        continue;
      }
      const short = start === SHORT_START;
      const typeAt = at + (short ? 3 : 4);
      if (typeAt > to) return this.#wait(at, typeAt - at);
      const length = short
        ? (bytes[at + 2] ?? 0)
        : ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
      const end = typeAt + length + 2;
      if (length < LENGTH_OF_EMPTY || end - at > this.#maxFrameBytes) {
        this.#lose(length < LENGTH_OF_EMPTY ? 'badLength' : 'frameTooLong', 1);
        at++;
        continue;
      }
      if (end > to) return this.#wait(at, end - at);
      if (bytes[end - 2] !== 0x0d || bytes[end - 1] !== 0x0a) {
        this.#lose('badTail', 1);
        at++;
        continue;
      }
      this.#judge(bytes, at, typeAt, end);
      at = end;
    }
    return at;
  }

  /** Length and tail fit: the checksum decides, before anything else is read. */
  #judge(bytes: Uint8Array, at: number, typeAt: number, end: number): void {
    // Into bytes of its own: the caller may use the chunk again.
    const raw = new Uint8Array(end - at);
    const crc = copyCrcItu(bytes, at, raw, START_BYTES, raw.length - CRC_AND_TAIL_BYTES);
    const crcOk = crc === (((bytes[end - 4] ?? 0) << 8) | (bytes[end - 3] ?? 0));
    const isLogin = bytes[typeAt] === LOGIN;
    if (crcOk || (this.lenient && !isLogin)) {
      this.#tellLost();
      this.#sink.frame(raw, this.#offset, crcOk);
      this.#offset += end - at;
      return;
    }
    const isTopin = isLogin && end - typeAt - 2 === TOPIN_LOGIN_LENGTH;
    this.#tellLost();
    if (isTopin) this.#loseVariant(variants.topin, end - at);
    else this.#lose('badChecksum', end - at);
    this.#tellLost();
  }

  #wait(at: number, need: number): number {
    this.#need = need;
    return at;
  }

  #lose(code: FaultCode, bytes: number): void {
    // One run, one fault: it is named by the first thing in it that says more than `garbage`.
    if (this.#lostCode === 'garbage') this.#lostCode = code;
    this.#lostBytes += bytes;
    this.#offset += bytes;
  }

  /** A frame of a protocol that only looks like this one. */
  #loseVariant(name: string, bytes: number): void {
    if (this.#lostCode === 'garbage') this.#lostDetail = name;
    this.#lose('unsupportedVariant', bytes);
  }

  #tellLost(): void {
    if (this.#lostBytes === 0) return;
    const bytes = this.#lostBytes;
    const code = this.#lostCode;
    const detail = this.#lostDetail;
    this.#lostBytes = 0;
    this.#lostCode = 'garbage';
    this.#lostDetail = undefined;
    this.#sink.lost(code, this.#offset - bytes, bytes, detail);
  }

  #hold(bytes: Uint8Array, from: number, to: number): void {
    const adding = to - from;
    const pending = this.pendingBytes;
    if (pending + adding === 0) {
      if (this.#held.length > IDLE_CAPACITY) this.#held = NOTHING_HELD;
      this.#start = 0;
      this.#end = 0;
      return;
    }
    if (this.#end + adding > this.#held.length) {
      // Half of it stays free after a move, so a byte is moved once for each byte that came.
      let capacity = Math.max(FIRST_CAPACITY, this.#held.length);
      while (capacity < (pending + adding) * 2) capacity *= 2;
      const target = capacity === this.#held.length ? this.#held : new Uint8Array(capacity);
      target.set(this.#held.subarray(this.#start, this.#end));
      this.#held = target;
      this.#start = 0;
      this.#end = pending;
    }
    this.#held.set(bytes.subarray(from, to), this.#end);
    this.#end += adding;
  }
}

/** How many of the bytes that begin a frame of the older protocol stand at `at`. */
function tr02HeadBytes(bytes: Uint8Array, at: number, to: number): number {
  let seen = 0;
  while (seen < TR02_HEAD.length && at + seen < to && bytes[at + seen] === TR02_HEAD[seen]) seen++;
  return seen;
}
