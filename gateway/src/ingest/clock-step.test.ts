import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jt808Ack, jt808Frame, locationBody } from '../e2e/frames.ts';
import { hear, PHONE, Port, send, until } from './tcp.test-support.ts';

const HOUR_MS = 3_600_000;

let port: Port;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  await port.close();
  vi.useRealTimers();
});

/** Of a device whose own clock is right. */
const report = (serial: number, time: number) =>
  jt808Frame(
    0x0200,
    PHONE,
    serial,
    locationBody({
      ...{ time: new Date(time), latitude: 31 + serial / 1000, longitude: 121.4 },
      ...{ speedKmh: 30, courseDeg: 90 },
    }),
  );

describe('a clock of the server that is set', () => {
  it.each([
    // What a right clock said is an hour old now.
    { hours: 1, after: { late: true, fixTimeMs: -HOUR_MS, flags: [] } },
    // It is an hour ahead: our own time stands in.
    { hours: -1, after: { late: false, fixTimeMs: 0, flags: ['noDeviceTime'] } },
  ])('by $hours h closes nobody and costs no position', async ({ hours, after }) => {
    port = await Port.open('open', { firstFrameMs: 5000, frameMs: 5000, idleMs: 60_000 });
    const truth = port.now;
    const socket = await port.connect();
    const silent = await port.connect();
    send(socket, report(1, truth));
    await until(() => port.journal.pending === 1);
    port.journal.sync();
    const answer = jt808Ack(PHONE, 0, 1, 0x0200, 0);
    expect(await hear(socket, answer.length / 2)).toBe(answer);

    port.now += hours * HOUR_MS;
    port.pass(2000);
    expect([socket.closed, silent.closed]).toEqual([false, false]);
    send(socket, report(2, truth));
    await until(() => port.journal.pending === 1);
    port.journal.sync();
    const next = jt808Ack(PHONE, 1, 2, 0x0200, 0);
    expect(await hear(socket, next.length / 2)).toBe(next);

    const stored = port.journal.entries.flatMap((entry) =>
      entry.kind === 'position' ? [entry] : [],
    );
    expect(
      stored.map(({ late, receivedTime, position: { fixTime, flags } }) => ({
        ...{ late, fixTimeMs: fixTime - receivedTime, flags },
      })),
    ).toEqual([{ late: false, fixTimeMs: 0, flags: [] }, after]);
    // Deadlines go on by the clock that nobody sets.
    port.pass(4000);
    await until(() => silent.closed);
    expect(await port.closed('noFirstFrame')).toBe(1);
  });
});
