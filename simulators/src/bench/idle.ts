import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { openBenchGateway } from './bench-gateway.ts';
import { root } from './child.ts';
import type { LoadResult } from './load-result.ts';

const TERMINALS = 19_000;
/** Files that a process needs beside its sockets. */
const OTHER_FILES = 500;
const FIRST_TERMINALS = 4000;
const FIRST_PHONE = 13_900_000_000;
const HOLD_S = 120;
/** What logging in left behind is collected meanwhile. */
const SETTLE_MS = 5000;

export interface IdleTerminals {
  readonly terminals: number;
  readonly acceptedPerSecond: number | null;
  /** Of the gateway's resident memory: what those after the first 4,000 added, divided by their number. */
  readonly kbEach: number | null;
  readonly rssMb: number | null;
  /** The gateway's processor time for taking and logging in one of them: says more than the rate on a busy machine. */
  readonly cpuUsEach: number | null;
}

/** As many terminals as one process may hold files log in and then say nothing. */
export async function idleTerminals(dir: string): Promise<IdleTerminals> {
  const terminals = Math.min(TERMINALS, openFiles() - OTHER_FILES);
  const gateway = await openBenchGateway(dir, {
    XUNJI_MAX_CONNECTIONS: String(terminals + 100),
    XUNJI_MAX_CONNECTIONS_PER_ADDRESS: String(terminals + 100),
  });
  const children: ChildProcess[] = [];
  const hold = async (first: number, count: number) => {
    const child = spawn(
      process.execPath,
      [
        'simulators/dist/bench/load.js',
        ...['--port', String(gateway.ports.jt808), '--sockets', String(count)],
        ...['--first-phone', String(FIRST_PHONE + first), '--mode', 'idle'],
        ...['--connecting', '500', '--seconds', String(HOLD_S)],
      ],
      { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(child);
    const held = await heldLine(child);
    await wait(SETTLE_MS);
    return held;
  };
  try {
    // The first ones make the process lend what every process does: what counts is one more terminal.
    await hold(0, FIRST_TERMINALS);
    const before = gateway.usage();
    const counted = terminals - FIRST_TERMINALS;
    const held = await hold(FIRST_TERMINALS, counted);
    const after = gateway.usage();
    const known = before !== null && after !== null;
    return {
      terminals,
      acceptedPerSecond: held.servedPerSecond,
      kbEach: known ? Number((((after.rssMb - before.rssMb) * 1024) / counted).toFixed(1)) : null,
      rssMb: after?.rssMb ?? null,
      cpuUsEach: known
        ? Math.round(((after.cpuSeconds - before.cpuSeconds) * 1e6) / counted)
        : null,
    };
  } finally {
    for (const child of children) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await gateway.stop();
  }
}

async function heldLine(child: ChildProcess): Promise<LoadResult> {
  if (child.stdout === null) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const result = JSON.parse(line) as LoadResult & { held?: boolean };
    if (result.held !== true) throw new Error(`the load did not hold: ${line}`);
    return result;
  }
  throw new Error('the load ended before all its terminals were in');
}

/** How many files this process, and so its children, may open. */
function openFiles(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/Max open files\s+(\d+)/.exec(limits)?.[1] ?? 1024);
  } catch {
    return 1024;
  }
}
