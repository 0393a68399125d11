import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { seeded } from '../journal/entries.test-support.ts';
import { openDuckdb } from './duckdb.ts';

const BATCH = 400;
/** About what a batch takes, generously. */
const BATCH_MS = 12;
/** Kills of each test. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const van = { protocol: 'jt808', id: '13912345678' } as const;
const whole = { device: van, from: 0, to: 4e12, limit: 1_000_000 };

/**
 * Writes batches from the store's cursor on, for ever, each overlapping the one before; tells each outcome.
 * @param ballast bytes of incompressible extras in each row, to make the file grow
 * @param daysPerBatch how far the clock goes from batch to batch: days are sealed while the next batches are written
 */
const writerScript = (path: string, ballast: number, daysPerBatch: number): string => {
  const vitest = pathToFileURL(createRequire(import.meta.url).resolve('vitest/node')).href;
  const room = fileURLToPath(new URL('..', import.meta.url));
  return `
import { randomBytes } from 'node:crypto';
import { createViteServer } from ${JSON.stringify(vitest)};
const vite = await createViteServer({
  configFile: false, root: ${JSON.stringify(room)}, appType: 'custom', logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true },
});
const { openDuckdb } = await vite.ssrLoadModule('/stores/duckdb.ts');
const { sampleEntry, samplePosition } = await vite.ssrLoadModule('/journal/entries.test-support.ts');
const device = ${JSON.stringify(van)};
const store = await openDuckdb({ path: ${JSON.stringify(path)}, memoryLimitMb: 128, foldRows: 50 });
store.onUpkeepError = (error) => console.error(error);
const DAY_MS = 86_400_000;
let cursor = await store.cursor();
for (;;) {
  const from = Math.max(0, cursor - ${BATCH >> 1});
  const upTo = cursor + ${BATCH};
  const batch = [];
  for (let seq = from + 1; seq <= upTo; seq++) {
    const { fixTime } = samplePosition(seq);
    // When days go by, every fifth fix is two of them late.
    const now = fixTime + Math.floor(seq / ${BATCH}) * ${daysPerBatch} * DAY_MS;
    const late = ${daysPerBatch} > 0 && seq % 5 === 0 ? 2 * DAY_MS : 0;
    const extras = { ballast: randomBytes(${ballast >> 1}).toString('hex') };
    const position = samplePosition(seq, { fixTime: now - late, extras });
    batch.push({ ...sampleEntry(seq, { device, position, receivedTime: now }), seq });
  }
  try {
    await store.write(batch, upTo);
    cursor = upTo;
    console.log('ok ' + cursor);
  } catch (error) {
    console.log('fault ' + error.code + ' ' + String(error.cause?.message).replaceAll('\\n', ' '));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
`;
};

let folder: string;
let path: string;
let script: string;
let child: ChildProcessByStdio<null, Readable, Readable> | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duckdb-'));
  path = join(folder, 'tracks.duckdb');
  script = join(folder, 'writer.mjs');
});
afterEach(async () => {
  await kill();
  await rm(folder, { recursive: true, force: true });
});

function start(command: string, args: string[]): AsyncIterableIterator<string> {
  child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.pipe(process.stderr);
  return createInterface(child.stdout)[Symbol.asyncIterator]();
}

async function kill(): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Whether the file has sealed days: a run that has none did not test their sealing. */
async function sealedDays(): Promise<boolean> {
  const instance = await DuckDBInstance.create(path);
  const db = await instance.connect();
  const names = await db.runAndReadAll('SELECT table_name FROM duckdb_tables()');
  db.closeSync();
  instance.closeSync();
  return names.getRows().some(([name]) => String(name).startsWith('day_'));
}

/** Everything up to the cursor is there once, and nothing after it. */
async function expectWhole(committed: number): Promise<void> {
  const store = await openDuckdb({ path });
  const cursor = await store.cursor();
  expect(cursor).toBeGreaterThanOrEqual(committed);
  expect(cursor % BATCH).toBe(0);
  const { columns } = await store.track(whole);
  expect(columns).toHaveLength(cursor);
  expect(new Set(columns.fixTime).size).toBe(cursor);
  await store.close();
}

it.each([
  ['writes', 0],
  ['writes, seals days and folds late positions', 0.7],
])(
  'keeps every committed batch exactly once when its process is killed while it %s',
  async (_what, daysPerBatch) => {
    const seed = Number(process.env['SEED'] ?? 808);
    console.info(`seed ${seed}`);
    const random = seeded(seed);
    await writeFile(script, writerScript(path, 0, daysPerBatch));
    for (let round = 0; round < ROUNDS; round++) {
      const lines = start(process.execPath, [script]);
      let committed = 0;
      for (let left = 1 + Math.floor(random() * 12); left > 0; left--) {
        const { value } = await lines.next();
        expect(value).toMatch(/^ok /);
        committed = Number(String(value).slice(3));
      }
      // The next batch is under way; the blow falls anywhere in it.
      await wait(random() * BATCH_MS);
      await kill();
      await expectWhole(committed);
    }
    expect(await sealedDays()).toBe(daysPerBatch > 0);
  },
  120_000,
);

it('reports a disk that takes no more, and goes on by itself once it does', async () => {
  await writeFile(script, writerScript(path, 4000, 0));
  // A limit on the size of a file stands for the full disk: above the log of the engine (16 MB), so that it strikes
  // while the log is moved into the file, after which the engine answers nothing any more.
  const limit = 'trap "" XFSZ; ulimit -S -f 20000; exec "$0" "$1"';
  const lines = start('bash', ['-c', limit, process.execPath, script]);
  let committed = 0;
  const next = async (): Promise<string> => {
    const line = String((await lines.next()).value);
    if (line.startsWith('ok ')) committed = Number(line.slice(3));
    return line;
  };
  let line = await next();
  while (line.startsWith('ok ')) line = await next();
  expect(line).toMatch(/^fault storeUnavailable FATAL/);
  expect(committed).toBeGreaterThan(0);
  const unlimited = ['--pid', String(child?.pid), '--fsize=unlimited:unlimited'];
  await promisify(execFile)('prlimit', unlimited);
  const target = committed + 10 * BATCH;
  let faults = 0;
  while (committed < target) {
    if (!(await next()).startsWith('ok ')) faults++;
    expect(faults).toBeLessThan(5);
  }
  await kill();
  await expectWhole(committed);
}, 120_000);
