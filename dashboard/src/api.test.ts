import { expect, test } from 'vitest';
import { Api, ApiFailure, codeOf } from './api.ts';

interface Asked {
  readonly url: string;
  readonly init: RequestInit;
}

/** An API that answers from a list, and what it was asked. */
const answering = (...answers: (Response | Error)[]) => {
  const asked: Asked[] = [];
  let expired = 0;
  const api = new Api({
    fetch: (async (url: string, init: RequestInit) => {
      asked.push({ url, init });
      const answer = answers.shift();
      if (answer === undefined) throw new Error('asked too often');
      if (answer instanceof Error) throw answer;
      return answer;
    }) as typeof fetch,
    onExpired: () => {
      expired += 1;
    },
  });
  return { api, asked, expired: () => expired };
};
const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });
const problem = (status: number, code: string, more: object = {}): Response =>
  json({ type: 'about:blank', title: code, status, code, ...more }, status, {
    'content-type': 'application/problem+json',
  });
const failureOf = async (run: Promise<unknown>): Promise<ApiFailure> => {
  const failure = await run.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(failure instanceof ApiFailure)) throw new Error(`no failure but ${String(failure)}`);
  return failure;
};

test('lists are followed to their end', async () => {
  const { api, asked } = answering(
    json({ items: [{ id: 'a' }], next: 'c 1' }),
    json({ items: [{ id: 'b' }], next: null }),
  );
  expect((await api.fences()).map((f) => f.id)).toEqual(['a', 'b']);
  expect(asked[1]?.url).toContain('cursor=c+1');
});

test('a restart between two pages of devices begins the list anew', async () => {
  const { api } = answering(
    json({ items: [{ id: 'old' }], next: 'x', boot: '1' }),
    json({ items: [{ id: 'new' }], next: null, boot: '2' }),
    json({ items: [{ id: 'new' }], next: null, boot: '2' }),
  );
  const { boot, devices } = await api.devices();
  expect([boot, devices.map((d) => d.id)]).toEqual(['2', ['new']]);
});

test('a problem document gives its code, its fields and the time to wait', async () => {
  const { api } = answering(
    json({ code: 'tooManyTries', status: 429 }, 429, { 'retry-after': '12' }),
  );
  const failure = await failureOf(api.login('a', 'b'));
  expect([failure.code, failure.status, failure.retryAfterS]).toEqual(['tooManyTries', 429, 12]);
});

test('only a refusal of something else than the session itself ends the session', async () => {
  const { api, expired } = answering(
    problem(401, 'wrongCredentials'),
    problem(401, 'unauthorized'),
  );
  await failureOf(api.login('a', 'b'));
  expect(expired()).toBe(0);
  await failureOf(api.fences());
  expect(expired()).toBe(1);
});

test('no answer, and an answer that is not ours, both read as no connection', async () => {
  const { api } = answering(new TypeError('failed'), new Response('<html>', { status: 200 }));
  expect((await failureOf(api.rules())).code).toBe('network');
  expect((await failureOf(api.rules())).code).toBe('network');
  expect(codeOf(new Error('ours'))).toBe('unknown');
});

test('a fence is replaced only at the revision that was read', async () => {
  const { api, asked } = answering(json({}));
  await api.replaceFence('f 1', 7, {
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [1, 2] },
    properties: { name: 'x', kind: 'site', radiusM: 9, profile: 'neutral', bufferM: 20 },
  });
  expect(asked[0]?.url).toBe('/api/v1/fences/f%201');
  expect(asked[0]?.init.headers).toMatchObject({ 'if-match': '7' });
});
