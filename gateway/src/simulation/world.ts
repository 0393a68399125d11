import type { WriterThreadData } from '../journal/writer-thread.ts';
import { VirtualClock } from './clock.ts';
import { VirtualDisk } from './disk.ts';
import { VirtualNetwork } from './network.ts';
import { type Random, randomOf } from './random.ts';

/** When every run begins on the wall clock, ms UTC. */
export const BEGIN = Date.UTC(2026, 10, 23, 0, 0, 0);

/** All that is outside the gateway: time, disk, network and chance. */
export interface World {
  readonly clock: VirtualClock;
  readonly disk: VirtualDisk;
  readonly network: VirtualNetwork;
  /** Of what the gateway asks the machine for: latencies, ids. */
  readonly machine: Random;
  readonly trace: Trace;
  /** What nobody caught. */
  readonly uncaught: string[];
  /** Sequences of every group that the journal's thread called durable. */
  readonly durable: { readonly from: number; readonly to: number }[];
  /** A group is durable, and nobody has been told yet. */
  onDurable: (() => void) | null;
  /** Starts what stands in for the journal's thread. */
  readonly startThread: (data: WriterThreadData) => object;
}

/** A hash over everything that happened, in order: the same seed has to give the same one. */
export class Trace {
  #high = 0x9dc5;
  #low = 0x811c9dc5;
  length = 0;
  /** The newest lines, for a failure's report. */
  readonly recent: string[] = [];

  note(line: string): void {
    this.length++;
    this.recent.push(line);
    if (this.recent.length > 400) this.recent.splice(0, 200);
    for (let i = 0; i < line.length; i++) {
      this.#low = Math.imul(this.#low ^ line.charCodeAt(i), 0x01000193);
      this.#high = Math.imul(this.#high ^ (this.#low >>> 7), 0x85ebca6b);
    }
  }

  get hash(): string {
    return ((this.#high >>> 0).toString(16) + (this.#low >>> 0).toString(16)).padStart(16, '0');
  }
}

let present: World | null = null;

/** The world that what stands in for Node's modules belongs to. @throws outside of a run */
export function here(): World {
  if (present === null) throw new Error('the simulated machine is used outside of a run');
  return present;
}

/** Makes a world and puts its clock in place of Node's timers until `leave`. One at a time. */
export function enterWorld(
  seed: number,
  startThread: World['startThread'],
): { world: World; random: Random; leave: () => void } {
  if (present !== null) throw new Error('one world at a time');
  const random = randomOf(seed);
  const clock = new VirtualClock(BEGIN);
  const trace = new Trace();
  const world: World = {
    clock,
    disk: new VirtualDisk(random.fork(), () => clock.wall),
    network: new VirtualNetwork(clock, random.fork(), trace),
    machine: random.fork(),
    trace,
    uncaught: [],
    durable: [],
    onDurable: null,
    startThread,
  };
  present = world;
  const restore = replaceTimers(world);
  const unhandled = (error: unknown) => {
    world.uncaught.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
  process.on('unhandledRejection', unhandled);
  return {
    world,
    random,
    leave: () => {
      process.off('unhandledRejection', unhandled);
      restore();
      present = null;
    },
  };
}

class Timer {
  readonly #arm: (work: () => void) => { cancel(): void };
  #scheduled: { cancel(): void };
  readonly #work: () => void;

  constructor(arm: (work: () => void) => { cancel(): void }, work: () => void, repeats: boolean) {
    this.#arm = arm;
    this.#work = () => {
      if (repeats) this.#scheduled = arm(this.#work);
      work();
    };
    this.#scheduled = arm(this.#work);
  }

  cancel(): void {
    this.#scheduled.cancel();
  }
  refresh(): this {
    this.cancel();
    this.#scheduled = this.#arm(this.#work);
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
}

function replaceTimers({ clock }: World): () => void {
  const arm = (ms = 1, repeats = false) => {
    // As Node: never less than a millisecond.
    const delay = Math.max(1, Number(ms) || 1);
    return (work: () => void) => new Timer((w) => clock.inGateway(delay, w), work, repeats);
  };
  const clear = (timer: unknown) => (timer instanceof Timer ? timer.cancel() : undefined);
  const replaced = {
    setTimeout: (work: (...a: unknown[]) => void, ms?: number, ...a: unknown[]) =>
      arm(ms)(() => work(...a)),
    setInterval: (work: (...a: unknown[]) => void, ms?: number, ...a: unknown[]) =>
      arm(ms, true)(() => work(...a)),
    setImmediate: (work: (...a: unknown[]) => void, ...a: unknown[]) =>
      new Timer(
        (w) => clock.inGateway(0, w),
        () => work(...a),
        false,
      ),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  };
  const before = Object.fromEntries(
    Object.keys(replaced).map((name) => [name, Reflect.get(globalThis, name)]),
  );
  const dateNow = Date.now;
  const performanceNow = performance.now;
  Object.assign(globalThis, replaced);
  Date.now = () => clock.wall;
  performance.now = () => clock.now;
  return () => {
    Object.assign(globalThis, before);
    Date.now = dateNow;
    performance.now = performanceNow;
  };
}
