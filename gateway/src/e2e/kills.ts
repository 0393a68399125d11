import { once } from 'node:events';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  eventually,
  type Launched,
  launchGateway,
  logIn,
  startGateway,
  tempDataDir,
} from './harness.ts';
import { conclusions, replayed } from './replay.ts';
import { bands, type Family, type Terminal, terminals } from './terminals.ts';
import { audit } from './tracks.ts';

/** Where a kill is aimed: at any time, or at the moment a file of that kind is written, made or dropped. */
export type Aim = 'random' | 'rotation' | 'snapshot' | 'store' | 'checkpoint';

/** 'rename' = made, replaced or removed. */
const aims: Record<Aim, { readonly name: RegExp; readonly event: 'rename' | 'change' } | null> = {
  random: null,
  rotation: { name: /^\d{16}\.journal$/, event: 'rename' },
  snapshot: { name: /^(fences|latest)\.json/, event: 'rename' },
  // DuckDB's write-ahead log grows with each batch and goes with each checkpoint.
  store: { name: /^tracks\.duckdb/, event: 'change' },
  checkpoint: { name: /^tracks\.duckdb/, event: 'rename' },
};
/** A shot that sees nothing to aim at in this time is fired all the same, and counted as random. */
const AIM_MS = 8000;
const RANDOM_MS = 500;

/** mulberry32 */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface KillPlan {
  readonly dataDir: string;
  readonly firstSeed: number;
  readonly seeds: number;
  /** Of each family. */
  readonly terminals: number;
  /** Device time of the first fixes, ms UTC. */
  readonly startTime: number;
}

export interface KillReport {
  readonly fleet: readonly Terminal[];
  /** Kills by what they really hit. */
  readonly hits: Record<Aim, number>;
  /** Ms from the start of a process to its first answer to a device, sorted. */
  readonly firstAnswerMs: readonly number[];
}

/** Small files, so that there is something to aim at. */
const killEnv = {
  ...{ XUNJI_LOG_LEVEL: 'warn', XUNJI_JOURNAL_SEGMENT_MB: '1', XUNJI_SNAPSHOT_S: '1' },
};

/** Kills gateway after gateway on one data directory while terminals of every protocol send as fast as they may. */
export async function killAgainAndAgain(plan: KillPlan): Promise<KillReport> {
  const { dataDir, firstSeed, seeds, startTime } = plan;
  await furnish(dataDir);
  const families: readonly Family[] = ['jt808', 'gt06', 'mqtt'];
  const fleet = families.flatMap((family) =>
    terminals(family, plan.terminals, { startTime, window: 4, everyMs: 0 }),
  );
  const hits: Record<Aim, number> = {
    ...{ random: 0, rotation: 0, snapshot: 0, store: 0, checkpoint: 0 },
  };
  const firstAnswerMs: number[] = [];
  const kinds = Object.keys(aims) as Aim[];
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const random = seeded(seed);
    const started = performance.now();
    const gateway = await launchGateway(dataDir, killEnv);
    const before = fleet.map(({ acknowledged }) => acknowledged.size);
    await Promise.all(fleet.map((terminal) => terminal.connect(gateway.ports)));
    const served = (terminal: Terminal, i: number) => terminal.acknowledged.size > (before[i] ?? 0);
    while (!fleet.some(served)) await new Promise((resolve) => setImmediate(resolve));
    firstAnswerMs.push(performance.now() - started);
    await eventually(async () => fleet.every(served), 10_000, `answers to all of seed ${seed}`);
    const aim = kinds[seed % kinds.length] ?? 'random';
    hits[await shoot(gateway, dataDir, aim, random)]++;
    await Promise.all(fleet.map(({ over }) => over));
  }
  for (const terminal of fleet) terminal.rest();
  return { fleet, hits, firstAnswerMs: firstAnswerMs.sort((a, b) => a - b) };
}

/** Fences, and alarms by some of them. */
async function furnish(dataDir: string): Promise<void> {
  const gateway = await startGateway(dataDir, killEnv);
  const ids: string[] = [];
  for (const band of bands(40)) ids.push((await gateway.api('POST', 'fences', band)).body.id);
  const rule = {
    name: 'out',
    type: 'exit',
    fences: ids.slice(0, 20),
    severity: 'high',
    params: {},
  };
  await gateway.api('POST', 'rules', rule);
  await gateway.stop();
}

async function shoot(
  { process: child }: Launched,
  dataDir: string,
  aim: Aim,
  random: () => number,
): Promise<Aim> {
  const exited = once(child, 'exit');
  const hit = await aimed(dataDir, aim, random, {
    ask: () => child.kill('SIGTERM'),
    fire: () => child.kill('SIGKILL'),
  });
  await exited;
  return hit;
}

interface Trigger {
  /** To stop, as an operator does. */
  ask(): void;
  fire(): void;
}

function aimed(
  dataDir: string,
  aim: Aim,
  random: () => number,
  { ask, fire }: Trigger,
): Promise<Aim> {
  const target = aims[aim];
  // A store that is being closed folds its log into its file.
  if (aim === 'checkpoint') ask();
  if (target === null) {
    return new Promise((resolve) =>
      setTimeout(() => {
        fire();
        resolve('random');
      }, random() * RANDOM_MS),
    );
  }
  // Not always at the first chance, so that the work before it differs.
  let passes = aim === 'checkpoint' ? 0 : Math.floor(random() * 3);
  return new Promise((resolve) => {
    const shot = (what: Aim) => {
      clearTimeout(timer);
      watcher.close();
      fire();
      resolve(what);
    };
    const directory = aim === 'rotation' ? join(dataDir, 'journal') : dataDir;
    const watcher = watch(directory, (event, name) => {
      if (event !== target.event || name === null || !target.name.test(name)) return;
      if (passes-- <= 0) shot(aim);
    });
    const timer = setTimeout(() => shot('random'), AIM_MS);
  });
}

/** Starts the last life; the terminals send what they still hold, until all of it is answered and applied. */
async function settle(dataDir: string, fleet: readonly Terminal[]) {
  const gateway = await logIn(await launchGateway(dataDir, killEnv));
  await Promise.all(fleet.map((terminal) => terminal.connect(gateway.ports)));
  await eventually(
    async () => fleet.every(({ waiting }) => waiting === 0),
    30_000,
    'answers to all that terminals hold',
  );
  for (const terminal of fleet) terminal.leave();
  await eventually(
    async () => (await gateway.metric('xunji_consumer_lag_records')) === 0,
    120_000,
    'consumers to catch up',
  );
  return gateway;
}

/**
 * Every acknowledged fix is in the track once, nothing is there twice, and what was concluded of it is what a gateway
 * that reads the same journal without a break concludes.
 */
export async function expectKept(
  dataDir: string,
  { fleet, hits, firstAnswerMs }: KillReport,
  startTime: number,
): Promise<void> {
  const gateway = await settle(dataDir, fleet);
  const found = await audit(gateway, fleet, startTime);
  const of = (p: number) =>
    Math.round(firstAnswerMs[Math.floor((firstAnswerMs.length - 1) * p)] ?? 0);
  console.log(
    `kill -9: ${firstAnswerMs.length} kills (${JSON.stringify(hits)}), ${found.acknowledged} acknowledged positions, ` +
      `${found.lost.length} lost, ${found.doubled.length} doubled; start to first answer ${of(0.5)} ms, at most ${of(1)} ms`,
  );
  expect(found.acknowledged).toBeGreaterThan(firstAnswerMs.length * fleet.length * 4);
  expect({ ...found, stored: found.acknowledged }).toEqual({
    ...{ stored: found.acknowledged, acknowledged: found.acknowledged },
    ...{ lost: [], doubled: [], invented: [] },
  });
  expect(found.stored).toBe(found.acknowledged);
  expect(fleet.reduce((n, { refused }) => n + refused, 0)).toBe(0);
  expect(await gateway.stop()).toBe(0);

  const copy = await tempDataDir();
  const [lived, read] = [await conclusions(dataDir), await replayed(dataDir, copy.path)];
  console.log(
    `kill -9: ${lived.events.length} events, ${lived.alarms.length} alarms, ${lived.devices.length} devices as in a replay`,
  );
  expect(lived.events.length).toBeGreaterThan(0);
  expect(read).toEqual(lived);
  await copy.remove();
}
