import { once } from 'node:events';
import { connect as tcp } from 'node:net';
import type { IClientOptions } from 'mqtt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { broker, NOW, position, until } from './mqtt.test-support.ts';

let house: Awaited<ReturnType<typeof broker>>;
afterEach(() => house.close());

const kinds = () =>
  house.journal.entries.map((e) => (e.kind === 'message' ? `${e.name} ${e.device.id}` : e.kind));

const faults = async (code: string) =>
  (await house.metrics.faults.get()).values.find((v) => v.labels.code === code)?.value ?? 0;
const closedBy = async (reason: string) =>
  (await house.metrics.closed.get()).values.find((v) => v.labels.reason === reason)?.value ?? 0;

describe('the embedded broker', () => {
  it('acknowledges a position once it is durable, and not before', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    let acknowledged = false;
    const publishing = badge.publishAsync('trk/v1/badge-7/pos', position(), { qos: 1 }).then(() => {
      acknowledged = true;
    });
    await until(() => house.journal.pending === 1);
    // A whole other conversation with the broker fits in between.
    await house.join('badge-8');
    expect(acknowledged).toBe(false);
    house.journal.sync();
    await publishing;
    expect(kinds()).toEqual(['connected badge-7', 'position']);
    expect(house.journal.entries[1]).toMatchObject({
      device: { protocol: 'mqtt', id: 'badge-7' },
      position: { latitude: 31.2005, longitude: 121.5005, accuracyM: 5 },
    });
  });

  it('takes the phones of an OwnTracks user, each as a device of its own', async () => {
    house = await broker();
    const alice = await house.join('alice');
    const location = JSON.stringify({
      _type: 'location',
      lat: 31.21,
      lon: 121.45,
      tst: NOW / 1000,
    });
    for (const phone of ['phone', 'tablet']) {
      const publishing = alice.publishAsync(`owntracks/alice/${phone}`, location, { qos: 1 });
      await until(() => house.journal.pending === 1);
      house.journal.sync();
      await publishing;
    }
    expect(kinds()).toEqual([
      ...['connected ot-alice-phone', 'position', 'connected ot-alice-tablet', 'position'],
    ]);
  });

  it('lets nobody publish for another device, and closes who tries', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    const closed = once(badge as never, 'close');
    badge.publish('trk/v1/badge-8/pos', position(), { qos: 1 });
    await closed;
    expect(kinds()).toEqual([]);
    expect(await house.metrics.registry.metrics()).toContain(
      'xunji_faults_total{protocol="mqtt",code="badTopic"} 1',
    );
  });

  it('lets nobody listen to the positions of others', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    const listens = (topic: string) =>
      badge.subscribeAsync(topic).then(
        () => true,
        () => false,
      );
    expect(await listens('#')).toBe(false);
    expect(await listens('trk/v1/+/pos')).toBe(false);
    expect(await listens('trk/v1/badge-8/cmd')).toBe(false);
    expect(await listens('trk/v1/badge-7/cmd')).toBe(true);
  });

  it('counts a payload it cannot read, and goes on with the connection', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    await badge.publishAsync('trk/v1/badge-7/pos', '{"v":1', { qos: 1 });
    expect(badge.connected).toBe(true);
    expect(await house.metrics.registry.metrics()).toContain('code="badPayload"} 1');
  });

  it('says that a device is gone with its connection', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    const publishing = badge.publishAsync('trk/v1/badge-7/pos', position(), { qos: 1 });
    await until(() => house.journal.pending === 1);
    house.journal.sync();
    await publishing;
    badge.end(true);
    await until(() => kinds().length === 3);
    expect(kinds().at(-1)).toBe('disconnected badge-7');
  });

  it('lets no client give commands, to itself or to others', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    await badge.subscribeAsync('trk/v1/badge-7/cmd');
    badge.on('message', () => expect.unreachable('no command was given'));
    for (const options of [{ username: 'badge-8' }, { username: 'badge-7' }, {}]) {
      const other = house.open(options);
      await once(other as never, 'connect');
      const closed = once(other as never, 'close');
      other.publish('trk/v1/badge-7/cmd', '{"cmd":"reboot"}', { qos: 1 });
      await closed;
    }
    expect(badge.connected).toBe(true);
    expect(await faults('badTopic')).toBe(3);
  });
});

describe('a hostile MQTT client', () => {
  const connectPacket = Buffer.from('101000044d5154540402003c000474657374', 'hex');
  const raw = async () => {
    const socket = tcp(house.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };

  it('pushes nobody out by taking his client id', async () => {
    house = await broker();
    const badge = house.open({ username: 'badge-7', clientId: 'shared' });
    await once(badge as never, 'connect');
    const thief = house.open({ username: 'badge-8', clientId: 'shared' });
    await once(thief as never, 'connect');
    // The broker has served another one since, so the first would be gone by now.
    await house.join('badge-9');
    expect(badge.connected).toBe(true);
    // Its own next connection does replace it.
    const closed = once(badge as never, 'close');
    house.open({ username: 'badge-7', clientId: 'shared' });
    await closed;
  });

  it.each(['+', '#', 'a/b', 'a\nb', 'a\\', 'a"b', '\u0000', '设备', '<img>', 'x'.repeat(65)])(
    'is not let in under the name %j, nor remembered',
    async (username) => {
      house = await broker('known');
      const client = house.open({ username, password: 'x', clientId: 'c' });
      const [error] = (await once(client as never, 'error')) as [Error & { code?: number }];
      expect(error.code).toBe(4);
      expect(house.registry.admissions.size).toBe(0);
      expect(await closedBy('badUsername')).toBe(1);
    },
  );

  it('does not make us keep a log-in without end', async () => {
    house = await broker();
    const socket = await raw();
    // It announces 256 MB.
    socket.write(Buffer.from('10ffffff7f', 'hex'));
    await once(socket, 'close');
    expect(await closedBy('packetTooLong')).toBe(1);
  });

  it('is counted when it speaks no MQTT, before its log-in or after', async () => {
    house = await broker();
    const browser = await raw();
    browser.write('GET / HTTP/1.1\r\n\r\n');
    await once(browser, 'close');
    expect(await closedBy('noConnect')).toBe(1);
    const client = await raw();
    client.write(connectPacket);
    await once(client, 'data');
    // Three publishes with a wildcard in their topic.
    client.write(Buffer.from('3003000123'.repeat(3), 'hex'));
    await once(client, 'close');
    expect(await closedBy('protocolError')).toBe(1);
  });

  it('may be silent for half as long again as it said, and a stall of ours does not count', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    house = await broker();
    const badge = await raw();
    // It says 60 s.
    badge.write(connectPacket);
    await once(badge, 'data');
    const sweep = (ms: number) => {
      house.clock.at += ms;
      vi.advanceTimersByTime(1000);
    };
    sweep(300_000);
    expect(await closedBy('idle')).toBe(0);
    // PINGREQ
    badge.write(Buffer.from('c000', 'hex'));
    await once(badge, 'data');
    for (let i = 0; i < 45; i++) sweep(2000);
    expect(await closedBy('idle')).toBe(0);
    sweep(1);
    vi.useRealTimers();
    await once(badge, 'close');
    expect(await closedBy('idle')).toBe(1);
  });

  it('has to say how long it may be silent', async () => {
    house = await broker();
    for (const keepalive of [0, 3601]) await once(house.open({ keepalive }) as never, 'close');
    expect(await closedBy('keepaliveTooLong')).toBe(2);
  });

  it('gets no more time for a packet than for a frame', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    house = await broker();
    const socket = await raw();
    socket.write(connectPacket);
    await once(socket, 'data');
    // A publish without its last byte.
    socket.write(Buffer.from('3004000161', 'hex'));
    await house.join('badge-7');
    house.clock.at += 15_000;
    vi.advanceTimersByTime(1000);
    expect(await closedBy('slowFrame')).toBe(0);
    house.clock.at += 1000;
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    await once(socket, 'close');
    expect(await closedBy('slowFrame')).toBe(1);
  });

  it('loses nothing of what it sends at once', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    const all = Array.from({ length: 500 }, (_, n) =>
      badge.publishAsync('trk/v1/badge-7/pos', position(-n), { qos: 1 }),
    );
    let done = false;
    const published = Promise.all(all).then(() => {
      done = true;
    });
    await until(() => {
      while (house.journal.pending > 0) house.journal.sync();
      return done;
    });
    await published;
    const times = house.journal.entries.flatMap((e) =>
      e.kind === 'position' ? [e.position.fixTime] : [],
    );
    expect(new Set(times).size).toBe(500);
  });
});

describe('who may log in to the broker', () => {
  const refusal = async (options: IClientOptions): Promise<number | undefined> => {
    const [error] = (await once(house.open(options) as never, 'error')) as [
      Error & { code?: number },
    ];
    return error.code;
  };

  it('is in mode known who was entered, and phones of users of whom one was', async () => {
    house = await broker('known');
    expect(await refusal({ username: 'badge-7', password: 'x' })).toBe(5);
    expect(house.registry.admissions.get('badge-7')).toBe('knocking');
    expect(await refusal({})).toBe(5);
    house.registry.admissions.set('badge-7', 'known');
    house.registry.admissions.set('ot-alice-phone', 'known');
    await house.join('badge-7');
    await house.join('alice');
  });

  it('is in mode strict who also has the code of the device', async () => {
    house = await broker('strict');
    house.registry.admissions.set('badge-7', 'known');
    expect(await refusal({ username: 'badge-7', password: 'guess' })).toBe(4);
    expect(await refusal({ username: 'badge-7' })).toBe(4);
    await house.join('badge-7', 'code-badge-7');
  });

  it('is no more than allowed', async () => {
    house = await broker('open', { maxConnections: 1 });
    await house.join('badge-7');
    const second = tcp(house.port, '127.0.0.1');
    second.on('error', () => undefined);
    await once(second, 'close');
  });
});
