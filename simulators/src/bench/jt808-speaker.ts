import {
  LocationFrames,
  writeFix,
  writeFrame,
  writeHeader,
  writeStanding,
} from './location-frame.ts';
import type { Heard, LoadFix, Speaker } from './speaker.ts';

const HEADER_BYTES = 12;
const BASIC_BYTES = 28;
/** Kind 1 of 0x0704: fixes kept while there was no network. */
const BLIND_AREA = 1;
/** Answers of the platform are short; a longer frame is none. */
const ANSWER_MAX = 64;
const GENERAL_ANSWER = 0x8001;
const GENERAL_ANSWER_BYTES = 18;
const REGISTER_ANSWER = 0x8100;

/** A JT/T 808-2013 terminal. @see JT/T 808, clauses of 0x0002, 0x0100, 0x0102, 0x0200, 0x0704, 0x8001 and 0x8100 */
export class Jt808Speaker implements Speaker {
  readonly answers = 'each';
  broken = 0;
  readonly #phone: string;
  readonly #logsIn: boolean;
  readonly #frames: LocationFrames;
  readonly #frame = new Uint8Array(ANSWER_MAX);
  /** Bytes of the frame that is coming; -1 before the first delimiter. */
  #length = -1;
  #escaped = false;
  #key = 0;
  #greetingSerial = -1;

  /**
   * @param phone 12 digits
   * @param logsIn registers and authenticates before anything else; otherwise it reports at once, as admission
   *   `open` and `known` allow
   */
  constructor(phone: string, logsIn: boolean) {
    this.#phone = phone;
    this.#logsIn = logsIn;
    this.#frames = new LocationFrames(phone);
  }

  get key(): number {
    return this.#key;
  }

  /** The serial of the next message. */
  protected get nextSerial(): number {
    return this.#frames.serial;
  }

  greet(): Uint8Array | null {
    this.#length = -1;
    this.#escaped = false;
    if (!this.#logsIn) return null;
    // Province 31, county 0115, maker, model, terminal id, no plate.
    const body = new Uint8Array(2 + 2 + 5 + 20 + 7 + 1);
    body.set([0, 31, 0, 115]);
    body.set(ascii('LOADS'), 4);
    body.set(ascii('BENCH'), 9);
    body.set(ascii(this.#phone.slice(-7)), 29);
    return this.#message(0x0100, body);
  }

  report(out: Uint8Array, at: number, fix: LoadFix): number {
    this.#key = this.#frames.serial;
    return this.#frames.write(out, at, fix);
  }

  endTurn(_out: Uint8Array, at: number): number {
    return at;
  }

  backlog(out: Uint8Array, at: number, count: number, fixAt: (i: number) => LoadFix): number {
    const bodyBytes = 3 + count * (2 + BASIC_BYTES);
    const content = new Uint8Array(HEADER_BYTES + bodyBytes);
    const view = new DataView(content.buffer);
    writeHeader(content, 0x0704, bodyBytes, this.#phone);
    this.#key = this.#frames.takeSerial();
    view.setUint16(10, this.#key);
    view.setUint16(HEADER_BYTES, count);
    content[HEADER_BYTES + 2] = BLIND_AREA;
    for (let i = 0; i < count; i++) {
      const itemAt = HEADER_BYTES + 3 + i * (2 + BASIC_BYTES);
      view.setUint16(itemAt, BASIC_BYTES);
      writeStanding(view, itemAt + 2);
      writeFix(view, itemAt + 2, fixAt(i));
    }
    return writeFrame(out, at, content, content.length);
  }

  heartbeat(out: Uint8Array, at: number): number {
    const bytes = this.#message(0x0002, new Uint8Array(0));
    out.set(bytes, at);
    return at + bytes.length;
  }

  read(chunk: Uint8Array, heard: Heard): void {
    const frame = this.#frame;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (byte === 0x7e) {
        if (this.#length > 0) this.#take(heard);
        this.#length = 0;
        this.#escaped = false;
      } else if (this.#length >= 0) {
        if (byte === 0x7d) {
          this.#escaped = true;
          continue;
        }
        if (this.#length < ANSWER_MAX) frame[this.#length] = this.#escaped ? 0x7c + byte : byte;
        this.#length++;
        this.#escaped = false;
      }
    }
  }

  #take(heard: Heard): void {
    const f = this.#frame;
    const length = this.#length;
    let xor = 0;
    for (let i = 0; i < length && i < ANSWER_MAX; i++) xor ^= f[i] as number;
    if (length > ANSWER_MAX || length < HEADER_BYTES + 1 || xor !== 0) {
      this.broken++;
      return;
    }
    const id = word(f, 0);
    const serial = word(f, 12);
    if (id === GENERAL_ANSWER && length === GENERAL_ANSWER_BYTES) {
      const answered = word(f, 14);
      if (answered === 0x0200 || answered === 0x0704) heard.answered(serial, f[16] === 0);
      else if (answered === 0x0102 && serial === this.#greetingSerial) {
        if (f[16] === 0) heard.greeted();
        else this.broken++;
      } else if (answered !== 0x0002) this.broken++;
    } else if (id === REGISTER_ANSWER && f[14] === 0) {
      const code = f.slice(15, length - 1);
      this.#greetingSerial = this.#frames.serial;
      heard.say(this.#message(0x0102, code));
    } else this.broken++;
  }

  #message(id: number, body: Uint8Array): Uint8Array {
    const content = new Uint8Array(HEADER_BYTES + body.length);
    writeHeader(content, id, body.length, this.#phone);
    const serial = this.#frames.takeSerial();
    content[10] = serial >> 8;
    content[11] = serial;
    content.set(body, HEADER_BYTES);
    const out = new Uint8Array(2 * content.length + 4);
    return out.subarray(0, writeFrame(out, 0, content, content.length));
  }
}

const word = (f: Uint8Array, at: number): number => ((f[at] ?? 0) << 8) | (f[at + 1] ?? 0);
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
