import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Records } from '../records/database.ts';
import { Sessions } from '../records/sessions.ts';
import { Users } from '../records/users.ts';
import { Access, admins, everyRole, handlers, historians, overseers, readers } from './access.ts';
import { cookie, isSameOrigin } from './cookies.ts';
import { Passwords } from './passwords.ts';

let db: Records;
let access: Access;
let users: Users;
let time: number;
beforeEach(async () => {
  db = await openDatabase(':memory:');
  time = 1_795_404_000_000;
  const now = () => time;
  users = new Users(db, now);
  access = await Access.open({ db, users, sessions: await Sessions.open(db, now), now });
});
afterEach(() => db.destroy());

const attempt = (password: string, over: object = {}) => ({
  ...{ username: 'admin', password, address: '198.51.100.7', known: null },
  ...over,
});

describe('the first user', () => {
  it('gets the password that was set, or one chosen here and told once', async () => {
    const chosen = await access.ensureAdmin(undefined);
    expect(chosen).toMatch(/^[\w-]{20}$/);
    expect((await access.login(attempt(chosen ?? ''))).ok).toBe(true);
    expect(await access.ensureAdmin('another one')).toBeNull();
    expect((await access.login(attempt('another one'))).ok).toBe(false);
  });

  it('is stored as an argon2id hash', async () => {
    expect(await access.ensureAdmin('first light')).toBeNull();
    expect((await users.byName('admin'))?.passwordHash).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/,
    );
  });
});

describe('a log-in', () => {
  beforeEach(async () => {
    await access.ensureAdmin('first light');
  });

  it('fails alike for a wrong password and for nobody', async () => {
    const refused = { ok: false, code: 'wrongCredentials' };
    expect(await access.login(attempt('wrong'))).toEqual(refused);
    expect(await access.login(attempt('wrong', { username: 'nobody' }))).toEqual(refused);
  });

  it('proves a browser for later, for its user only and against forging', async () => {
    const first = await access.login(attempt('first light'));
    const known = first.ok ? first.known : '';
    // The name is made to wait from elsewhere.
    for (let i = 0; i < 7; i++) await access.login(attempt('wrong', { address: '203.0.113.9' }));
    const waits = { ok: false, code: 'tooManyTries' };
    expect(await access.login(attempt('first light'))).toMatchObject(waits);
    expect(await access.login(attempt('first light', { known: `${known}x` }))).toMatchObject(waits);
    expect(await access.login(attempt('first light', { known: 'a.b' }))).toMatchObject(waits);
    expect(await access.login(attempt('first light', { known }))).toMatchObject({
      ok: true,
      known,
    });
  });

  it('by Basic is remembered for five minutes and not beyond', async () => {
    let checks = 0;
    class Counting extends Passwords {
      override verify(hash: string | null, password: string): Promise<boolean> {
        checks++;
        return super.verify(hash, password);
      }
    }
    const now = () => time;
    const sessions = await Sessions.open(db, now);
    const counted = await Access.open({ db, users, sessions, now, passwords: new Counting() });
    expect((await counted.basic(attempt('first light')))?.role).toBe('admin');
    time += 299_999;
    await counted.basic(attempt('first light'));
    expect(checks).toBe(1);
    time += 1;
    await counted.basic(attempt('first light'));
    expect(checks).toBe(2);
    expect(await counted.basic(attempt('wrong'))).toBeNull();
  });
});

describe('passwords', () => {
  it('are checked one at a time, and no more than 64 wait', async () => {
    const passwords = new Passwords();
    const many = Array.from({ length: 70 }, () => passwords.hash('x').then(String, (e) => e.code));
    const ends = await Promise.all(many);
    expect(ends.filter((e) => e === 'busy')).toHaveLength(6);
  });
});

describe('roles', () => {
  it('lead from everybody down to admins without a gap', () => {
    expect(everyRole).toHaveLength(7);
    expect(historians.every((role) => readers.includes(role))).toBe(true);
    expect(handlers.every((role) => historians.includes(role))).toBe(true);
    expect(admins.every((role) => handlers.includes(role) && overseers.includes(role))).toBe(true);
  });
});

describe('cookies and origins', () => {
  it.each([
    ['a=1; xunji_session=abc; b=2', 'abc'],
    ['xunji_session=a=b', 'a=b'],
    [' xunji_session = x ', 'x'],
    ['other_xunji_session=x', null],
    ['xunji_session', null],
    ['', null],
    [undefined, null],
    [`xunji_session=x; ${'y'.repeat(8192)}`, null],
  ])('finds the session in %s', (header, expected) => {
    expect(cookie(header, 'xunji_session')).toBe(expected);
  });

  it.each([
    [undefined, 'a.example', true],
    ['https://a.example', 'a.example', true],
    ['http://a.example:8080', 'A.example:8080', true],
    ['http://a.example', 'a.example:8080', false],
    ['https://a.example.evil', 'a.example', false],
    ['null', 'a.example', false],
    ['', 'a.example', false],
  ])('takes origin %s at host %s for our own: %s', (origin, host, expected) => {
    expect(isSameOrigin(origin, host)).toBe(expected);
  });
});
