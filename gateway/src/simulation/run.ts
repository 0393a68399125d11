import { box, circle, fenceOf } from '../fences/tracks.test-support.ts';
import type { DeviceRef } from '../journal/record.ts';
import { openDatabase } from '../records/database.ts';
import type { Fence, Rule } from '../wire.ts';
import { checkRun } from './checks.ts';
import { keepCommits, loseCommits } from './commits.ts';
import { FakeStore } from './fake-store.ts';
import { type Defect, type Life, PORTS, readDisk, type Site, startLife } from './gateway.ts';
import { Hostile } from './hostile.ts';
import { Ledger } from './ledger.ts';
import { WriterThread } from './node-worker.ts';
import { type Crash, type Plan, planOf, type Scope, scopeOf } from './plan.ts';
import type { Random } from './random.ts';
import { Gt06Terminal, Jt808Terminal, type Surroundings } from './terminals.ts';
import { Witness } from './witness.ts';
import { enterWorld, type World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  readonly defect?: Defect;
  readonly scope?: Scope;
}

/** What a run came to. */
export interface Report {
  readonly seed: number;
  /** Broken promises; empty for a good run. */
  readonly wrongs: readonly string[];
  /** Of all that happened, in order. */
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly lives: number;
  readonly powerCuts: number;
  readonly fixes: number;
  readonly acked: number;
  readonly records: number;
  readonly crossings: number;
  readonly alarms: number;
  readonly parked: number;
  /** The newest of what happened, for who has to find out why. */
  readonly recent: readonly string[];
}

/** How long after the last fix everything has to be settled. */
const SETTLE_MS = 900_000;

/** How long a start takes at most, and after what time the supervisor makes the next one. */
const START_MS = 2000;
const SUPERVISOR_MS = 3000;

/** Lives, deaths and the faults of one run. */
export class Run {
  readonly world: World;
  readonly plan: Plan;
  readonly site: Site;
  readonly ledger = new Ledger();
  readonly strangers = new Ledger();
  readonly witness = new Witness();
  readonly store: FakeStore;
  readonly wrongs: string[] = [];
  readonly lives: Life[] = [];
  readonly terminals: (Jt808Terminal | Gt06Terminal)[] = [];
  readonly rule: Rule;
  life: Life | null = null;
  powerCuts = 0;
  deaths = 0;
  readonly #random: Random;
  readonly #fences: Fence[];
  #isConfigured = false;
  #losesCommits = false;

  constructor(
    world: World,
    random: Random,
    db: Site['db'],
    { defect = null, scope }: { defect?: Defect | null; scope: Scope },
  ) {
    this.world = world;
    this.#random = random;
    this.plan = planOf(random.fork(), scope);
    const { clock, disk, network } = world;
    this.store = new FakeStore(clock, random.fork());
    this.store.poison = this.plan.poison;
    this.store.movesCursorFirst = defect === 'cursorBeforeStore';
    if (defect === 'noDataSync') disk.ignoredSync = 'files';
    if (defect === 'noDirectorySync') disk.ignoredSync = 'directories';
    const jt808 = Array.from({ length: this.plan.jt808 }, (_, i) => `${13_900_000_000 + i}`);
    const gt06 = Array.from({ length: this.plan.gt06 }, (_, i) => `${123_456_789_000_000 + i}`);
    const known: DeviceRef[] = [
      ...jt808.map((id): DeviceRef => ({ protocol: 'jt808', id })),
      ...gt06.map((id): DeviceRef => ({ protocol: 'gt06', id })),
    ];
    this.site = {
      ...{ world, db, defect, store: this.store, witness: this.witness },
      ...{ admission: this.plan.admission, segmentBytes: this.plan.segmentBytes },
      ...{ snapshotEveryMs: this.plan.snapshotEveryMs, keepMs: 60_000 },
      key: this.plan.isSealed ? new Uint8Array(32).fill(7) : null,
      known: this.plan.admission === 'open' ? [] : known,
      unexpected: (what, error) => this.wrong(`I4: ${what}: ${String(error)}`),
    };
    this.#fences = [
      circle('round', -250, 200, 180),
      fenceOf('square', { type: 'Polygon', coordinates: [box(50, -350, 450, 50)] }),
      fenceOf(
        'yard',
        { type: 'Polygon', coordinates: [box(-600, -600, -200, -150)] },
        {
          profile: 'lenient',
        },
      ),
      circle('moved', 300, 400, 150),
    ];
    this.rule = {
      ...{ id: 'in', name: 'came in', type: 'enter', severity: 'high', params: {} },
      ...{ enabled: true, rev: 1, fences: this.#fences.map(({ id }) => id) },
    };
    const around: Surroundings = {
      ...{ clock, network, ledger: this.ledger, ports: PORTS, lastFixMs: this.plan.lastFixMs },
    };
    const isStrict = this.plan.admission === 'strict';
    for (const id of jt808) {
      const own = random.fork();
      this.terminals.push(new Jt808Terminal(id, around, own, isStrict || own.chance(0.5)));
    }
    for (const id of gt06) this.terminals.push(new Gt06Terminal(id, around, random.fork()));
    for (let i = 0; i < this.plan.hostile; i++) new Hostile(around, random.fork());
    if (this.plan.admission !== 'open') {
      const apart = { ...around, ledger: this.strangers };
      for (let i = 0; i < 3; i++) new Jt808Terminal(`1880000000${i}`, apart, random.fork(), false);
    }
  }

  wrong(what: string): void {
    // Of one cause there may be thousands.
    if (this.wrongs.length < 50) this.wrongs.push(what);
  }

  /** From the first start until everything is settled. */
  async live(): Promise<void> {
    const { clock, disk } = this.world;
    this.#scheduleFaults();
    this.#start();
    const { lastFixMs } = this.plan;
    const isSettled = () =>
      clock.now > lastFixMs &&
      this.life?.isDrained() === true &&
      this.terminals.every((t) => t.isDone);
    if (!(await clock.run(isSettled, lastFixMs + SETTLE_MS))) {
      const open = this.terminals.filter((t) => !t.isDone).length;
      this.wrong(`not settled: ${open} terminals wait, drained: ${this.life?.isDrained() ?? null}`);
      return;
    }
    // A last power cut: what everybody was told has to be on the platter.
    disk.fault = null;
    this.#die('powerCut');
    this.#start();
    const isUp = () => this.life?.isDrained() === true;
    if (!(await clock.run(isUp, clock.now + SETTLE_MS))) this.wrong('does not start again');
  }

  /** Runs what the gateway would do by itself to its end. */
  async settle<T>(work: () => Promise<T>): Promise<T | undefined> {
    let found: { value: T } | undefined;
    let failed = false;
    this.world.clock.inGateway(0, () => {
      work().then(
        (value) => {
          found = { value };
        },
        (error: unknown) => {
          failed = true;
          this.wrong(`cannot be read: ${String(error)}`);
        },
      );
    });
    await this.world.clock.run(() => found !== undefined || failed, Number.POSITIVE_INFINITY);
    return found?.value;
  }

  #start(): void {
    this.life = null;
    const { clock } = this.world;
    clock.inGateway(0, () => {
      const { life } = clock;
      const lost = this.#losesCommits ? loseCommits(this.site.db) : Promise.resolve();
      this.#losesCommits = false;
      lost
        .then(() => startLife(this.site))
        .then(async (started) => {
          if (clock.life !== life) return;
          this.lives.push(started);
          this.life = started;
          if (!this.#isConfigured) await this.#configure(started);
        })
        .catch((error: unknown) => this.#exited(error));
    });
  }

  /** A start that fails ends the process; the supervisor tries again. It may fail only while the disk does. */
  #exited(error: unknown): void {
    const { clock } = this.world;
    const isForeseen = this.plan.disk.some(
      ({ atMs, ms }) => clock.now >= atMs && clock.now < atMs + ms + START_MS,
    );
    if (!isForeseen) this.wrong(`the gateway does not start: ${String(error)}`);
    const deaths = this.deaths;
    clock.inWorld(0, () => {
      if (this.deaths === deaths) this.#die('kill');
    });
    clock.inWorld(SUPERVISOR_MS, () => {
      if (this.deaths === deaths + 1) this.#start();
    });
  }

  /** A crash may come in between: an edit that is not committed is made again. */
  async #configure({ log }: Life): Promise<void> {
    await log.edit((_trx, changed) => {
      for (const fence of this.#fences) changed({ what: 'fence', id: fence.id, value: fence });
      changed({ what: 'rule', id: this.rule.id, value: this.rule });
      return Promise.resolve();
    });
    this.#isConfigured = true;
  }

  #die(kind: Crash['kind']): void {
    const { clock, disk, network, trace } = this.world;
    trace.note(`${clock.now.toFixed(3)} ${kind}`);
    this.deaths++;
    this.world.onDurable = null;
    clock.endLife();
    network.gatewayDied(kind === 'kill');
    if (kind === 'powerCut') {
      this.powerCuts++;
      disk.powerCut();
      this.#losesCommits ||= this.world.machine.chance(0.5);
    } else disk.killed();
    this.life = null;
  }

  /** Arms the crash; it comes at the latest a while after its time, whatever the gateway does. */
  #crash({ kind, at, count, downMs }: Crash): void {
    const { clock, disk } = this.world;
    const deaths = this.deaths;
    let isOver = false;
    const now = () => {
      if (isOver || this.deaths !== deaths) return;
      isOver = true;
      this.#die(kind);
      clock.inWorld(downMs, () => {
        // Another crash may have come while it was down.
        if (this.deaths === deaths + 1) this.#start();
      });
    };
    // Within an operation the machine stops at once, and is found dead after it.
    const stop = () => {
      clock.endLife();
      clock.inWorld(0, now);
    };
    clock.inWorld(20_000, now);
    if (at === 'now') now();
    else if (at === 'durable') {
      this.world.onDurable = () => {
        this.world.onDurable = null;
        stop();
      };
    } else {
      disk.stopOn = at;
      disk.stopAfter = count;
      disk.onStop = stop;
    }
  }

  #scheduleFaults(): void {
    const { plan, store } = this;
    const { clock, disk } = this.world;
    const at = (ms: number, work: () => void) => clock.inWorld(ms, work);
    for (const crash of plan.crashes) at(crash.atMs, () => this.#crash(crash));
    for (const { atMs, ms, what } of plan.disk) {
      at(atMs, () => {
        disk.fault = what;
      });
      at(atMs + ms, () => {
        disk.fault = null;
      });
    }
    for (const { atMs, ms, what } of plan.store) {
      at(atMs, () => {
        store.mood = what;
      });
      at(atMs + ms, () => {
        store.mood = 'well';
      });
    }
    for (const { atMs, share } of plan.breaks) {
      at(atMs, () => {
        for (const t of this.terminals) if (this.#random.chance(share)) t.breakLine();
      });
    }
    for (const { atMs, ms, what } of plan.blackholes) {
      at(atMs, () => {
        for (const t of this.terminals) if (this.#random.chance(what)) t.blackhole(ms);
      });
    }
    for (const { atMs, ms } of plan.stalls) at(atMs, () => clock.block(ms));
    for (const { atMs, ms } of plan.clockSteps) {
      at(atMs, () => {
        clock.wallStart += ms;
      });
    }
    plan.fenceEdits.forEach((atMs, i) => {
      const value = i === 2 ? null : circle('moved', 300 - 60 * i, 350, 170 + 10 * i);
      at(atMs, () => {
        clock.inGateway(0, () => {
          this.life?.log
            .edit((_trx, changed) => {
              changed({ what: 'fence', id: 'moved', value });
              return Promise.resolve();
            })
            .catch((error: unknown) => this.wrong(`I4: an edit failed: ${String(error)}`));
        });
      });
    });
  }
}

/** One run from its seed to its verdict. Nothing of it depends on anything else. */
export async function simulate({
  seed,
  defect,
  scope = scopeOf(seed),
}: RunOptions): Promise<Report> {
  const db = await openDatabase(':memory:');
  await keepCommits(db);
  const { world, random, leave } = enterWorld(seed, (data) => new WriterThread(data));
  try {
    const run = new Run(world, random, db, { defect: defect ?? null, scope });
    await run.live();
    const disk = await run.settle(async () =>
      run.life === null ? [] : readDisk(run.life.journal, await firstOnDisk(world)),
    );
    const counts = await checkRun(run, disk ?? []);
    for (const error of world.uncaught) run.wrong(`I4: nobody caught ${error}`);
    return {
      ...{ seed, wrongs: run.wrongs, hash: world.trace.hash, events: world.clock.events },
      ...{ virtualMs: world.clock.now, lives: run.lives.length, powerCuts: run.powerCuts },
      ...{ fixes: run.ledger.fixes.size, acked: run.ledger.acked, ...counts },
      ...{ records: run.witness.records.length, parked: run.store.poisoned.size },
      recent: world.trace.recent.slice(-200),
    };
  } finally {
    leave();
    await db.destroy();
  }
}

/** The sequence before the oldest segment that is left. */
async function firstOnDisk({ disk }: World): Promise<number> {
  const names = disk.list('/data/journal').filter((name) => name.endsWith('.journal'));
  return Number.parseInt(names[0] ?? '1', 10) - 1;
}
