import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataDir, dataDirId, openDataDir } from '../data-dir.ts';
import { sampleEntry } from '../journal/entries.test-support.ts';
import { Journal } from '../journal/journal.ts';
import { JournalReader } from '../journal/reader.ts';
import { copyRecords, openDatabase, type Records } from '../records/database.ts';
import { Users } from '../records/users.ts';
import { type BackupSource, MANIFEST, makeBackup, restoreBackup } from './backup.ts';
import { askControl, openControl } from './control.ts';

let root = '';
let dir: DataDir;
let db: Records;
let journal: Journal;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'xunji-backup-'));
  dir = await openDataDir(join(root, 'data'));
  db = await openDatabase(dir.records);
  journal = await Journal.open({
    ...{ directory: dir.journal, dataDirId: await dataDirId(dir), segmentBytes: 2000 },
  });
});
afterEach(async () => {
  await journal.close();
  await db.destroy();
  await rm(root, { recursive: true, force: true });
});

const source = (over: Partial<BackupSource> = {}): BackupSource => ({
  ...{ dir, journal, program: 'test', now: () => 0, copyTracks: null },
  copyRecords: (to) => copyRecords(db, to),
  ...over,
});

async function recordsOf(path: string): Promise<number[]> {
  const restored = await openDataDir(path);
  const copy = await Journal.open({
    ...{ directory: restored.journal, dataDirId: await dataDirId(restored) },
  });
  expect(copy.recovered.tornBytes).toBe(0);
  const reader = new JournalReader(copy, 0);
  const seqs = (await reader.read(10_000)).map((r) => r.seq);
  await reader.close();
  await copy.close();
  return seqs;
}

describe('a backup', () => {
  it('of a journal that is written meanwhile holds exactly what was durable, whole', async () => {
    for (let n = 1; n <= 30; n++) await journal.append([sampleEntry(n)]);
    let isDone = false;
    const writing = (async () => {
      for (let n = 31; !isDone; n++) await journal.append([sampleEntry(n)]);
    })();
    const manifest = await makeBackup(source(), join(root, 'backup'));
    isDone = true;
    await writing;
    await restoreBackup(join(root, 'backup'), join(root, 'restored'));
    expect(manifest.seq).toBeGreaterThanOrEqual(30);
    expect(await recordsOf(join(root, 'restored'))).toEqual(
      Array.from({ length: manifest.seq ?? 0 }, (_, i) => i + 1),
    );
  });

  it('holds the records as of one moment, and the snapshots and base maps as they are', async () => {
    const users = new Users(db, () => 0);
    await users.create({
      ...{ username: 'wang', displayName: '王' },
      ...{ role: 'dispatcher', passwordHash: 'x' },
    });
    await writeFile(dir.latest, '{"a":1}');
    await mkdir(dir.baseMaps, { recursive: true });
    await writeFile(join(dir.baseMaps, 'plant.geojson'), '{}');
    await makeBackup(source(), join(root, 'backup'));
    await restoreBackup(join(root, 'backup'), join(root, 'restored'));
    const copy = await openDatabase(join(root, 'restored', 'records.db'));
    expect(await new Users(copy, () => 0).byName('wang')).toMatchObject({ displayName: '王' });
    await copy.destroy();
    expect(await readFile(join(root, 'restored', 'latest.json'), 'utf8')).toBe('{"a":1}');
    expect(await readdir(join(root, 'restored', 'basemaps'))).toEqual(['plant.geojson']);
    expect(await readdir(join(root, 'restored'))).not.toContain(MANIFEST);
  });

  it('keeps the journal whole until it is made, and no longer', async () => {
    for (let n = 1; n <= 60; n++) await journal.append([sampleEntry(n)]);
    const removed: string[][] = [];
    const copyTracks = async () => {
      removed.push(await journal.trim(60, Number.POSITIVE_INFINITY));
    };
    await makeBackup(source({ copyTracks }), join(root, 'backup'));
    expect(removed).toEqual([[]]);
    expect((await journal.trim(60, Number.POSITIVE_INFINITY)).length).toBeGreaterThan(0);
  });

  it('is none when its making fails, and restores from none', async () => {
    const copyTracks = () => Promise.reject(new Error('ENOSPC'));
    const to = join(root, 'backup');
    await expect(makeBackup(source({ copyTracks }), to)).rejects.toThrow('ENOSPC');
    await expect(restoreBackup(to, join(root, 'restored'))).rejects.toMatchObject({
      code: 'noBackup',
    });
  });

  it('neither overwrites nor mixes: both ends want an empty directory', async () => {
    await mkdir(join(root, 'full'));
    await writeFile(join(root, 'full', 'x'), 'mine');
    await expect(makeBackup(source(), join(root, 'full'))).rejects.toThrow('is not empty');
    await makeBackup(source(), join(root, 'backup'));
    await expect(restoreBackup(join(root, 'backup'), join(root, 'full'))).rejects.toThrow(
      'is not empty',
    );
    expect(await readdir(join(root, 'full'))).toEqual(['x']);
  });

  it('of a newer program is refused', async () => {
    await makeBackup(source(), join(root, 'backup'));
    await writeFile(join(root, 'backup', MANIFEST), '{"version":99}');
    await expect(restoreBackup(join(root, 'backup'), join(root, 'restored'))).rejects.toMatchObject(
      { code: 'newer' },
    );
  });
});

describe('the control socket', () => {
  const manifest = { version: 1, program: 'test', time: '', seq: 7, bytes: 9 };

  it('passes a backup on, one at a time, and answers what went wrong', async () => {
    let finish: () => void = () => undefined;
    const asked: string[] = [];
    const backup = (to: string) => {
      asked.push(to);
      if (to === '/bad') return Promise.reject(new Error('disk is full'));
      return new Promise<typeof manifest>((resolve) => {
        finish = () => resolve(manifest);
      });
    };
    const control = await openControl({ path: dir.control, backup });
    const bad = await askControl(dir.control, { command: 'backup', to: '/bad' });
    expect(bad).toEqual({ ok: false, message: 'disk is full' });
    const first = askControl(dir.control, { command: 'backup', to: '/a' });
    await expect.poll(() => asked).toEqual(['/bad', '/a']);
    expect(await askControl(dir.control, { command: 'backup', to: '/b' })).toMatchObject({
      ok: false,
    });
    finish();
    expect(await first).toEqual({ ok: true, manifest });
    const relative = await askControl(dir.control, { command: 'backup', to: 'relative' });
    expect(relative).toMatchObject({ ok: false });
    await control.close();
    expect(await askControl(dir.control, { command: 'backup', to: '/a' })).toBeNull();
  });

  it('takes the place of a socket that a killed gateway left', async () => {
    await writeFile(dir.control, '');
    const control = await openControl({ path: dir.control, backup: async () => manifest });
    expect(await askControl(dir.control, { command: 'backup', to: '/a' })).toMatchObject({
      ok: true,
    });
    await control.close();
  });
});
