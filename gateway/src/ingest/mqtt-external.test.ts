import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../metrics.ts';
import { Gate } from './gate.ts';
import { Intake } from './intake.ts';
import { PlainRegistry, SlowJournal } from './messages.test-support.ts';
import { NOW, position, until } from './mqtt.test-support.ts';
import type { BrokerNews } from './mqtt-broker-line.ts';
import { ExternalBroker } from './mqtt-external.ts';
import { Sessions } from './session.ts';

/** A broker of somebody else that speaks 3.1.1 only, and the gateway's end of it. */
async function site() {
  const journal = new SlowJournal();
  const registry = new PlainRegistry();
  const metrics = createMetrics();
  const sessions = new Sessions(1);
  const news: BrokerNews[] = [];
  const errors: unknown[] = [];
  let aedes = await Aedes.createBroker();
  const listen = async (port: number): Promise<Server> => {
    const server = createServer(aedes.handle);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const clients: MqttClient[] = [];
  const gate = new Gate(registry, 'open');
  const subscribers: ExternalBroker[] = [];
  const isUp = () => news.at(-1)?.isUp === true;
  /** Our end, under a name of its own at the broker. */
  const subscribe = async (clientId: string): Promise<ExternalBroker> => {
    const external = new ExternalBroker({
      ...{ url: `mqtt://127.0.0.1:${port}`, connections: 4, clientId, random: () => 0 },
      intake: new Intake({
        ...{ journal, gate, sessions, metrics, liveMaxAgeMs: 300_000, onFault: () => undefined },
      }),
      ...{ sessions, registry, metrics, maxPacketBytes: 65_536, now: () => NOW },
      onBroker: (one) => news.push(one),
      onUnexpected: (error) => errors.push(error),
    });
    subscribers.push(external);
    external.start();
    await until(isUp);
    return external;
  };
  /** Lets everything become durable that still comes. */
  const finish = async (work: Promise<unknown>): Promise<void> => {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    await until(() => {
      while (journal.pending > 0) journal.sync();
      return isDone;
    });
    await done;
  };
  const join = async () => {
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
    client.on('error', () => undefined);
    clients.push(client);
    await once(client as never, 'connect');
    return client;
  };
  const stopBroker = async () => {
    const gone = new Promise<void>((resolve) => server.close(() => resolve()));
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
    await gone;
  };
  return {
    ...{ journal, registry, news, join, isUp, subscribe, finish },
    aedes: () => aedes,
    restart: async () => {
      await stopBroker();
      aedes = await Aedes.createBroker();
      server = await listen(port);
    },
    close: async () => {
      await finish(Promise.all(subscribers.map((one) => one.close())));
      for (const client of clients) client.end(true);
      await stopBroker();
      expect(errors).toEqual([]);
    },
  };
}

let place: Awaited<ReturnType<typeof site>>;
afterEach(() => place.close());
const kinds = () =>
  place.journal.entries.map((e) => (e.kind === 'message' ? `${e.name} ${e.device.id}` : e.kind));

/** Waits for so many entries, and makes them durable. */
const durable = (count: number) =>
  until(() => {
    while (place.journal.pending > 0) place.journal.sync();
    return place.journal.entries.length >= count;
  });

describe('an external broker', () => {
  it('that speaks 3.1.1 only has one connection, and gets its PUBACK once it is durable', async () => {
    place = await site();
    await place.subscribe('xunji-test');
    expect(place.news.filter(({ isUp }) => isUp)).toEqual([
      { connection: 0, isUp: true, detail: '' },
    ]);
    let acknowledged = 0;
    place.aedes().on('ack', () => {
      acknowledged++;
    });
    const badge = await place.join();
    await badge.publishAsync('trk/v1/badge-7/pos', position(), { qos: 1 });
    await until(() => place.journal.pending === 1);
    // Another conversation with the broker fits in between.
    await place.join();
    expect(acknowledged).toBe(0);
    place.journal.sync();
    await until(() => acknowledged === 1);
    expect(kinds()).toEqual(['connected badge-7', 'position']);
  });

  it('that keeps old messages tells none of them as news, but a phone’s first place', async () => {
    place = await site();
    const phone = await place.join();
    const location = JSON.stringify({ _type: 'location', lat: 31.2, lon: 121.5, tst: NOW / 1000 });
    const kept = { qos: 1, retain: true } as const;
    for (const name of ['phone', 'tablet']) {
      await phone.publishAsync(`owntracks/alice/${name}`, location, kept);
    }
    await phone.publishAsync('trk/v1/badge-7/pos', position(), kept);
    await phone.publishAsync('trk/v1/badge-7/state', '{"online":true}', kept);
    place.registry.admissions.set('ot-alice-tablet', 'known');
    place.registry.touched.push('ot-alice-tablet');
    const external = await place.subscribe('xunji-test');
    await place.finish(external.publish('trk/v1/badge-7/cmd', Buffer.from('{}')));
    await durable(2);
    expect(kinds()).toEqual(['connected ot-alice-phone', 'position']);
    expect(place.journal.entries[1]).toMatchObject({ position: { buffered: true }, late: true });
  });

  it('tells of devices that are gone by their last will', async () => {
    place = await site();
    await place.subscribe('xunji-test');
    const badge = await place.join();
    for (const topic of ['trk/v1/badge-7/pos', 'trk/v1/badge-8/pos']) {
      await place.finish(badge.publishAsync(topic, position(), { qos: 1 }));
    }
    const will = { online: false, reason: 'lwt' };
    await badge.publishAsync('trk/v1/badge-7/state', JSON.stringify(will), {
      qos: 1,
      retain: true,
    });
    await durable(5);
    expect(kinds().at(-1)).toBe('disconnected badge-7');
    // Of one that nobody has heard of it means nothing.
    await badge.publishAsync('trk/v1/badge-9/state', JSON.stringify(will), { qos: 1 });
    await place.finish(badge.publishAsync('trk/v1/badge-7/pos', position(1), { qos: 1 }));
    await durable(7);
    expect(kinds().slice(5)).toEqual(['connected badge-7', 'position']);
  });

  it('may send what it likes', async () => {
    place = await site();
    await place.subscribe('xunji-test');
    const badge = await place.join();
    const hostile = ['', '{', '[[[[', '{"__proto__":1}', '\u0000', 'x'.repeat(70_000)];
    for (const payload of hostile) {
      for (const topic of ['trk/v1/b/pos', 'trk/v1/gw/g/scan', 'owntracks/a/b', 'trk/v1/ /pos']) {
        await badge.publishAsync(topic, payload, { qos: 1 });
      }
    }
    await badge.publishAsync('trk/v1/badge-7/pos', position(), { qos: 1 });
    await until(() => place.journal.pending === 1);
    expect(kinds()).toEqual(['connected badge-7', 'position']);
  });

  it('that went away is found again, and asked for the same topics', async () => {
    place = await site();
    await place.subscribe('xunji-test');
    await place.restart();
    await until(() => place.news.length >= 3 && place.isUp());
    const badge = await place.join();
    await place.finish(badge.publishAsync('trk/v1/badge-7/pos', position(), { qos: 1 }));
    await durable(2);
  });
});
