import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dataDirId, openDataDir } from './data-dir.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'xunji-dir-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it('makes the folders and names the directory once for good', async () => {
  const dir = await openDataDir(join(root, 'new', 'data'));
  expect((await stat(dir.journal)).mode & 0o777).toBe(0o700);
  const id = await dataDirId(dir);
  expect(id).toHaveLength(16);
  expect(await dataDirId(dir)).toEqual(id);
  expect(await readFile(join(dir.path, 'id'), 'utf8')).toBe(`${Buffer.from(id).toString('hex')}\n`);
});

it('refuses an id file that it did not write', async () => {
  await writeFile(join(root, 'id'), 'my notes');
  await expect(dataDirId({ path: root })).rejects.toThrow('id of a data directory');
});
