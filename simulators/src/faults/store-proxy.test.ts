import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StoreFault, StoreProxy, storeFaultOf, storeFaultsOften } from './store-proxy.ts';

let database: Server;
let proxy: StoreProxy;
let written: string[];

beforeEach(async () => {
  written = [];
  database = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      written.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(204, { 'x-real': 'yes' }).end();
    });
  });
  await new Promise<void>((done) => database.listen(0, '127.0.0.1', done));
  const address = database.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  proxy = await StoreProxy.open({ target: `http://127.0.0.1:${port}` });
});
afterEach(async () => {
  await proxy.close();
  database.closeAllConnections();
  await new Promise<void>((done) => database.close(() => done()));
});

const write = (ms = 5000) =>
  fetch(`${proxy.url}/write?db=x`, {
    ...{ method: 'POST', body: 'p v=1', signal: AbortSignal.timeout(ms) },
  });
const meet = (fault: StoreFault) => {
  proxy.fault = () => fault;
};

describe('a database behind the fault proxy', () => {
  it('answers as it does', async () => {
    const response = await write();
    expect([response.status, response.headers.get('x-real')]).toEqual([204, 'yes']);
    expect(written).toEqual(['POST /write?db=x p v=1']);
  });

  it('answers late, and does its work all the same', async () => {
    meet({ kind: 'slow', ms: 120 });
    const from = performance.now();
    expect((await write()).status).toBe(204);
    expect(performance.now() - from).toBeGreaterThan(110);
    expect(written).toHaveLength(1);
  });

  it('fails and has done nothing', async () => {
    meet({ kind: 'error' });
    expect((await write()).status).toBe(500);
    expect(written).toEqual([]);
  });

  it('does its work and loses the answer', async () => {
    meet({ kind: 'lostAnswer' });
    await expect(write()).rejects.toThrow('fetch failed');
    expect(written).toHaveLength(1);
  });

  it('hangs until the caller gives up', async () => {
    meet({ kind: 'hang' });
    await expect(write(100)).rejects.toThrow(/timeout/);
    expect(written).toEqual([]);
  });

  it('refuses, and takes the next', async () => {
    meet({ kind: 'refuse' });
    await expect(write()).rejects.toThrow('fetch failed');
    meet({ kind: 'pass' });
    expect((await write()).status).toBe(204);
    expect(proxy.counts).toMatchObject({ refuse: 1, pass: 1 });
  });

  it('meets the faults that the seed names, all of them within some requests', () => {
    const of = (n: number) => storeFaultOf('seed', n, storeFaultsOften);
    const all = Array.from({ length: 300 }, (_, n) => of(n));
    expect(all).toEqual(Array.from({ length: 300 }, (_, n) => of(n)));
    expect(new Set(all.map(({ kind }) => kind))).toEqual(
      new Set(['pass', 'slow', 'error', 'lostAnswer', 'hang', 'refuse']),
    );
  });
});
