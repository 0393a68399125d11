import type { Heard, LoadFix, Speaker } from './speaker.ts';

const LOGIN = 0x01;
const POSITION = 0x12;
const STATUS_POSITION = 0x22;
const HEARTBEAT = 0x13;
const GPS_BYTES = 18;
const CELL_BYTES = 8;
const NORTH_AND_POSITIONED = (1 << 10) | (1 << 12);
const COURSE = 90;
/** Start, length, type, serial, checksum, end. */
const FRAME_AROUND = 10;
/** 1/1 800 000 degree in millionths of a degree. */
const UNITS_PER_E6 = 1.8;
/** No answer is longer: nothing but type and serial. */
const ANSWER_BYTES = 10;

/**
 * A GT06 tracker. Its positions have no answer: the heartbeat that ends a turn does, and stands for all before it.
 * @see GT06, sections on the frame, log-in, positions and the heartbeat
 */
export class Gt06Speaker implements Speaker {
  readonly answers = 'turn';
  broken = 0;
  readonly #imei: string;
  readonly #live = frameOf(POSITION, GPS_BYTES + CELL_BYTES);
  readonly #late = frameOf(STATUS_POSITION, GPS_BYTES + CELL_BYTES + 3);
  readonly #beat = frameOf(HEARTBEAT, 5);
  readonly #answer = new Uint8Array(ANSWER_BYTES);
  #held = 0;
  #serial = 1;
  #key = 0;

  /** @param imei 15 digits */
  constructor(imei: string) {
    this.#imei = imei;
    for (const frame of [this.#live, this.#late]) {
      const view = viewOf(frame);
      frame[10] = 0xc9; // 12 bytes of position follow, 9 satellites
      frame[19] = 36;
      view.setUint16(20, NORTH_AND_POSITIONED | COURSE);
      frame.set([0x01, 0xcc, 0x00, 0x28, 0x7d, 0x00, 0x1f, 0xb8], 22);
    }
    // ACC on, no upload mode to speak of, sent again.
    this.#late.set([1, 0, 1], 30);
    this.#beat.set([0x46, 4, 4, 0, 2], 4);
  }

  get key(): number {
    return this.#key;
  }

  greet(): Uint8Array {
    this.#held = 0;
    const frame = frameOf(LOGIN, 8);
    const digits = this.#imei.padStart(16, '0');
    for (let i = 0; i < 8; i++) {
      frame[4 + i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
    }
    return frame.slice(0, this.#finish(frame));
  }

  report(out: Uint8Array, at: number, fix: LoadFix): number {
    return this.#position(this.#live, out, at, fix);
  }

  endTurn(out: Uint8Array, at: number): number {
    return this.heartbeat(out, at);
  }

  backlog(out: Uint8Array, at: number, count: number, fixAt: (i: number) => LoadFix): number {
    let to = at;
    for (let i = 0; i < count; i++) to = this.#position(this.#late, out, to, fixAt(i));
    return this.heartbeat(out, to);
  }

  heartbeat(out: Uint8Array, at: number): number {
    this.#key = this.#serial;
    return this.#put(this.#beat, out, at);
  }

  read(chunk: Uint8Array, heard: Heard): void {
    const a = this.#answer;
    for (let i = 0; i < chunk.length; i++) {
      a[this.#held++] = chunk[i] as number;
      if (this.#held < 3 && a[this.#held - 1] !== 0x78) {
        this.broken++;
        this.#held = 0;
      }
      if (this.#held < ANSWER_BYTES) continue;
      this.#held = 0;
      const crc = crcX25(a, 2, 6);
      if (a[2] !== 5 || a[6] !== crc >> 8 || a[7] !== (crc & 0xff)) this.broken++;
      else if (a[3] === LOGIN) heard.greeted();
      else if (a[3] === HEARTBEAT) heard.answered(((a[4] ?? 0) << 8) | (a[5] ?? 0), true);
      else this.broken++;
    }
  }

  #position(frame: Uint8Array, out: Uint8Array, at: number, fix: LoadFix): number {
    const view = viewOf(frame);
    const second = Math.floor(fix.time / 1000);
    if (second !== dated.second) date(second);
    frame.set(dated.bytes, 4);
    view.setUint32(11, Math.round(fix.latitudeE6 * UNITS_PER_E6));
    view.setUint32(15, Math.round(fix.longitudeE6 * UNITS_PER_E6));
    return this.#put(frame, out, at);
  }

  #put(frame: Uint8Array, out: Uint8Array, at: number): number {
    this.#finish(frame);
    out.set(frame, at);
    return at + frame.length;
  }

  /** Serial and checksum. @returns the frame's length */
  #finish(frame: Uint8Array): number {
    const end = frame.length;
    const serial = this.#serial;
    this.#serial = (serial + 1) & 0xffff;
    frame[end - 6] = serial >> 8;
    frame[end - 5] = serial;
    const crc = crcX25(frame, 2, end - 4);
    frame[end - 4] = crc >> 8;
    frame[end - 3] = crc;
    return end;
  }
}

function frameOf(type: number, contentBytes: number): Uint8Array {
  const frame = new Uint8Array(contentBytes + FRAME_AROUND);
  frame.set([0x78, 0x78, contentBytes + 5, type]);
  frame.set([0x0d, 0x0a], frame.length - 2);
  return frame;
}

const viewOf = (frame: Uint8Array): DataView => new DataView(frame.buffer);

/** Reports of one moment share their bytes. */
const dated = { second: -1, bytes: new Uint8Array(6) };
function date(second: number): void {
  const t = new Date(second * 1000);
  dated.second = second;
  dated.bytes.set([t.getUTCFullYear() % 100, t.getUTCMonth() + 1, t.getUTCDate()]);
  dated.bytes.set([t.getUTCHours(), t.getUTCMinutes(), t.getUTCSeconds()], 3);
}

/** CRC-16/X-25: reflected 0x1021, all ones before and after. */
const table = Uint16Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  return crc;
});
function crcX25(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff;
  for (let i = from; i < to; i++) {
    crc = (crc >> 8) ^ (table[(crc ^ (bytes[i] as number)) & 0xff] as number);
  }
  return crc ^ 0xffff;
}
