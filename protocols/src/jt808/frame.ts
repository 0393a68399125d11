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
   * @param content header and body, unescaped; a view that is overwritten by the next frame
   * @param raw the frame as it came, both flags included; the sink's own copy
   * @param offset of its opening flag in the stream
   */
  frame(content: Uint8Array, raw: Uint8Array, offset: number): void;
  dropped(code: FaultCode, offset: number, bytes: number, detail: string): void;
}

/** `maxFrameBytes` counts flags and escapes; default 4096. */
export interface FramerOptions {
  readonly maxFrameBytes?: number;
  /** Passes frames whose check code is wrong. */
  readonly ignoreChecksum?: boolean;
}

type Opened =
  | { readonly ok: true; readonly length: number; readonly checksumRight: boolean }
  | { readonly ok: false; readonly code: FaultCode; readonly detail: string };

// One for all connections: what is in it is used up before anything else is framed.
const scratch = new Uint8Array(MAX_CONTENT_BYTES);

/**
 * Cuts a byte stream into frames. Every 0x7e ends the frame before it and starts the next, so a broken frame costs
 * only itself. Linear in the input; holds at most `maxFrameBytes` of a frame that is not complete.
 */
export class Framer {
  readonly #max: number;
  readonly #ignoreChecksum: boolean;
  /** The incomplete frame of earlier chunks, from its opening flag on; empty when no flag was seen. */
  #held = new Uint8Array(0);
  #heldLength = 0;
  /** The held flag is also the end of a frame. */
  #endedOne = false;
  /** Bytes of the stream before the chunk at hand. */
  #consumed = 0;

  constructor(options: FramerOptions = {}) {
    this.#max = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    this.#ignoreChecksum = options.ignoreChecksum ?? false;
  }

  /** Bytes of a frame that has begun; a flag that ended one, and fillers behind it, begin none. */
  get pendingBytes(): number {
    return this.#endedOne && isFiller(this.#held, 1, this.#heldLength) ? 0 : this.#heldLength;
  }

  push(chunk: Uint8Array, sink: FrameSink): void {
    let at = 0;
    /** Index in `chunk` of the opening flag; -1 when it is held, or when there is none. */
    let opening = -1;
    while (at < chunk.length) {
      const flag = chunk.indexOf(FLAG, at);
      const end = flag < 0 ? chunk.length : flag;
      const isOpen = opening >= 0 || this.#heldLength > 0;
      const size = opening >= 0 ? end - opening : this.#heldLength + end - at;
      if (!isOpen) {
        if (end > at)
          sink.dropped('garbage', this.#consumed + at, end - at, 'bytes before the first flag');
      } else if (size > this.#max) {
        const start = this.#consumed + (opening >= 0 ? opening : at - this.#heldLength);
        sink.dropped('frameTooLong', start, size, `no closing flag within ${this.#max} bytes`);
        opening = -1;
        this.#heldLength = 0;
      } else if (flag >= 0) {
        if (opening < 0) this.#hold(chunk, at, flag + 1);
        const raw =
          opening >= 0
            ? chunk.subarray(opening, flag + 1)
            : this.#held.subarray(0, this.#heldLength);
        this.#finish(raw, this.#consumed + flag + 1 - raw.length, sink);
      } else if (opening < 0) {
        this.#hold(chunk, at, end);
      }
      if (flag >= 0) {
        this.#endedOne = isOpen;
        opening = flag;
        this.#heldLength = 0;
      }
      at = end + 1;
    }
    if (opening >= 0) this.#hold(chunk, opening, chunk.length);
    if (this.#heldLength <= 1 && this.#held.length > 256) this.#held = new Uint8Array(0);
    this.#consumed += chunk.length;
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

  #finish(raw: Uint8Array, offset: number, sink: FrameSink): void {
    if (isFiller(raw, 1, raw.length - 1)) return;
    const opened = openFrame(raw);
    if (!opened.ok) {
      sink.dropped(opened.code, offset, raw.length, opened.detail);
    } else if (!opened.checksumRight && !this.#ignoreChecksum) {
      sink.dropped(
        'badChecksum',
        offset,
        raw.length,
        'XOR over header, body and check code is not 0',
      );
    } else {
      sink.frame(scratch.subarray(0, opened.length - 1), new Uint8Array(raw), offset);
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

/** Unescapes into the scratch and sums the check code, in one pass. `raw` has both flags. */
function openFrame(raw: Uint8Array): Opened {
  let length = 0;
  let xor = 0;
  const end = raw.length - 1;
  for (let i = 1; i < end; i++) {
    let byte = raw[i] ?? 0;
    if (byte === ESCAPE) {
      const code = ++i < end ? raw[i] : undefined;
      if (code !== 1 && code !== 2) {
        return { ok: false, code: 'badEscape', detail: `stray 0x7d at byte ${i - 1} of the frame` };
      }
      byte = ESCAPE - 1 + code;
    }
    if (length === MAX_CONTENT_BYTES) {
      return { ok: false, code: 'frameTooLong', detail: `more than ${MAX_CONTENT_BYTES} bytes` };
    }
    scratch[length++] = byte;
    xor ^= byte;
  }
  return length < MIN_CONTENT_BYTES
    ? { ok: false, code: 'badLength', detail: `${length} bytes, expected at least 13` }
    : { ok: true, length, checksumRight: xor === 0 };
}

/**
 * Header and body of each frame in `raw`, for frames that have been verified before.
 * @param visit gets a view that is overwritten by the next frame
 */
export function eachContent(raw: Uint8Array, visit: (content: Uint8Array) => void): void {
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf(FLAG, at + 1);
    if (end < 0) return;
    const opened = openFrame(raw.subarray(at, end + 1));
    if (opened.ok) visit(scratch.subarray(0, opened.length - 1));
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
