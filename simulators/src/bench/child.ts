import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The repository's root, from the built program. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs a built program to its end and gives the last JSON line it printed. Throws when it fails or prints none. */
export async function lastLine(
  program: string,
  args: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const child = spawn(process.execPath, ['--enable-source-maps', '--expose-gc', program, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let line = '';
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (text.startsWith('{')) line = text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 || line === '') throw new Error(`${program} ended with ${code}`);
  return JSON.parse(line) as Record<string, unknown>;
}

/** Starts a built program and waits for its ready line. */
export async function startReady(
  program: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; jt808: number }> {
  const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = new Promise<{ jt808: number }>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (text.includes('"ready":true')) resolve(JSON.parse(text) as { jt808: number });
    });
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with ${code}`);
  });
  failed.catch(() => undefined);
  const { jt808 } = await Promise.race([ready, failed]);
  return { child, jt808 };
}

/** What the kernel says of a process. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

/** Linux counts processor time in hundredths of a second for every program. */
const ticksPerSecond = 100;

/** Null where there is no /proc. */
export function usageOf(pid: number): Usage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold blanks: count fields behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      rssMb: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024),
    };
  } catch {
    return null;
  }
}
