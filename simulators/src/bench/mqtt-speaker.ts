import type { Heard, LoadFix, Speaker } from './speaker.ts';

const CONNACK = 0x20;
const PUBACK = 0x40;
const PUBLISH_QOS1 = 0x32;
const PINGREQ = 0xc0;
const PINGRESP = 0xd0;
const KEEP_ALIVE_S = 900;
/** Every packet that a publisher is sent is at most this long. */
const ANSWER_MAX = 4;

/** The digits that are patched keep their places: the time has 13 of them, degrees six decimals. */
const single =
  '{"v":1,"ts":0000000000000,"lat":00.000000,"lon":000.000000,"spd":36,"crs":90,"sat":11}';
const TIME_AT = single.indexOf('"ts":') + 5;
const LATITUDE_AT = single.indexOf('"lat":') + 6;
const LONGITUDE_AT = single.indexOf('"lon":') + 6;

/** An MQTT 3.1.1 badge with our own payload, QoS 1. @see MQTT 3.1.1, sections 3.1 to 3.4 */
export class MqttSpeaker implements Speaker {
  readonly answers = 'each';
  broken = 0;
  readonly #id: string;
  readonly #topic: Uint8Array;
  /** A PUBLISH of one position. */
  readonly #packet: Uint8Array;
  readonly #idAt: number;
  readonly #answer = new Uint8Array(ANSWER_MAX);
  #held = 0;
  #packetId = 0;

  /** @param id of letters, digits, dot, dash and underscore; no password is sent */
  constructor(id: string) {
    this.#id = id;
    const topic = ascii(`trk/v1/${id}/pos`);
    this.#topic = Uint8Array.from([topic.length >> 8, topic.length & 0xff, ...topic]);
    const rest = this.#topic.length + 2 + single.length;
    this.#packet = Uint8Array.from([
      ...[PUBLISH_QOS1, ...lengthOf(rest), ...this.#topic],
      ...[0, 0, ...ascii(single)],
    ]);
    this.#idAt = this.#packet.length - single.length - 2;
  }

  get key(): number {
    return this.#packetId;
  }

  greet(): Uint8Array {
    this.#held = 0;
    const id = ascii(this.#id);
    const text = [id.length >> 8, id.length & 0xff, ...id];
    // Clean session, user name and an empty password.
    const head = [0, 4, ...ascii('MQTT'), 4, 0xc2, KEEP_ALIVE_S >> 8, KEEP_ALIVE_S & 0xff];
    const body = [...head, ...text, ...text, 0, 0];
    return Uint8Array.from([0x10, ...lengthOf(body.length), ...body]);
  }

  report(out: Uint8Array, at: number, fix: LoadFix): number {
    const p = this.#packet;
    this.#nextId();
    p[this.#idAt] = this.#packetId >> 8;
    p[this.#idAt + 1] = this.#packetId;
    const json = this.#idAt + 2;
    digits(p, json + TIME_AT, 13, fix.time);
    degrees(p, json + LATITUDE_AT, 2, fix.latitudeE6);
    degrees(p, json + LONGITUDE_AT, 3, fix.longitudeE6);
    out.set(p, at);
    return at + p.length;
  }

  endTurn(_out: Uint8Array, at: number): number {
    return at;
  }

  backlog(out: Uint8Array, at: number, count: number, fixAt: (i: number) => LoadFix): number {
    const batch: object[] = [];
    for (let i = 0; i < count; i++) {
      const { time, latitudeE6, longitudeE6 } = fixAt(i);
      batch.push({ ts: time, lat: latitudeE6 / 1e6, lon: longitudeE6 / 1e6, buf: true });
    }
    this.#nextId();
    const payload = ascii(JSON.stringify({ v: 1, batch }));
    const rest = this.#topic.length + 2 + payload.length;
    const head = [PUBLISH_QOS1, ...lengthOf(rest), ...this.#topic];
    out.set(head, at);
    let to = at + head.length;
    out[to++] = this.#packetId >> 8;
    out[to++] = this.#packetId;
    out.set(payload, to);
    return to + payload.length;
  }

  heartbeat(out: Uint8Array, at: number): number {
    out[at] = PINGREQ;
    out[at + 1] = 0;
    return at + 2;
  }

  read(chunk: Uint8Array, heard: Heard): void {
    const a = this.#answer;
    for (let i = 0; i < chunk.length; i++) {
      a[this.#held++] = chunk[i] as number;
      if (this.#held < 2) continue;
      const length = 2 + (a[1] ?? 0);
      if (length > ANSWER_MAX) {
        this.broken++;
        this.#held = 0;
        return;
      }
      if (this.#held < length) continue;
      this.#held = 0;
      if (a[0] === PUBACK) heard.answered(((a[2] ?? 0) << 8) | (a[3] ?? 0), true);
      else if (a[0] === CONNACK && a[3] === 0) heard.greeted();
      else if (a[0] !== PINGRESP) this.broken++;
    }
  }

  /** Never 0, which is no packet identifier. */
  #nextId(): void {
    this.#packetId = this.#packetId === 0xffff ? 1 : this.#packetId + 1;
  }
}

/** The remaining length, seven bits a byte. */
function lengthOf(n: number): number[] {
  const bytes: number[] = [];
  let left = n;
  do {
    const low = left & 0x7f;
    left >>= 7;
    bytes.push(left > 0 ? low | 0x80 : low);
  } while (left > 0);
  return bytes;
}

function digits(out: Uint8Array, at: number, width: number, value: number): void {
  let left = value;
  for (let i = at + width - 1; i >= at; i--) {
    const next = Math.floor(left / 10);
    out[i] = 0x30 + (left - next * 10);
    left = next;
  }
}

function degrees(out: Uint8Array, at: number, whole: number, e6: number): void {
  const degree = Math.floor(e6 / 1e6);
  digits(out, at, whole, degree);
  digits(out, at + whole + 1, 6, e6 - degree * 1e6);
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
