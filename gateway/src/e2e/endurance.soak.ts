import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Line } from './abuse/lines.ts';
import { jt808Frame } from './frames.ts';
import { eventually, type GatewayProcess, startGateway, tempDataDir } from './harness.ts';
import { seeded } from './kills.ts';
import { median, type Sample, slopeOf } from './slope.ts';
import { bands, type Terminal, terminals } from './terminals.ts';
import { audit } from './tracks.ts';
import { rssMb, Viewer } from './viewers.ts';

const SECONDS = Number(process.env['SECONDS'] ?? 120);
const DEVICES = Number(process.env['DEVICES'] ?? 2000);
const SEED = Number(process.env['SEED'] ?? 1);
/** Of the devices, each second. */
const CHURN = 0.01;
const EVERY_MS = 2000;
const SAMPLE_MS = 5000;
/** Caches and heaps fill at first; what grows for ever grows afterwards too. */
const WARM_UP = 0.4;
const DRAWN_TRACKS = 20;

const START_TIME = Math.floor(Date.now() / 1000) * 1000 - 20 * 86_400_000;

/** What a soak does to a gateway besides using it, drawn from the seed. */
class Troubles {
  churned = 0;
  readonly counts: Record<string, number> = {};
  readonly #gateway: GatewayProcess;
  readonly #random: () => number;
  readonly #fences: string[] = [];

  constructor(gateway: GatewayProcess, random: () => number) {
    this.#gateway = gateway;
    this.#random = random;
  }

  /** A device that loses its link and comes back within some seconds. */
  async churn(fleet: readonly Terminal[]): Promise<void> {
    const terminal = fleet[Math.floor(this.#random() * fleet.length)];
    if (terminal === undefined || !terminal.isOpen) return;
    this.churned++;
    const { over } = terminal;
    const away = this.#random() * 3000;
    terminal.leave();
    await over;
    await sleep(away);
    await eventually(
      async () => {
        await terminal.connect(this.#gateway.ports);
        return true;
      },
      20_000,
      `the return of ${terminal.id}`,
    );
  }

  async trouble(): Promise<void> {
    const kinds = ['garbage', 'half', 'stall', 'viewer', 'fence'] as const;
    const kind = kinds[Math.floor(this.#random() * kinds.length)] ?? 'garbage';
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    await this[kind]();
  }

  private async garbage(): Promise<void> {
    const line = await Line.open(this.#gateway.ports.jt808, '127.0.0.9');
    const bytes = Buffer.from(Array.from({ length: 5000 }, () => Math.floor(this.#random() * 256)));
    line.send(bytes.toString('hex'));
    await sleep(500);
    line.socket.destroy();
  }
  private async half(): Promise<void> {
    const line = await Line.open(this.#gateway.ports.jt808);
    const id = String(13_400_000_000 + Math.floor(this.#random() * 50));
    line.send(jt808Frame(0x0002, id, 1, Buffer.alloc(0)).slice(0, 20));
    await sleep(this.#random() * 3000);
    line.socket.destroy();
  }
  private async stall(): Promise<void> {
    this.#gateway.process.kill('SIGSTOP');
    await sleep(200 + this.#random() * 1800);
    this.#gateway.process.kill('SIGCONT');
  }
  private async viewer(): Promise<void> {
    const viewer = await Viewer.open(this.#gateway.ports.http, this.#gateway.cookie);
    await sleep(this.#random() * 5000);
    viewer.close();
  }
  private async fence(): Promise<void> {
    const { api } = this.#gateway;
    const old = this.#fences.length > 5 ? this.#fences.shift() : undefined;
    if (old !== undefined) {
      const { rev } = (await api('GET', `fences/${old}`)).body.properties;
      await api('DELETE', `fences/${old}`, undefined, { headers: { 'if-match': String(rev) } });
    }
    const [band] = bands(1 + Math.floor(this.#random() * 40)).slice(-1);
    this.#fences.push((await api('POST', 'fences', band)).body.id);
  }
}

describe('a gateway under load, churn and faults', () => {
  it(`grows in nothing over ${SECONDS} s with ${DEVICES} devices, seed ${SEED}`, async () => {
    const random = seeded(SEED);
    const dir = await tempDataDir();
    const gateway = await startGateway(dir.path, { XUNJI_LOG_LEVEL: 'warn' });
    const options = { startTime: START_TIME, window: 16, everyMs: EVERY_MS };
    const fleet = [
      ...terminals('jt808', Math.round(DEVICES * 0.6), options),
      ...terminals('gt06', Math.round(DEVICES * 0.3), options),
      ...terminals('mqtt', Math.round(DEVICES * 0.1), options),
    ];
    for (const terminal of fleet) await terminal.connect(gateway.ports);
    const troubles = new Troubles(gateway, random);
    const figures: Record<'rssMb' | 'handles' | 'loopP99Ms', Sample[]> = {
      ...{ rssMb: [], handles: [], loopP99Ms: [] },
    };
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    const failures: unknown[] = [];
    const running = new Set<Promise<unknown>>();
    const run = (work: Promise<unknown>) => {
      const watched = work.catch((error: unknown) => failures.push(error));
      running.add(watched);
      void watched.finally(() => running.delete(watched));
    };
    const timers = [
      setInterval(() => run(troubles.churn(fleet)), 1000 / (DEVICES * CHURN)),
      setInterval(() => run(troubles.trouble()), 2000),
    ];
    while (seconds() < SECONDS) {
      await sleep(SAMPLE_MS);
      const { pid } = gateway.process;
      const at = seconds();
      figures.rssMb.push({ at, value: await rssMb(pid) });
      figures.handles.push({ at, value: (await readdir(`/proc/${pid}/fd`)).length });
      const p99 = (await gateway.metric('xunji_event_loop_p99_seconds')) * 1000;
      figures.loopP99Ms.push({ at, value: p99 });
    }
    for (const timer of timers) clearInterval(timer);
    await Promise.all(running);
    expect(failures).toEqual([]);

    const growth = Object.entries(figures).map(([name, samples]) => {
      const settled = samples.filter(({ at }) => at > SECONDS * WARM_UP);
      const level = median(settled.map(({ value }) => value));
      return { name, level, perHour: slopeOf(settled) * 3600, spanS: SECONDS * (1 - WARM_UP) };
    });
    for (const { name, level, perHour } of growth) {
      console.log(`soak: ${name} ${level.toFixed(1)}, ${perHour.toFixed(1)} an hour`);
    }
    console.log(`soak: ${troubles.churned} reconnections, ${JSON.stringify(troubles.counts)}`);

    for (const terminal of fleet) terminal.rest();
    await eventually(
      async () => fleet.every(({ waiting }) => waiting === 0),
      60_000,
      'all answers',
    );
    await eventually(
      async () => (await gateway.metric('xunji_consumer_lag_records')) === 0,
      60_000,
      'consumers to catch up',
    );
    const drawn = fleet.filter((_, i) => i % Math.ceil(fleet.length / DRAWN_TRACKS) === 0);
    const found = await audit(gateway, drawn, START_TIME);
    console.log(`soak: ${found.acknowledged} acknowledged positions of ${drawn.length} devices`);
    expect(found).toMatchObject({ lost: [], doubled: [], invented: [] });
    expect(fleet.reduce((n, { refused }) => n + refused, 0)).toBe(0);
    // Nobody lost a link but those that gave it up.
    expect(fleet.reduce((n, { cutOff }) => n + cutOff, 0)).toBe(troubles.churned);
    expect(gateway.log()).not.toMatch(/intakeFailed|timedWorkFailed|liveCallFailed/);
    for (const { name, level, perHour, spanS } of growth) {
      // What it grew by while it was watched, against what is noise.
      const grown = (perHour / 3600) * spanS;
      expect(grown, `${name} grew by ${grown}`).toBeLessThan(
        Math.max(level * 0.15, name === 'loopP99Ms' ? 50 : 20),
      );
    }
    for (const terminal of fleet) terminal.leave();
    expect(await gateway.stop()).toBe(0);
    await dir.remove();
  });
});
