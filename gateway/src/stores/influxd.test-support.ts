import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const READY_MS = 30_000;
const POLL_MS = 50;

export interface InfluxProcess {
  readonly url: string;
  /** Stops the process and keeps its files and port, as an outage does. */
  halt(): Promise<void>;
  /** Starts it again where `halt` left it; resolves when it answers. */
  resume(): Promise<void>;
  /** Lets the process hang without closing its sockets, until called with false. */
  freeze(frozen: boolean): void;
  /** Ends the process and removes its files. */
  stop(): Promise<void>;
}

/**
 * A real influxd of its own: private configuration, data in a temporary folder, loopback, free ports. Resolves once
 * it answers `/ping`.
 * @param auth with true every request needs a user; the first one to be created becomes the administrator
 * @throws Error naming the Debian package when influxd is not installed, or with its log when it does not start
 */
export async function startInfluxd({ auth = false } = {}): Promise<InfluxProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'influxd-'));
  const [httpPort, rpcPort] = await freePorts();
  const configPath = join(folder, 'influxdb.conf');
  await writeFile(configPath, configuration(folder, httpPort, rpcPort, auth));
  const url = `http://127.0.0.1:${httpPort}`;
  let child = await startProcess(configPath, url);
  const killIt = () => void child.kill('SIGKILL');
  process.once('exit', killIt);
  const halt = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url,
    halt,
    resume: async () => {
      child = await startProcess(configPath, url);
    },
    freeze: (frozen) => void child.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    stop: async () => {
      await halt();
      process.off('exit', killIt);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startProcess(configPath: string, url: string): Promise<ChildProcess> {
  const child = spawn('influxd', ['run', '-config', configPath], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4000);
  });
  let failure: Error | null = null;
  child.once('error', (error: NodeJS.ErrnoException) => {
    failure =
      error.code === 'ENOENT'
        ? new Error('influxd is not installed: install the Debian package `influxdb`')
        : error;
  });
  child.once('exit', (code) => {
    failure ??= new Error(`influxd ended with ${code}: ${log}`);
  });
  const deadline = performance.now() + READY_MS;
  while (!(await answers(url))) {
    if (failure !== null) throw failure;
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`influxd did not answer in ${READY_MS} ms: ${log}`);
    }
    // It announces nothing a parent could await: /ping is its readiness.
    await wait(POLL_MS);
  }
  return child;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(1000) });
    return response.status === 204;
  } catch {
    return false;
  }
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') ports.push(address.port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  const [http, rpc] = ports;
  if (http === undefined || rpc === undefined) throw new Error('no free port');
  return [http, rpc];
}

const configuration = (folder: string, http: number, rpc: number, auth: boolean): string => `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  auth-enabled = ${auth}
  log-enabled = false
  flux-enabled = false
[retention]
  enabled = false
[continuous_queries]
  enabled = false
`;
