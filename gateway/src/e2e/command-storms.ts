import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { jt808Frame } from './frames.ts';
import { eventually, startGateway, tempDataDir } from './harness.ts';

/** How a terminal treats what it is asked, and what must become of it. */
const manners = {
  obeys: { state: 'answered', result: 'done', sends: 1, isLate: false },
  refuses: { state: 'refused', result: 'failed', sends: 1, isLate: false },
  answersTwice: { state: 'answered', result: 'done', sends: 1, isLate: false },
  isSilent: { state: 'timeout', result: null, sends: 3, isLate: false },
  namesAnotherSerial: { state: 'timeout', result: null, sends: 3, isLate: false },
  answersLate: { state: 'answered', result: 'done', sends: 3, isLate: true },
} as const;
type Manner = keyof typeof manners;
const order = Object.keys(manners) as Manner[];

const TEXT = 0x8300;
/** Waits of 1, 2 and 6 s; then it is over, and some answer. */
const WAIT_S = 1;
const LATE_MS = 10_500;
/** Requests of operators at once. */
const OPERATORS = 20;

const phoneOf = (n: number): string => String(13_000_000_000 + n);

/** A terminal of one manner over a raw socket. */
class Obeying {
  readonly #socket: Socket;
  readonly #phone: string;
  readonly #manner: Manner;
  #rest = Buffer.alloc(0);
  #serial = 1;
  #isAsked = false;
  /** Of every copy that came. */
  readonly serials = new Set<number>();

  constructor(socket: Socket, phone: string, manner: Manner) {
    this.#socket = socket;
    this.#phone = phone;
    this.#manner = manner;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      for (let end = this.#rest.indexOf(0x7e, 1); end > 0; end = this.#rest.indexOf(0x7e, 1)) {
        this.#frame(this.#rest.subarray(1, end));
        this.#rest = this.#rest.subarray(end + 1);
      }
    });
    this.#say(0x0002, Buffer.alloc(0));
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The serials here are far from those whose bytes would be escaped. */
  #frame(content: Buffer): void {
    if (content.readUInt16BE(0) !== TEXT) return;
    const serial = content.readUInt16BE(10);
    this.serials.add(serial);
    const isFirst = !this.#isAsked;
    this.#isAsked = true;
    const manner = this.#manner;
    if (manner === 'answersLate' && isFirst) setTimeout(() => this.#answer(serial, 0), LATE_MS);
    if (manner === 'obeys' || manner === 'answersTwice') this.#answer(serial, 0);
    if (manner === 'answersTwice') this.#answer(serial, 0);
    if (manner === 'refuses') this.#answer(serial, 1);
    if (manner === 'namesAnotherSerial') this.#answer(serial + 77, 0);
  }

  #answer(serial: number, result: number): void {
    const body = Buffer.from([serial >> 8, serial & 255, TEXT >> 8, TEXT & 255, result]);
    this.#say(0x0001, body);
  }

  #say(id: number, body: Uint8Array): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(Buffer.from(jt808Frame(id, this.#phone, this.#serial++, body), 'hex'));
  }
}

/** A terminal that sends its next heartbeat when the last is answered. */
async function beating(port: number, phone: string) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  let answered = 0;
  let held = 0;
  const beat = () => {
    const frame = jt808Frame(0x0002, phone, answered & 0x7fff, Buffer.alloc(0));
    socket.write(Buffer.from(frame, 'hex'));
  };
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    held += chunk.length;
    // An answer of 20 bytes, a few more where they are escaped.
    if (held < 20) return;
    held = 0;
    answered++;
    setTimeout(beat, 50);
  });
  beat();
  return { answered: () => answered, close: () => socket.destroy() };
}

/**
 * Asks `devices` terminals something at once: half are away, the others obey, refuse, keep silent, answer twice, late
 * or something else. Every command ends as it must, nothing stays behind, and others are answered meanwhile.
 */
export async function commandStorm(devices: number): Promise<void> {
  const dir = await tempDataDir();
  const gateway = await startGateway(dir.path, {
    XUNJI_COMMAND_WAIT_S: String(WAIT_S),
    XUNJI_MAX_COMMANDS: String(devices),
    XUNJI_MAX_CONNECTIONS_PER_ADDRESS: String(devices + 100),
    XUNJI_MAX_CONNECTIONS: String(devices + 100),
  });
  const terminals: Obeying[] = [];
  const { jt808 } = gateway.ports;
  const live = await Promise.all([1, 2, 3, 4].map((n) => beating(jt808, phoneOf(devices + n))));
  try {
    const isAway = (n: number) => n % 2 === 1;
    const mannerOf = (n: number): Manner => order[(n / 2) % order.length] ?? 'obeys';
    for (let n = 0; n < devices; n++) {
      const socket = connect({ host: '127.0.0.1', port: jt808, noDelay: true });
      await once(socket, 'connect');
      terminals.push(new Obeying(socket, phoneOf(n), mannerOf(n)));
    }
    await eventually(
      async () => (await gateway.metric('xunji_messages_total', 'heartbeat')) >= devices,
      60_000,
      'all terminals',
    );
    // They were there once, so they are known.
    for (const [n, terminal] of terminals.entries()) if (isAway(n)) terminal.close();
    await eventually(
      async () => (await gateway.metric('xunji_connections', 'tcp')) <= devices / 2 + live.length,
      60_000,
      'half of them gone',
    );
    const before = live.map(({ answered }) => answered());

    const ids = new Map<number, string>();
    let next = 0;
    const operator = async () => {
      for (let n = next++; n < devices; n = next++) {
        const path = `devices/${phoneOf(n)}/commands`;
        const body = { name: 'text', fields: { flags: [], text: `to ${n}` } };
        const answer = await gateway.api('POST', path, body, { expect: isAway(n) ? 409 : 202 });
        if (isAway(n)) expect(answer.body.code).toBe('deviceOffline');
        else ids.set(n, answer.body.id);
      }
    };
    await Promise.all(Array.from({ length: OPERATORS }, operator));
    expect(await gateway.metric('xunji_commands_total', 'offline')).toBe(devices / 2);

    const count = (manner: Manner) => [...ids.keys()].filter((n) => mannerOf(n) === manner).length;
    await eventually(
      async () =>
        (await gateway.metric('xunji_command_answers_total', 'late')) === count('answersLate'),
      90_000,
      'the late answers',
    );
    await eventually(
      async () => (await gateway.metric('xunji_commands_open')) === 0,
      30_000,
      'the end of all commands',
    );
    for (const [n, id] of ids) {
      const { body } = await gateway.api('GET', `commands/${id}`);
      expect([mannerOf(n), body]).toMatchObject([mannerOf(n), manners[mannerOf(n)]]);
      // A repeat is the same message, so that a terminal knows it.
      expect(terminals[n]?.serials.size).toBe(1);
    }
    const used = (use: string) => gateway.metric('xunji_command_answers_total', `use="${use}"`);
    expect(await used('repeated')).toBe(count('answersTwice'));
    expect(await used('unmatched')).toBe(3 * count('namesAnotherSerial'));
    for (const [i, { answered }] of live.entries()) {
      expect(answered(), 'heartbeats answered meanwhile').toBeGreaterThan(before[i] ?? 0);
    }
    const [away] = (await gateway.api('GET', `devices/${phoneOf(1)}/commands`)).body.items;
    expect(away).toMatchObject({ state: 'offline', sends: 0 });
  } finally {
    for (const one of [...terminals, ...live]) one.close();
    await gateway.stop();
    await dir.remove();
  }
}
