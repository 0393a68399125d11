/*
 * Loaded into a gateway by `NODE_OPTIONS=--import`: on SIGUSR2 it collects garbage and tells on standard error what
 * is left, so that memory can be compared instead of guessed.
 */
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/** What the probe tells, in bytes. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('SIGUSR2', () => {
    collect();
    // What was freed in the first pass may hold what the second one frees.
    collect();
    const { rss, heapUsed, external } = process.memoryUsage();
    const snapshot = process.env['MEMORY_PROBE_SNAPSHOT'];
    if (snapshot !== undefined) writeHeapSnapshot(snapshot);
    process.stderr.write(`\nmemory ${JSON.stringify({ rss, heapUsed, external })}\n`);
  });
}
