import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startGateway } from '../operator/gateway-process.ts';
import { Rest } from '../operator/rest.ts';
import { lastLine, startReady, usageOf } from './child.ts';

/*
 * The performance table: the gateway as users run it (DuckDB store, fences, admission) under a closed loop of
 * acknowledged positions, beside a bare yardstick before and after it, because machines drift; decode and fence checks
 * alone. Then one JSON line. With --check it fails below the floor.
 */
const floor = { perSecond: 10_000, p99Ms: 500 };

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '500' },
    window: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '10' },
    check: { type: 'boolean', default: false },
  },
});
const { sockets, window, seconds } = values;
for (const [name, value] of Object.entries({ sockets, window, seconds })) {
  if (!/^[1-9]\d{0,4}$/.test(value)) {
    process.stderr.write(
      `--${name}: wants a whole number\nusage: npm run bench -- [--sockets N] [--window N] [--seconds S] [--check]\n`,
    );
    process.exit(2);
  }
}

/** What `load.js` says of one run. */
interface Load {
  readonly acknowledged: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Until every terminal had its first answer. */
  readonly servedMs: number;
  /** With the warm-up. */
  readonly total: number;
  readonly refused: number;
  readonly broken: number;
  readonly ended: string;
}

/** Device time runs ahead of the clock here, twenty positions a second for each device: it stays inside the live window. */
const startAgoMs = 200_000;

async function load(port: number, forS: number): Promise<Load> {
  const result = await lastLine('simulators/dist/bench/load.js', [
    ...['--port', String(port), '--sockets', sockets, '--window', window],
    ...[
      '--seconds',
      String(forS),
      '--warmup',
      '3',
      '--start-time',
      String(Date.now() - startAgoMs),
    ],
  ]);
  const done = result as unknown as Load;
  if (done.ended !== 'done' || done.refused > 0 || done.broken > 0) {
    throw new Error(`the load did not run clean: ${JSON.stringify(done)}`);
  }
  return done;
}

async function yardstick(dir: string, round: number, forS: number): Promise<Load> {
  const { child, jt808 } = await startReady('gateway/dist/bench/yardstick.js', [
    join(dir, `yardstick-${round}.journal`),
  ]);
  try {
    return await load(jt808, forS);
  } finally {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
}

const fenceCount = 200;

/** Circles all over the ground that the load drives through. */
async function drawFences(rest: Rest): Promise<void> {
  const ids: unknown[] = [];
  for (let i = 0; i < fenceCount; i++) {
    const fence = await rest.post('fences', {
      type: 'Feature',
      geometry: {
        type: 'Point',
        coordinates: [121.4 + (i % 20) * 0.0045, 31.2 + Math.floor(i / 20) * 0.009],
      },
      properties: { name: `site ${i}`, kind: 'site', radiusM: 120 },
    });
    ids.push(fence['id']);
  }
  await rest.post('rules', {
    name: 'leaving a site',
    type: 'exit',
    fences: ids,
    severity: 'low',
    params: {},
  });
}

interface GatewayRun extends Load {
  readonly cpuUsPerPosition: number | null;
  readonly rssMb: number | null;
}

async function gatewayRun(dir: string, forS: number): Promise<GatewayRun> {
  const password = 'bench-bench-0';
  const gateway = await startGateway({
    XUNJI_DATA_DIR: join(dir, 'data'),
    XUNJI_HOST: '127.0.0.1',
    ...{ XUNJI_HTTP_PORT: '0', XUNJI_JT808_PORT: '0', XUNJI_GT06_PORT: '0', XUNJI_MQTT_PORT: '0' },
    XUNJI_ADMISSION: 'open',
    XUNJI_ADMIN_PASSWORD: password,
    XUNJI_LOG_LEVEL: 'error',
  });
  try {
    await drawFences(await Rest.login(`http://127.0.0.1:${gateway.ports.http}`, 'admin', password));
    const before = usageOf(gateway.pid);
    const result = await load(gateway.ports.jt808, forS);
    const after = usageOf(gateway.pid);
    return {
      ...result,
      rssMb: after?.rssMb ?? null,
      cpuUsPerPosition:
        before === null || after === null
          ? null
          : Math.round(((after.cpuSeconds - before.cpuSeconds) * 1e6) / result.total),
    };
  } finally {
    await gateway.stop();
  }
}

const row = (name: string, l: Load): string =>
  `${name.padEnd(22)}${String(l.perSecond).padStart(10)}${l.p50Ms.toFixed(1).padStart(10)}${l.p99Ms.toFixed(1).padStart(10)}${l.maxMs.toFixed(1).padStart(10)}`;

const dir = await mkdtemp(join(tmpdir(), 'xunji-bench-'));
try {
  const decode = await lastLine('simulators/dist/bench/decode.js');
  const fences = await lastLine('gateway/dist/bench/fences.js');
  const forS = Number(seconds);
  const half = Math.max(2, Math.round(forS / 2));
  const first = await yardstick(dir, 1, half);
  const gateway = await gatewayRun(dir, forS);
  const second = await yardstick(dir, 2, half);
  const reference = (first.perSecond + second.perSecond) / 2;
  const ratio = Number((gateway.perSecond / reference).toFixed(2));

  const { cpuUsPerPosition, rssMb } = gateway;
  process.stdout.write(`
${sockets} sockets x window ${window}, ${cpus().length} cores, Node ${process.versions.node}

acknowledged           positions/s    p50 ms    p99 ms    max ms
${row('yardstick before', first)}
${row('gateway', gateway)}
${row('yardstick after', second)}

gateway / yardstick    ${ratio}
all ${sockets} served after ${String(gateway.servedMs).padStart(8 - sockets.length)} ms
CPU per position       ${cpuUsPerPosition ?? 'unknown'} us
gateway RSS            ${rssMb ?? 'unknown'} MB
decode, one core       ${String(decode['framesPerSecond'])} frames/s
fence checks, one core ${String(fences['checksPerSecond'])} positions/s

`);
  const passed = gateway.perSecond >= floor.perSecond && gateway.p99Ms < floor.p99Ms;
  process.stdout.write(
    `${JSON.stringify({ gateway, yardstick: [first, second], ratio, decode, fences, floor, passed })}\n`,
  );
  if (values.check && !passed) {
    process.stderr.write(
      `below the floor of ${floor.perSecond} positions/s and p99 under ${floor.p99Ms} ms\n`,
    );
    process.exitCode = 1;
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
