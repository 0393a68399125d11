import type { FaultCode } from '../protocol.ts';

/*
 * 0x7e delimiting, escapes and check code. Knows nothing of headers.
 * @see JT/T 808, frame structure, escaping and check code clauses
 */

const FLAG = 0x7e;
const ESCAPE = 0x7d;
/** Header with package item, longest body, check code. */
export const MAX_CONTENT_BYTES = 21 + 1023 + 1;
/** Message id, properties, phone, serial, check code: the shortest content there is. */
const MIN_CONTENT_BYTES = 13;
const DEFAULT_MAX_FRAME_BYTES = 4096;

/** Where the framer puts what it finds, in the order of the stream. */
export interface FrameSink {
  /**
   * A frame whose check code is right.
   * @param content begins with header and body, unescaped; overwritten by the next frame
   * @param length of header and body
   * @param raw the frame as it came, both flags included; the sink's own copy, which for a short frame shares its
   * memory with others: who keeps one for long copies it
   * @param offset of its opening flag in the stream
   */
  frame(content: Uint8Array, length: number, raw: Uint8Array, offset: number): void;
  /** Whether a frame is to be passed though its check code is wrong; asked before `frame`. Never, when absent. */
  forgives?(content: Uint8Array, length: number): boolean;
  dropped(code: FaultCode, offset: number, bytes: number, detail: string): void;
  /** What follows the frame at hand is for somebody else. */
  readonly isElsewhere?: boolean;
}

/** `maxFrameBytes` counts flags and escapes; default 4096. */
export interface FramerOptions {
  readonly maxFrameBytes?: number;
}

// One for all connections: what is in it is used up before anything else is framed.
const scratch = new Uint8Array(MAX_CONTENT_BYTES);

/** What stands between two flags, as `openFrame` left it beside the content in the scratch. */
const opened = {
  /** Of the closing flag; the end of the bytes when they have none. */
  end: 0,
  /** Of header, body and check code. */
  length: 0,
  xor: 0,
  /** Null, or why it is no frame, and where. */
  fault: null as FaultCode | null,
  faultAt: 0,
};

/** Frames are copied into shared memory: memory of its own for each costs more than reading it. */
const ARENA_BYTES = 16 << 10;
const MAX_SHARED_BYTES = 1 << 10;
let arena = new Uint8Array(ARENA_BYTES);
let arenaUsed = 0;

function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const length = to - from;
  if (length > MAX_SHARED_BYTES) return Uint8Array.from(bytes.subarray(from, to));
  if (arenaUsed + length > ARENA_BYTES) {
    arena = new Uint8Array(ARENA_BYTES);
    arenaUsed = 0;
  }
  const start = arenaUsed;
  arenaUsed += length;
  for (let i = 0; i < length; i++) arena[start + i] = bytes[from + i] ?? 0;
  return arena.subarray(start, arenaUsed);
}

/** What is held between two frames: the flag that ended one and may begin the next. One for all, most are idle. */
const FLAG_ALONE = Uint8Array.of(FLAG);

/**
 * Cuts a byte stream into frames. Every 0x7e ends the frame before it and starts the next, so a broken frame costs
 * only itself. Linear in the input; holds at most `maxFrameBytes` of a frame that is not complete.
 */
export class Framer {
  readonly #max: number;
  /** The incomplete frame of earlier chunks, from its opening flag on; empty when no flag was seen. */
  #held = FLAG_ALONE;
  #heldLength = 0;
  /** The held flag is also the end of a frame. */
  #endedOne = false;
  /** Bytes of the stream before the chunk at hand. */
  #consumed = 0;

  constructor(options: FramerOptions = {}) {
    this.#max = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
  }

  /** Bytes of a frame that has begun; a flag that ended one, and fillers behind it, begin none. */
  get pendingBytes(): number {
    return this.#endedOne && isFiller(this.#held, 1, this.#heldLength) ? 0 : this.#heldLength;
  }

  /** @returns bytes used: all of them, or up to the closing flag of the frame that said so */
  push(chunk: Uint8Array, sink: FrameSink): number {
    let at = this.#goOn(chunk, sink);
    // From here on `at` is an opening flag of the chunk, or its end.
    while (at < chunk.length) {
      if (sink.isElsewhere === true) {
        this.#consumed += at + 1;
        return at + 1;
      }
      if (this.#heldLength === 0 && at === chunk.length - 1) {
        this.#held = FLAG_ALONE;
        this.#heldLength = 1;
        break;
      }
      openFrame(chunk, at + 1);
      const { end } = opened;
      const size = end - at;
      if (size > this.#max) {
        const detail = `no closing flag within ${this.#max} bytes`;
        sink.dropped('frameTooLong', this.#consumed + at, size, detail);
        // Without its closing flag the rest of it is garbage, whatever chunk it comes in.
        if (end === chunk.length) break;
      } else if (end < chunk.length) {
        this.#finish(chunk, at, end + 1, this.#consumed + at, sink);
      } else {
        this.#hold(chunk, at, end);
        break;
      }
      this.#endedOne = true;
      at = end;
    }
    if (this.#heldLength <= 1) this.#held = FLAG_ALONE;
    this.#consumed += chunk.length;
    return chunk.length;
  }

  /**
   * Ends what is held, or finds the first flag.
   * @returns where in `chunk` the next opening flag is, its length when there is none
   */
  #goOn(chunk: Uint8Array, sink: FrameSink): number {
    // Nearly every chunk begins with one: looking at it costs less than searching.
    const flag = chunk[0] === FLAG ? 0 : chunk.indexOf(FLAG);
    const end = flag < 0 ? chunk.length : flag;
    if (this.#heldLength === 0) {
      if (end > 0) sink.dropped('garbage', this.#consumed, end, 'bytes before the first flag');
      this.#endedOne = false;
      return end;
    }
    if (this.#heldLength === 1 && flag === 0) {
      this.#heldLength = 0;
      this.#endedOne = true;
      return 0;
    }
    const start = this.#consumed - this.#heldLength;
    const size = this.#heldLength + end;
    if (size > this.#max) {
      sink.dropped('frameTooLong', start, size, `no closing flag within ${this.#max} bytes`);
      this.#heldLength = 0;
    } else {
      this.#hold(chunk, 0, flag < 0 ? end : end + 1);
      if (flag < 0) return end;
      openFrame(this.#held.subarray(0, this.#heldLength), 1);
      this.#finish(this.#held, 0, this.#heldLength, start, sink);
      this.#heldLength = 0;
    }
    this.#endedOne = true;
    return end;
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    const length = this.#heldLength + to - from;
    if (length > this.#held.length) {
      const grown = new Uint8Array(Math.max(64, length, this.#held.length * 2));
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(
      from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to),
      this.#heldLength,
    );
    this.#heldLength = length;
  }

  /** `bytes[from, to)` has both flags and was opened just before. */
  #finish(bytes: Uint8Array, from: number, to: number, offset: number, sink: FrameSink): void {
    if (isFiller(bytes, from + 1, to - 1)) return;
    const { fault, length, xor } = opened;
    const size = to - from;
    if (fault === 'badEscape') {
      const detail = `stray 0x7d at byte ${opened.faultAt - from} of the frame`;
      sink.dropped(fault, offset, size, detail);
    } else if (fault !== null) {
      sink.dropped(fault, offset, size, `more than ${MAX_CONTENT_BYTES} bytes`);
    } else if (length < MIN_CONTENT_BYTES) {
      sink.dropped('badLength', offset, size, `${length} bytes, expected at least 13`);
    } else if (xor !== 0 && !(sink.forgives?.(scratch, length - 1) ?? false)) {
      const detail = 'XOR over header, body and check code is not 0';
      sink.dropped('badChecksum', offset, size, detail);
    } else {
      sink.frame(scratch, length - 1, copyOf(bytes, from, to), offset);
    }
  }
}

/** NUL and line ends between frames mean nothing. @see the wire reference, section 13 */
function isFiller(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte !== 0 && byte !== 0x0a && byte !== 0x0d) return false;
  }
  return true;
}

/** Finds the closing flag, unescapes into the scratch and sums the check code, in one pass; see `opened`. */
function openFrame(bytes: Uint8Array, from: number): void {
  let length = 0;
  let xor = 0;
  let at = from;
  opened.fault = null;
  for (; at < bytes.length; at++) {
    let byte = bytes[at] ?? 0;
    if (byte === FLAG) break;
    if (byte === ESCAPE) {
      const code = bytes[at + 1];
      if (code !== 1 && code !== 2) {
        at = broken(bytes, at, 'badEscape');
        break;
      }
      byte = ESCAPE - 1 + code;
      at++;
    }
    if (length === MAX_CONTENT_BYTES) {
      at = broken(bytes, at, 'frameTooLong');
      break;
    }
    scratch[length++] = byte;
    xor ^= byte;
  }
  opened.end = at;
  opened.length = length;
  opened.xor = xor;
}

/** @returns where the frame that is broken at `at` ends */
function broken(bytes: Uint8Array, at: number, code: FaultCode): number {
  opened.fault = code;
  opened.faultAt = at;
  const flag = bytes.indexOf(FLAG, at);
  return flag < 0 ? bytes.length : flag;
}

/**
 * Header and body of each frame in `raw`, for frames that have been verified before.
 * @param visit gets a view that is overwritten by the next frame
 */
export function eachContent(raw: Uint8Array, visit: (content: Uint8Array) => void): void {
  for (let at = 0; at < raw.length; ) {
    openFrame(raw, at + 1);
    const { end, fault, length } = opened;
    if (end >= raw.length) return;
    if (fault === null && length >= MIN_CONTENT_BYTES) visit(scratch.subarray(0, length - 1));
    at = end + 1;
  }
}

/** Check code, escapes and flags around header and body. */
export function seal(content: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 * content.length + 4);
  let at = 0;
  let xor = 0;
  out[at++] = FLAG;
  for (let i = 0; i <= content.length; i++) {
    const byte = i < content.length ? (content[i] ?? 0) : xor;
    xor ^= byte;
    if (byte === FLAG || byte === ESCAPE) {
      out[at++] = ESCAPE;
      out[at++] = byte - ESCAPE + 1;
    } else {
      out[at++] = byte;
    }
  }
  out[at++] = FLAG;
  return out.slice(0, at);
}
