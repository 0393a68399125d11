import { afterEach, describe, expect, it } from 'vitest';
import { type AnsweringServer, answeringServer } from './answering-server.test-support.ts';
import { type LoadOptions, readLoadOptions } from './load-options.ts';
import type { LoadResult } from './load-result.ts';
import { Load } from './load-run.ts';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const protocols = ['jt808', 'gt06', 'mqtt'] as const;
const SOCKETS = 5;

let server: AnsweringServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function optionsOf(port: number, args: readonly string[]): LoadOptions {
  const read = readLoadOptions(
    ['--port', String(port), '--sockets', String(SOCKETS), ...args],
    Date.now(),
  );
  if ('faults' in read) throw new Error(read.faults.join());
  return read.options;
}

const run = (port: number, args: readonly string[]): Promise<LoadResult> =>
  new Load(optionsOf(port, args), clock).run();

const kept = (from: AnsweringServer): number =>
  [...from.positions.values()].reduce((sum, list) => sum + list.length, 0);

describe.each(protocols)('the load of %s', (protocol) => {
  const of = ['--protocol', protocol];

  it('keeps a window open and counts every answered position once', async () => {
    server = await answeringServer({ protocol });
    const result = await run(server.port, [
      ...of,
      '--window',
      '3',
      '--seconds',
      '0.3',
      '--warmup',
      '0',
    ]);
    expect(server.faults).toEqual([]);
    expect(server.positions.size).toBe(SOCKETS);
    expect(result.acknowledged).toBeGreaterThan(0);
    expect(result).toMatchObject({
      ...{ total: kept(server), ended: 'done' },
      ...{ refused: 0, broken: 0, unanswered: 0, cutOff: 0, linesLost: 0 },
    });
  });

  it('sends fixes that the codec reads as they were meant, each another one', async () => {
    server = await answeringServer({ protocol });
    const startTime = Math.floor(Date.now() / 1000) * 1000 - 200_000;
    await run(server.port, [
      ...of,
      ...['--seconds', '0.2', '--warmup', '0', '--start-time', String(startTime)],
    ]);
    const [first] = server.positions.values();
    expect(first?.length).toBeGreaterThan(4);
    for (const [n, position] of (first ?? []).slice(0, 100).entries()) {
      expect(position).toMatchObject({ fixTime: startTime + n * 1000, valid: true, alarms: [] });
      expect(position.latitude).toBeCloseTo(31.2 + n * 11e-6, 6);
      expect(position.longitude).toBeCloseTo(121.4 + n * 7e-6, 6);
    }
  });

  it('uploads what was buffered, batch after batch, until all of it is acknowledged', async () => {
    server = await answeringServer({ protocol });
    const args = ['--mode', 'backlog', '--backlog-s', '2000', '--interval-s', '20', '--rate', '1'];
    const result = await run(server.port, [...of, ...args]);
    expect(server.faults).toEqual([]);
    expect(result.backlog).toMatchObject({ acknowledged: SOCKETS * 100 });
    expect(result.backlog?.settledMs).toEqual(expect.any(Number));
    for (const positions of server.positions.values()) {
      const times = positions.filter((p) => p.buffered).map((p) => p.fixTime);
      expect(times).toHaveLength(100);
      expect(new Set(times).size).toBe(100);
    }
  });

  it('drops all lines, returns and then uploads', async () => {
    server = await answeringServer({ protocol });
    const result = await run(server.port, [...of, '--mode', 'storm', '--interval-s', '60']);
    expect(server.accepted).toBe(2 * SOCKETS);
    expect(result.backlog).toMatchObject({ acknowledged: SOCKETS * 60 });
    expect(result.servedPerSecond).toBeGreaterThan(0);
  });

  it('holds terminals that are logged in and say nothing', async () => {
    server = await answeringServer({ protocol });
    let held: LoadResult | undefined;
    const load = new Load(
      optionsOf(server.port, [...of, '--mode', 'idle', '--seconds', '60']),
      clock,
    );
    const result = await load.run((r) => {
      held = r;
      load.stop('seen');
    });
    expect(held?.servedMs).toEqual(expect.any(Number));
    expect(result).toMatchObject({ ended: 'seen', total: 0, broken: 0 });
    expect(server.accepted).toBe(SOCKETS);
  });
});

describe('the load', () => {
  it('says how many answers never came', async () => {
    server = await answeringServer({ protocol: 'jt808', answers: (n) => n % 10 !== 9 });
    const args = ['--rate', '200', '--seconds', '0.3', '--warmup', '0', '--grace', '0.3'];
    const result = await run(server.port, args);
    expect(result.unanswered).toBe(kept(server) - result.total);
    expect(result.unanswered).toBeGreaterThan(0);
  });

  it('counts in an open loop from when a report was due, while the far end stands still', async () => {
    let held: (() => void)[] | null = [];
    const stillMs = 500;
    setTimeout(() => {
      for (const write of held ?? []) write();
      held = null;
    }, stillMs);
    server = await answeringServer({
      protocol: 'jt808',
      send: (write) => (held === null ? write() : void held.push(write)),
    });
    const result = await run(server.port, ['--rate', '400', '--seconds', '0.8', '--warmup', '0']);
    // A closed loop would have sent a window and waited; here all that fell due in the half second waited too.
    expect(result.total).toBe(kept(server));
    expect(result.total).toBeGreaterThan(200);
    expect(result.p50Ms).toBeGreaterThan(50);
  });

  it('ends and says so when a line is lost that it shall not dial again', async () => {
    server = await answeringServer({ protocol: 'jt808', answers: () => false });
    const load = new Load(optionsOf(server.port, ['--seconds', '60']), clock);
    const ended = load.run();
    await server.close();
    const result = await ended;
    expect(result.ended).toMatch(/^connection lost/);
  });

  it('names every argument that is wrong', () => {
    const args = ['--sockets', '0', '--protocol', 'x', '--mode', 'y', '--rate', 'z'];
    const read = readLoadOptions(args, 0);
    expect('faults' in read ? read.faults.map((f) => f.split(':')[0]) : []).toEqual([
      '--protocol',
      '--mode',
      '--sockets',
      '--rate',
    ]);
    expect(readLoadOptions(['--nonsense'], 0)).toHaveProperty('faults');
  });
});
