import { describe, expect, it } from 'vitest';
import { trimJournal } from './retention.ts';

const consumer = (name: string, cursor: () => Promise<number>) => ({ name, cursor });

describe('retention', () => {
  it('trims up to the slowest consumer and no younger than the days kept', async () => {
    const asked: unknown[] = [];
    const removed = await trimJournal({
      journal: {
        trim: async (seq, olderThan) => {
          asked.push([seq, olderThan]);
          return ['0000000000000001.journal'];
        },
      },
      consumers: [consumer('latest', async () => 900), consumer('store-influx', async () => 40)],
      keepMs: 1000,
      now: () => 5000,
    });
    expect(asked).toEqual([[40, 4000]]);
    expect(removed).toEqual(['0000000000000001.journal']);
  });

  it('removes nothing while a consumer cannot say how far it is', async () => {
    const trimming = trimJournal({
      journal: { trim: () => Promise.reject(new Error('must not be called')) },
      consumers: [consumer('store-influx', () => Promise.reject(new Error('away')))],
      keepMs: 0,
      now: () => 0,
    });
    await expect(trimming).rejects.toThrow('away');
  });
});
