import { decodeGbk, encodeGbk } from '../bytes.ts';
import { numberAt, Output } from '../layout.ts';
import type { FaultCode } from '../protocol.ts';

/*
 * Bytes of attachments come between the frames of their connection without flags, escapes or check code. After each
 * whole item the next one begins with a flag or with the head of data.
 * @see T/JSATL 12-2017, file data upload; the wire reference, section 11
 */

const FLAG = 0x7e;
const ESCAPE = 0x7d;
/** `01cd` */
const HEAD = [0x30, 0x31, 0x63, 0x64] as const;
const NAME_AT = 4;
const NAME_BYTES = 50;
const OFFSET_AT = NAME_AT + NAME_BYTES;
const LENGTH_AT = OFFSET_AT + 4;
const DATA_AT = LENGTH_AT + 4;

/** What is neither is told of in pieces of so many bytes, wherever the stream is cut. */
const GARBAGE_BYTES = 4096;

/** Memory that is kept between two items. */
const MAX_IDLE_BYTES = 4096;

/** A piece of a file. */
export interface AttachmentData {
  /** As sent, 00 behind taken off, and not to be trusted: see `attachment-name.ts`. */
  readonly name: string;
  /** Of the first byte in the file. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** What a stream consists of; `offset` is that of the first byte in the stream. */
export type AttachmentItem =
  | {
      readonly kind: 'data';
      readonly offset: number;
      /** On the wire. */
      readonly bytes: number;
      readonly piece: AttachmentData;
    }
  /** Both flags included; its check code is the framer's business. */
  | { readonly kind: 'frame'; readonly offset: number; readonly raw: Uint8Array }
  | {
      readonly kind: 'dropped';
      readonly code: FaultCode;
      readonly offset: number;
      readonly bytes: number;
      readonly detail: string;
    };

/** Limits; what announces more is dropped without waiting for it. */
export interface AttachmentLimits {
  /** Bytes of one piece; the text has 64 KiB. Default 1 MiB. */
  readonly maxPieceBytes?: number;
  /** Where a piece may end in its file. Default 256 MiB. */
  readonly maxFileBytes?: number;
  /** Bytes of one frame, flags and escapes included. Default 4096. */
  readonly maxFrameBytes?: number;
}

/**
 * Cuts a stream into frames and pieces of files. The items do not depend on how it is cut into chunks. Linear; holds
 * what has come of one item, never what it announces.
 */
export class AttachmentStream {
  readonly #maxPiece: number;
  readonly #maxFile: number;
  readonly #maxFrame: number;
  /** `[#at, #end)` has not been used up. */
  #held: Uint8Array = new Uint8Array(256);
  #at = 0;
  #end = 0;
  /** Where the search for the closing flag goes on. */
  #searched = 0;
  /** Of `#held[0]` in the stream. */
  #base = 0;
  #garbage = 0;
  /** The byte before ended a frame and may begin the next. */
  #isAfterFlag = false;
  #items: AttachmentItem[] = [];

  /** @param isAfterFlag the byte before the first was a flag, which may begin a frame */
  constructor(limits: AttachmentLimits = {}, isAfterFlag = false) {
    this.#isAfterFlag = isAfterFlag;
    this.#maxPiece = limits.maxPieceBytes ?? 1 << 20;
    this.#maxFile = limits.maxFileBytes ?? 256 << 20;
    this.#maxFrame = limits.maxFrameBytes ?? 4096;
  }

  /** Bytes of an item that is not complete. */
  get pendingBytes(): number {
    return this.#end - this.#at;
  }

  /** Never throws; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): readonly AttachmentItem[] {
    this.#hold(chunk);
    while (this.#at < this.#end && this.#item());
    if (this.pendingBytes === 0 && this.#held.length > MAX_IDLE_BYTES) {
      this.#base += this.#end;
      this.#held = new Uint8Array(256);
      this.#at = 0;
      this.#end = 0;
      this.#searched = 0;
    }
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** Uses up the next item, or a byte that begins none. False: it is not complete. */
  #item(): boolean {
    const byte = this.#held[this.#at];
    if (byte === FLAG) return this.#frame(this.#at + 1);
    const alike = this.#headBytes();
    if (alike === HEAD.length) return this.#piece();
    if (alike > 0 && this.#at + alike === this.#end) return false;
    // One flag may stand between two frames.
    if (this.#isAfterFlag) return this.#frame(this.#at);
    this.#skip(1);
    return true;
  }

  #headBytes(): number {
    let alike = 0;
    while (alike < HEAD.length && this.#held[this.#at + alike] === HEAD[alike]) {
      if (this.#at + alike >= this.#end) break;
      alike++;
    }
    return alike;
  }

  /** @param from of its content: behind the flag, or at once where the flag before was used up */
  #frame(from: number): boolean {
    const held = this.#held.subarray(0, this.#end);
    const end = held.indexOf(FLAG, Math.max(from, this.#searched));
    const size = (end < 0 ? this.#end : end + 1) - this.#at;
    if (size > this.#maxFrame) {
      this.#drop('frameTooLong', from - this.#at, `no closing flag within ${this.#maxFrame} bytes`);
      if (from === this.#at) this.#skip(1);
      return true;
    }
    if (end < 0) {
      this.#searched = this.#end;
      return false;
    }
    const content = held.subarray(from, end);
    if (content.every(isFiller)) {
      // Nothing between two flags: the second may begin a frame.
      this.#tellGarbage();
      this.#use(end - this.#at);
      return true;
    }
    const inside = isSound(content) ? -1 : headIn(content);
    if (inside >= 0) {
      // The closing flag was lost, and what looks like one is a byte of the file behind.
      this.#skip(from - this.#at + inside);
      return true;
    }
    this.#tellGarbage();
    const raw = new Uint8Array(content.length + 2).fill(FLAG);
    raw.set(content, 1);
    const offset = this.#base + this.#at - (from === this.#at ? 1 : 0);
    this.#items.push({ kind: 'frame', offset, raw });
    this.#use(end + 1 - this.#at);
    this.#isAfterFlag = true;
    return true;
  }

  #piece(): boolean {
    if (this.pendingBytes < DATA_AT) return false;
    const held = this.#held.subarray(this.#at, this.#end);
    const offset = numberAt(held, OFFSET_AT, 4);
    const length = numberAt(held, LENGTH_AT, 4);
    if (length > this.#maxPiece || offset + length > this.#maxFile) {
      this.#drop('frameTooLong', HEAD.length, `a piece of ${length} bytes at ${offset}`);
      return true;
    }
    const bytes = DATA_AT + length;
    if (held.length < bytes) return false;
    this.#tellGarbage();
    const piece = {
      name: trimmed(held.subarray(NAME_AT, OFFSET_AT)),
      offset,
      data: Uint8Array.from(held.subarray(DATA_AT, bytes)),
    };
    this.#items.push({ kind: 'data', offset: this.#base + this.#at, bytes, piece });
    this.#use(bytes);
    return true;
  }

  #use(bytes: number): void {
    this.#at += bytes;
    this.#searched = this.#at;
    this.#isAfterFlag = false;
  }

  #drop(code: FaultCode, bytes: number, detail: string): void {
    this.#tellGarbage();
    const offset = this.#base + this.#at;
    this.#items.push({ kind: 'dropped', code, offset, bytes, detail });
    this.#use(bytes);
  }

  /** Bytes that begin nothing: told of when something begins, or when there are many. */
  #skip(bytes: number): void {
    for (let left = bytes; left > 0; ) {
      const some = Math.min(left, GARBAGE_BYTES - this.#garbage);
      this.#garbage += some;
      this.#use(some);
      left -= some;
      if (this.#garbage === GARBAGE_BYTES) this.#tellGarbage();
    }
  }

  #tellGarbage(): void {
    if (this.#garbage === 0) return;
    const offset = this.#base + this.#at - this.#garbage;
    const detail = 'bytes that begin neither a frame nor data';
    this.#items.push({ kind: 'dropped', code: 'garbage', offset, bytes: this.#garbage, detail });
    this.#garbage = 0;
  }

  #hold(chunk: Uint8Array): void {
    const pending = this.pendingBytes;
    if (this.#end + chunk.length > this.#held.length) {
      // Grown by doubling, so that bytes that come one by one are moved a few times each and no more.
      const isRoomy = (pending + chunk.length) * 2 <= this.#held.length;
      const room = isRoomy
        ? this.#held
        : new Uint8Array(Math.max(this.#held.length, (pending + chunk.length) * 2));
      room.set(this.#held.subarray(this.#at, this.#end));
      this.#base += this.#at;
      this.#searched -= this.#at;
      this.#held = room;
      this.#at = 0;
      this.#end = pending;
    }
    this.#held.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}

/** NUL and line ends between frames mean nothing. */
const isFiller = (byte: number): boolean => byte === 0 || byte === 0x0a || byte === 0x0d;

const trimmed = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return decodeGbk(end < 0 ? bytes : bytes.subarray(0, end));
};

/** Whether a stream begins with a piece of a file. */
export const beginsData = (bytes: Uint8Array): boolean =>
  HEAD.every((byte, i) => bytes[i] === byte);

/** Whether there are too few bytes to say so, and none that contradicts. */
export const mayBeginData = (bytes: Uint8Array): boolean =>
  bytes.length < HEAD.length && bytes.every((byte, i) => HEAD[i] === byte);

function headIn(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(HEAD[0]); at >= 0; at = bytes.indexOf(HEAD[0], at + 1)) {
    if (HEAD.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

/** Whether escapes and check code are right. */
function isSound(content: Uint8Array): boolean {
  let xor = 0;
  for (let at = 0; at < content.length; at++) {
    let byte = content[at] ?? 0;
    if (byte === ESCAPE) {
      const code = content[++at];
      if (code !== 1 && code !== 2) return false;
      byte = ESCAPE - 1 + code;
    }
    xor ^= byte;
  }
  return xor === 0;
}

/** A piece as it goes on the wire. @throws RangeError naming the field that does not fit */
export function encodeAttachmentData({ name, offset, data }: AttachmentData): Uint8Array {
  const text = encodeGbk(name);
  if (text.length > NAME_BYTES) throw new RangeError(`name: wants at most ${NAME_BYTES} bytes`);
  if (!Number.isInteger(offset) || offset < 0 || offset > 0xffffffff) {
    throw new RangeError(`offset: wants a whole number 0..4294967295, got ${offset}`);
  }
  const out = new Output();
  out.bytes(Uint8Array.from(HEAD));
  out.bytes(text);
  out.bytes(new Uint8Array(NAME_BYTES - text.length));
  out.number(offset, 4);
  out.number(data.length, 4);
  out.bytes(data);
  return out.take();
}
