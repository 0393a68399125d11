import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { eventually } from '../harness.ts';
import {
  connectPacket,
  type Packet,
  PacketReader,
  packet,
  packetTypes,
  publishPacket,
  subscribePacket,
} from './mqtt-packets.ts';
import type { World } from './world.ts';

/** A bare MQTT client that keeps what it hears. */
class Client {
  readonly socket: Socket;
  readonly heard: Packet[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    const reader = new PacketReader();
    socket.on('data', (chunk) => this.heard.push(...reader.push(chunk)));
    socket.on('error', () => undefined);
  }

  static async open(port: number): Promise<Client> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** Connected under `username`. */
  static async join(world: World, username: string, clientId = username): Promise<Client> {
    const client = await Client.open(world.gateway.ports.mqtt);
    client.socket.write(connectPacket(clientId, username));
    await client.waitFor(packetTypes.connack);
    return client;
  }

  /** Resolves once there is room to write, or nobody to write to. */
  async drained(): Promise<void> {
    const { socket } = this;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  /** Resolves with a packet of `type`, null when the broker hangs up instead. */
  async waitFor(type: number, count = 1): Promise<Packet | null> {
    const of = () => this.heard.filter((each) => each.type === type);
    await eventually(
      async () => of().length >= count || this.socket.destroyed,
      60_000,
      `packet ${type}`,
    );
    return of()[count - 1] ?? null;
  }
}

/** Row 21: a log-in that announces more than anybody may is ended before it is kept. */
export async function hugeConnects(world: World, count: number): Promise<void> {
  const before = await world.closedFor('packetTooLong');
  for (let i = 0; i < count; i++) {
    const client = await Client.open(world.gateway.ports.mqtt);
    client.socket.write(packet(0x10, Buffer.alloc(64, 0x41), 268_435_455));
    await eventually(async () => client.socket.destroyed, 5000, 'its end');
  }
  expect(await world.closedFor('packetTooLong')).toBe(before + count);
}

/** Row 21: nobody pushes a device out by taking its client id. `victim` is one of the good devices. */
export async function takeover(world: World, victim: string): Promise<void> {
  for (let i = 0; i < 5; i++) {
    const client = await Client.join(world, `thief-${i}`, victim);
    expect(client.heard[0]?.body[1]).toBe(0);
    client.socket.destroy();
  }
}

/** Row 21: foreign and wild filters are refused, one by one, and the link stays for the own one. */
export async function wildSubscriptions(world: World): Promise<void> {
  const client = await Client.join(world, 'listener');
  const foreign = ['#', '+/#', 'trk/#', '$SYS/#', 'trk/v1/+/pos', 'trk/v1/badge-4/cmd'];
  client.socket.write(subscribePacket(7, [...foreign, 'trk/v1/listener/cmd']));
  const suback = await client.waitFor(packetTypes.suback);
  // 128 = failure. @see MQTT 3.1.1, section 3.9.3
  expect([...(suback?.body.subarray(2) ?? [])]).toEqual([...foreign.map(() => 128), 0]);
  client.socket.destroy();
}

/**
 * Row 21: ever other topics below the own name, retained, with payloads that nothing reads. @returns publishes answered
 * before the broker had enough
 */
export async function manyTopics(world: World, topics: number, name = 'talker'): Promise<number> {
  const series = (await seriesOf(world)).length;
  const client = await Client.join(world, name);
  const payload = Buffer.alloc(1000, 0x41);
  for (let n = 0; n < topics && !client.socket.destroyed; n++) {
    const id = 1 + (n % 65_535);
    const fits = client.socket.write(
      publishPacket(`trk/v1/${name}/t${n}`, payload, { id, retain: true }),
    );
    if (!fits) await client.drained();
  }
  await client.waitFor(packetTypes.puback, topics);
  client.socket.destroy();
  // A name that a stranger chose must not become a series of its own.
  expect((await seriesOf(world)).length).toBeLessThan(series + 20);
  return client.heard.filter(({ type }) => type === packetTypes.puback).length;
}

/** Row 21: publishes of QoS 2 whose second half never comes. @returns those answered before the broker had enough */
export async function halfHandshakes(world: World, publishes: number): Promise<number> {
  const client = await Client.join(world, 'halver');
  const payload = JSON.stringify({ v: 1, ts: Date.now(), lat: 31.2, lon: 121.4, ext: {} });
  const filled = payload.padEnd(8000, ' ');
  for (let n = 0; n < publishes && !client.socket.destroyed; n++) {
    const fits = client.socket.write(
      publishPacket('trk/v1/halver/pos', filled, { qos: 2, id: 1 + (n % 65_535) }),
    );
    if (!fits) await client.drained();
  }
  await client.waitFor(packetTypes.pubrec, publishes);
  client.socket.destroy();
  return client.heard.filter(({ type }) => type === packetTypes.pubrec).length;
}

/** Row 21: what is published with the retain flag is given to nobody who comes later. */
export async function retained(world: World): Promise<void> {
  const talker = await Client.join(world, 'keeper');
  talker.socket.write(
    publishPacket('trk/v1/keeper/note', Buffer.alloc(60_000, 0x41), { retain: true }),
  );
  await talker.waitFor(packetTypes.puback);
  talker.socket.destroy();
  const reader = await Client.join(world, 'keeper');
  reader.socket.write(subscribePacket(1, ['trk/v1/keeper/cmd']));
  await reader.waitFor(packetTypes.suback);
  expect(reader.heard.filter(({ type }) => type === packetTypes.publish)).toEqual([]);
  reader.socket.destroy();
}

async function seriesOf(world: World): Promise<string[]> {
  const { ports, cookie } = world.gateway;
  const response = await fetch(`http://127.0.0.1:${ports.http}/metrics`, { headers: { cookie } });
  return (await response.text()).split('\n');
}

const KIB = 1 << 10;
/** As long as a packet may be, and dear to a careless reader. */
const payloads: readonly string[] = [
  '['.repeat(60 * KIB),
  '{"a":'.repeat(12 * KIB),
  `${'['.repeat(30 * KIB)}${']'.repeat(30 * KIB)}`,
  `{"v":1,"ts":${'9'.repeat(60 * KIB)}}`,
  `{"v":1,"ts":1,"lat":1e999,"lon":-1e999,"ext":{${'"__proto__":{"x":1},'.repeat(2 * KIB)}"a":1}}`,
  `{"v":1,"ext":{${Array.from({ length: 4 * KIB }, (_, n) => `"k${n}":${n}`).join(',')}}}`,
  `"${'\\ud800'.repeat(8 * KIB)}"`,
  '\0'.repeat(60 * KIB),
];

/** Rows 5 and 21: payloads that nobody can use, to every topic that is read; each is answered, then a good one is kept. */
export async function payloadFlood(world: World, rounds: number): Promise<number> {
  const name = 'flooder';
  const client = await Client.join(world, name);
  const topics = ['pos', 'event', 'state', 'beacons'];
  let id = 0;
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    for (const payload of payloads) {
      const topic = `trk/v1/${name}/${topics[id % topics.length]}`;
      const fits = client.socket.write(publishPacket(topic, payload, { id: ++id }));
      bytes += payload.length;
      if (!fits) await client.drained();
    }
  }
  const [ts, where] = [Date.now(), { lat: 31.2, lon: 121.4 }];
  const good = JSON.stringify({ v: 1, ts, ...where });
  client.socket.write(publishPacket(`trk/v1/${name}/pos`, good, { id: ++id }));
  await client.waitFor(packetTypes.puback, id);
  expect(client.socket.destroyed).toBe(false);
  client.socket.destroy();
  const path = `devices/${name}/track?protocol=mqtt&from=${new Date(ts - 1).toISOString()}&to=${new Date(ts + 1).toISOString()}`;
  await eventually(
    async () => (await world.gateway.api('GET', path)).body.items.length === 1,
    10_000,
    'the position behind the flood',
  );
  return bytes;
}
