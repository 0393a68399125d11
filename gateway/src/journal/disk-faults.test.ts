import { describe, expect, it } from 'vitest';
import { seeded } from './entries.test-support.ts';
import type { FileLayer } from './files.ts';
import { forgetfulFiles } from './forgetful-files.test-support.ts';
import { groupOf, readAll, writerOptions } from './segments.test-support.ts';
import { SegmentWriter } from './writer.ts';
import { appendUntilDurable, type FromWriter } from './writer-thread.ts';

const CALLS = ['open', 'write', 'sync', 'syncDir', 'truncate', 'close', 'remove', 'list'] as const;
type Call = (typeof CALLS)[number];

/** Lets the layer's calls fail from the `nth` on, `times` in a row, counted over all of `calls`. */
function failing(files: ReturnType<typeof forgetfulFiles>, calls: readonly Call[], code: string) {
  const plan = { nth: Number.POSITIVE_INFINITY, times: 0, seen: 0 };
  const wrap =
    <A extends unknown[], R>(name: Call, call: (...args: A) => R) =>
    (...args: A): R => {
      if (!calls.includes(name)) return call(...args);
      plan.seen++;
      if (plan.seen < plan.nth || plan.seen >= plan.nth + plan.times) return call(...args);
      if (name === 'write' || name === 'sync') {
        // The layer below writes half, or drops what it was to sync, as disks do.
        files.failWith(code);
        try {
          return call(...args);
        } finally {
          files.failWith(null);
        }
      }
      throw Object.assign(new Error(code), { code });
    };
  const layer: FileLayer = {
    ...files,
    open: wrap('open', files.open),
    write: wrap('write', files.write),
    sync: wrap('sync', files.sync),
    syncDir: wrap('syncDir', files.syncDir),
    truncate: wrap('truncate', files.truncate),
    close: wrap('close', files.close),
    remove: wrap('remove', files.remove),
    list: wrap('list', files.list),
  };
  return { layer, plan };
}

const GROUPS = 6;
const PER_GROUP = 4;

/** Appends groups through a disk that fails from its `nth` call on; gives what was said and what a power cut left. */
function journey(nth: number, times: number, code: string, calls: readonly Call[], seed: number) {
  const files = forgetfulFiles();
  const { layer, plan } = failing(files, calls, code);
  const writer = new SegmentWriter(layer, { ...writerOptions, segmentBytes: 1500 });
  writer.recover();
  plan.seen = 0;
  plan.nth = nth;
  plan.times = times;
  const said: FromWriter[] = [];
  for (let g = 0; g < GROUPS; g++) {
    const group = groupOf(g * PER_GROUP + 1, PER_GROUP);
    const say = (m: FromWriter) => void said.push(m);
    const work = appendUntilDurable({ writer, retryMs: 0, say, monotonic: () => 0 }, group);
    for (let tries = 0; !work.next(false).done; tries++) expect(tries).toBeLessThan(times + 2);
  }
  const { seen } = plan;
  plan.times = 0;
  files.crash(seeded(seed));
  const after = new SegmentWriter(files, writerOptions);
  return { said, seen, lastSeq: after.recover().lastSeq, read: readAll(files) };
}

const all = Array.from({ length: GROUPS * PER_GROUP }, (_, i) => i + 1);

describe('a failing disk', () => {
  for (const code of ['ENOSPC', 'EIO', 'EROFS']) {
    it(`stops acknowledgements with ${code} at any call, and loses nothing when it goes on`, () => {
      const calls = journey(Number.POSITIVE_INFINITY, 0, code, CALLS, 1).seen;
      expect(calls).toBeGreaterThan(GROUPS * 3);
      for (let nth = 1; nth <= calls; nth++) {
        for (const times of [1, 2, 5]) {
          const what = `call ${nth}, ${times} times`;
          const { said, lastSeq, read } = journey(nth, times, code, CALLS, nth * 7 + times);
          const durable = said.flatMap((m) => (m.type === 'durable' ? m.lastSeq : []));
          // Told once for each group and in order, never for one that was not synced.
          expect(durable, what).toEqual([4, 8, 12, 16, 20, 24]);
          for (const m of said) if (m.type === 'stalled') expect(m.code).toBe(code);
          expect(read, what).toEqual(all);
          expect(lastSeq, what).toBe(24);
        }
      }
    });
  }

  it('is not believed about pages whose sync has failed: they are written anew in a fresh segment', () => {
    for (let nth = 1; nth <= GROUPS * 3; nth++) {
      const { said, read } = journey(nth, 1, 'EIO', ['sync'], nth);
      if (!said.some((m) => m.type === 'stalled')) break;
      expect(read, `sync ${nth}`).toEqual(all);
    }
  });

  it('may stay away for good: what was acknowledged before is still there', () => {
    const files = forgetfulFiles();
    const writer = new SegmentWriter(files, writerOptions);
    writer.recover();
    writer.append(groupOf(1, 5));
    for (let tries = 0; tries < 50; tries++) {
      files.failWith(tries % 2 === 0 ? 'ENOSPC' : 'EIO');
      expect(() => writer.append(groupOf(6, 5))).toThrow();
      writer.reset();
    }
    files.crash(seeded(3));
    const after = new SegmentWriter(files, writerOptions);
    after.recover();
    expect(readAll(files).filter((seq) => seq <= 5)).toEqual([1, 2, 3, 4, 5]);
  });
});
