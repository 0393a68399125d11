import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { jt808Frame, locationBody } from '../e2e/frames.ts';
import type { PositionEntry } from '../journal/record.ts';
import { ack, broken, hear, PHONE, Port, send, until } from './tcp.test-support.ts';

let port: Port;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  port = await Port.open('known');
  port.registry.admissions.set(PHONE, 'known');
});
afterEach(async () => {
  await port.close();
  vi.useRealTimers();
});

it('hears a device with wrong check codes when its record says so, from its first frame on', async () => {
  port.registry.profiles.set(PHONE, { model: null, lenient: true });
  const socket = await port.connect();
  send(socket, broken(1));
  await until(() => port.journal.pending === 1);
  port.journal.sync();
  expect(await hear(socket, ack(0, 1).length / 2)).toBe(ack(0, 1));
  expect(await port.faults()).toBe(0);
});

it('counts the same frame of a device whose record says nothing', async () => {
  const socket = await port.connect();
  send(socket, broken(1));
  await until(async () => (await port.faults()) === 1);
  expect(port.journal.pending).toBe(0);
});

it('reads the items and bits of the model in the record', async () => {
  port.registry.profiles.set(PHONE, { model: 'gps51', lenient: false });
  const fix = { time: new Date(port.now), latitude: 31.2, longitude: 121.4 };
  const body = locationBody({ ...fix, speedKmh: 0, courseDeg: 0 });
  body.writeUInt32BE(1 << 15, 0);
  const item = Buffer.from([0xfb, 4, 55, 4, 0xb0, 1]);
  const socket = await port.connect();
  send(socket, jt808Frame(0x0200, PHONE, 1, Buffer.concat([body, item])));
  await until(() => port.journal.entries.some(({ kind }) => kind === 'position'));
  const entry = port.journal.entries.find(({ kind }) => kind === 'position') as PositionEntry;
  expect(entry.position).toMatchObject({ alarms: ['lowBattery'], batteryPercent: 55 });
});
