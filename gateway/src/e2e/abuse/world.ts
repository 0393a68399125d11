import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually, type GatewayProcess, startGateway, tempDataDir } from '../harness.ts';
import { Crowd, type CrowdLook } from './crowd.ts';
import { goodDeviceName } from './good-devices.ts';
import { cpuSecondsOf, rssOf } from './usage.ts';

/** The pass mark of the good devices, on a machine that is theirs. */
export const P99_MS = 250;
/** CI shares two cores with the attackers and whatever else runs, so a look may take so long there. */
export const P99_SHARED_MS = 1000;
/** An answer waits for a read, a sync and a write: what the machine did to each at its worst is not the gateway's doing. */
const SLOWNESS_FACTOR = 4;
/** Gateway, good devices and attacker: as many a core may run before each has to wait for somebody else's work. */
const OWN_LOAD_A_CORE = 2;
/** Memory that a gateway may keep from an abuse, as a share of what it held before. */
export const RSS_GROWTH = 0.1;
const GIVE_BACK_MS = 60_000;
const WARM_MS = 20_000;
/** The good devices' own records of a second or two, on their way. */
const IDLE_LAG_RECORDS = 4000;

type TempDir = Awaited<ReturnType<typeof tempDataDir>>;

/** How to open a world. */
export interface WorldOptions {
  readonly devices: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Mode strict: the devices are entered by an operator, without MQTT, whose password no device can ask for. */
  readonly isStrict?: boolean;
}

/**
 * Holds good devices to `mostMs`, and as much longer as the machine was slow by itself: it is shared in CI, and who runs
 * beside these tests is nobody's fault here.
 */
export function held({ refused, closed, p99Ms, machineMs }: CrowdLook, mostMs: number): void {
  expect({ refused, closed }).toEqual({ refused: 0, closed: 0 });
  const crowding = Math.max(1, (loadavg()[0] ?? 0) / (availableParallelism() * OWN_LOAD_A_CORE));
  expect(p99Ms).toBeLessThan(mostMs * crowding + SLOWNESS_FACTOR * machineMs);
}

/** A gateway and the good devices on it, for attacks to be held to the invariants. */
export class World {
  readonly gateway: GatewayProcess;
  readonly crowd: Crowd;
  readonly #dir: TempDir;
  #phones = 15_000_000_000;

  private constructor(gateway: GatewayProcess, crowd: Crowd, dir: TempDir) {
    this.gateway = gateway;
    this.crowd = crowd;
    this.#dir = dir;
  }

  static async open({ devices, env = {}, isStrict = false }: WorldOptions): Promise<World> {
    const dir = await tempDataDir();
    const gateway = await startGateway(dir.path, {
      XUNJI_LOG_LEVEL: 'warn',
      ...(isStrict ? { XUNJI_ADMISSION: 'strict' } : {}),
      ...env,
    });
    const indices: number[] = [];
    for (let index = 0; indices.length < devices; index++) {
      const { protocol, id } = goodDeviceName(index);
      if (isStrict && protocol === 'mqtt') continue;
      indices.push(index);
      if (!isStrict) continue;
      const device = { protocol, id, name: id, kind: 'vehicle', group: null };
      await gateway.api('POST', 'devices', device);
    }
    const world = new World(gateway, await Crowd.open(gateway.ports, indices), dir);
    await world.#warm();
    return world;
  }

  /** Hundreds of log-ins at once in a gateway that has just begun: waits until that is over. */
  async #warm(): Promise<void> {
    const until = performance.now() + WARM_MS;
    do {
      await this.idle();
      await this.crowd.look();
      await pause(1000);
    } while ((await this.crowd.look()).p99Ms > P99_MS && performance.now() < until);
  }

  /** Of no device that was there before. */
  nextPhone(): string {
    return String(this.#phones++);
  }

  /** Connections closed so far for one reason, on all transports. */
  closedFor(reason: string): Promise<number> {
    return this.gateway.metric('xunji_connections_closed_total', `reason="${reason}"`);
  }

  /** Bytes of memory that the gateway holds. */
  rss(): number {
    return rssOf(this.gateway.process);
  }

  /** Seconds of processor time that the gateway has used. */
  cpuS(): number {
    return cpuSecondsOf(this.gateway.process);
  }

  /** Waits until what came so far is through the consumers, so that the gateway's cost is that of what comes next. */
  async idle(): Promise<void> {
    const lag = () => this.gateway.metric('xunji_consumer_lag_records');
    await eventually(async () => (await lag()) < IDLE_LAG_RECORDS, 60_000, 'the consumers');
  }

  /** Attacks, and holds the good devices to `mostMs` meanwhile. @returns what the attack found */
  async during<Found>(
    what: string,
    attack: () => Promise<Found>,
    mostMs = P99_SHARED_MS,
  ): Promise<Found> {
    await this.crowd.look();
    const [cpu, started] = [this.cpuS(), performance.now()];
    const found = await attack();
    const look = await this.crowd.look();
    const seconds = (performance.now() - started) / 1000;
    const cores = ((this.cpuS() - cpu) / seconds).toFixed(2);
    const { p50Ms, p99Ms, maxMs, machineMs } = look;
    console.log(
      `${what}: ${seconds.toFixed(1)} s, the others p50 ${p50Ms} p99 ${p99Ms} max ${maxMs} (machine ${machineMs}) ms; ` +
        `gateway ${cores} cores, ${Math.round(this.rss() / 1e6)} MB`,
    );
    held(look, mostMs);
    return found;
  }

  /** Waits until the memory of `before` is nearly reached again. @returns bytes held then, or after a minute */
  async giveBack(before: number): Promise<number> {
    const until = performance.now() + GIVE_BACK_MS;
    while (this.rss() > before * (1 + RSS_GROWTH) && performance.now() < until) await pause(1000);
    return this.rss();
  }

  /**
   * The end of all attacks: the good devices rest, every acknowledged position is in the track exactly once, nothing
   * is there that was not sent, and the gateway neither failed nor fell silent.
   * @returns positions compared
   */
  async settle(): Promise<number> {
    const { gateway, crowd } = this;
    await crowd.rest();
    await eventually(async () => (await crowd.look()).unanswered === 0, 10_000, 'the last answers');
    const lag = () => gateway.metric('xunji_consumer_lag_records', 'store');
    await eventually(async () => (await lag()) === 0, 60_000, 'the store to catch up');
    let compared = 0;
    for (const { protocol, id, sent, acknowledged } of await crowd.ledger()) {
      const stored = await this.#track(protocol, id, sent[0] ?? 0);
      expect([id, stored]).toEqual([id, acknowledged]);
      compared += stored.length;
    }
    // Levels of 50 and above are errors.
    expect(gateway.log()).not.toMatch(/"level":[56]0|Unhandled|uncaught/i);
    return compared;
  }

  /** Fix times of all that is stored of a device since `from`, ms UTC. */
  async #track(protocol: string, id: string, from: number): Promise<number[]> {
    const times: number[] = [];
    const to = new Date(Date.now() + 60_000).toISOString();
    const since = new Date(from).toISOString();
    let cursor = '';
    do {
      const path = `devices/${id}/track?protocol=${protocol}&from=${since}&to=${to}&limit=5000${cursor}`;
      const { body } = await this.gateway.api('GET', path);
      for (const { fixTime } of body.items) times.push(Date.parse(fixTime));
      cursor = body.next === null ? '' : `&cursor=${encodeURIComponent(body.next)}`;
    } while (cursor !== '');
    return times;
  }

  async close(): Promise<void> {
    await this.crowd.leave();
    expect(await this.gateway.stop()).toBe(0);
    await this.#dir.remove();
  }
}
