import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleAlarm } from '../live/plain-desk.test-support.ts';
import { API } from './app.ts';
import { problem } from './schemas.ts';
import { type Answer, NOW, startWeb, type Web } from './web.test-support.ts';

let web: Web;
beforeAll(async () => {
  web = await startWeb();
});
afterAll(() => web.close());

/** Asks as the admin, and holds every answer against the schema the document shows. */
async function api(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await web.ask('admin', method, path, body, headers);
  if (answer.status >= 400) {
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    problem.parse(answer.body);
    return answer;
  }
  const plain = `/${path.split('?')[0]}`;
  const endpoint = web.endpoints.find(
    (e) =>
      e.method === method.toLowerCase() &&
      new RegExp(`^${e.path.replace(/:\w+/g, '[^/]+')}$`).test(plain),
  );
  expect(answer.status).toBe(endpoint?.status);
  if (endpoint?.result) expect(endpoint.result.parse(answer.body)).toEqual(answer.body);
  return answer;
}
const ifMatch = (rev: number) => ({ 'if-match': String(rev) });
const paths = (answer: Answer): string[] =>
  (answer.body.errors ?? []).map((e: { path: string }) => e.path);

const ring = [
  [121.5, 31.2],
  [121.501, 31.2],
  [121.501, 31.201],
  [121.5, 31.201],
  [121.5, 31.2],
];
const polygon = (coordinates: unknown, properties: object = {}) => ({
  type: 'Feature',
  geometry: { type: 'Polygon', coordinates },
  properties: { name: '一车间', kind: 'workshop', ...properties },
});

describe('devices', () => {
  it('are entered, read, changed and forgotten, each with the revision one has seen', async () => {
    const made = await api('POST', 'devices', {
      id: '13912345678',
      protocol: 'jt808',
      name: '沪A·1',
    });
    expect(made.body).toMatchObject({
      ...{
        kind: 'vehicle',
        admission: 'known',
        group: null,
        online: false,
        lastSeen: null,
        rev: 1,
      },
    });
    expect((await api('GET', 'devices/13912345678')).body).toEqual(made.body);
    const again = await api('POST', 'devices', { id: '13912345678', protocol: 'jt808' });
    expect(again).toMatchObject({
      status: 409,
      body: { code: 'exists', errors: [{ path: 'id' }] },
    });

    const patch = { group: '环卫一队' };
    expect((await api('PATCH', 'devices/13912345678', patch)).status).toBe(428);
    const changed = await api('PATCH', 'devices/13912345678', patch, ifMatch(1));
    expect(changed.body).toMatchObject({ group: '环卫一队', name: '沪A·1', rev: 2 });
    const late = await api('PATCH', 'devices/13912345678', patch, { 'if-match': '"1"' });
    expect(late).toMatchObject({ status: 409, body: { code: 'conflict', current: { rev: 2 } } });
    expect((await api('DELETE', 'devices/13912345678', undefined, ifMatch(2))).status).toBe(204);
    expect((await api('GET', 'devices/13912345678')).status).toBe(404);
  });

  it('may name the model whose frames they send, out of those that have a profile', async () => {
    const device = { id: '13912345679', protocol: 'jt808' };
    const unknown = await api('POST', 'devices', { ...device, model: 'nonsense' });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'badInput' } });
    expect(paths(unknown)).toEqual(['model']);
    const foreign = await api('POST', 'devices', { ...device, model: 'LL301' });
    expect(foreign).toMatchObject({ status: 400, body: { code: 'unknownReference' } });
    expect(paths(foreign)).toEqual(['model']);
    const made = await api('POST', 'devices', { ...device, model: 'bsj' });
    expect(made.body).toMatchObject({ model: 'bsj', lenient: false });
    const patch = { model: null, lenient: true };
    const changed = await api('PATCH', 'devices/13912345679', patch, ifMatch(1));
    expect(changed.body).toMatchObject({ ...patch, rev: 2 });
    await api('DELETE', 'devices/13912345679', undefined, ifMatch(2));
  });

  it('of two families with one id are told apart, or the question is refused', async () => {
    for (const protocol of ['jt808', 'mqtt'])
      await api('POST', 'devices', { id: 'twin', protocol });
    const vague = await api('GET', 'devices/twin');
    expect(vague).toMatchObject({ status: 400, body: { code: 'ambiguousDevice' } });
    expect(paths(vague)).toEqual(['protocol']);
    expect((await api('GET', 'devices/twin?protocol=mqtt')).body.kind).toBe('badge');
  });

  it('come page by page, each once, in the order of their slots', async () => {
    for (let i = 0; i < 7; i++) await api('POST', 'devices', { id: `p${i}`, protocol: 'gt06' });
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const cursor: string = next === null ? '' : `&cursor=${next}`;
      const page = await api('GET', `devices?limit=3${cursor}`);
      expect(page.body.boot).toBe('boot-1');
      seen.push(...page.body.items.map((d: { slot: number }) => String(d.slot)));
      next = page.body.next;
    } while (next !== null);
    const all = (await api('GET', 'devices')).body.items;
    expect(seen).toEqual(all.map((d: { slot: number }) => String(d.slot)));
    expect(seen.length).toBeGreaterThan(8);
  });

  it('that only knock are listed when asked for', async () => {
    web.devices.noteKnocking({ protocol: 'jt808', id: '13700000000' }, '2019');
    const ids = async (path: string) =>
      (await api('GET', path)).body.items.map((d: { id: string }) => d.id);
    expect(await ids('devices')).not.toContain('13700000000');
    expect(await ids('devices?admission=knocking')).toEqual(['13700000000']);
  });

  it('give their track from the store, in the family one means', async () => {
    await api('POST', 'devices', { id: 'tracked', protocol: 'gt06' });
    const period = 'from=2026-11-23T00:00:00Z&to=2026-11-24T08:00:00%2B08:00';
    expect((await api('GET', `devices/tracked/track?${period}&limit=10000`)).status).toBe(200);
    expect(web.asked.at(-1)).toEqual({
      device: { protocol: 'gt06', id: 'tracked' },
      from: Date.parse('2026-11-23T00:00:00Z'),
      to: Date.parse('2026-11-24T00:00:00Z'),
      limit: 10_000,
    });
    const cursor = (name: string) => api('GET', `devices/tracked/track?${period}&cursor=${name}`);
    expect(await cursor('foreign')).toMatchObject({ status: 400, body: { code: 'badCursor' } });
    expect(await cursor('away')).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    const { body } = await cursor('long');
    expect(body.next).toBe('more');
    expect(body.items.map((p: { fixTime: string }) => Date.parse(p.fixTime) / 1000)).toEqual(
      Array.from({ length: 1201 }, (_, i) => i),
    );
    expect(body.items[1200]).toMatchObject({ device: 'tracked', protocol: 'gt06' });
    expect((await api('GET', `devices/nobody/track?${period}`)).status).toBe(404);
    expect((await api('GET', `devices/forgotten/track?${period}&protocol=jt808`)).status).toBe(200);
    const bad = await api('GET', 'devices/tracked/track?from=yesterday&limit=100001');
    expect(paths(bad).sort()).toEqual(['from', 'limit', 'to']);
  });
});

describe('the history of all devices', () => {
  const period = 'from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z';

  it('is shown as heat over the cells of a box', async () => {
    const { body } = await api('GET', `heat?bbox=121.4,31.1,121.6,31.3&${period}&limit=1`);
    expect(body).toEqual({
      ...{ latitudeStep: 0.001, longitudeStep: 100 / 90_000, clip: 60, hasMore: true },
      cells: [[31.1, 121.4, 60.5, 7, 2]],
    });
  });

  it('is refused for boxes, periods and cells that make no sense', async () => {
    const asked = async (query: string) => paths(await api('GET', `heat?${query}`)).sort();
    expect(await asked(`bbox=121,31,120,32&${period}`)).toEqual(['bbox']);
    expect(await asked(`bbox=121,31,122,91&${period}`)).toEqual(['bbox']);
    expect(await asked(`bbox=121,31,122&${period}&cell=49&metric=noise&limit=20001`)).toEqual([
      'bbox',
      'cell',
      'limit',
      'metric',
    ]);
    const box = 'bbox=121,31,122,32';
    expect(await asked(`${box}&from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z`)).toEqual(['to']);
    expect(await asked(`${box}&from=2026-01-01T00:00:00Z&to=2026-11-01T00:00:00Z`)).toEqual(['to']);
    expect(await api('GET', `heat?${box}&${period}&cell=999`)).toMatchObject({ status: 503 });
  });

  it('is handed out by the day as Parquet, and the file behind it goes', async () => {
    const answer = await api('GET', 'exports/positions?day=2026-11-23');
    expect(answer.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    expect(answer.headers.get('content-disposition')).toContain('positions-2026-11-23.parquet');
    expect(answer.text).toBe('PAR1 20780');
    await expect.poll(() => web.files()).not.toContain('20780.parquet');
    expect(paths(await api('GET', 'exports/positions?day=2026-02-30'))).toEqual(['day']);
  });
});

describe('latest positions', () => {
  it('are of every device that has one, or of one device', async () => {
    await api('POST', 'devices', { id: '861234567890123', protocol: 'gt06' });
    await web.report({ protocol: 'gt06', id: '861234567890123' });
    const { body } = await api('GET', 'positions/latest?limit=1000');
    expect(body.items).toMatchObject([{ device: '861234567890123', online: true, valid: true }]);
    const one = await api('GET', 'positions/latest?device=861234567890123&protocol=gt06');
    expect(one.body).toEqual({ items: body.items, next: null });
    expect((await api('GET', 'positions/latest?device=p0&protocol=gt06')).body.items).toEqual([]);
    expect((await api('GET', 'positions/latest?device=nobody')).status).toBe(404);
  });

  it('come page by page', async () => {
    for (const id of ['p1', 'p2']) await web.report({ protocol: 'gt06', id });
    const first = await api('GET', 'positions/latest?limit=2');
    expect(first.body.items).toHaveLength(2);
    const second = await api('GET', `positions/latest?limit=2&cursor=${first.body.next}`);
    expect(second.body.items).toHaveLength(1);
    expect(second.body.next).toBeNull();
  });
});

describe('fences and rules', () => {
  it('are made with the defaults of their kind, replaced whole and deleted with what names them', async () => {
    const { body: fence } = await api('POST', 'fences', polygon([ring]));
    expect(fence.properties).toEqual({
      ...{ name: '一车间', kind: 'workshop', profile: 'lenient', bufferM: 20, rev: 1 },
      updatedAt: new Date(NOW).toISOString(),
    });
    const { body: rule } = await api('POST', 'rules', {
      ...{ name: '离开', type: 'exit', fences: [fence.id], severity: 'high' },
    });
    expect(rule).toMatchObject({ enabled: true, params: {}, rev: 1 });
    // A client may send back the very feature it got.
    const moved = { ...fence, properties: { ...fence.properties, name: '二车间' } };
    const replaced = await api('PUT', `fences/${fence.id}`, moved, ifMatch(1));
    expect(replaced.body.properties).toMatchObject({ name: '二车间', rev: 2 });
    const lost = await api('PUT', `fences/${fence.id}`, moved, ifMatch(1));
    expect(lost).toMatchObject({ status: 409, body: { current: { properties: { rev: 2 } } } });
    expect((await api('GET', 'rules')).body.items).toEqual([rule]);
    expect((await api('DELETE', `fences/${fence.id}`, undefined, ifMatch(2))).status).toBe(204);
    expect((await api('GET', `rules/${rule.id}`)).status).toBe(404);
  });

  it('as circles need a radius, and only circles have one', async () => {
    const circle = (properties: object) => ({
      ...{ type: 'Feature', geometry: { type: 'Point', coordinates: [121, 31] } },
      properties: { name: '点位', kind: 'site', ...properties },
    });
    const made = await api('POST', 'fences', circle({ radiusM: 60, bufferM: 0 }));
    expect(made.body.properties).toMatchObject({ radiusM: 60, profile: 'neutral', bufferM: 0 });
    for (const bad of [circle({}), circle({ radiusM: 0 }), polygon([ring], { radiusM: 50 })]) {
      expect(paths(await api('POST', 'fences', bad))).toEqual(['properties.radiusM']);
    }
  });

  it.each<[string, unknown, string]>([
    ['an open ring', [ring.slice(0, 4)], 'geometry.coordinates.0'],
    ['a latitude above 90', [[[121, 91], ...ring]], 'geometry.coordinates.0.0.1'],
    ['a longitude of another datum', [[[13_500_000, 31], ...ring]], 'geometry.coordinates.0.0.0'],
    ['text for a number', [[['121', 31], ...ring]], 'geometry.coordinates.0.0.0'],
    ['a bow tie', [[ring[0], ring[2], ring[1], ring[3], ring[0]]], 'geometry.coordinates.0'],
    ['no ring', [], 'geometry.coordinates'],
  ])('with %s are refused by the name of the field', async (_what, coordinates, path) => {
    expect(paths(await api('POST', 'fences', polygon(coordinates)))).toContain(path);
  });

  it('name a fence that does not exist, or the same one twice, by its place', async () => {
    const draft = { name: 'x', type: 'enter', severity: 'low', params: {} };
    const missing = await api('POST', 'rules', { ...draft, fences: ['none'] });
    expect(missing).toMatchObject({ status: 400, body: { code: 'unknownReference' } });
    expect(paths(missing)).toEqual(['fences.0']);
    expect(paths(await api('POST', 'rules', { ...draft, fences: ['a', 'a'] }))).toEqual(['fences']);
  });
});

describe('subjects and users', () => {
  it('bind a device from now on and let it go again', async () => {
    await api('POST', 'devices', { id: 'badge-7', protocol: 'mqtt' });
    const device = { id: 'badge-7', protocol: 'mqtt' };
    const made = await api('POST', 'subjects', { name: '张伟', kind: 'person', device });
    expect((await api('GET', 'devices/badge-7')).body.subject).toBe('张伟');
    const freed = await api('PATCH', `subjects/${made.body.id}`, { device: null }, ifMatch(1));
    expect(freed.body).toMatchObject({ device: null, rev: 2 });
    expect((await api('GET', `subjects/${made.body.id}`)).body).toEqual(freed.body);
    expect((await api('DELETE', `subjects/${made.body.id}`, undefined, ifMatch(1))).status).toBe(
      409,
    );
    const bad = { name: 'x', kind: 'person', device: { id: 'none', protocol: 'gt06' } };
    expect(paths(await api('POST', 'subjects', bad))).toEqual(['device']);
  });

  it('are made with a password nobody can read back', async () => {
    const draft = {
      username: '王芳',
      role: 'dispatcher',
      displayName: '王芳',
      password: '12345678',
    };
    const made = await api('POST', 'users', draft);
    expect(made.body).toEqual({ ...draft, id: expect.any(String), password: undefined });
    expect(made.text).not.toContain('12345678');
    expect((await api('POST', 'users', draft)).body).toMatchObject({ code: 'exists' });
    expect(paths(await api('POST', 'users', { ...draft, password: 'short' }))).toEqual([
      'password',
    ]);
    expect((await api('GET', 'users?limit=1000')).text).not.toMatch(/argon2|password/i);
  });
});

describe('alarms', () => {
  it('are acknowledged once; who comes later gets the alarm as it stands', async () => {
    web.desk.change(['new', sampleAlarm(1)], ['new', sampleAlarm(2)]);
    expect((await api('GET', 'alarms?state=open&limit=1')).body.items).toHaveLength(1);
    const acked = await api('POST', 'alarms/alarm-1/ack', { note: '已电话联系' }, ifMatch(1));
    expect(acked.body).toMatchObject({ acknowledgedBy: 'admin', note: '已电话联系', rev: 2 });
    const late = await api('POST', 'alarms/alarm-1/ack', {}, ifMatch(1));
    expect(late).toMatchObject({ status: 409, body: { code: 'conflict', current: acked.body } });
    expect((await api('POST', 'alarms/alarm-2/clear', undefined, ifMatch(1))).body).toMatchObject({
      condition: 'cleared',
    });
    expect((await api('POST', 'alarms/none/ack', {}, ifMatch(1))).status).toBe(404);
    expect((await api('POST', 'alarms/alarm-2/ack')).body.code).toBe('ifMatchRequired');
    expect((await api('POST', 'alarms/alarm-2/ack', {}, { 'if-match': '*' })).body.code).toBe(
      'badIfMatch',
    );
    expect((await api('GET', 'alarms/alarm-2')).body.rev).toBe(2);
    expect((await api('GET', 'events?device=badge-7&protocol=mqtt&limit=20')).body.items).toEqual(
      [],
    );
  });
});

describe('base maps', () => {
  it('are listed with the address of their file, which is served zipped and only when it changed', async () => {
    const { body } = await api('GET', 'basemaps?limit=1000');
    expect(body.items.map((m: { id: string }) => m.id)).toEqual(['builtin', 'plan']);
    const url = body.items[1].url as string;
    const file = await web.ask('wall', 'GET', url);
    expect(file.text).toBe('{"type":"FeatureCollection","features":[]}');
    expect(file.headers.get('content-encoding')).toBe('gzip');
    const plain = await web.ask('wall', 'GET', url, undefined, { 'accept-encoding': 'identity' });
    expect([plain.text, plain.headers.get('content-encoding')]).toEqual([file.text, null]);
    // Without the second, fetch asks for a fresh copy.
    const etag = file.headers.get('etag') ?? '';
    const headers = { 'if-none-match': etag, 'cache-control': 'max-age=0' };
    expect((await web.ask('wall', 'GET', url, undefined, headers)).status).toBe(304);
    expect((await api('GET', 'basemaps/builtin')).status).toBe(404);
    expect((await web.ask(null, 'GET', url)).status).toBe(401);
  });
});

describe('bad input', () => {
  it.each<[string, string, string, unknown, number, string]>([
    ['a body that is no JSON', 'POST', 'subjects', '{', 400, 'badRequest'],
    ['a body that is no object', 'POST', 'subjects', '"x"', 400, 'badRequest'],
    ['a body beyond the bound', 'POST', 'subjects', { name: 'x'.repeat(2 << 20) }, 413, 'tooLarge'],
    ['no body', 'POST', 'subjects', undefined, 400, 'badInput'],
    ['a broken escape in the path', 'GET', 'fences/%E0%A4%A', undefined, 400, 'badRequest'],
    ['a cursor of another list', 'GET', 'fences?cursor=WzFd', undefined, 400, 'badCursor'],
    ['a cursor that is rubbish', 'GET', 'devices?cursor=%00', undefined, 400, 'badCursor'],
    ['a cursor of no list of alarms', 'GET', 'alarms?cursor=WzFd', undefined, 400, 'badCursor'],
    ['a cursor of no list of events', 'GET', 'events?cursor=WzFd', undefined, 400, 'badCursor'],
    [
      'a cursor of an earlier life',
      'GET',
      'positions/latest?cursor=WyJvbGQiLDFd',
      undefined,
      400,
      'badCursor',
    ],
  ])('such as %s is answered with its code', async (_what, method, path, body, status, code) => {
    expect(await api(method, path, body)).toMatchObject({ status, body: { status, code } });
  });

  it('of another media type is refused', async () => {
    const answer = await api('POST', 'subjects', 'name=x', { 'content-type': 'text/plain' });
    expect(answer).toMatchObject({ status: 415, body: { code: 'badMediaType' } });
  });

  it('names unknown and repeated parameters and fields', async () => {
    expect(paths(await api('GET', 'fences?limt=5'))).toEqual(['limt']);
    expect(paths(await api('GET', 'fences?limit=5&limit=6'))).toEqual(['limit']);
    const draft = { name: 'x', kind: 'person', devcie: null };
    expect(paths(await api('POST', 'subjects', draft))).toEqual(['devcie']);
    expect(paths(await api('POST', 'subjects', { name: 'a\0b', kind: 'person' }))).toEqual([
      'name',
    ]);
    expect(paths(await api('GET', 'fences/a%00b'))).toEqual(['id']);
  });

  it('of any kind, to any operation, is a problem document and never a fault of ours', async () => {
    const changing = web.endpoints.filter((e) => e.body !== null && e.path !== '/login');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...changing),
        fc.jsonValue(),
        fc.string(),
        async (e, body, id) => {
          const path = `${API}${e.path.replace(/:\w+/g, encodeURIComponent(id || 'x'))}`;
          const answer = await web.ask('admin', e.method.toUpperCase(), path, body, ifMatch(1));
          expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
          expect(answer.status, answer.text).toBeLessThan(500);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the stores', () => {
  it('say how far they are behind, why, and what they have parked', async () => {
    const parked = { total: 1, recent: [{ seq: 7, device: 'jt808:1', reason: 'conflict' }] };
    const current = { name: 'duckdb', cursor: 10, journalHead: 10, behindRecords: 0, behindS: 0 };
    const { body } = await web.ask('auditor', 'GET', 'stores');
    expect(body).toEqual({
      items: [{ ...current, state: 'ok', error: null, forS: 0, parked }],
      next: null,
    });
    Object.assign(web.runners[0] ?? {}, { applied: 4, lastError: 'away' });
    const failing = await web.ask('auditor', 'GET', 'stores');
    expect(failing.body.items).toMatchObject([
      { cursor: 4, behindRecords: 6, state: 'failing', error: 'away' },
    ]);
    Object.assign(web.runners[0] ?? {}, { applied: 10, lastError: null });
  });
});
