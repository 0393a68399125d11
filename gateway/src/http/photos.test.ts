import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWeb, type Web } from './web.test-support.ts';

const DEVICE = { protocol: 'jt808', id: '13912345678' } as const;
const MADE = Date.UTC(2026, 10, 24, 8);
const jpeg = (n: number) => Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, n);
const PERIOD = 'from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z';

let web: Web;
beforeAll(async () => {
  web = await startWeb();
  web.devices.createPending(DEVICE, '2013');
  const media = { mediaId: 7, type: 0, format: 0, event: 1, channel: 2, package: null };
  for (let n = 0; n < 3; n++) {
    await web.photos.keep(DEVICE, { ...media, position: null, data: jpeg(n) }, MADE + n);
  }
  const html = new TextEncoder().encode('<html><script>alert(1)</script>');
  await web.photos.keep(DEVICE, { ...media, position: null, data: html }, MADE + 3);
});
afterAll(() => web.close());

describe('photos', () => {
  it('are listed by device and time, page by page', async () => {
    const list = (more: string) => web.ask('supervisor', 'GET', `photos?${PERIOD}${more}`);
    const { body } = await list(`&device=${DEVICE.id}&limit=3`);
    expect(body.items.map((p: { time: string }) => Date.parse(p.time) - MADE)).toEqual([0, 1, 2]);
    const rest = await list(`&device=${DEVICE.id}&limit=3&cursor=${body.next}`);
    expect(rest.body).toMatchObject({ items: [{ bytes: 31 }], next: null });
    expect((await list('&device=999')).status).toBe(404);
    expect((await list('&cursor=WzFd')).body.code).toBe('badCursor');
    expect((await web.ask('supervisor', 'GET', 'photos')).body.code).toBe('badInput');
  });

  it('come as what their bytes are, and never as a page', async () => {
    const { body } = await web.ask('admin', 'GET', `photos?${PERIOD}`);
    const answers = [];
    for (const { id } of body.items as { id: string }[]) {
      answers.push(await web.ask('manager', 'GET', `photos/${id}/file`));
    }
    expect(answers.map((a) => a.headers.get('content-type'))).toEqual([
      ...['image/jpeg', 'image/jpeg', 'image/jpeg', 'application/octet-stream'],
    ]);
    for (const { status, headers } of answers) {
      expect(status).toBe(200);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain('sandbox');
    }
    expect(answers[3]?.headers.get('content-disposition')).toMatch(/^attachment; /);
    const response = await fetch(`${web.base}/api/v1/photos/${body.items[1].id}/file`, {
      headers: { cookie: await web.cookieOf('dispatcher') },
    });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(jpeg(1));
  });

  it('are for those who may see tracks', async () => {
    const { body } = await web.ask('admin', 'GET', `photos?${PERIOD}&limit=1`);
    for (const path of [`photos?${PERIOD}`, `photos/${body.items[0].id}/file`]) {
      expect((await web.ask('wall', 'GET', path)).status).toBe(403);
      expect((await web.ask(null, 'GET', path)).status).toBe(401);
    }
    const unknown = 'photos/00000000-0000-4000-8000-000000000000/file';
    expect((await web.ask('admin', 'GET', unknown)).status).toBe(404);
    expect((await web.ask('admin', 'GET', 'photos/..%2F..%2Fid/file')).status).toBe(404);
  });
});
