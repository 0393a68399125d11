import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWeb, type Web } from './web.test-support.ts';

let web: Web;
const TEXT = { id: '0x8300', fields: { flags: [], text: 'hello' } };
const PATH = 'devices/13912345678/commands';

beforeAll(async () => {
  web = await startWeb();
  for (const [id, protocol] of [
    ['13912345678', 'jt808'],
    ['123456789012345', 'gt06'],
    ['badge-7', 'mqtt'],
    ['77', 'jt808'],
    ['77', 'mqtt'],
  ] as const) {
    await web.devices.create({ id, protocol, kind: 'vehicle', name: id, group: null });
  }
});
beforeEach(() => {
  web.commands.refusal = null;
  web.commands.asked.length = 0;
});
afterAll(() => web.close());

describe('POST /devices/:id/commands', () => {
  it.each([
    [PATH, TEXT, '0x8300', TEXT.fields],
    [PATH, { name: 'queryLocation' }, 'queryLocation', {}],
    ['devices/123456789012345/commands', { text: 'WHERE#' }, '0x80', { text: 'WHERE#' }],
    [
      'devices/123456789012345/commands',
      { text: 'WHERE#', language: 1 },
      '0x80',
      { text: 'WHERE#', language: 1 },
    ],
    ['devices/badge-7/commands', { cmd: 'interval', args: { s: 30 } }, 'interval', { s: 30 }],
    ['devices/badge-7/commands', { cmd: 'locate' }, 'locate', {}],
  ])('%s %j asks for %s', async (path, body, message, fields) => {
    const answer = await web.ask('dispatcher', 'POST', path, body);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ state: 'queued', message, fields, by: 'dispatcher' });
    expect(web.commands.asked).toMatchObject([{ isConfirmed: false, waitS: 0, reason: null }]);
  });

  it('hands on that it is meant, how long it may wait and why', async () => {
    await web.ask('admin', 'POST', PATH, { ...TEXT, confirm: true, waitS: 60, reason: 'drill' });
    expect(web.commands.asked).toMatchObject([
      { by: 'admin', isConfirmed: true, waitS: 60, reason: 'drill' },
    ]);
  });

  it.each([
    [{}, ''],
    [{ ...TEXT, name: 'text' }, ''],
    [{ id: 7 }, 'id'],
    [{ ...TEXT, waitS: 86_401 }, 'waitS'],
    [{ ...TEXT, fields: 'x' }, 'fields'],
    [{ ...TEXT, other: 1 }, 'other'],
  ])('finds %j unacceptable', async (body, path) => {
    const answer = await web.ask('dispatcher', 'POST', PATH, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'badInput', errors: [{ path }] });
  });

  it.each([
    ['notFound', 404],
    ['noSuchCommand', 400],
    ['confirmNeeded', 409],
    ['notSafeNow', 409],
    ['deviceOffline', 409],
    ['queueFull', 429],
  ] as const)('says %s as %i', async (code, status) => {
    web.commands.refusal = { code, detail: 'why' };
    const answer = await web.ask('dispatcher', 'POST', PATH, TEXT);
    expect(answer).toMatchObject({ status, body: { code, detail: 'why' } });
  });

  it('names the field that does not fit', async () => {
    web.commands.refusal = { code: 'badValue', detail: 'text: wants a text: one' };
    const answer = await web.ask('dispatcher', 'POST', PATH, TEXT);
    expect(answer).toMatchObject({
      status: 400,
      body: {
        code: 'badValue',
        errors: [{ path: 'fields.text', code: 'badValue', message: 'wants a text: one' }],
      },
    });
  });

  it('lets supervisors ask where somebody is, and nothing more', async () => {
    expect((await web.ask('supervisor', 'POST', PATH, { id: '0x8201' })).status).toBe(202);
    expect((await web.ask('supervisor', 'POST', PATH, TEXT)).status).toBe(403);
    for (const role of ['manager', 'auditor', 'subject', 'wall'] as const) {
      expect((await web.ask(role, 'POST', PATH, { id: '0x8201' })).status).toBe(403);
    }
  });

  it('asks which family is meant', async () => {
    expect((await web.ask('admin', 'POST', 'devices/77/commands', TEXT)).body.code).toBe(
      'ambiguousDevice',
    );
    expect((await web.ask('admin', 'POST', 'devices/78/commands', TEXT)).status).toBe(404);
    const one = await web.ask('admin', 'POST', 'devices/77/commands?protocol=jt808', TEXT);
    expect(one.status).toBe(202);
  });
});

describe('GET commands', () => {
  it('pages through those of a device, newest first, and shows each', async () => {
    const path = 'devices/77/commands?protocol=mqtt';
    const made: string[] = [];
    for (let i = 0; i < 3; i++) {
      made.unshift((await web.ask('admin', 'POST', path, { cmd: 'buzz' })).body.id);
    }
    const first = (await web.ask('manager', 'GET', `${path}&limit=2`)).body;
    const rest = (await web.ask('manager', 'GET', `${path}&limit=2&cursor=${first.next}`)).body;
    expect([...first.items, ...rest.items].map(({ id }: { id: string }) => id)).toEqual(made);
    expect(rest.next).toBeNull();
    expect((await web.ask('manager', 'GET', `commands/${made[0]}`)).body).toEqual(first.items[0]);
  });

  it.each(['commands/0', 'commands/x', 'commands/99999999999999999999'])(
    'knows no %s',
    async (path) => {
      expect((await web.ask('admin', 'GET', path)).status).toBe(404);
    },
  );

  it('takes no cursor of another list', async () => {
    const path = `${PATH}?cursor=${Buffer.from('["x","y"]').toString('base64url')}`;
    expect((await web.ask('admin', 'GET', path)).body.code).toBe('badCursor');
  });

  it('is not for walls', async () => {
    expect((await web.ask('wall', 'GET', PATH)).status).toBe(403);
  });
});
