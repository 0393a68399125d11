import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, type GatewayProcess, startGateway, tempDataDir } from './harness.ts';
import { type Mosquitto, startMosquitto } from './mosquitto.test-support.ts';

const run = promisify(execFile);
const BADGES = 40;
const ROUNDS = 25;

let port = 0;
let broker: Mosquitto;
let gateway: GatewayProcess;
let data: Awaited<ReturnType<typeof tempDataDir>>;
let brokerData: Awaited<ReturnType<typeof tempDataDir>>;
const start = async (connections = 4) => {
  gateway = await startGateway(data.path, {
    XUNJI_MQTT_URL: `mqtt://127.0.0.1:${port}`,
    XUNJI_MQTT_CONNECTIONS: String(connections),
  });
};

beforeAll(async () => {
  data = await tempDataDir();
  brokerData = await tempDataDir();
  port = await freePort();
  broker = await startMosquitto(brokerData.path, port);
  await start();
});
afterAll(async () => {
  await gateway?.stop();
  await broker?.stop();
  await data?.remove();
  await brokerData?.remove();
});

/** `n` positions of each badge, a second apart, ending now. */
async function publish(round: number, from: number, to: number): Promise<number> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  const now = Date.now();
  const sent: Promise<unknown>[] = [];
  for (let n = from; n < to; n++) {
    for (let badge = 0; badge < BADGES; badge++) {
      const ts = now - (to - n) * 1000;
      const position = {
        v: 1,
        ts,
        lat: 31.2 + n / 1e4,
        lon: 121.5 + badge / 1e4,
        seq: round * 1000 + n,
      };
      sent.push(
        client.publishAsync(`trk/v1/badge-${badge}/pos`, JSON.stringify(position), { qos: 1 }),
      );
    }
  }
  await Promise.all(sent);
  await client.endAsync();
  return sent.length;
}

/** Every position of every badge that the store holds, by its `seq`. */
async function stored(): Promise<number> {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const to = new Date(Date.now() + 3_600_000).toISOString();
  let count = 0;
  for (let badge = 0; badge < BADGES; badge++) {
    const path = `devices/badge-${badge}/track?from=${from}&to=${to}&limit=10000`;
    const { body } = await gateway
      .api('GET', path, undefined, { expect: 200 })
      .catch(() => ({ body: { items: [] } }));
    const all = body.items.map((p: { extras: { seq: number } }) => p.extras.seq);
    expect(new Set(all).size).toBe(all.length);
    count += all.length;
  }
  return count;
}

const received = () => gateway.metric('xunji_positions_total');
const connections = () => gateway.metric('xunji_mqtt_broker_connections');
const isUp = (count = 4) =>
  eventually(async () => (await connections()) === count || undefined, 30_000, 'the broker');
const arrives = (total: number) =>
  eventually(async () => (await stored()) === total || undefined, 60_000, `${total} positions`);

it('takes what an external broker has, and loses nothing when broker or gateway are killed', async () => {
  // It speaks MQTT 5 and shares subscriptions.
  await isUp();
  let total = await publish(0, 0, ROUNDS);
  await arrives(total);

  // A foreign client, and the same device gone by its last will.
  const location = {
    _type: 'location',
    lat: 31.21,
    lon: 121.45,
    tst: Math.floor(Date.now() / 1000),
  };
  const pub = ['-h', '127.0.0.1', '-p', String(port), '-q', '1'];
  await run('mosquitto_pub', [
    ...pub,
    '-t',
    'owntracks/alice/phone',
    '-m',
    JSON.stringify(location),
  ]);
  const online = async (device: string) =>
    (await gateway.api('GET', `devices/${device}`, undefined, { expect: 200 }).catch(() => null))
      ?.body.online;
  await eventually(async () => (await online('ot-alice-phone')) || undefined, 10_000, 'online');
  const lwt = { _type: 'lwt', tst: location.tst };
  await run('mosquitto_pub', [...pub, '-t', 'owntracks/alice/phone', '-m', JSON.stringify(lwt)]);
  await eventually(
    async () => (await online('ot-alice-phone')) === false || undefined,
    10_000,
    'offline',
  );

  // The gateway is killed in the middle: the broker sends again what was not acknowledged, and keeps what comes.
  const [seen, publishing] = [await received(), publish(1, 0, ROUNDS)];
  await eventually(async () => (await received()) > seen + BADGES || undefined, 10_000, 'some');
  await gateway.kill();
  total += await publishing;
  await start();
  await arrives(total);

  // The broker is killed: it comes back with its sessions, and so do we.
  await isUp();
  await broker.kill();
  await eventually(async () => (await connections()) === 0 || undefined, 30_000, 'the loss');
  broker = await startMosquitto(brokerData.path, port);
  await isUp();
  total += await publish(2, 0, ROUNDS);
  await arrives(total);
  expect(await gateway.metric('xunji_faults_total', 'mqtt')).toBe(0);

  // Retained messages are no news.
  const old = { v: 1, ts: Date.now(), lat: 31.9, lon: 121.9 };
  await run('mosquitto_pub', [...pub, '-r', '-t', 'trk/v1/kept/pos', '-m', JSON.stringify(old)]);
  await eventually(async () => (await online('kept')) || undefined, 10_000, 'the first time');
  const before = await gateway.metric('xunji_positions_total');
  expect(await gateway.stop()).toBe(0);
  // With fewer connections than before: what the others still had a share in is read all the same.
  await start(2);
  await isUp(2);
  total += await publish(3, 0, 5);
  await arrives(total);
  expect(await received()).toBe(5 * BADGES);
  expect(before).toBeGreaterThan(BADGES);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
