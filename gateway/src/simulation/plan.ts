import type { AdmissionMode } from '../ingest/gate.ts';
import type { DiskFault, Operation } from './disk.ts';
import type { StoreMood } from './fake-store.ts';
import type { Random } from './random.ts';

/** How the gateway dies, and at what point once its time has come. */
export interface Crash {
  readonly atMs: number;
  readonly kind: 'kill' | 'powerCut';
  /** At once; as soon as a group is durable and nobody has been told; or within the n-th operation of a kind. */
  readonly at: 'now' | 'durable' | Operation;
  readonly count: number;
  readonly downMs: number;
}

/** Something that lasts. */
export interface Episode<T> {
  readonly atMs: number;
  readonly ms: number;
  readonly what: T;
}

/** Everything that a seed decides of a run beforehand. Times are ms of the run. */
export interface Plan {
  readonly jt808: number;
  readonly gt06: number;
  readonly hostile: number;
  readonly lastFixMs: number;
  readonly admission: AdmissionMode;
  readonly segmentBytes: number;
  readonly isSealed: boolean;
  readonly snapshotEveryMs: number;
  readonly crashes: readonly Crash[];
  readonly disk: readonly Episode<DiskFault>[];
  readonly store: readonly Episode<StoreMood>[];
  /** How many of a thousand fixes the store refuses for good. */
  readonly poison: number;
  /** Share of the connections that the network breaks, or swallows for `ms`. */
  readonly breaks: readonly { readonly atMs: number; readonly share: number }[];
  readonly blackholes: readonly Episode<number>[];
  readonly stalls: readonly Episode<null>[];
  readonly clockSteps: readonly { readonly atMs: number; readonly ms: number }[];
  readonly fenceEdits: readonly number[];
}

/** Which faults a run is about; all of them unless a proof wants few. */
export interface Scope {
  readonly terminals?: number;
  readonly lastFixMs?: number;
  readonly powerCuts?: boolean;
}

/** Below it runs are short, for everyday tests. */
export const FIRST_LONG_SEED = 1000;

/** Of three seeds two have power cuts only, which lose and tear what was not synced. A seed alone repeats its run. */
export const scopeOf = (seed: number): Scope => ({
  ...(seed < FIRST_LONG_SEED ? { terminals: 50, lastFixMs: 120_000 } : {}),
  ...(seed % 3 === 0 ? {} : { powerCuts: true }),
});

/** Draws a run. */
export function planOf(random: Random, scope: Scope = {}): Plan {
  const lastFixMs = scope.lastFixMs ?? random.between(120_000, 260_000);
  const terminals = scope.terminals ?? 50 + Math.floor(random.next() ** 4 * 150);
  const gt06 = Math.floor(terminals * random.between(0.2, 0.6));
  const times = (most: number) =>
    Array.from({ length: random.below(most + 1) }, () => random.between(5000, lastFixMs)).sort(
      (a, b) => a - b,
    );
  const crashes = times(4).map((atMs): Crash => {
    const at = random.pick(['now', 'durable', 'write', 'sync', 'create', 'rename', 'truncate']);
    return {
      ...{ atMs, at: at as Crash['at'] },
      kind: scope.powerCuts === true || random.chance(0.6) ? 'powerCut' : 'kill',
      count: 1 + random.below(at === 'write' || at === 'sync' ? 20 : 2),
      downMs: random.between(500, 40_000),
    };
  });
  const atLeastOne: Crash = {
    ...{ atMs: random.between(20_000, lastFixMs), kind: 'powerCut', at: 'sync' },
    ...{ count: 1 + random.below(20), downMs: random.between(500, 20_000) },
  };
  return {
    ...{ lastFixMs, gt06, jt808: terminals - gt06, hostile: random.below(8) },
    admission: random.pick(['open', 'open', 'known', 'strict']),
    isSealed: random.chance(0.3),
    segmentBytes: random.pick([8 << 10, 32 << 10, 128 << 10]),
    snapshotEveryMs: random.between(5000, 30_000),
    crashes: scope.powerCuts === true ? [...crashes, atLeastOne] : crashes,
    disk: times(2).map((atMs) => ({
      ...{ atMs, ms: random.between(500, 20_000) },
      what: random.pick<DiskFault>([
        { code: 'ENOSPC', on: 'write' },
        { code: 'EIO', on: 'write' },
        { code: 'EROFS', on: 'write' },
        { code: 'EIO', on: 'sync', syncLoses: true },
        { code: 'EIO', on: 'sync' },
      ]),
    })),
    store: times(3).map((atMs) => ({
      ...{ atMs, ms: random.between(2000, 90_000) },
      what: random.pick<StoreMood>(['down', 'slow', 'error', 'partial']),
    })),
    poison: random.chance(0.3) ? random.between(1, 20) : 0,
    breaks: times(4).map((atMs) => ({ atMs, share: random.pick([0.05, 0.3, 1]) })),
    blackholes: times(3).map((atMs) => ({
      ...{ atMs, ms: random.between(2000, 120_000), what: random.pick([0.05, 0.3]) },
    })),
    stalls: times(3).map((atMs) => ({ atMs, ms: random.between(100, 4000), what: null })),
    clockSteps: times(1).map((atMs) => ({ atMs, ms: random.between(-200_000, 200_000) })),
    fenceEdits: times(3),
  };
}
