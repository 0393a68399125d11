import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gt06Frame, gt06LongFrame, gt06Position } from './frames.ts';
import { eventually, type GatewayProcess, startGateway, tempDataDir } from './harness.ts';

/*
 * The life of GT06 trackers, played from the tables of the wire reference: the codec has no part in what is sent or
 * expected here.
 */

const NONE = Buffer.alloc(0);
const wholeSecond = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);
const dateOf = (t: Date) =>
  Buffer.from([
    ...[t.getUTCFullYear() - 2000, t.getUTCMonth() + 1, t.getUTCDate()],
    ...[t.getUTCHours(), t.getUTCMinutes(), t.getUTCSeconds()],
  ]);

/** One tracker's connection. */
class Tracker {
  readonly #socket: Socket;
  #heard = '';
  #serial = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#heard += chunk.toString('hex');
    });
  }

  static async open(port: number, imei: string): Promise<Tracker> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    const tracker = new Tracker(socket);
    // Type code 7000, zone +8:00.
    const serial = tracker.send(0x01, Buffer.from(`0${imei}70003201`, 'hex'));
    expect(await tracker.hear(10)).toBe(gt06Frame(0x01, NONE, serial));
    return tracker;
  }

  /** @returns the serial number it went under */
  send(type: number, content: Uint8Array, frame = gt06Frame): number {
    this.#serial++;
    this.#socket.write(Buffer.from(frame(type, content, this.#serial), 'hex'));
    return this.#serial;
  }

  /** The next so many bytes. */
  hear(bytes: number): Promise<string> {
    return eventually(
      async () => {
        if (this.#heard.length < bytes * 2) return null;
        const answer = this.#heard.slice(0, bytes * 2);
        this.#heard = this.#heard.slice(bytes * 2);
        return answer;
      },
      5000,
      `${bytes} bytes of answer`,
    );
  }

  /** What has been heard and nobody asked for, once the heartbeat behind it is answered. */
  async unasked(): Promise<string> {
    const answer = gt06Frame(0x13, NONE, this.send(0x13, Buffer.from('4604040002', 'hex')));
    const all = await eventually(
      async () => (this.#heard.endsWith(answer) ? this.#heard : null),
      5000,
      'the answer to a heartbeat',
    );
    this.#heard = '';
    return all.slice(0, -answer.length);
  }

  async close(): Promise<void> {
    this.#socket.end();
    await once(this.#socket, 'close');
  }
}

let data: Awaited<ReturnType<typeof tempDataDir>>;
let gateway: GatewayProcess;
beforeAll(async () => {
  data = await tempDataDir();
  gateway = await startGateway(data.path, { XUNJI_ADMISSION: 'open' });
});
afterAll(async () => {
  await gateway?.stop();
  await data?.remove();
});

const latest = async (imei: string) => {
  const { body } = await gateway.api('GET', `positions/latest?device=${imei}`);
  return body.items[0];
};

describe('a GT06 tracker', () => {
  it('is told the time, heard without a fix and answered where it waits', async () => {
    const imei = '861234567890101';
    const tracker = await Tracker.open(gateway.ports.gt06, imei);

    const asked = tracker.send(0x8a, NONE);
    const told = Buffer.from(await tracker.hear(16), 'hex');
    expect(gt06Frame(0x8a, told.subarray(4, 10), asked)).toBe(told.toString('hex'));
    const [year = 0, month = 0, ...rest] = told.subarray(4, 10);
    const [day = 0, hour = 0, minute = 0, second = 0] = rest;
    const time = Date.UTC(2000 + year, month - 1, day, hour, minute, second);
    expect(Math.abs(time - Date.now())).toBeLessThan(60_000);

    // Cards and access points: kept, and answered by nothing.
    const cards = `0a0${imei}046001234567890189860012345678901234`;
    tracker.send(0x94, Buffer.from(cards, 'hex'), gt06LongFrame);
    const wifi = `01cc00287d001f712d${'00'.repeat(36)}ff018089174498b45c`;
    tracker.send(0x2c, Buffer.concat([dateOf(new Date()), Buffer.from(wifi, 'hex')]));
    expect(await tracker.unasked()).toBe('');

    // An SOS by cell alone: answered, and an alarm, though nobody knows where.
    const sos = tracker.send(0x19, Buffer.from('01cc00287d001f712004040101', 'hex'));
    expect(await tracker.hear(10)).toBe(gt06Frame(0x19, NONE, sos));
    const alarm = await eventually(
      async () => {
        const { body } = await gateway.api('GET', 'alarms?state=open');
        return body.items.find((a: { device: string }) => a.device === imei);
      },
      10_000,
      'the alarm of an SOS',
    );
    expect(alarm).toMatchObject({ type: 'sos' });

    // Modules that want an answer.
    const fix = { latitude: 31.23, longitude: 121.47, speedKmh: 10, courseDeg: 90 };
    const gps = gt06Position({ time: new Date(), ...fix });
    const seconds = Buffer.alloc(4);
    // Ahead of what was received before it, so that it is the newest.
    seconds.writeUInt32BE(Math.floor(Date.now() / 1000) + 3);
    const module = (id: string, body: Buffer) =>
      Buffer.concat([Buffer.from([...Buffer.from(id, 'hex'), 0, body.length]), body]);
    const modules = [
      module('0033', Buffer.concat([seconds, Buffer.from('08001f', 'hex'), gps.subarray(7, 18)])),
      module('1000', Buffer.from([1])),
    ];
    const wanted = tracker.send(0x70, Buffer.concat(modules), gt06LongFrame);
    expect(await tracker.hear(11)).toBe(gt06LongFrame(0x70, NONE, wanted));
    const place = await eventually(
      async () => ((await latest(imei))?.valid === true ? latest(imei) : null),
      5000,
      'the fix of a module',
    );
    expect(place).toMatchObject({ altitudeM: 31, satellites: 8, speedKmh: 10, protocol: 'gt06' });
    await tracker.close();
  });

  it('may keep its key: nothing of it is written anywhere', async () => {
    const tracker = await Tracker.open(gateway.ports.gt06, '861234567890102');
    const key = Buffer.from('5ec7e75ec7e75ec7e75ec7e75ec7e700', 'hex');
    const address = 'ac233fa018e3';
    const content = Buffer.concat([Buffer.from(`21${address}0110`, 'hex'), key]);
    tracker.send(0x94, content, gt06LongFrame);
    expect(await tracker.unasked()).toBe('');
    const files = readdirSync(data.path, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name)));
    expect(files.some((bytes) => bytes.includes(address))).toBe(true);
    for (const secret of [key, key.toString('hex')]) {
      expect(files.filter((bytes) => bytes.includes(secret))).toEqual([]);
    }
    await tracker.close();
  });

  it('is understood in local time, also when it comes back', async () => {
    const imei = '861234567890103';
    const zoneMs = 8 * 3_600_000;
    const fix = { latitude: 31.23, longitude: 121.47, speedKmh: 10, courseDeg: 90 };
    const report = (tracker: Tracker, now: number) =>
      tracker.send(0x12, gt06Position({ time: wholeSecond(now + zoneMs), ...fix }).subarray(0, 26));
    const first = await Tracker.open(gateway.ports.gt06, imei);
    for (let i = 0; i < 5; i++) report(first, Date.now());
    expect(await first.unasked()).toBe('');
    await first.close();
    const again = await Tracker.open(gateway.ports.gt06, imei);
    // Ahead of what was received before it, so that it is the newest.
    const now = wholeSecond(Date.now() + 3000);
    report(again, now.getTime());
    expect(await again.unasked()).toBe('');
    const found = await eventually(
      async () => ((await latest(imei))?.fixTime === now.toISOString() ? latest(imei) : null),
      5000,
      'the time of its fix',
    );
    expect(found).toMatchObject({ flags: [], valid: true });
    await again.close();
  });
});
