import { setTimeout as sleep } from 'node:timers/promises';
import { startInfluxd } from '../stores/influxd.test-support.ts';
import type { StoreState } from '../wire.ts';
import { eventually, startGateway } from './harness.ts';
import { type Family, terminals } from './terminals.ts';
import { type Audit, audit } from './tracks.ts';

/** InfluxDB stopped, or hanging with its sockets open. */
export type Outage = 'stopped' | 'frozen';

export interface OutagePlan {
  readonly dataDir: string;
  readonly outage: Outage;
  readonly seconds: number;
  readonly terminals: number;
  /** Between two reports of a terminal. */
  readonly everyMs: number;
}

export interface OutageReport {
  /** What `GET /api/v1/stores` said at the end of the outage, and when all was caught up. */
  readonly away: StoreState;
  readonly back: StoreState;
  /** Answers devices had while InfluxDB was away. */
  readonly answered: number;
  /** Of the answers before the outage, ms: what the machine gives today. */
  readonly healthyP99Ms: number;
  /** Of all answers from the outage until the store had caught up, ms. */
  readonly p99Ms: number;
  /** Records a second that the store took while catching up, against those that came in. */
  readonly catchUp: number;
  readonly found: Audit;
}

const START_TIME = Math.floor(Date.now() / 1000) * 1000 - 20 * 86_400_000;
/** A retry waits 15 s at most, a hanging request 30 s. */
const BACK_MS = 60_000;
const HEALTHY_MS = 15_000;

/** Takes InfluxDB away from a gateway whose terminals go on sending, gives it back and compares what is in it. */
export async function storeOutage(plan: OutagePlan): Promise<OutageReport> {
  const influxd = await startInfluxd();
  const gateway = await startGateway(plan.dataDir, {
    ...{ XUNJI_LOG_LEVEL: 'error', XUNJI_STORE: 'influx', XUNJI_INFLUX_URL: influxd.url },
  });
  const state = async (): Promise<StoreState> => {
    const { body } = await gateway.api('GET', 'stores');
    return body.items[0];
  };
  const families: readonly Family[] = ['jt808', 'gt06', 'mqtt'];
  const fleet = families.flatMap((family) =>
    terminals(family, Math.ceil(plan.terminals / families.length), {
      ...{ startTime: START_TIME, window: 4, everyMs: plan.everyMs },
    }),
  );
  const answers = () => fleet.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  await Promise.all(fleet.map((terminal) => terminal.connect(gateway.ports)));
  await eventually(async () => (await state()).cursor > fleet.length, 30_000, 'the first batch');

  const p99 = (): number => {
    const taken = fleet.flatMap((terminal) => terminal.latencies).sort((a, b) => a - b);
    for (const terminal of fleet) terminal.latencies = [];
    return taken[Math.floor(taken.length * 0.99)] ?? Number.NaN;
  };
  // The connecting of all is no measure.
  p99();
  await sleep(Math.min(HEALTHY_MS, plan.seconds * 500));
  const healthyP99Ms = p99();
  const before = answers();
  if (plan.outage === 'stopped') await influxd.halt();
  else influxd.freeze(true);
  await sleep(plan.seconds * 1000);
  const away = await state();
  const answered = answers() - before;

  if (plan.outage === 'stopped') await influxd.resume();
  else influxd.freeze(false);
  const moved = async () => {
    const now = await state();
    return now.cursor > away.cursor ? now : null;
  };
  const first = await eventually(moved, BACK_MS, 'the first batch after the outage');
  const began = performance.now();
  // Live goes on meanwhile; within the linger of a batch the store is at the head.
  const close = async () => {
    const now = await state();
    return now.behindS <= 2 && now.error === null ? now : null;
  };
  const caught = await eventually(close, BACK_MS + plan.seconds * 1000, 'the store to catch up');
  const taken = caught.cursor - away.cursor;
  const came = Math.max(1, away.journalHead - away.cursor) / plan.seconds;
  const tookS = Math.max(0.25, (performance.now() - began) / 1000);
  const p99Ms = p99();

  for (const terminal of fleet) terminal.rest();
  await eventually(async () => fleet.every(({ waiting }) => waiting === 0), 60_000, 'all answers');
  const isLevel = async () => {
    const now = await state();
    return now.behindRecords === 0 && now.state === 'ok' ? now : null;
  };
  const back = await eventually(isLevel, BACK_MS, 'the last record');
  const found = await audit(gateway, fleet, START_TIME);
  for (const terminal of fleet) terminal.leave();
  await gateway.stop();
  await influxd.stop();
  return {
    ...{ away, back, answered, found, healthyP99Ms, p99Ms },
    catchUp: (first.cursor === caught.cursor ? taken : caught.cursor - first.cursor) / tookS / came,
  };
}
