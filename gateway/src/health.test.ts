import { beforeEach, describe, expect, it } from 'vitest';
import { Health } from './health.ts';
import { createMetrics } from './metrics.ts';

let clock: number;
let journal: {
  durableSeq: number;
  pendingBytes: number;
  stalled: string | null;
  damagedRecords: number;
};
let store: { name: string; applied: number; lastError: string | null };
let health: Health;
beforeEach(() => {
  clock = 0;
  journal = { durableSeq: 100, pendingBytes: 0, stalled: null, damagedRecords: 0 };
  store = { name: 'store-influx', applied: 100, lastError: null };
  const latest = { name: 'latest', applied: 0, lastError: null };
  const stores = [{ name: 'influx', parked: () => ({ total: 3, recent: [] }) }];
  health = new Health({
    ...{ journal, runners: [latest, store], stores, metrics: createMetrics() },
    monotonic: () => clock,
  });
});
/** Looks every two seconds, as the gateway does; gives what was said at the end. */
function look(seconds: number, meanwhile: () => void = () => undefined) {
  let said = health.degradations();
  for (let s = 0; s < seconds; s += 2) {
    clock += 2000;
    meanwhile();
    said = health.degradations();
  }
  return said;
}

describe('health', () => {
  it('reports how far each consumer is and what stores have parked', () => {
    store.applied = 60;
    expect(health.report()).toEqual({
      ready: true,
      journal: { stalled: null, pendingBytes: 0, damagedRecords: 0 },
      consumers: [
        { name: 'latest', lagRecords: 100, error: null },
        { name: 'store-influx', lagRecords: 40, error: null },
      ],
      stores: [{ name: 'influx', state: 'ok', behindRecords: 40, behindS: 0, parked: 3 }],
    });
  });

  it('is not ready while a consumer fails, the journal stalls or the gateway stops', () => {
    store.lastError = 'away';
    expect(health.report().ready).toBe(false);
    store.lastError = null;
    journal.stalled = 'ENOSPC';
    expect(health.report().ready).toBe(false);
    journal.stalled = null;
    expect(health.report().ready).toBe(true);
    health.stopping();
    expect(health.report().ready).toBe(false);
  });

  it('says nothing of a store that is always a little behind', () => {
    const busy = () => {
      store.applied = journal.durableSeq;
      journal.durableSeq += 5000;
    };
    expect(look(60, busy)).toEqual([]);
  });

  it('says by how many seconds a store is behind, again and again, and once when it is over', () => {
    look(2);
    const growing = () => {
      journal.durableSeq += 10;
    };
    expect(look(10, growing)).toEqual([]);
    expect(look(4, growing)).toEqual([{ code: 'storeBehind', value: 12, records: 70 }]);
    expect(look(2, growing)).toEqual([{ code: 'storeBehind', value: 14, records: 80 }]);
    store.applied = journal.durableSeq;
    expect(health.degradations()).toEqual([{ code: 'storeBehind', value: 0, records: 0 }]);
    expect(health.degradations()).toEqual([]);
  });

  it('does not call a store back that has taken its first batch of a long backlog', () => {
    look(2);
    const growing = () => {
      journal.durableSeq += 10;
    };
    look(600, growing);
    // It has what came in the first five minutes.
    store.applied = 100 + 150 * 10;
    expect(health.degradations()).toEqual([{ code: 'storeBehind', value: 298, records: 1500 }]);
    store.applied = journal.durableSeq - 10;
    expect(health.degradations()).toEqual([{ code: 'storeBehind', value: 0, records: 0 }]);
  });

  it('says of each store what it does, why, and for how long', () => {
    const state = () => health.stores()[0];
    look(2);
    expect(state()).toMatchObject({ name: 'influx', state: 'ok', cursor: 100, error: null });
    store.lastError = 'refused';
    look(30, () => {
      journal.durableSeq += 10;
    });
    expect(state()).toMatchObject({ state: 'failing', error: 'refused', forS: 30, behindS: 28 });
    store.lastError = null;
    expect(state()).toMatchObject({ state: 'behind', behindRecords: 150, forS: 0 });
    store.applied = journal.durableSeq;
    expect(state()).toMatchObject({ state: 'ok', behindRecords: 0, behindS: 0 });
  });

  it('says at once that the journal is full, and when it takes again', () => {
    journal.stalled = 'ENOSPC';
    expect(health.degradations()).toEqual([{ code: 'journalFull', value: 1 }]);
    expect(look(30)).toEqual([{ code: 'journalFull', value: 30 }]);
    journal.stalled = null;
    expect(health.degradations()).toEqual([{ code: 'journalFull', value: 0 }]);
  });

  it('tells of records the journal has lost to damage, though it is ready', () => {
    journal.damagedRecords = 3;
    expect(health.degradations()).toEqual([{ code: 'journalDamaged', value: 3 }]);
    expect(health.report()).toMatchObject({ ready: true, journal: { damagedRecords: 3 } });
  });
});
