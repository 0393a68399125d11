import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { answeringServer } from '../bench/answering-server.test-support.ts';
import { readLoadOptions } from '../bench/load-options.ts';
import { Load } from '../bench/load-run.ts';
import { seeded } from '../random.ts';
import { FaultProxy } from './proxy.ts';
import { everyFault, type FaultPlan, faultsOf, noFault, pieces } from './schedule.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** One line through a proxy; all that each end has heard so far. */
async function through(plan: FaultPlan, seed: string | number = 1) {
  let accept: (socket: Socket) => void = () => undefined;
  const accepted = new Promise<Socket>((resolve) => {
    accept = resolve;
  });
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => accept(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy = await FaultProxy.open({ port, seed, plan });
  const device = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  closers.push(
    () => new Promise<void>((done) => server.close(() => done())),
    () => proxy.close(),
    () => device.destroy(),
  );
  const gateway = await accepted;
  closers.push(() => gateway.destroy());
  return { proxy, device: earOf(device), gateway: earOf(gateway) };
}

function earOf(socket: Socket) {
  const heard: Buffer[] = [];
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const ear = { socket, isEnded: false, error: null as string | null, isClosed: false };
  socket.on('data', (chunk) => {
    heard.push(chunk);
    tell();
  });
  socket.on('end', () => {
    ear.isEnded = true;
    tell();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ear.error = error.code ?? error.message;
  });
  socket.on('close', () => {
    ear.isClosed = true;
    tell();
  });
  return Object.assign(ear, {
    heard: () => Buffer.concat(heard),
    until: (is: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!is()) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
  });
}

const bytesOf = (seed: number, length: number): Buffer => {
  const random = seeded(seed);
  return Buffer.from(Array.from({ length }, () => random.int(0, 255)));
};

describe('the schedule of faults', () => {
  it('follows from the seed and the number of the line alone', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(1000), (seed, n) => {
        expect(faultsOf(seed, n, everyFault)).toEqual(faultsOf(seed, n, everyFault));
        expect(faultsOf(seed, n, noFault)).toEqual({
          ...{ delayMs: 0, bytesPerSecond: null, splitBytes: null, end: null },
        });
      }),
    );
  });

  it('meets every fault within some lines', () => {
    const lines = Array.from({ length: 200 }, (_, n) => faultsOf('seed', n, everyFault));
    const ends = new Set(lines.map(({ end }) => end?.kind));
    expect(ends).toEqual(new Set([undefined, 'reset', 'halfClose', 'blackhole']));
    expect(lines.some((l) => l.delayMs > 0)).toBe(true);
    expect(lines.some((l) => l.bytesPerSecond !== null)).toBe(true);
    expect(lines.some((l) => l.splitBytes === 1)).toBe(true);
  });

  it('cuts bytes into pieces that are all of them', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(500), fc.integer({ min: 1, max: 40 }), (seed, n, max) => {
        const sizes = pieces(seeded(seed), n, max);
        expect(sizes.reduce((a, b) => a + b, 0)).toBe(n);
        expect(sizes.every((size) => size >= 1 && size <= max)).toBe(true);
      }),
    );
  });
});

describe('a line through the fault proxy', () => {
  it('passes all bytes and both goodbyes when nothing happens', async () => {
    const { device, gateway } = await through(noFault);
    const [up, down] = [bytesOf(1, 300_000), bytesOf(2, 200_000)];
    device.socket.end(up);
    gateway.socket.end(down);
    await gateway.until(() => gateway.isEnded);
    await device.until(() => device.isEnded);
    expect(gateway.heard().equals(up)).toBe(true);
    expect(device.heard().equals(down)).toBe(true);
  });

  it('loses and mixes nothing when it cuts, delays and throttles', async () => {
    const plan = { ...noFault, split: 1, delay: 1, maxDelayMs: 5, throttle: 1 };
    for (const seed of [1, 2, 3]) {
      const { device, gateway } = await through({ ...plan, minBytesPerSecond: 50_000 }, seed);
      const [up, down] = [bytesOf(seed, 5000), bytesOf(seed + 9, 3000)];
      device.socket.end(up);
      gateway.socket.end(down);
      await gateway.until(() => gateway.isEnded);
      await device.until(() => device.isEnded);
      expect(gateway.heard().equals(up), `seed ${seed}`).toBe(true);
      expect(device.heard().equals(down), `seed ${seed}`).toBe(true);
    }
  });

  it('takes the time that its rate asks for', async () => {
    const seed = 5;
    const plan = { ...noFault, throttle: 1, minBytesPerSecond: 1000 };
    const rate = faultsOf(seed, 0, plan).bytesPerSecond ?? 0;
    const { device, gateway } = await through(plan, seed);
    const from = performance.now();
    device.socket.end(bytesOf(1, rate / 5));
    await gateway.until(() => gateway.isEnded);
    expect(performance.now() - from).toBeGreaterThan(190);
  });

  it('is reset at the byte that the seed names', async () => {
    const plan = { ...noFault, reset: 1, maxBytes: 100 };
    const seed = 3;
    const { device, gateway } = await through(plan, seed);
    device.socket.write(bytesOf(1, 500));
    await device.until(() => device.isClosed);
    // A reset that overtakes unread bytes is read as an end behind them.
    await gateway.until(() => gateway.isClosed || gateway.isEnded);
    expect(device.error).toBe('ECONNRESET');
    expect(gateway.heard().length).toBeLessThanOrEqual(
      faultsOf(seed, 0, plan).end?.afterBytes ?? 0,
    );
  });

  it('half closes: answers end, reports still come', async () => {
    const { device, gateway, proxy } = await through({ ...noFault, halfClose: 1, maxBytes: 10 });
    device.socket.write(bytesOf(1, 50));
    await device.until(() => device.isEnded);
    gateway.socket.write('an answer that is not heard');
    device.socket.write(bytesOf(2, 50));
    await gateway.until(() => gateway.heard().length === 100);
    expect(device.heard()).toHaveLength(0);
    expect(proxy.counts).toMatchObject({ lines: 1, halfClosed: 1 });
  });

  it('swallows everything in a black hole, and tells both when it gives up', async () => {
    const plan = { ...noFault, blackhole: 1, maxBytes: 10, blackholeMs: 200 };
    const { device, gateway } = await through(plan);
    const passing = faultsOf(1, 0, plan).end?.afterBytes ?? 0;
    device.socket.write(bytesOf(1, 50));
    await gateway.until(() => gateway.heard().length === passing);
    device.socket.write(bytesOf(2, 50));
    gateway.socket.write('nobody hears this');
    await device.until(() => device.isClosed);
    await gateway.until(() => gateway.isClosed);
    expect(gateway.heard()).toHaveLength(passing);
    expect(device.heard()).toHaveLength(0);
    expect(device.error).toBe('ECONNRESET');
  });
});

describe.each(['jt808', 'gt06', 'mqtt'] as const)('good terminals of %s behind it', (protocol) => {
  it('get all their backlog through, and are acknowledged nothing that did not arrive', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'xunji-faults-'));
    const server = await answeringServer({ protocol });
    const plan = { ...everyFault, blackholeMs: 200, maxBytes: 8000, maxDelayMs: 5, throttle: 0 };
    const proxy = await FaultProxy.open({ port: server.port, seed: 11, plan });
    closers.push(
      () => rm(dir, { recursive: true, force: true }),
      () => server.close(),
      () => proxy.close(),
    );
    const log = join(dir, 'acknowledged.log');
    const read = readLoadOptions(
      [
        ...['--protocol', protocol, '--port', String(proxy.port), '--mode', 'backlog'],
        ...['--sockets', '12', '--backlog-s', '1800', '--interval-s', '15', '--rate', '60'],
        ...['--seconds', '15', '--grace', '1', '--redial', '50', '--log', log],
      ],
      Date.now(),
    );
    if ('faults' in read) throw new Error(read.faults.join());
    const clock = { now: () => Date.now(), monotonic: () => performance.now() };
    const result = await new Load(read.options, clock).run();

    expect(result).toMatchObject({ broken: 0, refused: 0 });
    expect(result.backlog).toMatchObject({ settledMs: expect.any(Number) });
    expect(result.linesLost).toBeGreaterThan(0);
    const arrived = new Set<string>();
    for (const [device, positions] of server.positions) {
      for (const { fixTime, latitude } of positions) {
        arrived.add(`${device} ${fixTime} ${Math.round((latitude ?? 0) * 1e6)}`);
      }
    }
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    expect(lines.length).toBe(result.total);
    for (const line of lines) {
      const [id = '', time, latitude] = line.split(' ');
      expect(arrived).toContain(`${id.replace(/^0+/, '')} ${time} ${latitude}`);
    }
  }, 30_000);
});
