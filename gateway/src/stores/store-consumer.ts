import type { Consumer } from '../journal/consumer.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { Store, StoredEntry } from './store.ts';

const isPosition = (record: JournalRecord): record is StoredEntry => record.kind === 'position';

/**
 * Feeds a store from the journal. Records of other kinds only move its cursor. Faults of the store climb to the
 * runner, which tries the same batch again.
 */
export function storeConsumer(store: Store): Consumer {
  return {
    name: `store-${store.name}`,
    cursor: () => store.cursor(),
    apply: async (records) => {
      const last = records.at(-1);
      if (last !== undefined) await store.write(records.filter(isPosition), last.seq);
    },
  };
}
