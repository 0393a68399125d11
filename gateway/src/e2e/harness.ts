import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** As `npm start` has them. */
const NODE_FLAGS = ['--max-semi-space-size=32', '--enable-source-maps'];

/** The repository's root, from the sources. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Ports {
  readonly http: number;
  readonly jt808: number;
  readonly gt06: number;
  readonly mqtt: number;
}

/** A gateway process of the built program, on free loopback ports. */
export interface GatewayProcess {
  readonly ports: Ports;
  readonly process: ChildProcess;
  /** REST with the admin's session; throws on an unexpected status unless `expect` names it. */
  api(method: string, path: string, body?: unknown, options?: ApiOptions): Promise<ApiResult>;
  /** One metric's sum over labels that contain all of `labels`. */
  metric(name: string, labels?: string): Promise<number>;
  /** The session cookie, for sockets. */
  readonly cookie: string;
  kill(): Promise<void>;
  /** SIGTERM, as an operator stops it. @returns the exit code */
  stop(): Promise<number | null>;
  log(): string;
}
interface ApiOptions {
  readonly expect?: number;
  readonly headers?: Record<string, string>;
}
export interface ApiResult {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read free JSON
  readonly body: any;
}

export const ADMIN_PASSWORD = 'first-light-0';

/** A temporary data directory and the end of it. */
export async function tempDataDir(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'xunji-e2e-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A gateway that nobody has logged in to. */
export interface Launched {
  readonly ports: Ports;
  readonly process: ChildProcess;
  readonly log: () => string;
}

/** Starts `gateway/dist/main.js` and waits for its ready line. Rejects with its log when it ends before. */
export async function launchGateway(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<Launched> {
  const child = spawn(process.execPath, [...NODE_FLAGS, 'gateway/dist/main.js'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      XUNJI_DATA_DIR: dataDir,
      XUNJI_HOST: '127.0.0.1',
      XUNJI_JT808_PORT: '0',
      XUNJI_GT06_PORT: '0',
      XUNJI_HTTP_PORT: '0',
      XUNJI_MQTT_PORT: '0',
      XUNJI_ADMISSION: 'open',
      XUNJI_ADMIN_PASSWORD: ADMIN_PASSWORD,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A test that fails before it stops its gateway leaves none behind.
  const killIt = () => void child.kill('SIGKILL');
  process.once('exit', killIt);
  child.once('exit', () => process.off('exit', killIt));
  let log = '';
  child.stderr.on('data', (d) => {
    log += String(d);
  });
  const ports = await readyLine(child, () => log);
  return { ports, process: child, log: () => log };
}

/** Starts a gateway and logs in as its admin. */
export async function startGateway(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<GatewayProcess> {
  return await logIn(await launchGateway(dataDir, env));
}

/** @throws when the log-in is refused */
export async function logIn(launched: Launched): Promise<GatewayProcess> {
  const { ports, process: child, log } = launched;
  const base = `http://127.0.0.1:${ports.http}`;
  const login = await fetch(`${base}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: ADMIN_PASSWORD }),
  });
  if (login.status !== 200) throw new Error(`log-in answered ${login.status}\n${log()}`);
  const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';

  const api: GatewayProcess['api'] = async (method, path, body, options = {}) => {
    const response = await fetch(`${base}/api/v1/${path}`, {
      method,
      headers: {
        cookie,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const expected = options.expect ?? 0;
    if (expected === 0 ? !response.ok : response.status !== expected) {
      throw new Error(
        `${method} ${path} answered ${response.status}: ${text}\n${log().slice(-2000)}`,
      );
    }
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };
  return {
    ports,
    process: child,
    cookie,
    api,
    metric: async (name, labels = '') => {
      const text = await (await fetch(`${base}/metrics`, { headers: { cookie } })).text();
      let sum = 0;
      for (const line of text.split('\n')) {
        const [head, value] = [
          line.slice(0, line.lastIndexOf(' ')),
          line.slice(line.lastIndexOf(' ')),
        ];
        if ((head === name || head.startsWith(`${name}{`)) && head.includes(labels))
          sum += Number(value);
      }
      return sum;
    },
    kill: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
    log,
  };
}

/** The one JSON line a program prints when it listens. */
export async function readyLine(child: ChildProcess, log: () => string): Promise<Ports> {
  if (child.stdout === null) throw new Error('no standard output');
  const lines = createInterface({ input: child.stdout });
  // 'close' comes when the last line of the log has been read; standard output ends before.
  const exited = once(child, 'close').then(([code]): never => {
    throw new Error(`ended with ${code} before it was ready\n${log()}`);
  });
  exited.catch(() => undefined);
  const ready = (async () => {
    for await (const line of lines) {
      if (line.includes('"ready":true')) return JSON.parse(line) as Ports;
    }
    return await exited;
  })();
  ready.catch(() => undefined);
  const ports = await Promise.race([ready, exited]);
  child.stdout.resume();
  return ports;
}

/** Asks until `probe` gives something, at most `withinMs`; fails with what it last saw. */
export async function eventually<T>(
  probe: () => Promise<T | null | undefined | false>,
  withinMs: number,
  what: string,
): Promise<T> {
  const until = performance.now() + withinMs;
  let last: unknown;
  for (;;) {
    const value = await probe().catch((error: unknown) => {
      last = error;
      return null;
    });
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > until)
      throw new Error(`${what} did not come in ${withinMs} ms (${String(last)})`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Sends bytes on a new connection and resolves with the first `bytes` bytes of the answer, as hex. */
export async function exchange(port: number, hex: string, bytes: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  socket.write(Buffer.from(hex, 'hex'));
  let got = Buffer.alloc(0);
  const timer = setTimeout(
    () => socket.destroy(new Error(`answer stopped at ${got.toString('hex')}`)),
    5000,
  );
  for await (const chunk of socket) {
    got = Buffer.concat([got, chunk as Buffer]);
    if (got.length >= bytes) break;
  }
  clearTimeout(timer);
  socket.destroy();
  return got.toString('hex');
}

/** Draws the workshop 一车间, some 95 by 110 m from 31.2 N 121.5 E, whose leaving is critical. @returns the fence */
export async function drawWorkshop(gateway: GatewayProcess): Promise<{ readonly id: string }> {
  const ring = [
    [121.5, 31.2],
    [121.501, 31.2],
    [121.501, 31.201],
    [121.5, 31.201],
    [121.5, 31.2],
  ];
  const { body: fence } = await gateway.api('POST', 'fences', {
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties: { name: '一车间', kind: 'workshop' },
  });
  await gateway.api('POST', 'rules', {
    name: '离开一车间',
    type: 'exit',
    fences: [fence.id],
    severity: 'critical',
    params: {},
  });
  return fence;
}
