/*
 * Good devices as a process of their own, so that neither an attack nor a test makes them late. Does what its parent
 * asks over the channel of `fork`.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ports } from '../harness.ts';
import { type GoodDevice, goodDevice, goodDeviceName } from './good-devices.ts';

/** What the parent asks. */
export type CrowdOrder =
  | { readonly order: 'open'; readonly ports: Ports; readonly indices: readonly number[] }
  | { readonly order: 'look' | 'rest' | 'ledger' };

/** How the crowd fared since it was last looked at; `closed`, `refused` and `unanswered` in all. */
export interface CrowdLook {
  readonly reports: number;
  readonly p50Ms: number;
  /** What has not been answered yet counts with its age. */
  readonly p99Ms: number;
  readonly maxMs: number;
  /**
   * The worst that the machine did to this process meanwhile, which did next to nothing: how late its timers were, or
   * how long a small write and sync of its own took. No answer can come sooner.
   */
  readonly machineMs: number;
  readonly unanswered: number;
  readonly refused: number;
  readonly closed: number;
}

/** What one device was told: the fix times, ms UTC, of what it sent, and how many of them, from the first, are acknowledged. */
export interface CrowdLedger {
  readonly protocol: GoodDevice['protocol'];
  readonly id: string;
  readonly sent: readonly number[];
  readonly acknowledged: readonly number[];
}

const REPORT_MS = 1000;
const DISK_MS = 200;
/** Every second device comes from the attackers' own address, as if all were behind one NAT. */
const addressOf = (index: number): string =>
  index % 2 === 0 ? '127.0.0.1' : `127.0.1.${1 + (index % 250)}`;

interface Member {
  readonly name: Pick<GoodDevice, 'protocol' | 'id'>;
  readonly sent: { readonly fixTime: number; readonly at: number }[];
  readonly acknowledged: boolean[];
  /** GT06 acknowledges by a number all before it. */
  lowestOpen: number;
  readonly timers: NodeJS.Timeout[];
}

const members: Member[] = [];
const lateness = monitorEventLoopDelay({ resolution: 5 });
lateness.enable();
let worstSyncMs = 0;

/** Writes and syncs as a journal does, now and then, in a file of its own. */
async function watchDisk(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'xunji-crowd-'));
  const file = await open(join(directory, 'probe'), 'w');
  // Nobody has to see the name.
  await rm(directory, { recursive: true });
  for (const block = Buffer.alloc(4096); ; ) {
    const started = performance.now();
    await file.write(block, 0, block.length, 0);
    await file.datasync();
    worstSyncMs = Math.max(worstSyncMs, performance.now() - started);
    await pause(DISK_MS);
  }
}

let latencies: number[] = [];
let refused = 0;
let closed = 0;

async function connectAll(ports: Ports, indices: readonly number[]): Promise<void> {
  const waiting = [...indices];
  const dial = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift())
      await joinOne(ports, index);
  };
  await Promise.all(Array.from({ length: 16 }, dial));
}

async function joinOne(ports: Ports, index: number): Promise<void> {
  const name = goodDeviceName(index);
  const member: Member = { name, sent: [], acknowledged: [], lowestOpen: 0, timers: [] };
  members.push(member);
  const isGt06 = name.protocol === 'gt06';
  const hear = (n: number) => {
    const report = member.sent[n];
    if (report === undefined || member.acknowledged[n] === true) return;
    member.acknowledged[n] = true;
    latencies.push(performance.now() - report.at);
  };
  const device = await goodDevice(ports, index, addressOf(index), {
    acknowledged: (n) => {
      if (isGt06) while (member.lowestOpen <= n) hear(member.lowestOpen++);
      else hear(n);
    },
    refused: () => refused++,
  });
  device.socket.on('close', () => closed++);
  if (device.socket.destroyed) closed++;
  const start = Math.floor(Date.now() / 1000) * 1000;
  const tell = () => {
    const n = member.sent.length;
    const fixTime = start + n * REPORT_MS;
    member.sent.push({ fixTime, at: performance.now() });
    member.acknowledged.push(false);
    device.report(n, {
      time: new Date(fixTime),
      latitude: 31.2 + (index % 100) / 1000,
      longitude: 121.4 + (n % 100) / 10_000,
      speedKmh: 30,
      courseDeg: 90,
    });
  };
  // Spread over the second: five hundred at once would be a storm of its own.
  const first = setTimeout(
    () => {
      tell();
      member.timers.push(setInterval(tell, REPORT_MS));
    },
    (index * 37) % REPORT_MS,
  );
  member.timers.push(first);
}

function look(): CrowdLook {
  const at = performance.now();
  let unanswered = 0;
  const all = latencies;
  latencies = [];
  for (const { sent, acknowledged } of members) {
    for (let n = sent.length - 1; n >= 0 && n > sent.length - 120; n--) {
      if (acknowledged[n] === true) continue;
      unanswered++;
      all.push(at - (sent[n]?.at ?? at));
    }
  }
  all.sort((a, b) => a - b);
  const quantile = (q: number) => Math.round(all[Math.floor((all.length - 1) * q)] ?? 0);
  const [p50Ms, p99Ms, maxMs] = [quantile(0.5), quantile(0.99), quantile(1)];
  const machineMs = Math.round(Math.max(lateness.max / 1e6, worstSyncMs));
  lateness.reset();
  worstSyncMs = 0;
  return { reports: all.length, p50Ms, p99Ms, maxMs, machineMs, unanswered, refused, closed };
}

function ledger(): CrowdLedger[] {
  return members.map(({ name, sent, acknowledged }) => ({
    ...name,
    sent: sent.map(({ fixTime }) => fixTime),
    acknowledged: sent.filter((_, n) => acknowledged[n] === true).map(({ fixTime }) => fixTime),
  }));
}

function rest(): void {
  for (const timer of members.flatMap(({ timers }) => timers)) clearInterval(timer);
}

async function obey(order: CrowdOrder): Promise<unknown> {
  if (order.order === 'open') return await connectAll(order.ports, order.indices);
  if (order.order === 'look') return look();
  if (order.order === 'ledger') return ledger();
  return rest();
}

process.on('message', (order: CrowdOrder) => {
  obey(order).then(
    (answer) => process.send?.({ answer: answer ?? null }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
watchDisk().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
// Nobody is left to report to.
process.on('disconnect', () => process.exit(0));
