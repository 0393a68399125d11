import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleEntry } from '../journal/entries.test-support.ts';
import { openInflux } from './influx.ts';
import { instantNs, pointMs, pointTime } from './influx-lines.ts';
import { type InfluxProcess, startInfluxd } from './influxd.test-support.ts';
import type { StoredEntry } from './store.ts';

const noon = 1_795_404_000_000;
const van = { protocol: 'jt808', id: '13912345678' } as const;
const batchOf = (size: number): StoredEntry[] =>
  Array.from({ length: size }, (_, i) => ({ ...sampleEntry(i, { device: van }), seq: i + 1 }));
const whole = { device: van, from: 0, to: noon * 2, limit: 100_000 };

let influxd: InfluxProcess;
let count = 0;
const open = (over: Partial<Parameters<typeof openInflux>[0]> = {}) =>
  openInflux(
    { url: influxd.url, database: `test${++count}`, timeoutMs: 5000, ...over },
    () => noon,
  );
/** Asks the engine past the store. */
const ask = async (path: string, body?: string, user?: string): Promise<string> => {
  const response = await fetch(`${influxd.url}${path}`, {
    method: body === undefined && !/CREATE|GRANT|DROP/.test(path) ? 'GET' : 'POST',
    ...(body === undefined ? {} : { body }),
    ...(user === undefined
      ? {}
      : { headers: { authorization: `Basic ${Buffer.from(user).toString('base64')}` } }),
  });
  return await response.text();
};
const query = (q: string, db = `test${count}`, user?: string) =>
  ask(`/query?db=${db}&q=${encodeURIComponent(q)}`, undefined, user);

beforeAll(async () => {
  influxd = await startInfluxd();
}, 60_000);
afterAll(() => influxd?.stop());

describe('the point of a position', () => {
  it('stays within its millisecond and comes back exactly', () => {
    for (const hash of [0, 1, 999_999, 1_000_000, 2 ** 32, 2 ** 52 - 1]) {
      for (const time of [noon, noon + 999, 0, -1, -1001]) {
        const digits = pointTime(time, hash);
        const ns = BigInt(digits);
        expect(pointMs(digits)).toBe(time);
        expect(ns >= BigInt(instantNs(time)) && ns < BigInt(instantNs(time + 1))).toBe(true);
      }
    }
  });
});

describe('the influx store', () => {
  it('makes one series a device and one point a day for its cursor', async () => {
    const store = await open();
    await store.write(batchOf(50), 50);
    await store.write(batchOf(60), 60);
    await store.close();
    expect(JSON.parse(await query('SHOW SERIES')).results[0].series[0].values).toEqual([
      ['cursor'],
      ['position,device=jt808:13912345678'],
    ]);
    expect(JSON.parse(await query('SELECT seq FROM cursor')).results[0].series[0].values).toEqual([
      [expect.any(String), 60],
    ]);
  });

  it('survives an outage: refuses in time, then takes the same batch once', async () => {
    const store = await open();
    const batch = batchOf(3000);
    await store.write(batch.slice(0, 1000), 1000);
    await influxd.halt();
    const began = performance.now();
    await expect(store.write(batch, 3000)).rejects.toMatchObject({ code: 'storeUnavailable' });
    await expect(store.track(whole)).rejects.toMatchObject({ code: 'storeUnavailable' });
    expect(performance.now() - began).toBeLessThan(5000);
    await influxd.resume();
    await store.write(batch, 3000);
    expect((await store.track(whole)).columns).toHaveLength(3000);
    expect(await store.cursor()).toBe(3000);
    await store.close();
  }, 60_000);

  it('gives up on an engine that hangs, and goes on when it wakes', async () => {
    const store = await open({ timeoutMs: 400 });
    const batch = batchOf(10);
    await store.write([], 0);
    influxd.freeze(true);
    try {
      const began = performance.now();
      await expect(store.write(batch, 10)).rejects.toMatchObject({ code: 'storeUnavailable' });
      await expect(store.track(whole)).rejects.toMatchObject({ code: 'storeUnavailable' });
      expect(performance.now() - began).toBeLessThan(4000);
    } finally {
      influxd.freeze(false);
    }
    await expect
      .poll(() =>
        store.write(batch, 10).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    expect((await store.track(whole)).columns).toHaveLength(10);
    await store.close();
  });

  it('can be opened while the engine is away', async () => {
    await influxd.halt();
    const store = await open();
    await expect(store.cursor()).rejects.toMatchObject({ code: 'storeUnavailable' });
    await influxd.resume();
    expect(await store.cursor()).toBe(0);
    await store.write(batchOf(2), 2);
    expect((await store.track(whole)).columns).toHaveLength(2);
    await store.close();
  }, 60_000);

  it('parks only the point whose fields conflict, with the reason', async () => {
    const store = await open();
    await store.cursor();
    // Somebody else wrote into the week before with other types; InfluxDB checks types by shard.
    const old = noon - 14 * 86_400_000;
    await ask(`/write?db=test${count}`, `position,device=x satellites="many" ${old}000000`);
    const batch = batchOf(1000);
    for (const i of [0, 500, 999]) {
      const r = batch[i] as StoredEntry;
      batch[i] = { ...r, position: { ...r.position, fixTime: old + i } };
    }
    await store.write(batch, 1000);
    expect((await store.track({ ...whole, from: noon - 86_400_000 })).columns).toHaveLength(997);
    const parked = store.parked?.();
    expect(parked?.total).toBe(3);
    expect(parked?.recent.map((p) => p.seq)).toEqual([1, 501, 1000]);
    expect(parked?.recent[0]?.reason).toMatch(/field type conflict.*satellites/);
    expect(await store.cursor()).toBe(1000);
    await store.close();
  });

  it('parks a batch that conflicts as a whole without asking for each point, and shows a bounded part', async () => {
    const store = await open();
    await store.cursor();
    await ask(`/write?db=test${count}`, `position,device=x valid="yes" ${noon}000000`);
    await store.write(batchOf(2000), 2000);
    const parked = store.parked?.();
    expect(parked?.total).toBe(2000);
    expect(parked?.recent).toHaveLength(100);
    expect(parked?.recent.at(-1)?.seq).toBe(2000);
    await store.close();
  });

  it('parks a point once though it is restarted before its cursor has moved', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'influx-parked-'));
    const parkedPath = join(folder, 'parked.json');
    const [sound, far] = batchOf(2) as [StoredEntry, StoredEntry];
    const odd = { ...far, position: { ...far.position, fixTime: 8.64e15 } };
    const first = await open({ parkedPath });
    await first.write([sound, odd], 2);
    await first.close();
    await query('DROP MEASUREMENT cursor');
    const second = await openInflux(
      { url: influxd.url, database: `test${count}`, timeoutMs: 5000, parkedPath },
      () => noon,
    );
    expect(await second.cursor()).toBe(0);
    await second.write([sound, odd], 2);
    expect(second.parked?.()).toMatchObject({ total: 1, recent: [{ seq: 2 }] });
    await second.close();
    await rm(folder, { recursive: true });
  });

  it('parks a time no point can have', async () => {
    const store = await open();
    const [sound, far] = batchOf(2) as [StoredEntry, StoredEntry];
    const odd = { ...far, position: { ...far.position, fixTime: 8.64e15 } };
    await store.write([sound, odd], 2);
    expect((await store.track(whole)).columns).toHaveLength(1);
    expect(store.parked?.().recent).toEqual([
      { seq: 2, device: 'jt808:13912345678', reason: 'time outside range' },
    ]);
    await store.close();
  });

  it('finds nothing lost when a batch fails half way: refused points are counted once', async () => {
    const store = await open();
    await store.cursor();
    const old = noon - 14 * 86_400_000;
    await ask(`/write?db=test${count}`, `position,device=x satellites="many" ${old}000000`);
    const batch = batchOf(6000);
    const first = batch[0] as StoredEntry;
    batch[0] = { ...first, position: { ...first.position, fixTime: old } };
    await influxd.halt();
    await expect(store.write(batch, 6000)).rejects.toThrow();
    await influxd.resume();
    await store.write(batch, 6000);
    expect(store.parked?.().total).toBe(1);
    expect((await store.track({ ...whole, from: noon - 86_400_000 })).columns).toHaveLength(5999);
    await store.close();
  }, 60_000);
});

describe('the influx store before an engine of another mind', () => {
  let fake: Server;
  let answer: {
    status: number;
    body: string;
    breakOff?: boolean;
    refusesPositions?: boolean;
    hasMore?: boolean;
    json?: string;
  };
  let seen: { url: string; authorization: string | undefined }[];
  const openFake = async () => {
    seen = [];
    fake = createServer((request, response) => {
      seen.push({ url: request.url ?? '', authorization: request.headers.authorization });
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        if (answer.refusesPositions && body.startsWith('cursor')) response.writeHead(204).end();
        else if (request.url?.includes('show%20databases')) {
          response.end('{"results":[{"series":[{"columns":["name"],"values":[["x"]]}]}]}');
        } else if (answer.refusesPositions && request.method === 'GET') {
          response.end('{"results":[{}]}');
        } else if (request.headers.accept !== 'application/csv' && answer.hasMore) {
          response.end('{"results":[{"series":[{"values":[["x",1]]}]}]}');
        } else if (request.headers.accept !== 'application/csv' && answer.json !== undefined) {
          response.end(answer.json);
        } else if (answer.breakOff) {
          response.writeHead(answer.status, { 'content-length': '1000' });
          response.write('{"results":', () => response.destroy());
        } else response.writeHead(answer.status).end(answer.body);
      });
    });
    fake.listen(0, '127.0.0.1');
    await once(fake, 'listening');
    const address = fake.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    return openInflux(
      {
        url: `http://127.0.0.1:${port}`,
        database: 'x',
        username: 'u',
        password: 'p:1',
        timeoutMs: 300,
      },
      () => noon,
    );
  };

  it('tries later, and parks nothing, for what an operator can mend', async () => {
    const store = await openFake();
    for (const [status, error] of [
      [400, 'partial write: max-values-per-tag limit exceeded (100000/100000) dropped=1'],
      [400, 'partial write: max-series-per-database limit exceeded: (1000000) dropped=2'],
      [400, 'retention policy not found: "x"'],
      [401, 'authorization failed'],
      [404, 'database not found: "x"'],
      [500, 'engine: disk full'],
      [503, 'hinted handoff queue not empty'],
    ] as const) {
      answer = { status, body: JSON.stringify({ error }), refusesPositions: true };
      await expect(store.write(batchOf(2), 2)).rejects.toMatchObject({
        code: expect.stringMatching(/storeRefused|storeUnavailable/),
      });
    }
    expect(store.parked?.().total).toBe(0);
    await store.close();
    fake.close();
  });

  it('does not wait for ever when an answer breaks off', async () => {
    const store = await openFake();
    answer = { status: 200, body: '', breakOff: true };
    await expect(store.track(whole)).rejects.toMatchObject({ code: 'storeUnavailable' });
    await expect(store.write(batchOf(1), 1)).rejects.toMatchObject({ code: 'storeUnavailable' });
    await store.close();
    fake.close();
  });

  it('reads on when the engine cuts an answer short, and says its name and password', async () => {
    const store = await openFake();
    const row = (s: string) => `position,,17954169${s}000000000,${noon},true,,,,,,,,,,,,false,,,\n`;
    answer = {
      status: 200,
      body: `name,tags,time,received_time\n${row('01')}${row('02')}`,
      hasMore: true,
    };
    const page = await store.track({ ...whole, limit: 3 });
    expect(page.columns).toHaveLength(3);
    expect(page.next).not.toBeNull();
    expect(new Set(seen.map((s) => s.authorization))).toEqual(
      new Set([`Basic ${Buffer.from('u:p:1').toString('base64')}`]),
    );
    await store.close();
    fake.close();
  });

  it('never takes a fault for an empty track', async () => {
    const store = await openFake();
    // This is how InfluxDB 1.x answers in CSV when a statement fails.
    answer = { status: 200, body: '', json: '{"results":[{"error":"database is gone"}]}' };
    await expect(store.track(whole)).rejects.toMatchObject({ code: 'storeRefused' });
    await store.close();
    fake.close();
  });
});

describe('the influx store with users', () => {
  let open: InfluxProcess;
  beforeAll(async () => {
    open = influxd;
    influxd = await startInfluxd({ auth: true });
  }, 60_000);
  afterAll(async () => {
    await influxd.stop();
    influxd = open;
  });

  it('works with a user that may use the database but not make it', async () => {
    await query(`CREATE USER root WITH PASSWORD 'r' WITH ALL PRIVILEGES`);
    await query('CREATE DATABASE plant', '', 'root:r');
    await query(`CREATE USER xunji WITH PASSWORD 'secret'`, '', 'root:r');
    await query('GRANT ALL ON plant TO xunji', '', 'root:r');
    const options = { url: influxd.url, database: 'plant', timeoutMs: 5000 };
    const store = await openInflux(
      { ...options, username: 'xunji', password: 'secret' },
      () => noon,
    );
    await store.write(batchOf(3), 3);
    expect((await store.track(whole)).columns).toHaveLength(3);
    await store.close();
    const stranger = await openInflux(
      { ...options, username: 'xunji', password: 'wrong' },
      () => noon,
    );
    await expect(stranger.cursor()).rejects.toMatchObject({ code: 'storeRefused' });
    await stranger.close();
  });
});
