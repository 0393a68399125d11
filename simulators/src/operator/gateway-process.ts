import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** As `npm start` has them. */
const NODE_FLAGS = ['--max-semi-space-size=32', '--enable-source-maps'];

/** The repository's root, from the built program. */
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Ports as the gateway's ready line names them. */
export interface Ports {
  readonly http: number;
  readonly jt808: number;
  readonly gt06: number;
  readonly mqtt: number;
}

/** A running gateway of ours. */
export interface GatewayProcess {
  readonly pid: number;
  readonly ports: Ports;
  /** Resolves when it ended, whatever ended it. */
  readonly ended: Promise<void>;
  /** The last lines of its log. */
  log(): string;
  /** SIGTERM, then SIGKILL when it does not drain in time. */
  stop(): Promise<void>;
}

/** A first start on a slow disk takes a while. */
const readyMs = 120_000;
const drainMs = 15_000;
const keptLog = 4_000;

/**
 * Starts the built gateway with nothing but the given settings: those of the caller's environment do not count.
 * @throws Error with the end of its log when it ends, or is not ready in time
 */
export async function startGateway(settings: Record<string, string>): Promise<GatewayProcess> {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('XUNJI_')),
  );
  // Its own process group: Ctrl-C reaches us alone, and we stop the terminals before the gateway.
  const child = spawn(process.execPath, [...NODE_FLAGS, 'gateway/dist/main.js'], {
    cwd: root,
    env: { ...environment, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-keptLog);
  });
  const killChild = () => child.kill('SIGKILL');
  process.on('exit', killChild);
  const ended = once(child, 'exit').then(() => {
    process.off('exit', killChild);
  });
  const timer = setTimeout(killChild, readyMs);
  const ports = await Promise.race([
    readyLine(child),
    ended.then(() => {
      throw new Error(`the gateway ended before it was ready\n${log}`);
    }),
  ]);
  clearTimeout(timer);
  return {
    pid: child.pid ?? 0,
    ports,
    ended,
    log: () => log,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const impatience = setTimeout(killChild, drainMs);
      await ended;
      clearTimeout(impatience);
    },
  };
}

async function readyLine(child: ChildProcess): Promise<Ports> {
  if (child.stdout === null) throw new Error('the gateway has no standard output');
  return new Promise((resolve) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      if (line.includes('"ready":true')) resolve(JSON.parse(line) as Ports);
    });
  });
}

/** The wanted port when nobody listens there, otherwise 0: any. */
export const freeOrAny = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => resolve(port)));
  });
