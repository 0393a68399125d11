import { once } from 'node:events';
import { connect } from 'node:net';
import type { IClientOptions } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { broker, position, until } from './mqtt.test-support.ts';

let house: Awaited<ReturnType<typeof broker>>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  await house.close();
  vi.useRealTimers();
});
const closedBy = async (reason: string) =>
  (await house.metrics.closed.get()).values.find((v) => v.labels.reason === reason)?.value ?? 0;
const pass = (ms: number) => {
  for (let passed = 0; passed < ms; passed += 1000) {
    house.clock.at += 1000;
    vi.advanceTimersByTime(1000);
  }
};
/** Resolves with the return code that the log-in was refused with. */
const refusal = async (options: IClientOptions): Promise<number | undefined> => {
  const [error] = (await once(house.open(options) as never, 'error')) as [{ code?: number }];
  return error.code;
};

describe('an MQTT client', () => {
  it('that sends faster than its rate is slowed down, and loses nothing', async () => {
    house = await broker('open', { mqttRate: 10 });
    const badge = await house.join('badge-7');
    const all = Array.from({ length: 150 }, (_, n) =>
      badge.publishAsync('trk/v1/badge-7/pos', position(-n), { qos: 1 }),
    );
    const kept = () => house.journal.entries.filter((e) => e.kind === 'position').length;
    await until(async () => (await house.metrics.paced.get()).values.length > 0);
    let isDone = false;
    const published = Promise.all(all).then(() => {
      isDone = true;
    });
    let seconds = 0;
    await until(() => {
      while (house.journal.pending > 0) house.journal.sync();
      pass(1000);
      seconds++;
      return isDone;
    });
    await published;
    expect(kept()).toBe(150);
    // Five seconds' worth at once, then ten a second; its log-in is one packet.
    expect(seconds).toBeGreaterThanOrEqual(9);
  });

  it('may have a will for itself only, and a short one', async () => {
    house = await broker();
    const will = (topic: string, bytes = 10) => ({ topic, payload: Buffer.alloc(bytes, 0x20) });
    for (const one of [will('trk/v1/badge-8/state'), will('trk/v1/badge-7/state', 2000)]) {
      const client = house.open({ username: 'badge-7', clientId: 'badge-7', will: one });
      await once(client as never, 'close');
    }
    expect(await closedBy('badWill')).toBe(2);
    const client = house.open({ username: 'badge-7', will: will('trk/v1/badge-7/state') });
    await once(client as never, 'connect');
  });

  it('keeps no more handshakes open than allowed', async () => {
    house = await broker('open', { mqttInflight: 3 });
    const socket = connect(house.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    const text = (value: string) => Buffer.concat([Buffer.of(0, value.length), Buffer.from(value)]);
    const packet = (head: number, ...parts: Buffer[]) => {
      const rest = Buffer.concat(parts);
      socket.write(Buffer.concat([Buffer.of(head, rest.length), rest]));
    };
    // @see MQTT 3.1.1, sections 3.1 and 3.3: a log-in with a name, then QoS 2 without one PUBREL
    packet(0x10, text('MQTT'), Buffer.of(4, 0x82, 0, 60), text('badge-7'), text('badge-7'));
    for (let id = 1; id <= 4; id++) {
      packet(0x34, text('trk/v1/badge-7/event'), Buffer.of(0, id), Buffer.from('{}'));
    }
    await until(() => {
      while (house.journal.pending > 0) house.journal.sync();
      return socket.closed;
    });
    expect(await closedBy('tooManyInflight')).toBe(1);
  });

  it('with a wrong code hears so late, and the true one is let in all the same', async () => {
    house = await broker('strict', { banAfter: 0 });
    house.registry.admissions.set('badge-7', 'known');
    const from = performance.now();
    expect(await refusal({ username: 'badge-7', password: '1' })).toBe(4);
    expect(await refusal({ username: 'badge-7', password: '2' })).toBe(4);
    expect(performance.now() - from).toBeGreaterThan(700);
    expect(await closedBy('wrongAuthCode')).toBe(2);
    await house.join('badge-7', 'code-badge-7');
  });
});
