import { once } from 'node:events';
import { connect as tcp } from 'node:net';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../metrics.ts';
import { type AdmissionMode, Gate } from './gate.ts';
import { Intake } from './intake.ts';
import { PlainRegistry, SlowJournal } from './messages.test-support.ts';
import { MqttIntake } from './mqtt.ts';
import { Sessions } from './session.ts';

const NOW = 1_795_404_000_000;
const position = (n = 0) =>
  JSON.stringify({ v: 1, ts: NOW + n * 1000, lat: 31.2005, lon: 121.5005, acc: 5, sat: 9 });

/** The embedded broker over a journal that is durable when the test says so. */
async function broker(admission: AdmissionMode = 'open', maxConnections = 100) {
  const journal = new SlowJournal();
  const registry = new PlainRegistry();
  const sessions = new Sessions(1);
  const metrics = createMetrics();
  const errors: unknown[] = [];
  const gate = new Gate(registry, admission);
  const intake = new MqttIntake({
    intake: new Intake({
      ...{ journal, gate, sessions, metrics, liveMaxAgeMs: 300_000, onFault: () => undefined },
    }),
    ...{ sessions, registry, admission, metrics, maxConnections, now: () => NOW },
    onUnexpected: (error) => errors.push(error),
  });
  const port = await intake.listen(0, '127.0.0.1');
  const clients: MqttClient[] = [];
  const open = (options: IClientOptions = {}) => {
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...options });
    // A refusal is also told by 'close'.
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  const join = async (username: string, password = 'x') => {
    const client = open({ username, password, clientId: username });
    await once(client as never, 'connect');
    return client;
  };
  const close = async () => {
    while (journal.pending > 0) journal.sync();
    for (const client of clients) client.end(true);
    await intake.close();
    expect(errors).toEqual([]);
  };
  return { journal, registry, metrics, sessions, port, open, join, close };
}
let house: Awaited<ReturnType<typeof broker>>;
afterEach(() => house.close());

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
const kinds = () =>
  house.journal.entries.map((e) => (e.kind === 'message' ? `${e.name} ${e.device.id}` : e.kind));

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

  it('keeps no position for later listeners', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    await badge.publishAsync('trk/v1/badge-7/cmd', 'x', { qos: 1, retain: true });
    let heard = 0;
    badge.on('message', () => heard++);
    await badge.subscribeAsync('trk/v1/badge-7/cmd');
    await badge.publishAsync('trk/v1/badge-7/cmd', 'fresh', { qos: 1 });
    await until(() => heard === 1);
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
    house = await broker('open', 1);
    await house.join('badge-7');
    const second = tcp(house.port, '127.0.0.1');
    second.on('error', () => undefined);
    await once(second, 'close');
  });
});
