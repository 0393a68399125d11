import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/*
 * A terminal of somebody else: it packs and unpacks its frames by hand from the tables of the standard and shares
 * nothing with the codec under test.
 */

export type Edition = '2011' | '2013' | '2019';

/** A frame from the platform, taken apart. */
export interface Heard {
  readonly id: number;
  readonly serial: number;
  readonly body: Buffer;
}

const PATIENCE_MS = 15_000;

/** @see JT/T 808, clauses on the message header of 2011, 2013 and 2019 */
export class ForeignTerminal {
  readonly #phone: string;
  readonly #edition: Edition;
  readonly #socket: Socket;
  readonly #heard: Heard[] = [];
  #rest = Buffer.alloc(0);
  #onFrame: (() => void) | null = null;
  /** What was wrong with frames of the platform. */
  readonly wrong: string[] = [];
  #serial = 100;

  private constructor(socket: Socket, phone: string, edition: Edition) {
    this.#socket = socket;
    this.#phone = phone;
    this.#edition = edition;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('close', () => this.#onFrame?.());
  }

  static async connect(port: number, phone: string, edition: Edition): Promise<ForeignTerminal> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    return new ForeignTerminal(socket, phone, edition);
  }

  /** @returns the serial of the message */
  say(id: number, body: Uint8Array = Buffer.alloc(0)): number {
    return this.#send(id, body, 0, Buffer.alloc(0));
  }

  /** A long body in parts of `size` bytes. @returns the serials of its frames */
  sayInParts(id: number, body: Uint8Array, size: number): number[] {
    const total = Math.ceil(body.length / size);
    return Array.from({ length: total }, (_, i) => {
      const item = Buffer.alloc(4);
      item.writeUInt16BE(total, 0);
      item.writeUInt16BE(i + 1, 2);
      return this.#send(id, body.subarray(i * size, (i + 1) * size), 0x2000, item);
    });
  }

  /** The next frame with this id; others before it stay. */
  async hear(id: number): Promise<Heard> {
    const deadline = setTimeout(() => this.#socket.destroy(), PATIENCE_MS);
    try {
      for (;;) {
        const at = this.#heard.findIndex((one) => one.id === id);
        const [found] = at < 0 ? [] : this.#heard.splice(at, 1);
        if (found !== undefined) return found;
        if (this.#socket.destroyed) throw new Error(`0x${id.toString(16)} did not come`);
        await new Promise<void>((resolve) => {
          this.#onFrame = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Sends, and waits for the platform's general answer. @returns its result */
  async saidSo(id: number, body: Uint8Array = Buffer.alloc(0)): Promise<number> {
    return await this.generalAnswer(id, this.say(id, body));
  }

  /** The result of the general answer to this very message. */
  async generalAnswer(id: number, serial: number): Promise<number> {
    const { body } = await this.hear(0x8001);
    if (body.length !== 5 || body.readUInt16BE(0) !== serial || body.readUInt16BE(2) !== id) {
      throw new Error(`answered ${body.toString('hex')}, not ${serial} 0x${id.toString(16)}`);
    }
    return body.readUInt8(4);
  }

  /** The terminal's general answer to a command. */
  answer({ id, serial }: Heard, result: number): void {
    const body = Buffer.alloc(5);
    body.writeUInt16BE(serial, 0);
    body.writeUInt16BE(id, 2);
    body.writeUInt8(result, 4);
    this.say(0x0001, body);
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(id: number, body: Uint8Array, flags: number, item: Uint8Array): number {
    const serial = this.#serial++;
    const isNew = this.#edition === '2019';
    const head = Buffer.alloc(isNew ? 17 : 12);
    head.writeUInt16BE(id, 0);
    head.writeUInt16BE(body.length | flags | (isNew ? 0x4000 : 0), 2);
    if (isNew) head[4] = 1;
    head.write(this.#phone.padStart(isNew ? 20 : 12, '0'), isNew ? 5 : 4, 'hex');
    head.writeUInt16BE(serial, head.length - 2);
    const content = [...head, ...item, ...body];
    content.push(content.reduce((x, b) => x ^ b, 0));
    const escaped = content.flatMap((b) => (b === 0x7e ? [0x7d, 2] : b === 0x7d ? [0x7d, 1] : [b]));
    this.#socket.write(Buffer.from([0x7e, ...escaped, 0x7e]));
    return serial;
  }

  #read(chunk: Uint8Array): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = this.#rest.indexOf(0x7e, 1);
      if (end < 0) break;
      const frame = this.#rest.subarray(1, end);
      this.#rest = this.#rest.subarray(end + 1);
      this.#frame(unescaped(frame));
    }
    this.#onFrame?.();
    this.#onFrame = null;
  }

  /** A terminal drops what is not in its own form of header, or has a wrong check code. */
  #frame(content: Buffer): void {
    const isNew = this.#edition === '2019';
    const bytes = isNew ? 17 : 12;
    const properties = content.readUInt16BE(2);
    const phone = content.subarray(isNew ? 5 : 4, bytes - 2).toString('hex');
    const body = content.subarray(bytes, -1);
    const isSound =
      content.reduce((x, b) => x ^ b, 0) === 0 &&
      (properties & 0x03ff) === body.length &&
      ((properties & 0x4000) !== 0) === isNew &&
      (!isNew || content[4] === 1) &&
      phone === this.#phone.padStart(isNew ? 20 : 12, '0');
    if (!isSound) {
      this.wrong.push(content.toString('hex'));
      return;
    }
    const serial = content.readUInt16BE(bytes - 2);
    this.#heard.push({ id: content.readUInt16BE(0), serial, body: Buffer.from(body) });
  }
}

function unescaped(frame: Buffer): Buffer {
  const out: number[] = [];
  for (let i = 0; i < frame.length; i++) {
    if (frame[i] === 0x7d) out.push(frame[++i] === 2 ? 0x7e : 0x7d);
    else out.push(frame[i] ?? 0);
  }
  return Buffer.from(out);
}

const padded = (text: string, width: number, where: 'before' | 'behind', fill = 0): Buffer => {
  const bytes = Buffer.alloc(width, fill);
  bytes.write(text, where === 'before' ? width - text.length : 0, 'latin1');
  return bytes;
};

/** The plate 沪A12345. @see GBK */
const PLATE = Buffer.from('bba6413132333435', 'hex');

/** @see JT/T 808, terminal registration clause of each edition */
export function registerBody(edition: Edition): Buffer {
  const area = Buffer.from('001f0073', 'hex');
  const color = Buffer.from([2]);
  switch (edition) {
    case '2011':
      return Buffer.concat([
        ...[area, padded('QHKJ1', 5, 'behind'), padded('SW-200', 8, 'behind', 0x20)],
        ...[padded('7654321', 7, 'behind'), color, PLATE, Buffer.from([0])],
      ]);
    case '2013':
      return Buffer.concat([
        ...[area, padded('QHKJ1', 5, 'behind'), padded('SW-200', 20, 'behind')],
        ...[padded('7654321', 7, 'behind'), color, PLATE],
      ]);
    case '2019':
      return Buffer.concat([
        ...[area, padded('QHKJ1', 11, 'behind'), padded('SW-200', 30, 'before')],
        ...[padded('7654321', 30, 'behind'), color, PLATE],
      ]);
  }
}

/** @see JT/T 808, terminal authentication clause of each edition */
export function authBody(edition: Edition, code: string): Buffer {
  const text = Buffer.from(code, 'latin1');
  if (edition === '2011') return Buffer.concat([text, Buffer.from([0])]);
  if (edition === '2013') return text;
  const imei = Buffer.from('860000000000017', 'latin1');
  return Buffer.concat([Buffer.from([text.length]), text, imei, padded('V1.0', 20, 'behind')]);
}
