import { once } from 'node:events';
import { connect as tcp } from 'node:net';
import { gatewayDevice } from '@xunji/protocols';
import type { IClientOptions } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { broker, NOW, position, until } from './mqtt.test-support.ts';

let house: Awaited<ReturnType<typeof broker>>;
afterEach(() => house.close());

const count = async (metric: 'faults' | 'closed', label: string) =>
  (await house.metrics[metric].get()).values.find((v) => Object.values(v.labels).includes(label))
    ?.value ?? 0;
const kinds = () =>
  house.journal.entries.map((e) => (e.kind === 'message' ? `${e.name} ${e.device.id}` : e.kind));
/** Publishes while everything becomes durable at once. */
async function publish(
  client: Awaited<ReturnType<typeof house.join>>,
  topic: string,
  body: string,
) {
  let isDone = false;
  const sent = client.publishAsync(topic, body, { qos: 1 }).finally(() => {
    isDone = true;
  });
  await until(() => {
    while (house.journal.pending > 0) house.journal.sync();
    return isDone;
  });
  await sent;
}

describe('bad payloads', () => {
  const good = { v: 1, ts: NOW, lat: 31.2, lon: 121.5 };
  it.each([
    ['not JSON', 'lat=31'],
    ['a scalar', '5'],
    ['an array of scalars', '[1,2]'],
    ['lat 91', JSON.stringify({ ...good, lat: 91 })],
    ['lon abc', JSON.stringify({ ...good, lon: 'abc' })],
    ['no ts', JSON.stringify({ ...good, ts: undefined })],
    ['16,385 bytes', JSON.stringify(good).padEnd(16_385)],
    ['deep nesting', '['.repeat(16_000)],
    ['infinity', `${JSON.stringify(good).slice(0, -1)},"spd":1e999}`],
    ['NaN', `${JSON.stringify(good).slice(0, -1)},"spd":NaN}`],
  ])('%s: is counted, acknowledged and gone', async (_name, payload) => {
    house = await broker();
    const badge = await house.join('badge-7');
    await publish(badge, 'trk/v1/badge-7/pos', payload);
    expect(await count('faults', 'badPayload')).toBe(1);
    await publish(badge, 'trk/v1/badge-7/pos', position());
    expect(kinds()).toEqual(['connected badge-7', 'position']);
  });

  it.each([
    ['a byte order mark', `\uFEFF${JSON.stringify(good)}`],
    ['names of a prototype', JSON.stringify(good).replace('{', '{"__proto__":{"lat":99},')],
  ])('%s: does no harm', async (_name, payload) => {
    house = await broker();
    const badge = await house.join('badge-7');
    await publish(badge, 'trk/v1/badge-7/pos', payload);
    expect(house.journal.entries[1]).toMatchObject({ position: { latitude: 31.2 } });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('empty: is nothing at all', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    await badge.publishAsync('trk/v1/badge-7/pos', '', { qos: 1, retain: true });
    expect(kinds()).toEqual([]);
  });
});

describe('clients of every kind', () => {
  const refusal = async (options: IClientOptions): Promise<number | undefined> => {
    const [error] = (await once(house.open(options) as never, 'error')) as [
      Error & { code?: number },
    ];
    return error.code;
  };

  it('of level 5 are told that it is not spoken', async () => {
    house = await broker();
    expect(await refusal({ protocolVersion: 5 })).toBe(1);
  });

  it('of level 3 may have ids of 24 characters and more', async () => {
    house = await broker();
    for (const length of [24, 128]) {
      const clientId = 'x'.repeat(length);
      const options = { protocolId: 'MQIsdp', protocolVersion: 3, clientId } as const;
      await once(house.open({ ...options, username: 'badge-7' }) as never, 'connect');
    }
  });

  it('with a last will outside of their own topics, or a long one, are not let in', async () => {
    house = await broker();
    const will = (topic: string, payload = '{}') =>
      once(
        house.open({ username: 'b', will: { topic, payload: Buffer.from(payload) } }) as never,
        'close',
      );
    await will('trk/v1/other/state');
    await will('trk/v1/b/cmd');
    await will('trk/v1/b/state', 'x'.repeat(1025));
    expect(await count('closed', 'badWill')).toBe(3);
  });

  it('that are gone are offline once, whatever their last will says', async () => {
    house = await broker();
    const will = {
      topic: 'trk/v1/badge-7/state',
      payload: Buffer.from('{"online":false}'),
      retain: true,
    };
    const badge = house.open({ username: 'badge-7', clientId: 'b', will: { ...will, qos: 1 } });
    await once(badge as never, 'connect');
    await publish(badge, 'trk/v1/badge-7/pos', position());
    badge.stream.destroy();
    await until(() => {
      while (house.journal.pending > 0) house.journal.sync();
      return kinds().length === 3;
    });
    // A later conversation shows that nothing more came of it.
    await publish(await house.join('badge-8'), 'trk/v1/badge-8/pos', position());
    expect(kinds()).toEqual([
      ...['connected badge-7', 'position', 'disconnected badge-7'],
      ...['connected badge-8', 'position'],
    ]);
  });

  it('are answered 128 for topics of others, and live on', async () => {
    house = await broker();
    const alice = await house.join('alice');
    await expect(alice.subscribeAsync('owntracks/+/+')).rejects.toThrow();
    await alice.subscribeAsync('owntracks/alice/+/cmd');
    expect(alice.connected).toBe(true);
  });

  it.each(['$SYS/broker/x', 'spBv1.0/g/NDATA/e', 'trk/v1/badge-7//pos', 'x'.repeat(257)])(
    'that publish to %j are shown the door',
    async (topic) => {
      house = await broker();
      const badge = await house.join('badge-7');
      const closed = once(badge as never, 'close');
      badge.publish(topic, 'x', { qos: 1 });
      await closed;
      expect(await count('faults', 'badTopic')).toBe(1);
    },
  );

  it('that send ten thousand messages at once lose none of them', async () => {
    house = await broker();
    const badge = await house.join('badge-7');
    const all = Array.from({ length: 10_000 }, (_, n) =>
      badge.publishAsync('trk/v1/badge-7/pos', position(-n), { qos: 1 }),
    );
    let isDone = false;
    const sent = Promise.all(all).then(() => {
      isDone = true;
    });
    // The clock moves on, so that who is too fast is read again.
    await until(() => {
      house.clock.at += 20;
      while (house.journal.pending > 0) house.journal.sync();
      return isDone;
    });
    await sent;
    const times = house.journal.entries.flatMap((e) =>
      e.kind === 'position' ? [e.position.fixTime] : [],
    );
    expect(new Set(times).size).toBe(10_000);
    expect(await house.metrics.paced.get()).toMatchObject({
      values: [{ value: expect.any(Number) }],
    });
  });
});

describe('a gateway', () => {
  const scan = JSON.stringify([{ beacon: 'ac233fa018e3', rssi: -60 }]);

  it('speaks for itself and for no other, whatever its payload says', async () => {
    house = await broker(
      'open',
      {},
      {
        topics: {
          prefix: 'trk/v1',
          gatewayTopics: [{ filter: 'kb/+', adapter: 'auto', gatewayIdFrom: 'payload' }],
        },
      },
    );
    const gateway = await house.join('gw-68b9d3dfe78c');
    const kkm = (gmac: string) => JSON.stringify({ msg: 'advData', gmac, obj: [] });
    await publish(gateway, 'trk/v1/gw/68b9d3dfe78c/scan', scan);
    await publish(gateway, 'kb/x', kkm('68B9D3DFE78C'));
    expect(kinds()).toEqual([
      ...[
        'connected gw-68b9d3dfe78c',
        'gatewayScan gw-68b9d3dfe78c',
        'gatewayScan gw-68b9d3dfe78c',
      ],
    ]);
    const closed = once(gateway as never, 'close');
    gateway.publish('kb/x', kkm('68B9D3DFE78D'), { qos: 1 });
    await closed;
    expect(gatewayDevice('68b9d3dfe78c')).toBe('gw-68b9d3dfe78c');
  });
});

describe('a device with a password', () => {
  const passwords = {
    isSet: (id: string) => id === 'badge-7' || id === 'ot-alice-phone',
    check: async (name: string, given: string) => {
      if (name !== 'badge-7' && name !== 'alice') return 'none';
      return given === 'right' ? 'right' : 'wrong';
    },
  } as const;

  it('is spoken for by nobody without it, in no mode', async () => {
    house = await broker('open', {}, { passwords });
    const wrong = house.open({ username: 'badge-7', password: 'wrong' });
    const [error] = (await once(wrong as never, 'error')) as [Error & { code?: number }];
    expect(error.code).toBe(4);
    const anybody = house.open();
    await once(anybody as never, 'connect');
    await publish(anybody, 'trk/v1/badge-8/pos', position());
    const closed = once(anybody as never, 'close');
    anybody.publish('trk/v1/badge-7/pos', position(), { qos: 1 });
    await closed;
    const badge = await house.join('badge-7', 'right');
    await publish(badge, 'trk/v1/badge-7/pos', position());
    const alice = await house.join('alice', 'right');
    const location = { _type: 'location', lat: 31, lon: 121, tst: NOW / 1000 };
    await publish(alice, 'owntracks/alice/phone', JSON.stringify(location));
    expect(kinds().filter((kind) => kind.startsWith('connected'))).toEqual([
      ...['connected badge-8', 'connected badge-7', 'connected ot-alice-phone'],
    ]);
  });

  it('is not found by trying: each wrong one hears its refusal later', async () => {
    house = await broker('known', {}, { passwords });
    house.registry.admissions.set('badge-7', 'known');
    for (let i = 0; i < 3; i++) {
      await once(house.open({ username: 'badge-7', password: `${i}` }) as never, 'error');
    }
    expect(await count('closed', 'wrongAuthCode')).toBe(3);
    // The right one does not wait for them.
    await house.join('badge-7', 'right');
  });
});

it('an unfinished half of a connection holds nobody up', async () => {
  house = await broker();
  const socket = tcp(house.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(Buffer.from('10', 'hex'));
  await publish(await house.join('badge-7'), 'trk/v1/badge-7/pos', position());
  socket.destroy();
});
