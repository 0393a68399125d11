import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { drawFences, openBenchGateway } from './bench-gateway.ts';
import { lastLine, startReady, usageOf } from './child.ts';
import { Dashboard } from './dashboard.ts';
import type { LoadResult } from './load-result.ts';

const FENCES = 1000;
const WARMUP_S = 2;
const STORED_WITHIN_MS = 60_000;

export interface Shape {
  readonly sockets: number;
  readonly window: number;
}

/** One closed loop of acknowledged positions against one server. */
export interface Throughput {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly servedMs: number | null;
  readonly total: number;
  readonly cpuUsPerPosition: number | null;
  readonly loadCpuUsPerPosition: number;
  readonly rssMb: number | null;
}

/** The gateway's, with what its consumers did meanwhile. */
export interface GatewayThroughput extends Throughput {
  /** Share of the positions that the fence engine judged; the rest repeated a second or came out of order. */
  readonly fenceChecked: number;
  /** After the last acknowledgement, until all was stored, judged and shown. */
  readonly storedAfterMs: number | null;
  /** Rows that the dashboard was sent. */
  readonly dashboardRows: number;
}

/** @throws Error when the load did not run clean: figures of a faulty run are none */
export async function load(
  port: number,
  { sockets, window }: Shape,
  seconds: number,
  protocol: 'jt808' | 'echo' = 'jt808',
): Promise<LoadResult> {
  const line = await lastLine('simulators/dist/bench/load.js', [
    ...['--port', String(port), '--protocol', protocol],
    ...['--sockets', String(sockets), '--window', String(window)],
    ...['--seconds', String(seconds), '--warmup', String(WARMUP_S)],
  ]);
  const result = line as unknown as LoadResult;
  const { ended, refused, broken, unanswered } = result;
  if (ended !== 'done' || refused + broken + unanswered > 0) {
    throw new Error(`the load did not run clean: ${JSON.stringify(result)}`);
  }
  return result;
}

/** `yardstick` or `echo`, on a file of its own. */
export async function bareThroughput(
  name: 'yardstick' | 'echo',
  dir: string,
  shape: Shape,
  seconds: number,
): Promise<Throughput> {
  const path = join(dir, `${name}.journal`);
  const { child, jt808 } = await startReady(`gateway/dist/bench/${name}.js`, [path]);
  const usage = () => usageOf(child.pid ?? 0);
  try {
    const before = usage();
    const result = await load(jt808, shape, seconds, name === 'echo' ? 'echo' : 'jt808');
    return throughputOf(result, before, usage());
  } finally {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
}

export async function gatewayThroughput(
  dir: string,
  shape: Shape,
  seconds: number,
): Promise<GatewayThroughput> {
  const gateway = await openBenchGateway(dir);
  const { rest } = gateway;
  try {
    await drawFences(rest, FENCES);
    const dashboard = await Dashboard.open(gateway.base, rest.cookie);
    const before = gateway.usage();
    const result = await load(gateway.ports.jt808, shape, seconds);
    const after = gateway.usage();
    const { rows } = dashboard;
    const from = performance.now();
    let lag = 1;
    while (lag > 0 && performance.now() - from < STORED_WITHIN_MS) {
      lag = await rest.metric('xunji_consumer_lag_records');
      if (lag > 0) await wait(50);
    }
    const storedAfterMs = lag > 0 ? null : Math.round(performance.now() - from);
    const aside = await rest.metric('xunji_engine_total', 'outOfOrder');
    dashboard.close();
    return {
      ...throughputOf(result, before, after),
      ...{ storedAfterMs, dashboardRows: rows },
      fenceChecked: Number((1 - aside / result.total).toFixed(3)),
    };
  } finally {
    await gateway.stop();
  }
}

function throughputOf(
  { perSecond, p50Ms, p99Ms, maxMs, servedMs, total, cpuSeconds }: LoadResult,
  before: ReturnType<typeof usageOf>,
  after: ReturnType<typeof usageOf>,
): Throughput {
  const us = (s: number) => Number(((s * 1e6) / total).toFixed(1));
  return {
    ...{ perSecond, p50Ms, p99Ms, maxMs, servedMs, total },
    cpuUsPerPosition:
      before === null || after === null ? null : us(after.cpuSeconds - before.cpuSeconds),
    loadCpuUsPerPosition: us(cpuSeconds),
    rssMb: after?.rssMb ?? null,
  };
}
