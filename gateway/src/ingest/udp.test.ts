import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jt808Ack, jt808Frame } from '../e2e/frames.ts';
import { createMetrics } from '../metrics.ts';
import { Addresses } from './addresses.ts';
import { type AdmissionMode, Gate } from './gate.ts';
import { Intake } from './intake.ts';
import type { IntakeLimits } from './limits.ts';
import { PlainRegistry, SlowJournal, wideLimits } from './messages.test-support.ts';
import { Sessions } from './session.ts';
import { UdpIntake } from './udp.ts';

const PHONE = '13912345678';
const heartbeat = (serial: number, phone = PHONE) =>
  jt808Frame(0x0002, phone, serial, Buffer.alloc(0));
const authenticate = (serial: number, code: string, phone = PHONE) =>
  jt808Frame(0x0102, phone, serial, Buffer.from(code));
const beatAck = (ours: number, serial: number) => jt808Ack(PHONE, ours, serial, 0x0002, 0);
const codeAck = (ours: number, serial: number, result: number) =>
  jt808Ack(PHONE, ours, serial, 0x0102, result);

/** A UDP port whose journal is durable as soon as it is asked, unless the test holds it. */
class Port {
  readonly journal = new SlowJournal();
  readonly metrics = createMetrics();
  readonly registry = new PlainRegistry();
  readonly sessions = new Sessions(1);
  readonly errors: unknown[] = [];
  readonly room = { hasRoom: true };
  readonly intake: UdpIntake;
  readonly #sockets: Socket[] = [];
  #at = 0;
  port = 0;

  constructor(mode: AdmissionMode, over: Partial<IntakeLimits>) {
    const { journal, metrics, registry, sessions, errors, room } = this;
    const limits = { ...wideLimits, ...over };
    const monotonic = () => this.#at;
    const gate = new Gate(registry, mode);
    const late = { liveMaxAgeMs: 300_000, onFault: () => undefined };
    this.intake = new UdpIntake({
      intake: new Intake({ journal, gate, sessions, metrics, ...late }),
      addresses: new Addresses({ limits, monotonic, onBan: () => undefined }),
      ...{ sessions, registry, metrics, limits, monotonic, journal: room },
      now: () => 1_795_404_000_000,
      onUnexpected: (error) => errors.push(error),
    });
  }

  static async open(mode: AdmissionMode, over: Partial<IntakeLimits> = {}): Promise<Port> {
    const port = new Port(mode, over);
    port.port = await port.intake.listen(0, '127.0.0.1');
    return port;
  }

  /** A device's socket, and what it has heard. */
  async device(host = '127.0.0.1') {
    const socket = createSocket('udp4');
    this.#sockets.push(socket);
    socket.bind(0, host);
    await once(socket, 'listening');
    const heard: string[] = [];
    socket.on('message', (bytes: Buffer, _from: RemoteInfo) => heard.push(bytes.toString('hex')));
    const send = (...frames: string[]) =>
      socket.send(Buffer.from(frames.join(''), 'hex'), this.port, '127.0.0.1');
    return { heard, send };
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 1000) {
      this.#at += 1000;
      vi.advanceTimersByTime(1000);
    }
  }
  sync(): void {
    while (this.journal.pending > 0) this.journal.sync();
  }
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      this.sync();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  async datagrams(result: string): Promise<number> {
    const { values } = await this.metrics.datagrams.get();
    return values.find((v) => v.labels.result === result)?.value ?? 0;
  }
  async close(): Promise<void> {
    this.sync();
    for (const socket of this.#sockets) socket.close();
    await this.intake.close();
    expect(this.errors).toEqual([]);
  }
}

let port: Port;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  await port.close();
  vi.useRealTimers();
});

describe('JT/T 808 in datagrams', () => {
  it('answers several frames of one datagram once they are durable, in order', async () => {
    port = await Port.open('open');
    const { heard, send } = await port.device();
    send(authenticate(1, `code-${PHONE}`), heartbeat(2), heartbeat(3));
    while (port.journal.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([]);
    await port.until(() => heard.length === 1);
    expect(heard[0]).toBe(codeAck(0, 1, 0) + beatAck(1, 2) + beatAck(2, 3));
    expect(port.sessions.connections).toBe(1);
  });

  it('takes no frame that spans datagrams, and the whole ones behind it', async () => {
    port = await Port.open('open');
    const { heard, send } = await port.device();
    send(heartbeat(1).slice(0, 20));
    await port.until(async () => (await port.datagrams('taken')) === 1);
    send(heartbeat(1).slice(20), authenticate(2, `code-${PHONE}`));
    await port.until(() => heard.length === 1);
    expect(heard).toEqual([codeAck(0, 2, 0)]);
  });

  it('never sends more bytes than came from who has not shown his auth code', async () => {
    port = await Port.open('open');
    const { heard, send } = await port.device();
    for (let serial = 0; serial < 20; serial++) send(heartbeat(serial));
    await port.until(async () => (await port.datagrams('taken')) === 20);
    await port.until(() => port.journal.pending === 0);
    await port.until(async () => (await port.datagrams('answerTooLong')) + heard.length === 20);
    const sent = 20 * (heartbeat(0).length / 2);
    const got = heard.reduce((sum, hex) => sum + hex.length / 2, 0);
    expect(got).toBeLessThanOrEqual(sent);
    expect(await port.datagrams('answerTooLong')).toBeGreaterThan(0);
  });

  it('keeps nothing of who is not admitted, however many addresses he sends from', async () => {
    port = await Port.open('known');
    for (let n = 0; n < 20; n++) {
      const { send } = await port.device();
      send(heartbeat(n));
    }
    await port.until(async () => (await port.datagrams('taken')) === 20);
    expect(port.intake.size).toBe(0);
    expect(port.sessions.size).toBe(0);
  });

  it('answers only where the device speaks from now', async () => {
    port = await Port.open('open');
    const [old, young] = [await port.device(), await port.device()];
    old.send(authenticate(1, `code-${PHONE}`));
    await port.until(() => old.heard.length === 1);
    old.send(heartbeat(2));
    while (port.journal.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    young.send(authenticate(3, `code-${PHONE}`));
    while (port.journal.pending < 2) await new Promise((resolve) => setImmediate(resolve));
    await port.until(() => young.heard.length === 1);
    await port.until(async () => (await port.datagrams('answerTooLate')) === 1);
    expect(old.heard.length).toBe(1);
    expect(port.intake.size).toBe(1);
    const names = port.journal.entries.flatMap((e) => (e.kind === 'message' ? [e.name] : []));
    expect(names.filter((name) => name === 'disconnected')).toEqual([]);
  });

  it('lets nobody take a device over from another host without its auth code', async () => {
    port = await Port.open('open');
    const [true_, forged] = [await port.device('127.0.0.1'), await port.device('127.0.0.2')];
    true_.send(authenticate(1, `code-${PHONE}`));
    await port.until(() => true_.heard.length === 1);
    forged.send(heartbeat(7));
    await port.until(async () => (await port.datagrams('heldElsewhere')) === 1);
    true_.send(heartbeat(2));
    await port.until(() => true_.heard.length === 2);
    expect(true_.heard[1]).toBe(beatAck(1, 2));
    expect(forged.heard).toEqual([]);
    forged.send(authenticate(8, `code-${PHONE}`));
    await port.until(() => forged.heard.length === 1);
  });

  it('wants the auth code in mode strict, and tells so', async () => {
    port = await Port.open('strict');
    port.registry.admissions.set(PHONE, 'known');
    const { heard, send } = await port.device();
    send(authenticate(1, 'wrong-and-long-enough'));
    await port.until(() => heard.length === 1);
    expect(heard[0]).toBe(codeAck(0, 1, 1));
    expect(port.intake.size).toBe(0);
    send(authenticate(2, `code-${PHONE}`));
    await port.until(() => heard.length === 2);
    expect(heard[1]).toBe(codeAck(0, 2, 0));
    expect(port.intake.size).toBe(1);
  });

  it('drops what comes too fast, and what there is no room for, and counts it', async () => {
    port = await Port.open('open', { udpRate: 1 });
    const { heard, send } = await port.device();
    send(authenticate(1, `code-${PHONE}`));
    await port.until(() => heard.length === 1);
    for (let serial = 2; serial < 22; serial++) send(heartbeat(serial));
    await port.until(async () => (await port.datagrams('tooFast')) === 10);
    port.pass(1000);
    port.room.hasRoom = false;
    send(heartbeat(30));
    await port.until(async () => (await port.datagrams('noRoom')) === 1);
    port.room.hasRoom = true;
    send(heartbeat(31));
    await port.until(() => heard.includes(beatAck(11, 31)));
  });

  it('asks something of a device where it has shown its code, and of others no more than they sent', async () => {
    port = await Port.open('open');
    const { heard, send } = await port.device();
    send(heartbeat(1));
    await port.until(async () => (await port.datagrams('answerTooLong')) === 1);
    const device = { protocol: 'jt808', id: PHONE } as const;
    const ask = () => {
      const link = port.sessions.of(device)?.link;
      const words = { device: PHONE, id: '0x8300', fields: { flags: [], text: 'a'.repeat(40) } };
      const written = link?.command?.({ ...words, number: 1, expiresTime: 0, serial: 9 });
      return written === undefined || written === null ? null : link?.transmit?.(written.bytes);
    };
    expect(ask()).toBe(false);
    send(authenticate(2, `code-${PHONE}`));
    await port.until(() => heard.length === 1);
    expect(ask()).toBe(true);
    const text = jt808Frame(0x8300, PHONE, 9, Buffer.from(`\0${'a'.repeat(40)}`));
    await port.until(() => heard.length === 2);
    expect(heard[1]).toBe(text);
    port.pass(1_000_000);
    await port.until(() => port.intake.size === 0);
    expect(ask()).toBeNull();
  });

  it('marks a device offline that has been silent for its time', async () => {
    port = await Port.open('open', { idleMs: 60_000 });
    const { heard, send } = await port.device();
    send(authenticate(1, `code-${PHONE}`));
    await port.until(() => heard.length === 1);
    port.pass(61_000);
    await port.until(() => port.intake.size === 0);
    expect(port.journal.entries.at(-1)).toMatchObject({ name: 'disconnected' });
    expect(port.sessions.connections).toBe(0);
    expect(port.sessions.size).toBe(0);
  });

  it('survives any bytes', async () => {
    port = await Port.open('known');
    const { send } = await port.device();
    const all = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 1400 }), {
      numRuns: 100,
      seed: 7,
    });
    for (const bytes of all) send(Buffer.from(bytes).toString('hex'));
    const done = async () => (await port.datagrams('taken')) + (await port.datagrams('incomplete'));
    await port.until(async () => (await done()) === 100);
    expect(port.intake.size).toBe(0);
  });
});
