import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { alarmLatency } from './alarm-latency.ts';
import { lastLine, root } from './child.ts';
import { idleTerminals } from './idle.ts';
import { bareThroughput, gatewayThroughput, type Shape, type Throughput } from './throughput.ts';

/*
 * The performance table: the gateway as users run it (journal, DuckDB, 1,000 fences, a page that looks on) under
 * closed loops of acknowledged positions, beside a bare yardstick in the same run, because machines drift, and that
 * beside an echo server; idle terminals; the way of an alarm to a page; decode, fence checks and the stores alone.
 * Then one JSON line; --json FILE writes it to a file. --only NAME,… runs some parts. With --check it fails below the
 * floor.
 */
const floor = { perSecond: 10_000, p99Ms: 500, alarmP99Ms: 1000 };
const goal = { yardstick: 0.8, gateway: 0.6, kbEach: 8, acceptedPerSecond: 1000 };
const many: Shape = { sockets: 500, window: 4 };
const wide: Shape = { sockets: 5000, window: 1 };

/** Benches of one part each, run when they are built; each prints one JSON line. */
const alone: Readonly<Record<string, string>> = {
  decode: 'simulators/dist/bench/decode.js',
  fences: 'gateway/dist/bench/fences.js',
  tracks: 'gateway/dist/bench/tracks.js',
  influx: 'gateway/dist/bench/influx.js',
};
const parts = ['throughput', 'wide', 'idle', 'alarms', ...Object.keys(alone)];

const usage = `usage: npm run bench -- [--seconds S] [--only ${parts.join(',')}] [--json FILE] [--check]\n`;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    only: { type: 'string', default: parts.join() },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});
const wanted = values.only.split(',');
if (!/^[1-9]\d?$/.test(values.seconds) || wanted.some((part) => !parts.includes(part))) {
  process.stderr.write(usage);
  process.exit(2);
}
const seconds = Number(values.seconds);
const started = performance.now();

const print = (text: string) => process.stdout.write(`${text}\n`);
const say = (what: string) =>
  process.stderr.write(
    `${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${what}\n`,
  );

const head = [
  'acknowledged',
  'positions/s',
  'p50 ms',
  'p99 ms',
  'max ms',
  'us CPU',
  'us load',
  'RSS MB',
];
const cells = (t: Throughput): string[] => [
  ...[String(t.perSecond), t.p50Ms.toFixed(1), t.p99Ms.toFixed(1), t.maxMs.toFixed(1)],
  ...[String(t.cpuUsPerPosition ?? '?'), String(t.loadCpuUsPerPosition), String(t.rssMb ?? '?')],
];
const row = (name: string, rest: readonly string[]) =>
  print(name.padEnd(26) + rest.map((cell) => cell.padStart(16)).join(''));
const ratio = (a: number, b: number) => Number((a / b).toFixed(2));

/** The yardstick before and after, since it decides what the ratio is of. */
async function throughput(dir: string, shape: Shape) {
  const { sockets, window } = shape;
  const of = `${sockets} x ${window}`;
  say(`echo and yardstick, ${of}`);
  const echo = await bareThroughput('echo', dir, shape, seconds);
  const first = await bareThroughput('yardstick', dir, shape, seconds);
  say(`gateway, ${of}`);
  const gateway = await gatewayThroughput(dir, shape, seconds);
  say(`yardstick and echo again, ${of}`);
  const second = await bareThroughput('yardstick', dir, shape, seconds);
  const last = await bareThroughput('echo', dir, shape, seconds);
  const yardstickPerSecond = (first.perSecond + second.perSecond) / 2;
  const result = {
    ...{ shape, echo: [echo, last], yardstick: [first, second], gateway },
    yardstickToEcho: ratio(yardstickPerSecond, (echo.perSecond + last.perSecond) / 2),
    gatewayToYardstick: ratio(gateway.perSecond, yardstickPerSecond),
  };
  print(`\n${sockets} sockets x window ${window}`);
  row(head[0] ?? '', head.slice(1));
  row('echo, one fdatasync', cells(echo));
  row('yardstick', cells(first));
  row('gateway', cells(gateway));
  row('yardstick again', cells(second));
  row('echo again', cells(last));
  row('yardstick / echo', [`${result.yardstickToEcho}`, `goal ${goal.yardstick}`]);
  row('gateway / yardstick', [`${result.gatewayToYardstick}`, `goal ${goal.gateway}`]);
  row('all served after', [`${gateway.servedMs ?? '?'} ms`]);
  row('stored, judged, shown', [`${gateway.storedAfterMs ?? '?'} ms`]);
  row('judged by 1,000 fences', [`${(gateway.fenceChecked * 100).toFixed(1)} %`]);
  row('rows on the dashboard', [`${gateway.dashboardRows}`]);
  return result;
}

async function idle(dir: string) {
  say('idle terminals');
  const result = await idleTerminals(dir);
  print(`\n${result.terminals} idle terminals, logged in`);
  row('memory each', [`${result.kbEach ?? '?'} KB`, `goal ${goal.kbEach}`]);
  row('accepted and logged in', [
    `${result.acceptedPerSecond}/s`,
    `goal ${goal.acceptedPerSecond}`,
  ]);
  row('CPU to log one in', [`${result.cpuUsEach ?? '?'} us`]);
  return result;
}

async function alarms(dir: string) {
  say('alarm latency');
  const result = await alarmLatency(dir, Math.max(6, seconds));
  const { stepsP99Ms } = result;
  print(`\npacket to page, ${result.alarms} alarms at ${result.positionsPerSecond} positions/s`);
  row('alarm', [`p50 ${result.p50Ms} ms`, `p99 ${result.p99Ms} ms`, `max ${result.maxMs} ms`]);
  row(
    'p99 of each step',
    Object.entries(stepsP99Ms).map(([step, ms]) => `${step} ${ms}`),
  );
  row('alarms missing', [`${result.missing}`]);
  return result;
}

async function one(name: string, program: string) {
  if (!existsSync(join(root, program))) return null;
  say(name);
  const result = await lastLine(program);
  print(`\n${name.padEnd(26)} ${JSON.stringify(result)}`);
  return result;
}

const dir = await mkdtemp(join(tmpdir(), 'xunji-bench-'));
try {
  const has = (part: string) => wanted.includes(part);
  const machine = { cores: cpus().length, node: process.versions.node, load: loadavg()[0] };
  print(`${machine.cores} cores shared with the load, Node ${machine.node}`);
  const figures = {
    machine,
    throughput: has('throughput') ? await throughput(dir, many) : null,
    wide: has('wide') ? await throughput(dir, wide) : null,
    idle: has('idle') ? await idle(dir) : null,
    alarms: has('alarms') ? await alarms(dir) : null,
  };
  const apart: Record<string, unknown> = {};
  for (const [name, program] of Object.entries(alone)) {
    if (has(name)) apart[name] = await one(name, program);
  }
  const gateway = figures.throughput?.gateway;
  const passed =
    (gateway === undefined ||
      (gateway.perSecond >= floor.perSecond && gateway.p99Ms < floor.p99Ms)) &&
    (figures.alarms === null || figures.alarms.p99Ms < floor.alarmP99Ms);
  const line = JSON.stringify({ ...figures, ...apart, floor, goal, passed });
  print(`\n${line}`);
  if (values.json !== undefined) await writeFile(values.json, `${line}\n`);
  if (values.check && !passed) {
    process.stderr.write(`below the floor: ${JSON.stringify(floor)}\n`);
    process.exitCode = 1;
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
