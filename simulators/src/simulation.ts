import { geoRing } from './geo.ts';
import { Ledger, type LedgerCounts } from './ledger.ts';
import type { Scenario, SimulatedDevice } from './scenarios/scenario.ts';
import type { Terminal } from './terminals/terminal.ts';
import type { Link } from './transport.ts';
import { type Truth, Witness } from './truth.ts';

export interface SimulationOptions {
  readonly scenario: Scenario;
  readonly now: () => number;
  /** Brings a device to the gateway; asked once for each. */
  readonly connect: (device: SimulatedDevice, ledger: Ledger) => Connected;
}

/** A terminal and what keeps it connected. */
export interface Connected {
  readonly terminal: Terminal;
  readonly link: Link;
}

interface Actor extends Connected {
  readonly device: SimulatedDevice;
  readonly witness: Witness;
  nextS: number;
  seenS: number;
}

/** How often the world is looked at; smaller than the phases of the devices. */
const stepMs = 50;
const tickMs = 1_000;
/** How long unconfirmed positions are waited for at the end. */
const settleMs = 8_000;
/** Connections opened in one step: a fleet does not dial in one instant. */
const connectsPerStep = 20;

/**
 * Runs a story against a gateway: world time follows the clock handed in, second 0 being the whole second after the
 * start, so what is measured depends on seed and start alone, and when it is sent on the line.
 */
export class Simulation {
  readonly #options: SimulationOptions;
  readonly #startTime: number;
  readonly #actors: Actor[] = [];
  readonly #waiting: SimulatedDevice[];
  #timer: NodeJS.Timeout | null = null;
  #lastTick = 0;
  #endTime: number | null = null;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#startTime = Math.ceil(options.now() / 1000) * 1000;
    this.#waiting = [...options.scenario.devices];
  }

  /** The instant of second 0, ms UTC. */
  get startTime(): number {
    return this.#startTime;
  }

  start(): void {
    this.#step();
    this.#timer = setInterval(() => this.#step(), stepMs);
  }

  /** Stops measuring, waits a little for what is not confirmed, and hangs up. */
  async stop(): Promise<void> {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    const { now } = this.#options;
    this.#endTime = now();
    for (const { terminal } of this.#actors) terminal.settle(now());
    const until = now() + settleMs;
    while (now() < until && this.#actors.some(({ terminal }) => terminal.pending > 0)) {
      await new Promise((resolve) => setTimeout(resolve, stepMs));
      this.#tick(now());
    }
    await Promise.all(this.#actors.map(({ link }) => link.close()));
  }

  totals(): LedgerCounts & { readonly devices: number; readonly pending: number } {
    const faults: Record<string, number> = {};
    const sum = { measured: 0, sent: 0, acknowledged: 0, refused: 0, repeated: 0, connections: 0 };
    let pending = 0;
    for (const { terminal } of this.#actors) {
      const counts = terminal.ledger.counts();
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += counts[key];
      for (const [code, n] of Object.entries(counts.faults)) faults[code] = (faults[code] ?? 0) + n;
      pending += terminal.pending;
    }
    return { ...sum, faults, devices: this.#actors.length, pending };
  }

  truth(): Truth {
    const { scenario, now } = this.#options;
    const { sent, acknowledged, refused } = this.totals();
    return {
      version: 1,
      scenario: scenario.name,
      seed: scenario.seed,
      startedAt: new Date(this.#startTime).toISOString(),
      endedAt: new Date(this.#endTime ?? now()).toISOString(),
      fences: scenario.fences.map(({ id, name, kind, outline }) => ({
        id,
        name,
        kind,
        ring: geoRing(outline),
      })),
      totals: { sent, acknowledged, refused },
      devices: this.#actors.map(({ device, terminal, witness }) => ({
        id: device.id,
        protocol: device.protocol,
        edition: device.edition,
        kind: device.kind,
        name: device.name,
        group: device.group,
        duty: device.duty,
        intervalS: device.intervalS,
        trueKm: Number(witness.km.toFixed(3)),
        ...terminal.ledger.counts(),
        unlisted: terminal.ledger.unlisted,
        positions: terminal.ledger.entries.map(({ report, acknowledgedTime }) => [
          report.fixTime,
          report.latitude,
          report.longitude,
          acknowledgedTime,
        ]),
      })),
      events: this.#actors
        .flatMap(({ witness }) => witness.events)
        .sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1)),
    };
  }

  #step(): void {
    const now = this.#options.now();
    for (const device of this.#waiting.splice(0, connectsPerStep)) {
      this.#actors.push(this.#connect(device));
    }
    for (const actor of this.#actors) this.#advance(actor, now);
    if (now - this.#lastTick >= tickMs) this.#tick(now);
  }

  #tick(now: number): void {
    this.#lastTick = now;
    for (const { terminal } of this.#actors) terminal.tick(now);
  }

  #advance(actor: Actor, now: number): void {
    const { device, terminal, witness } = actor;
    const second = Math.floor((now - (device.phaseMs % 1000) - this.#startTime) / 1000);
    while (actor.seenS < second) {
      actor.seenS++;
      witness.see(actor.seenS);
      if (actor.seenS < actor.nextS) continue;
      // All say where they are at once, then each in its own second of the interval.
      actor.nextS += actor.seenS === 0 ? 1 + Math.floor(device.phaseMs / 1000) : device.intervalS;
      const report = device.carrier.measure(actor.seenS, this.#startTime + actor.seenS * 1000);
      witness.hear(actor.seenS, report.alarms);
      terminal.report(report, now);
    }
  }

  #connect(device: SimulatedDevice): Actor {
    const { scenario, connect } = this.#options;
    return {
      device,
      ...connect(device, new Ledger()),
      witness: new Witness(device, scenario.fences, this.#startTime),
      nextS: 0,
      seenS: -1,
    };
  }
}
