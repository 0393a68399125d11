import type { Consumer } from './consumer.ts';

export interface RetentionOptions {
  readonly journal: { trim(seq: number, olderThan: number): Promise<string[]> };
  /** The configured consumers, and no others: what is no longer configured cannot pin the disk. */
  readonly consumers: readonly Pick<Consumer, 'name' | 'cursor'>[];
  readonly keepMs: number;
  /** Ms UTC. */
  readonly now: () => number;
}

/**
 * Removes segments that every consumer has durably read and that were last written longer ago than `keepMs`.
 * @returns their names
 * @throws what a consumer's cursor throws: nothing is removed on a guess
 */
export async function trimJournal(options: RetentionOptions): Promise<string[]> {
  const { journal, consumers, keepMs, now } = options;
  const cursors = await Promise.all(consumers.map((c) => c.cursor()));
  if (cursors.length === 0) return [];
  return await journal.trim(Math.min(...cursors), now() - keepMs);
}
