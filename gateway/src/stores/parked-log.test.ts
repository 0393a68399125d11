import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ParkedLog } from './parked-log.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parked-'));
  path = join(folder, 'parked.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const refused = (...seqs: number[]) =>
  seqs.map((seq) => ({ seq, device: 'jt808:1', reason: `reason ${seq}` }));

describe('what a store has parked', () => {
  it('is there after a restart, with its reasons', async () => {
    const log = await ParkedLog.open(path);
    await log.add(refused(7, 3), 0);
    const again = await ParkedLog.open(path);
    expect(again.parked()).toEqual({ total: 2, recent: refused(3, 7) });
  });

  it('is counted once when a crash before the cursor shows the batch again, cut otherwise', async () => {
    await (await ParkedLog.open(path)).add(refused(5, 900), 0);
    const log = await ParkedLog.open(path);
    await log.add(refused(5), 0);
    await log.add(refused(400, 900), 500);
    expect(log.parked().total).toBe(3);
    expect((await ParkedLog.open(path)).parked().recent.map(({ seq }) => seq)).toEqual([
      5, 900, 400,
    ]);
  });

  it('stays small: the oldest and long reasons are cut, all are counted', async () => {
    const log = await ParkedLog.open(path);
    for (let batch = 0; batch < 20; batch++) {
      const seqs = Array.from({ length: 100 }, (_, i) => batch * 100 + i + 1);
      const many = refused(...seqs).map((e) => ({ ...e, reason: 'x'.repeat(10_000) }));
      await log.add(many, batch * 100);
    }
    expect(log.parked().total).toBe(2000);
    expect(log.parked().recent).toHaveLength(100);
    expect(log.parked().recent.at(-1)?.seq).toBe(2000);
    expect((await stat(path)).size).toBeLessThan(100_000);
  });

  it('refuses a file that is something else', async () => {
    for (const text of ['', '{', '{"total":"many"}', '[]']) {
      await writeFile(path, text);
      await expect(ParkedLog.open(path)).rejects.toThrow(SyntaxError);
    }
  });

  it('works without a file', async () => {
    const log = await ParkedLog.open(null);
    await log.add(refused(1), 0);
    expect(log.parked().total).toBe(1);
  });
});
