import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigEntry } from '../journal/record.ts';
import { ConfigLog } from './config-log.ts';
import { openDatabase, type Records } from './database.ts';

let db: Records;
beforeEach(async () => {
  db = await openDatabase(':memory:');
});
afterEach(async () => {
  vi.useRealTimers();
  await db.destroy();
});

const change = (n: number) => ({ what: 'rule', id: `r${n}`, value: { n } }) as const;

function configLog(publish: (entries: readonly ConfigEntry[]) => Promise<unknown>) {
  const errors: unknown[] = [];
  const log = new ConfigLog({ db, publish, now: () => 7, onError: (e) => errors.push(e) });
  const edit = (n: number) =>
    log.edit(async (_trx, changed) => {
      changed(change(n));
      return n;
    });
  return { log, edit, errors };
}

describe('the configuration log', () => {
  it('resolves an edit once the journal has it, in order of revision', async () => {
    const heard: ConfigEntry[] = [];
    const { log, edit } = configLog(async (entries) => heard.push(...entries));
    expect(await Promise.all([edit(1), edit(2), edit(3)])).toEqual([1, 2, 3]);
    expect(heard).toEqual(
      [1, 2, 3].map((n) => ({
        ...{ kind: 'config', receivedTime: 7, revision: n },
        ...change(n),
      })),
    );
    await log.close();
  });

  it('does not wait with an edit for what changes nothing', async () => {
    const { log } = configLog(() => Promise.reject(new Error('must not be called')));
    expect(await log.edit(async () => 'read only')).toBe('read only');
    await log.close();
  });

  it('publishes the newest state of everything again, and nothing that was deleted', async () => {
    const heard: ConfigEntry[] = [];
    const { log, edit } = configLog(async (entries) => heard.push(...entries));
    for (const n of [1, 2, 3]) await edit(n);
    await log.edit(async (_trx, changed) => {
      changed({ what: 'rule', id: 'r2', value: null }, { what: 'rule', id: 'r1', value: { n: 9 } });
    });
    heard.length = 0;
    await log.publishAll();
    expect(heard.map(({ id, value }) => [id, value])).toEqual([
      ['r3', { n: 3 }],
      ['r1', { n: 9 }],
    ]);
    await log.close();
  });

  it('publishes nothing of an edit that failed', async () => {
    const heard: ConfigEntry[] = [];
    const { log } = configLog(async (entries) => heard.push(...entries));
    const failed = log.edit(async (_trx, changed) => {
      changed(change(1));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await log.publishPending();
    expect(heard).toEqual([]);
    await log.close();
  });

  it('commits although the journal refuses, and publishes everything in order when it takes again', async () => {
    vi.useFakeTimers();
    let refuses = true;
    const heard: string[] = [];
    const { log, edit, errors } = configLog(async (entries) => {
      if (refuses) throw new Error('disk full');
      heard.push(...entries.map((e) => e.id));
    });
    expect(await edit(1)).toBe(1);
    expect(await edit(2)).toBe(2);
    expect(errors).toHaveLength(2);
    refuses = false;
    await vi.advanceTimersByTimeAsync(5000);
    await log.publishPending();
    expect(heard).toEqual(['r1', 'r2']);
    await log.close();
  });

  it('publishes at the next start what a crash left between commit and journal', async () => {
    const dead = configLog(() => Promise.reject(new Error('crashed')));
    await dead.edit(1);
    await dead.log.close();
    const heard: ConfigEntry[] = [];
    const { log } = configLog(async (entries) => heard.push(...entries));
    await log.publishPending();
    expect(heard).toMatchObject([{ id: 'r1', revision: 1, value: { n: 1 } }]);
    await log.publishPending();
    expect(heard).toHaveLength(1);
    await log.close();
  });

  it('tries no more after it was closed', async () => {
    vi.useFakeTimers();
    let tries = 0;
    const { log, edit } = configLog(() => {
      tries++;
      return Promise.reject(new Error('disk full'));
    });
    await edit(1);
    await log.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(1);
  });
});
