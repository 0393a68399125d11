import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { expect } from 'vitest';
import { Line } from './abuse/lines.ts';
import { jt808Frame, locationBody } from './frames.ts';
import { eventually, startGateway, tempDataDir } from './harness.ts';
import { type Terminal, terminals } from './terminals.ts';

/** As many as one dashboard may have: four times the bytes. */
const views = ['a', 'b', 'c', 'd'] as const;

type Row = readonly number[];
interface Batch {
  readonly id: string;
  readonly t0: number;
  readonly rows: readonly Row[];
}

/** A line to the gateway that holds little, and that can be left unread. */
export interface NarrowLine {
  readonly port: number;
  pause(): void;
  resume(): void;
  close(): void;
}

export async function narrowLine(port: number): Promise<NarrowLine> {
  const script = fileURLToPath(new URL('./narrow-line.py', import.meta.url));
  const child = spawn('python3', [script, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return {
    port: Number(line),
    pause: () => child.stdin.write('pause\n'),
    resume: () => child.stdin.write('resume\n'),
    close: () => child.kill(),
  };
}

/** An open dashboard that looks at the whole fleet. */
export class Viewer {
  /** Rows of changes in its first view, snapshots not among them. */
  changes = 0;
  snapshotRows = 0;
  /** Fix time it knows for each device, by slot. */
  readonly times = new Map<number, number>();
  /** How often a device's time went back. */
  wentBack = 0;
  readonly alarms: { readonly seq: number; readonly prev: number; readonly id: string }[] = [];
  isClosed = false;
  readonly #socket: ReturnType<typeof io>;

  private constructor(socket: ReturnType<typeof io>) {
    this.#socket = socket;
    socket.on('snap', (batch: Batch) => {
      this.snapshotRows += batch.rows.length;
      this.#took(batch);
    });
    socket.on('delta', (batch: Batch) => {
      this.changes += batch.id === views[0] ? batch.rows.length : 0;
      this.#took(batch);
    });
    socket.on('alarm', ({ seq, prev, alarm }) => this.alarms.push({ seq, prev, id: alarm.id }));
    socket.on('disconnect', () => {
      this.isClosed = true;
    });
  }

  static async open(port: number, cookie: string, count = 1): Promise<Viewer> {
    const socket = io(`http://127.0.0.1:${port}`, {
      ...{ path: '/live', transports: ['websocket'], reconnection: false, forceNew: true },
      extraHeaders: { cookie },
    });
    const viewer = new Viewer(socket);
    await socket.emitWithAck('hello', { v: 1, locale: 'en' });
    for (const id of views.slice(0, count)) {
      await socket.emitWithAck('sub', { id, scope: { all: true }, want: 'points' });
    }
    return viewer;
  }

  close(): void {
    this.#socket.close();
  }

  #took({ t0, rows }: Batch): void {
    for (const row of rows) {
      const [slot = -1] = row;
      const time = t0 + (row[6] ?? 0);
      if (time < (this.times.get(slot) ?? 0)) this.wentBack++;
      this.times.set(slot, time);
    }
  }
}

/** Resident memory of a process, MiB. */
export async function rssMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** A young process grows by itself; what is kept for each unread line would soon be more than this. */
const MAX_GROWTH_MB = 256;

export interface SlowPlan {
  readonly devices: number;
  readonly viewers: number;
  /** Of each slow one: together they have to be more than the kernel holds, some 2 MB a line. */
  readonly views: number;
  readonly pauseMs: number;
  readonly alarms: number;
}

const p99 = (fleet: readonly Terminal[]): number => {
  const all = fleet.flatMap((terminal) => terminal.latencies.splice(0)).sort((a, b) => a - b);
  return Math.round(all[Math.floor((all.length - 1) * 0.99)] ?? 0);
};

/**
 * Viewers that read nothing for a while beside one that reads.
 * Afterwards each has every alarm in order, the newest place of every device, and far fewer rows than there were.
 */
export async function watchSlowly(plan: SlowPlan): Promise<void> {
  const dir = await tempDataDir();
  const gateway = await startGateway(dir.path, { XUNJI_LOG_LEVEL: 'warn' });
  const startTime = Math.floor(Date.now() / 1000) * 1000;
  const fleet = terminals('jt808', plan.devices, { startTime, window: 8, everyMs: 1000 });
  await Promise.all(fleet.map((terminal) => terminal.connect(gateway.ports)));
  const { ports, cookie } = gateway;
  const line = await narrowLine(ports.http);
  const reader = await Viewer.open(ports.http, cookie);
  const slow: Viewer[] = [];
  for (let i = 0; i < plan.viewers; i++)
    slow.push(await Viewer.open(line.port, cookie, plan.views));
  const knows = (viewer: Viewer) => viewer.times.size >= plan.devices;
  await eventually(async () => [reader, ...slow].every(knows), 30_000, 'the fleet on every map');
  await sleep(2000);
  const before = { rss: await rssMb(gateway.process.pid), p99: p99(fleet) };

  line.pause();
  const seen = reader.changes;
  const each = slow.map(({ changes }) => changes);
  const victims = await Line.open(ports.jt808);
  for (let i = 0; i < plan.alarms; i++) {
    const fix = { time: new Date(), latitude: 31.5, longitude: 121.5, speedKmh: 0, courseDeg: 0 };
    const body = locationBody({ ...fix, alarmBits: 1 });
    victims.send(jt808Frame(0x0200, String(13_300_000_000 + i), i, body));
    await sleep(plan.pauseMs / plan.alarms);
  }
  const during = { rss: await rssMb(gateway.process.pid), p99: p99(fleet) };
  const wasTold = reader.changes - seen;
  expect(reader.alarms).toHaveLength(plan.alarms);

  line.resume();
  for (const terminal of fleet) terminal.rest();
  await eventually(async () => fleet.every(({ waiting }) => waiting === 0), 20_000, 'all answers');
  const complete = (viewer: Viewer) =>
    viewer.alarms.length === plan.alarms &&
    [...reader.times].every(([slot, time]) => viewer.times.get(slot) === time);
  await eventually(async () => slow.every(complete), 60_000, 'all that the slow ones missed');
  const rows = slow.map(({ changes }, i) => changes - (each[i] ?? 0));
  console.log(
    `slow dashboards: ${plan.viewers} × ${plan.devices} devices for ${plan.pauseMs} ms; the reader was told ${wasTold} changes, ` +
      `a slow one ${Math.max(...rows)}; RSS ${Math.round(before.rss)} → ${Math.round(during.rss)} MiB; ` +
      `answers to devices p99 ${before.p99} → ${during.p99} ms`,
  );
  for (const viewer of [reader, ...slow]) {
    expect(viewer.alarms.map(({ id }) => id)).toEqual(reader.alarms.map(({ id }) => id));
    expect(viewer.alarms.slice(1).map(({ prev }) => prev)).toEqual(
      viewer.alarms.slice(0, -1).map(({ seq }) => seq),
    );
    expect(viewer.wentBack).toBe(0);
    expect(viewer.isClosed).toBe(false);
  }
  expect(Math.max(...rows)).toBeLessThan(wasTold);
  expect(fleet.filter(({ cutOff, refused }) => cutOff + refused > 0)).toEqual([]);
  expect(during.rss - before.rss).toBeLessThan(MAX_GROWTH_MB);

  for (const viewer of [reader, ...slow]) viewer.close();
  for (const terminal of fleet) terminal.leave();
  victims.socket.destroy();
  line.close();
  expect(await gateway.stop()).toBe(0);
  await dir.remove();
}
