import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../wire.ts';
import { API } from './app.ts';
import { templated } from './openapi.ts';
import { PASSWORD, startWeb, type Web } from './web.test-support.ts';

const roles: readonly Role[] = [
  ...(['admin', 'dispatcher', 'supervisor', 'manager', 'auditor', 'subject', 'wall'] as const),
];
let web: Web;
beforeAll(async () => {
  web = await startWeb();
});
afterAll(() => web.close());

interface Operation {
  readonly security?: unknown[];
  readonly 'x-roles'?: Role[];
  readonly parameters: { name: string; in: string }[];
  readonly requestBody?: unknown;
  readonly responses: Record<string, unknown>;
}
type Document = { paths: Record<string, Record<string, Operation>>; components: unknown };
const documentOf = async () => (await web.ask('wall', 'GET', 'openapi.json')).body as Document;

/** Every route Express holds below the API. */
function registered(): string[] {
  const stack = (web.app.router as unknown as { stack: unknown[] }).stack as {
    route?: { path: string; methods: Record<string, boolean> };
  }[];
  return stack.flatMap(({ route }) =>
    route?.path.toString().startsWith(API)
      ? Object.keys(route.methods).map((m) => `${m} ${templated(route.path.slice(API.length))}`)
      : [],
  );
}

describe('the OpenAPI document', () => {
  it('names every operation the application serves, and no other', async () => {
    const { paths } = await documentOf();
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(documented.sort()).toEqual(registered().sort());
    expect(documented.length).toBeGreaterThan(25);
  });

  it('is sound: references resolve, path parameters are declared, ids differ', async () => {
    const document = await documentOf();
    const at = (pointer: string) =>
      pointer
        .slice(2)
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], document);
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((m) => m[1] ?? '');
    expect(references.length).toBeGreaterThan(50);
    for (const reference of new Set(references)) {
      expect(reference).toMatch(/^#\/components\/schemas\/\w+$/);
      expect(at(reference), reference).toBeTypeOf('object');
    }
    const ids: string[] = [];
    for (const [path, operations] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
      for (const operation of Object.values(operations)) {
        ids.push((operation as unknown as { operationId: string }).operationId);
        const declared = operation.parameters.filter((p) => p.in === 'path').map((p) => p.name);
        expect(declared, path).toEqual(inPath);
        expect(Object.keys(operation.responses).some((s) => s.startsWith('2'))).toBe(true);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: API }] });
    expect(text).not.toContain('$defs');
  });
});

describe('who may do what', () => {
  it('is refused to everybody without a log-in, and to every role the document does not name', async () => {
    const { paths } = await documentOf();
    for (const [template, operations] of Object.entries(paths)) {
      const path = template.slice(1).replace(/\{\w+\}/g, 'none');
      for (const [method, operation] of Object.entries(operations)) {
        if (operation.security !== undefined || path === 'logout') continue;
        const what = `${method} ${path}`;
        const body = operation.requestBody === undefined ? undefined : { no: 'such field' };
        const nobody = await web.ask(null, method.toUpperCase(), path, body);
        expect([nobody.status, nobody.body.code], what).toEqual([401, 'unauthorized']);
        for (const role of roles) {
          const { status } = await web.ask(role, method.toUpperCase(), path, body);
          if (operation['x-roles']?.includes(role)) expect([401, 403], what).not.toContain(status);
          else expect(status, `${what} as ${role}`).toBe(403);
        }
      }
    }
  });

  it.each([
    ['positions/latest', 'GET', ['admin', 'dispatcher', 'supervisor', 'manager', 'wall']],
    ['devices/x/track', 'GET', ['admin', 'dispatcher', 'supervisor', 'manager']],
    ['heat', 'GET', ['admin', 'dispatcher', 'supervisor', 'manager']],
    ['exports/positions', 'GET', ['admin']],
    ['fences', 'POST', ['admin']],
    ['alarms/x/ack', 'POST', ['admin', 'dispatcher']],
    ['users', 'GET', ['admin', 'auditor']],
    ['stores', 'GET', ['admin', 'auditor']],
    ['users', 'POST', ['admin']],
    ['/metrics', 'GET', ['admin', 'auditor']],
    ['/readyz', 'GET', ['admin', 'auditor']],
  ])('on %s %s is exactly as decided', async (path, method, allowed) => {
    const body = method === 'POST' ? {} : undefined;
    const may: string[] = [];
    for (const role of roles) {
      if ((await web.ask(role, method, path, body)).status !== 403) may.push(role);
    }
    expect(may).toEqual(allowed);
  });
});

describe('logging in', () => {
  const login = (body: unknown, headers: Record<string, string> = {}) =>
    web.ask(null, 'POST', 'login', body, headers);

  it('sets a cookie scripts cannot read and other sites cannot use, and says who one is', async () => {
    await web.cookieOf('dispatcher');
    const answer = await login({ username: 'dispatcher', password: PASSWORD });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      user: {
        id: expect.any(String),
        username: 'dispatcher',
        role: 'dispatcher',
        displayName: 'dispatcher',
      },
      ...{ timeZone: 'Asia/Shanghai', build: '0.1.0-test' },
    });
    const cookies = answer.headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
    const cookie = cookies[0]?.split(';')[0] ?? '';
    const session = await web.ask(null, 'GET', 'session', undefined, { cookie });
    expect(session.body).toEqual(answer.body);
    expect((await web.ask(null, 'POST', 'logout', undefined, { cookie })).status).toBe(204);
    expect((await web.ask(null, 'GET', 'session', undefined, { cookie })).status).toBe(401);
  });

  it('marks the cookie for encrypted lines behind a proxy that speaks TLS', async () => {
    const behind = await startWeb({ trustProxy: 1 });
    await behind.cookieOf('admin');
    const headers = { 'x-forwarded-proto': 'https' };
    const body = { username: 'admin', password: PASSWORD };
    const answer = await behind.ask(null, 'POST', 'login', body, headers);
    expect(answer.headers.getSetCookie()[0]).toContain('; Secure');
    const plain = await login(body, headers);
    expect(plain.headers.getSetCookie()[0]).not.toContain('Secure');
    await behind.close();
  });

  it('answers a wrong password and an unknown user alike, and then asks to wait', async () => {
    const wrong = await login({ username: 'nobody', password: 'x' });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'wrongCredentials' } });
    let last = wrong;
    for (let i = 0; i < 8 && last.status === 401; i++) {
      last = await login({ username: 'nobody', password: `${i}` });
    }
    expect(last).toMatchObject({ status: 429, body: { code: 'tooManyTries' } });
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('by Basic credentials is for what overseers watch, and not for the API', async () => {
    await web.cookieOf('auditor');
    const authorization = `Basic ${Buffer.from(`auditor:${PASSWORD}`).toString('base64')}`;
    expect((await web.ask(null, 'GET', '/metrics', undefined, { authorization })).status).toBe(200);
    expect((await web.ask(null, 'GET', 'users', undefined, { authorization })).status).toBe(401);
    const wrong = `Basic ${Buffer.from('auditor:no').toString('base64')}`;
    const refused = await web.ask(null, 'GET', '/readyz', undefined, { authorization: wrong });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('Basic');
  });
});

describe('a page of somebody else', () => {
  const body = { name: 'x', kind: 'vehicle' };

  it.each([
    ['another host', { origin: 'https://evil.example' }],
    ['another port of ours', { origin: 'http://127.0.0.1:1' }],
    ['a sandbox', { origin: 'null' }],
    ['a browser that says so', { 'sec-fetch-site': 'cross-site' }],
  ])('from %s changes nothing with the cookie of a user', async (_what, headers) => {
    const answer = await web.ask('admin', 'POST', 'subjects', body, headers);
    expect(answer).toMatchObject({ status: 403, body: { code: 'foreignOrigin' } });
    expect((await web.ask(null, 'POST', 'login', {}, headers)).status).toBe(403);
  });

  it('is told from one of ours', async () => {
    const headers = { origin: web.base, 'sec-fetch-site': 'same-origin' };
    expect((await web.ask('admin', 'POST', 'subjects', body, headers)).status).toBe(201);
  });
});

describe('the dashboard', () => {
  it('is served with one strict policy: nothing from elsewhere, no inline script, in no frame', async () => {
    const { headers } = await web.ask(null, 'GET', '/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split(';').sort()).toEqual([
      "base-uri 'none'",
      "default-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' data: blob:",
      "object-src 'none'",
      "style-src 'self' 'unsafe-inline'",
    ]);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it.each(['/', '/live', '/fences/12', '/replay/jt808%3A139'])(
    'answers its own route %s with the page, never cached',
    async (path) => {
      const answer = await web.ask(null, 'GET', path);
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('<title>Xunji')]);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
    },
  );

  it('answers a navigation to a route with a dot in it with the page', async () => {
    const headers = { accept: 'text/html,application/xhtml+xml' };
    const answer = await web.ask(null, 'GET', '/fleet/ot-a.b-phone', undefined, headers);
    expect(answer.text).toContain('<title>Xunji');
    expect((await web.ask(null, 'GET', '/assets/old.js', undefined, headers)).status).toBe(404);
    expect((await web.ask(null, 'POST', '/live', {}, headers)).status).toBe(404);
  });

  it('lets hashed assets be cached for good, and answers missing ones with 404', async () => {
    const asset = await web.ask(null, 'GET', '/assets/main-1234.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    for (const path of ['/assets/main-0000.js', '/../package.json', '/%2e%2e/plan.geojson']) {
      expect((await web.ask(null, 'GET', path)).status, path).toBe(404);
    }
  });

  it('never stands in for an unknown path of the API', async () => {
    expect(await web.ask('admin', 'GET', 'nothing')).toMatchObject({
      ...{ status: 404, body: { code: 'notFound' } },
    });
    expect((await web.ask('admin', 'GET', '/api/v2/devices')).status).toBe(404);
    expect((await web.ask(null, 'GET', 'nothing')).status).toBe(401);
    expect((await web.ask('admin', 'DELETE', 'devices')).status).toBe(404);
  });
});

describe('what overseers watch', () => {
  it('is healthy for anybody who asks', async () => {
    expect(await web.ask(null, 'GET', '/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
  });

  it('is ready while the journal takes and every consumer gets on', async () => {
    const ready = await web.ask('auditor', 'GET', '/readyz');
    expect(ready).toMatchObject({ status: 200, body: { ready: true } });
    web.journal.stalled = 'ENOSPC';
    const stalled = await web.ask('auditor', 'GET', '/readyz');
    expect(stalled).toMatchObject({ status: 503, body: { journal: { stalled: 'ENOSPC' } } });
    web.journal.stalled = null;
    const [runner] = web.runners;
    if (runner !== undefined) runner.lastError = 'away';
    expect((await web.ask('auditor', 'GET', '/readyz')).status).toBe(503);
    if (runner !== undefined) runner.lastError = null;
  });

  it('counts how far each consumer is behind', async () => {
    web.journal.durableSeq = 25;
    const { text } = await web.ask('auditor', 'GET', '/metrics');
    expect(text).toContain('xunji_consumer_lag_records{consumer="store-duckdb"} 15');
    web.journal.durableSeq = 10;
  });
});
