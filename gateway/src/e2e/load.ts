import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { eventually, type GatewayProcess, root } from './harness.ts';

/** What the load generator says of a run, as far as tests look at it. */
export interface LoadLine {
  readonly total: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly servedMs: number | null;
  readonly servedPerSecond: number | null;
  readonly refused: number;
  readonly broken: number;
  readonly unanswered: number;
  readonly linesLost: number;
  readonly backlog: {
    readonly acknowledged: number;
    readonly perSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly settledMs: number | null;
  } | null;
}

const start = (program: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['--enable-source-maps', program, ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });

/** Runs the load generator to its end. */
export async function runLoad(args: readonly string[]): Promise<LoadLine> {
  const child = start('simulators/dist/bench/load.js', args);
  let last = '';
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    last = line;
  }
  return JSON.parse(last) as LoadLine;
}

/** A faulty line to a port, as a process of its own. `stop` gives what it has done. */
export async function faultyLine(
  port: number,
  seed: number,
): Promise<{ port: number; stop(): Promise<Record<string, number>> }> {
  const args = ['--port', `${port}`, '--seed', `${seed}`, '--max-bytes', '8000'];
  const child = start('simulators/dist/faults/main.js', args);
  const input = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const lines = input[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? '{}');
  const { port: own } = await next();
  return {
    port: own,
    stop: () => {
      child.kill('SIGTERM');
      return next();
    },
  };
}

/** A database that fails by its seed, as a process of its own. `pass` ends that and gives what it has done. */
export async function faultyStore(
  target: string,
  seed: number,
): Promise<{ url: string; pass(): Promise<Record<string, number>>; stop(): void }> {
  const child = start('simulators/dist/faults/store-main.js', [
    ...['--target', target, '--seed', String(seed)],
  ]);
  const input = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const lines = input[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? '{}');
  const { url } = await next();
  return {
    url,
    pass: () => {
      child.stdin?.write('pass\n');
      return next();
    },
    stop: () => void child.kill(),
  };
}

/** The fixes of each terminal that a load wrote down as acknowledged, by time and latitude. */
export async function acknowledgedIn(log: string): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const line of (await readFile(log, 'utf8')).trim().split('\n')) {
    const [name = '', time, latitude] = line.split(' ');
    const id = name.replace(/^0+/, '');
    const fixes = found.get(id) ?? new Set();
    found.set(id, fixes);
    fixes.add(`${time} ${latitude}`);
  }
  return found;
}

export interface Kept {
  acknowledged: number;
  readonly lost: string[];
  readonly doubled: string[];
}

/** Looks the acknowledged fixes of these terminals up in the store, once it has caught up. */
export async function keptOf(
  gateway: GatewayProcess,
  acknowledged: ReadonlyMap<string, ReadonlySet<string>>,
  sinceMs: number,
): Promise<Kept> {
  await eventually(
    async () => (await gateway.metric('xunji_consumer_lag_records', 'store')) === 0,
    60_000,
    'the store to catch up',
  );
  const kept: Kept = { acknowledged: 0, lost: [], doubled: [] };
  const from = new Date(Date.now() - sinceMs).toISOString();
  const to = new Date(Date.now() + 600_000).toISOString();
  for (const [id, fixes] of acknowledged) {
    const stored = new Map<string, number>();
    let cursor = '';
    do {
      const path = `devices/${id}/track?from=${from}&to=${to}&limit=5000${cursor}`;
      const { body } = await gateway.api('GET', path);
      for (const { fixTime, latitude } of body.items) {
        const key = `${Date.parse(fixTime)} ${Math.round(latitude * 1e6)}`;
        stored.set(key, (stored.get(key) ?? 0) + 1);
      }
      cursor = body.next === null ? '' : `&cursor=${encodeURIComponent(body.next)}`;
    } while (cursor !== '');
    kept.acknowledged += fixes.size;
    for (const fix of fixes) if (!stored.has(fix)) kept.lost.push(`${id} ${fix}`);
    for (const [fix, count] of stored) if (count > 1) kept.doubled.push(`${id} ${fix}`);
  }
  return kept;
}
