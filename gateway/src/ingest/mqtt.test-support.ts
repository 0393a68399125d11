import { once } from 'node:events';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { expect } from 'vitest';
import { createMetrics } from '../metrics.ts';
import { Addresses } from './addresses.ts';
import { type AdmissionMode, Gate } from './gate.ts';
import { Intake } from './intake.ts';
import type { IntakeLimits } from './limits.ts';
import { PlainRegistry, SlowJournal, wideLimits } from './messages.test-support.ts';
import { MqttIntake, type MqttOptions } from './mqtt.ts';
import { Sessions } from './session.ts';
import { Turns } from './turns.ts';

export const NOW = 1_795_404_000_000;
export const position = (n = 0) =>
  JSON.stringify({ v: 1, ts: NOW + n * 1000, lat: 31.2005, lon: 121.5005, acc: 5, sat: 9 });

/** The embedded broker over a journal that is durable when the test says so. */
export async function broker(
  admission: AdmissionMode = 'open',
  over: Partial<IntakeLimits> = {},
  more: Partial<MqttOptions> = {},
) {
  const journal = new SlowJournal();
  const registry = new PlainRegistry();
  const sessions = new Sessions(1);
  const metrics = createMetrics();
  const errors: unknown[] = [];
  const clock = { at: 0 };
  const gate = new Gate(registry, admission);
  const limits = { ...wideLimits, ...over };
  const monotonic = () => clock.at;
  const turns = new Turns({ monotonic, journal: { hasRoom: true, onRoom: () => undefined } });
  const addresses = new Addresses({ limits, monotonic, onBan: () => undefined });
  const intake = new MqttIntake({
    intake: new Intake({
      ...{ journal, gate, sessions, metrics, liveMaxAgeMs: 300_000, onFault: () => undefined },
    }),
    ...{ sessions, registry, admission, metrics, now: () => NOW, monotonic: () => clock.at },
    ...{ limits, turns, addresses, ...more },
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
  return {
    ...{ journal, registry, metrics, sessions, clock, port, open, join, close },
    intake,
    errors,
  };
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
