import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, unsynced } from './database.ts';
import { guardParameters } from './sqlite.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xunji-records-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const user = {
  id: 'u1',
  username: '王芳',
  role: 'dispatcher',
  displayName: '值班 🚛',
  passwordHash: 'x',
  createdTime: 1_790_000_000_123,
} as const;

describe('the records', () => {
  it('keep what was committed over a close and an opening', async () => {
    const path = join(dir, 'records.db');
    const db = await openDatabase(path);
    await db.insertInto('users').values(user).execute();
    await db.destroy();
    const again = await openDatabase(path);
    expect(await again.selectFrom('users').selectAll().execute()).toEqual([user]);
    await again.destroy();
  });

  it('wait for the disk again after a transaction that did not, whether it failed or not', async () => {
    const db = await openDatabase(join(dir, 'records.db'));
    const synchronous = async () =>
      (await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(db)).rows[0]?.synchronous;
    const name = (id: string) => ({ ...user, id, username: id });
    await unsynced(db, (trx) => trx.insertInto('users').values(name('a')).execute());
    expect(await synchronous()).toBe(2);
    const failing = unsynced(db, async (trx) => {
      await trx.insertInto('users').values(name('b')).execute();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await synchronous()).toBe(2);
    expect(await db.selectFrom('users').select('id').execute()).toEqual([{ id: 'a' }]);
    await db.destroy();
  });

  it('run with write-ahead log, full sync and an exclusive lock', async () => {
    const db = await openDatabase(join(dir, 'records.db'));
    const pragma = async (name: string) =>
      Object.values(
        (await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(db)).rows[0] ?? {},
      )[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('locking_mode')).toBe('exclusive');
    await db.destroy();
  });

  it('refuse a second owner in this process and in another, and say so', async () => {
    const path = join(dir, 'records.db');
    const db = await openDatabase(path);
    await expect(openDatabase(path)).rejects.toMatchObject({
      code: 'dataDirInUse',
      message: expect.stringContaining('data directory'),
    });
    const other = spawnSync(
      process.execPath,
      [
        '-e',
        `const D=require('libsql');try{const d=new D(${JSON.stringify(path)},{timeout:100});d.pragma('journal_mode=WAL');d.exec('BEGIN IMMEDIATE')}catch(e){console.log(e.code)}`,
      ],
      { cwd: import.meta.dirname, encoding: 'utf8' },
    );
    expect(other.stdout.trim()).toBe('SQLITE_BUSY');
    await db.destroy();
  });

  it('name what cannot be opened', async () => {
    await expect(openDatabase(join(dir, 'missing', 'records.db'))).rejects.toMatchObject({
      code: 'cannotOpen',
    });
  });

  it('refuse a file that a newer version has migrated', async () => {
    const path = join(dir, 'records.db');
    const db = await openDatabase(path);
    await sql`insert into kysely_migration (name, timestamp) values ('999-future', '2030')`.execute(
      db,
    );
    await db.destroy();
    await expect(openDatabase(path)).rejects.toMatchObject({ code: 'migrationFailed' });
  });

  it('roll a failed transaction back whole', async () => {
    const db = await openDatabase(':memory:');
    const failed = db.transaction().execute(async (trx) => {
      await trx.insertInto('users').values(user).execute();
      await trx.insertInto('users').values(user).execute();
    });
    await expect(failed).rejects.toThrow(/UNIQUE/);
    expect(await db.selectFrom('users').selectAll().execute()).toEqual([]);
    await db.destroy();
  });
});

describe('the guard before the engine', () => {
  it.each([
    ['a boolean, which would abort the process', true],
    ['text with NUL, which would be cut', 'plate\0; drop'],
    ['half a surrogate pair, which would be rewritten', 'a\ud800'],
    ['NaN, which would become null', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['undefined, which would become null', undefined],
    ['a Date', new Date(0)],
    ['an object', {}],
  ])('refuses %s', (_what, value) => {
    expect(() => guardParameters(['fine', value])).toThrow(
      expect.objectContaining({
        code: 'badParameter',
        message: expect.stringContaining('parameter 2'),
      }),
    );
  });

  it('stands before every query, so that the process lives on', async () => {
    const db = await openDatabase(':memory:');
    await expect(sql`select ${true}`.execute(db)).rejects.toMatchObject({ code: 'badParameter' });
    const bytes = new Uint8Array([1, 0, 255]);
    const { rows } = await sql<{ a: string; n: number; b: ArrayBuffer }>`
      select ${'漫游 🚛'} as a, ${1_790_000_000_123} as n, ${bytes} as b`.execute(db);
    expect(rows[0]?.a).toBe('漫游 🚛');
    expect(rows[0]?.n).toBe(1_790_000_000_123);
    expect(new Uint8Array(rows[0]?.b ?? new ArrayBuffer(0))).toEqual(bytes);
    await db.destroy();
  });
});
