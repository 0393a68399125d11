import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { eventually, type GatewayProcess, root, startGateway, tempDataDir } from '../harness.ts';
import { Program } from './crowd.ts';
import type { IdleOrder } from './idle-process.ts';
import type { Memory } from './memory-probe.ts';
import { cpuSecondsOf } from './usage.ts';

/** Environment of a gateway that tells its memory when asked. */
export const probed: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--import=${pathToFileURL(root)}gateway/dist/e2e/abuse/memory-probe.js`,
};

/** Has a `probed` gateway collect its garbage. @returns what is left */
export async function memoryOf(gateway: GatewayProcess): Promise<Memory> {
  const told = () => [...gateway.log().matchAll(/^memory (.*)$/gm)];
  const before = told().length;
  gateway.process.kill('SIGUSR2');
  return await eventually(
    async () => {
      const [, json] = told()[before] ?? [];
      return json !== undefined && (JSON.parse(json) as Memory);
    },
    60_000,
    'what the probe tells',
  );
}

/** What idle terminals cost, in bytes for each. */
export interface IdleCost {
  readonly terminals: number;
  /** Registered and authenticated in a second, both ends on one machine. */
  readonly acceptedS: number;
  /** Milliseconds of the gateway's processor time to accept, register and authenticate one. */
  readonly cpuMsEach: number;
  /** To know a device: its records in memory, and what every store keeps in its caches. */
  readonly knownRss: number;
  readonly knownHeap: number;
  /** To hold its connection. */
  readonly connectedRss: number;
  readonly connectedHeap: number;
}

interface Connected {
  readonly memory: Memory;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Each process of terminals, and each of their source addresses. */
const PER_PROCESS = 7000;
const SETTLE_MS = 1500;

/**
 * Makes `terminals` known to a gateway of its own, a few at a time, then connects them all at once, waits until all is
 * at rest, and weighs it before, between and after.
 */
export async function idleTerminals(terminals: number): Promise<IdleCost> {
  const dir = await tempDataDir();
  const gateway = await startGateway(dir.path, {
    ...probed,
    ...{ XUNJI_LOG_LEVEL: 'warn', XUNJI_MAX_CONNECTIONS: '19900' },
  });
  const programs: Program[] = [];
  const connectAll = async (leaves: boolean): Promise<Connected> => {
    const [started, cpu] = [performance.now(), cpuSecondsOf(gateway.process)];
    const groups: Promise<number>[] = [];
    for (let first = 0; first < terminals; first += PER_PROCESS) {
      const order: IdleOrder = {
        port: gateway.ports.jt808,
        firstPhone: 13_100_000_000 + first,
        count: Math.min(PER_PROCESS, terminals - first),
        address: `127.0.5.${1 + groups.length}`,
        leaves,
      };
      const program = programs[groups.length] ?? new Program('idle-process');
      programs[groups.length] = program;
      groups.push(program.ask(order));
    }
    await Promise.all(groups);
    const seconds = (performance.now() - started) / 1000;
    const cpuSeconds = cpuSecondsOf(gateway.process) - cpu;
    return { memory: await atRest(gateway), seconds, cpuSeconds };
  };
  try {
    const empty = await atRest(gateway);
    const { memory: known } = await connectAll(true);
    const { memory: connected, seconds, cpuSeconds } = await connectAll(false);
    const each = (from: Memory, to: Memory, key: keyof Memory) =>
      Math.round((to[key] - from[key]) / terminals);
    return {
      terminals,
      acceptedS: Math.round(terminals / seconds),
      cpuMsEach: Math.round((cpuSeconds * 1e5) / terminals) / 100,
      knownRss: each(empty, known, 'rss'),
      knownHeap: each(empty, known, 'heapUsed') + each(empty, known, 'external'),
      connectedRss: each(known, connected, 'rss'),
      connectedHeap: each(known, connected, 'heapUsed') + each(known, connected, 'external'),
    };
  } finally {
    for (const program of programs) await program.stop();
    await gateway.stop();
    await dir.remove();
  }
}

/** Its memory, once the consumers have seen everything and the timers of what just happened are over. */
async function atRest(gateway: GatewayProcess): Promise<Memory> {
  const lag = () => gateway.metric('xunji_consumer_lag_records');
  await eventually(async () => (await lag()) < 100, 60_000, 'the consumers');
  await pause(SETTLE_MS);
  return await memoryOf(gateway);
}
