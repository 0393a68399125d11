import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Records } from './database.ts';
import { Sessions } from './sessions.ts';

const HOUR = 3_600_000;
const admin = { id: 'u1', username: 'admin', role: 'admin', displayName: '管理员' } as const;

let dir: string;
let db: Records;
let time: number;
const open = () => Sessions.open(db, () => time);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xunji-sessions-'));
  db = await openDatabase(join(dir, 'records.db'));
  time = 1_795_404_000_000;
  await db
    .insertInto('users')
    .values({ ...admin, passwordHash: 'x', createdTime: 5 })
    .execute();
});
afterEach(async () => {
  await db.destroy();
  await rm(dir, { recursive: true, force: true });
});

describe('log-in sessions', () => {
  it('live on over a restart, with their age', async () => {
    const token = await (await open()).start(admin);
    time += 6 * HOUR;
    const again = await open();
    expect(again.use(token)?.user).toEqual(admin);
    for (let used = 0; used < 17; used++) {
      time += 10 * HOUR;
      expect(again.use(token) !== null, `after ${(used + 1) * 10 + 6} h`).toBe(
        (used + 1) * 10 + 6 < 7 * 24,
      );
    }
  });

  it('keep no token, only its hash', async () => {
    const token = await (await open()).start(admin);
    const rows = await db.selectFrom('sessions').selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('end when nobody has used them for twelve hours, and tell who listens', async () => {
    const sessions = await open();
    const ended: string[] = [];
    sessions.onEnd((hash) => ended.push(hash));
    const token = await sessions.start(admin);
    const hash = sessions.use(token)?.hash ?? '';
    time += 12 * HOUR - 1;
    expect(sessions.isAlive(hash)).toBe(true);
    time += 1;
    expect(sessions.isAlive(hash)).toBe(false);
    expect(sessions.use(token)).toBeNull();
    await sessions.sweep();
    expect(ended).toEqual([hash]);
    expect(await db.selectFrom('sessions').selectAll().execute()).toEqual([]);
  });

  it('save the time of use, so that a restart does not end a session in use', async () => {
    const sessions = await open();
    const token = await sessions.start(admin);
    time += 11 * HOUR;
    sessions.use(token);
    await sessions.sweep();
    time += 11 * HOUR;
    expect((await open()).use(token)).not.toBeNull();
  });

  it('end by log-out at once, and only that one', async () => {
    const sessions = await open();
    const [one, other] = [await sessions.start(admin), await sessions.start(admin)];
    await sessions.end(one);
    expect(sessions.use(one)).toBeNull();
    expect(sessions.use(other)).not.toBeNull();
    await sessions.end('no such token');
  });

  it('of one user are bounded: the one unused longest makes room', async () => {
    const sessions = await open();
    const tokens: string[] = [];
    for (let i = 0; i < 32; i++) {
      time += 1000;
      tokens.push(await sessions.start(admin));
    }
    time += 1000;
    sessions.use(tokens[0] ?? '');
    tokens.push(await sessions.start(admin));
    expect(tokens.map((t) => sessions.use(t) !== null)).toEqual(tokens.map((_, i) => i !== 1));
  });
});
