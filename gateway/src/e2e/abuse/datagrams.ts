import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { jt808Frame } from '../frames.ts';
import { eventually } from '../harness.ts';
import { type Answer, beat, ContentReader, generalAnswer, report } from './lines.ts';
import type { World } from './world.ts';

/** A terminal that speaks JT/T 808 in datagrams. */
class Radio {
  readonly answers: Answer[] = [];
  sentBytes = 0;
  heardBytes = 0;
  readonly #socket: Socket;
  readonly #port: number;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    const reader = new ContentReader((content) => {
      const answer = generalAnswer(content);
      if (answer !== null) this.answers.push(answer);
    });
    socket.on('message', (datagram) => {
      this.heardBytes += datagram.length;
      reader.push(datagram);
    });
    // Nobody listens any more once the gateway stops.
    socket.on('error', () => undefined);
  }

  /** @param address of this end */
  static async open(world: World, address: string): Promise<Radio> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new Radio(socket, world.gateway.ports.jt808);
  }

  send(bytes: Buffer): void {
    this.sentBytes += bytes.length;
    this.#socket.send(bytes, this.#port, '127.0.0.1');
  }

  close(): void {
    this.#socket.close();
  }
}

/** Row 22: what came of the datagrams. */
export interface Datagrams {
  /** Bytes heard for each sent, of whom the gateway does not know to be who he says. */
  readonly amplification: number;
  readonly positions: number;
}

const frame = (hex: string): Buffer => Buffer.from(hex, 'hex');

/**
 * Row 22: reordered, doubled and cut datagrams of one terminal give each of its positions once; forged ones for the
 * terminal of another address change nothing for it; and nobody hears more than he sent.
 */
export async function datagrams(world: World, forged: number): Promise<Datagrams> {
  const { gateway } = world;
  const phone = world.nextPhone();
  const honest = await Radio.open(world, '127.0.6.1');
  const start = Math.floor(Date.now() / 1000) * 1000 - 100_000;
  const COUNT = 40;
  const order = Array.from({ length: COUNT }, (_, n) => (n * 17) % COUNT);
  for (const n of order) {
    const whole = frame(report(phone, n, new Date(start + n * 1000)));
    honest.send(whole);
    honest.send(whole);
    // Half a frame, which no later datagram completes.
    honest.send(whole.subarray(0, 20));
    await pause(1);
  }
  const heard = () => new Set(honest.answers.map(({ serial }) => serial)).size;
  await eventually(async () => heard() === COUNT, 10_000, 'an answer to each');
  expect(honest.answers.every(({ result }) => result === 0)).toBe(true);

  const stolen = await gateway.metric('xunji_datagrams_total', 'result="heldElsewhere"');
  // A good device that has a connection; its id from an address that is not its own.
  const liar = await Radio.open(world, '127.0.6.2');
  for (let n = 0; n < forged; n++) {
    liar.send(frame(beat('13700000000', n & 0xffff)));
    liar.send(frame(jt808Frame(0x0100, world.nextPhone(), 1, Buffer.alloc(41))));
    if (n % 50 === 0) await pause(5);
  }
  await eventually(
    async () => (await gateway.metric('xunji_datagrams_total', 'result="heldElsewhere"')) > stolen,
    5000,
    'forged datagrams to be told from others',
  );
  const period = `from=${new Date(start).toISOString()}&to=${new Date(start + 90_000).toISOString()}`;
  const items = await eventually(
    async () => {
      const { body } = await gateway.api('GET', `devices/${phone}/track?${period}&limit=100`);
      return body.items.length >= COUNT && (body.items as { fixTime: string }[]);
    },
    10_000,
    'the track',
  );
  expect(items.map(({ fixTime }) => Date.parse(fixTime))).toEqual(
    Array.from({ length: COUNT }, (_, n) => start + n * 1000),
  );
  const amplification = Number((liar.heardBytes / liar.sentBytes).toFixed(2));
  expect(amplification).toBeLessThanOrEqual(1);
  expect(honest.heardBytes).toBeLessThanOrEqual(honest.sentBytes);
  for (const radio of [honest, liar]) radio.close();
  return { amplification, positions: items.length };
}
