import { setTimeout as wait } from 'node:timers/promises';
import { drawFences, openBenchGateway } from './bench-gateway.ts';
import { Dashboard, type SeenAlarm } from './dashboard.ts';
import { Latencies } from './latency.ts';
import { readLoadOptions } from './load-options.ts';
import { Load } from './load-run.ts';

const SOCKETS = 500;
const RATE = 5000;
const FENCES = 1000;
const WARMUP_S = 2;
const GRACE_MS = 5000;

const steps = ['durable', 'evaluated', 'opened', 'pushed', 'received'] as const;

/** From the socket of the terminal to the socket of a page. */
export interface AlarmLatency {
  readonly alarms: number;
  readonly missing: number;
  readonly positionsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** p99 of each step, ms, by the times that the alarm itself tells. */
  readonly stepsP99Ms: Readonly<Record<(typeof steps)[number], number>>;
  /** Of an acknowledgement beside them, from when its report was due. */
  readonly ackP99Ms: number;
}

/** One terminal after the other states an SOS among 5,000 positions a second; a page waits for the alarms. */
export async function alarmLatency(dir: string, seconds: number): Promise<AlarmLatency> {
  const gateway = await openBenchGateway(dir);
  try {
    await drawFences(gateway.rest, FENCES);
    const read = readLoadOptions(
      [
        ...['--port', String(gateway.ports.jt808), '--sockets', String(SOCKETS)],
        ...['--rate', String(RATE), '--seconds', String(seconds), '--warmup', String(WARMUP_S)],
      ],
      Date.now(),
    );
    if ('faults' in read) throw new Error(read.faults.join());
    const clock = { now: () => Date.now(), monotonic: () => performance.now() };
    const load = new Load(read.options, clock);

    const stated = new Map<string, number>();
    const all = new Latencies();
    const byStep = new Map(steps.map((step) => [step, new Latencies()]));
    const seen = (message: SeenAlarm) => {
      const { device, type } = message.alarm;
      const sentAt = stated.get(device);
      if (type !== 'sos' || message.op !== 'new' || sentAt === undefined) return;
      stated.delete(device);
      all.add(performance.now() - sentAt);
      for (const [step, ms] of stepsOf(message)) byStep.get(step)?.add(ms);
    };
    const dashboard = await Dashboard.open(gateway.base, gateway.rest.cookie, seen);
    const running = load.run();
    await wait(WARMUP_S * 1000 + 500);
    const everyMs = (seconds * 1000 - 1000) / SOCKETS;
    const from = performance.now();
    for (let i = 0; i < SOCKETS; i++) {
      const terminal = load.terminals[i];
      if (terminal === undefined) break;
      stated.set(String(Number(terminal.id)), performance.now());
      load.report(i, true);
      await wait(Math.max(0, from + (i + 1) * everyMs - performance.now()));
    }
    const result = await running;
    const until = performance.now() + GRACE_MS;
    while (stated.size > 0 && performance.now() < until) await wait(20);
    dashboard.close();
    const p99 = (step: (typeof steps)[number]) => byStep.get(step)?.quantile(0.99) ?? 0;
    return {
      ...{ alarms: all.count, missing: stated.size, positionsPerSecond: result.perSecond },
      ...{ p50Ms: all.quantile(0.5), p99Ms: all.quantile(0.99), maxMs: all.maxMs },
      stepsP99Ms: {
        ...{ durable: p99('durable'), evaluated: p99('evaluated'), opened: p99('opened') },
        ...{ pushed: p99('pushed'), received: p99('received') },
      },
      ackP99Ms: result.p99Ms,
    };
  } finally {
    await gateway.stop();
  }
}

/** What each step took; `received`: from the push until the page had it. */
function stepsOf({ pushedTime, alarm }: SeenAlarm): [(typeof steps)[number], number][] {
  const { times } = alarm;
  if (times === null || times.durableTime === null || times.evaluatedTime === null) return [];
  const at = [times.receivedTime, times.durableTime, times.evaluatedTime, times.openedTime]
    .map((text) => Date.parse(text))
    .concat(pushedTime, Date.now());
  return steps.map((step, i) => [step, Math.max(0, (at[i + 1] ?? 0) - (at[i] ?? 0))]);
}
