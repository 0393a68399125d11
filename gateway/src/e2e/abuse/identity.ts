import { expect } from 'vitest';
import { jt808Frame } from '../frames.ts';
import { drawWorkshop, eventually } from '../harness.ts';
import { beat, ContentReader, Line, report } from './lines.ts';
import type { World } from './world.ts';

/** Row 10: positions that cannot be are kept with their flags, and no fence believes them. */
export async function impossiblePositions(world: World): Promise<void> {
  const { gateway } = world;
  await drawWorkshop(gateway);
  const line = await Line.open(gateway.ports.jt808);
  const phone = world.nextPhone();
  const start = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const inside = [31.2005, 121.5005] as const;
  // A latitude beyond the pole, the island of nowhere, and a jump of 1,000 km in a second and back.
  const places = [
    ...Array.from({ length: 20 }, () => inside),
    [116, 39.9] as const,
    inside,
    [0, 0] as const,
    inside,
    [40.2, 121.5] as const,
    ...Array.from({ length: 10 }, () => inside),
  ];
  line.send(
    ...places.map(([latitude, longitude], n) =>
      report(phone, n, new Date(start + n * 1000), latitude, longitude),
    ),
  );
  await line.answered(places.length);
  expect(line.answers.every(({ result }) => result === 0)).toBe(true);
  const period = `from=${new Date(start).toISOString()}&to=${new Date().toISOString()}`;
  const items = await eventually(
    async () => {
      const { body } = await gateway.api('GET', `devices/${phone}/track?${period}`);
      return (
        body.items.length === places.length && (body.items as { flags: string[]; valid: boolean }[])
      );
    },
    10_000,
    'the whole track',
  );
  const trusted = (n: number) => items[n]?.valid === true && items[n]?.flags.length === 0;
  expect([20, 22].filter(trusted)).toEqual([]);
  expect([19, 21, 23].every(trusted)).toBe(true);
  const lag = () => gateway.metric('xunji_consumer_lag_records', 'fences');
  await eventually(async () => (await lag()) < 50, 10_000, 'the fences to have seen it');
  const { body } = await gateway.api('GET', 'alarms');
  expect(JSON.stringify(body)).not.toContain(phone);
  line.socket.destroy();
}

/** Row 11: what came of two terminals with one identity. */
export interface Alternated {
  readonly superseded: number;
  readonly answered: number;
  /** Times the gateway said that the identity may be cloned. */
  readonly noticed: number;
}

/** Row 11: two live connections of one identity speak in turn, from two addresses. */
export async function alternating(world: World, turns: number): Promise<Alternated> {
  const { gateway } = world;
  const phone = world.nextPhone();
  const before = await world.closedFor('superseded');
  const noticed = () => gateway.metric('xunji_flapping_total');
  const noticedBefore = await noticed();
  const sessions = await gateway.metric('xunji_connections');
  const start = Date.now() - turns * 1000;
  let answered = 0;
  let line: Line | null = null;
  for (let turn = 0; turn < turns; turn++) {
    const next = await Line.open(gateway.ports.jt808, turn % 2 === 0 ? '127.0.0.1' : '127.0.2.1');
    next.send(report(phone, turn, new Date(start + turn * 1000)));
    await next.answered(1).then(
      () => answered++,
      () => undefined,
    );
    await line?.closed;
    line = next;
  }
  line?.socket.destroy();
  await line?.closed;
  await eventually(
    async () => (await gateway.metric('xunji_connections')) <= sessions,
    5000,
    'as many connections as before',
  );
  return {
    superseded: (await world.closedFor('superseded')) - before,
    answered,
    noticed: (await noticed()) - noticedBefore,
  };
}

/** Registers and answers with the code. @returns the line, authenticated, and its code */
export async function authenticated(
  world: World,
  phone: string,
): Promise<{ line: Line; code: Buffer }> {
  const line = await Line.open(world.gateway.ports.jt808);
  const code = new Promise<Buffer>((resolve) => {
    const reader = new ContentReader((content) => {
      // Behind header, answered serial and result; before the check code.
      if (content.readUInt16BE(0) === 0x8100) resolve(content.subarray(15, -1));
    });
    line.socket.on('data', (chunk) => reader.push(chunk));
  });
  line.send(jt808Frame(0x0100, phone, 1, Buffer.alloc(41)));
  line.send(jt808Frame(0x0102, phone, 2, await code));
  await line.answered(1);
  return { line, code: await code };
}

/** Row 12: what a guesser of codes got, and what the true device had to wait. */
export interface Guessed {
  readonly tried: number;
  /** Codes that were looked at. */
  readonly answered: number;
  readonly accepted: number;
  /** Connections the gateway ended. */
  readonly cut: number;
  readonly trueDeviceMs: number;
}

/**
 * Row 12: wrong codes for a device that exists, over ever new connections from `addresses` sources, while the true
 * device comes and goes.
 */
export async function guessCodes(
  world: World,
  phone: string,
  code: Buffer,
  { tries, addresses }: { tries: number; addresses: number },
): Promise<Guessed> {
  const PER_CONNECTION = 50;
  let [tried, answered, accepted, cut] = [0, 0, 0, 0];
  const guess = async (worker: number) => {
    for (let n = worker; tried < tries; n++) {
      const from = `127.0.${10 + Math.floor((n % addresses) / 250)}.${1 + ((n % addresses) % 250)}`;
      const line = await Line.open(world.gateway.ports.jt808, from).catch(() => null);
      if (line === null) {
        cut++;
        tried += PER_CONNECTION;
        continue;
      }
      const guesses = Array.from({ length: PER_CONNECTION }, (_, g) =>
        jt808Frame(0x0102, phone, g, Buffer.from(String(1e9 + tried + g), 'latin1')),
      );
      tried += PER_CONNECTION;
      line.send(...guesses);
      await line.answered(PER_CONNECTION).catch(() => cut++);
      answered += line.answers.length;
      accepted += line.answers.filter(({ result }) => result === 0).length;
      line.socket.destroy();
    }
  };
  const guessing = Promise.all(Array.from({ length: 8 }, (_, i) => guess(i)));
  let trueDeviceMs = 0;
  let isOver = false;
  const over = guessing.then(() => {
    isOver = true;
  });
  do {
    const started = performance.now();
    const line = await Line.open(world.gateway.ports.jt808, '127.0.3.1');
    line.send(jt808Frame(0x0102, phone, 1, code), beat(phone, 2));
    await line.answered(2);
    expect(line.answers.map(({ result }) => result)).toEqual([0, 0]);
    trueDeviceMs = Math.max(trueDeviceMs, performance.now() - started);
    line.socket.destroy();
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 200))]);
  } while (!isOver);
  await over;
  return { tried, answered, accepted, cut, trueDeviceMs };
}
