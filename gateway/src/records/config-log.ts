import type { Transaction } from 'kysely';
import type { ConfigEntry } from '../journal/record.ts';
import type { Records, Tables } from './database.ts';

/** One edit that facts depend on. `value` null = deleted. */
export interface ConfigChange {
  readonly what: ConfigEntry['what'];
  readonly id: string;
  readonly value: unknown;
}
/** Hands config entries to the journal; resolves once they are durable there. */
export type Publish = (entries: readonly ConfigEntry[]) => Promise<unknown>;

export interface ConfigLogOptions {
  readonly db: Records;
  readonly publish: Publish;
  readonly now: () => number;
  /** A publication failed; it is tried again with the next edit and after a wait. */
  readonly onError: (error: unknown) => void;
}

type Edit = Transaction<Tables>;
const BATCH = 500;
const RETRY_MS = 5000;

/**
 * The one way by which fences, rules and devices reach the journal: the edit and its log row are one transaction,
 * then the row is published, in order of revision, at least once.
 */
export class ConfigLog {
  readonly #options: ConfigLogOptions;
  #publishing: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ConfigLogOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` in one transaction with the log rows of its changes; resolves once they are in the journal, or, when
   * the journal refuses, once they are committed here (they are published later).
   * @param work changes its tables and says what changed; await nothing but the database in it
   */
  async edit<T>(
    work: (trx: Edit, changed: (...changes: readonly ConfigChange[]) => void) => Promise<T>,
  ): Promise<T> {
    const changes: ConfigChange[] = [];
    const result = await this.#options.db.transaction().execute(async (trx) => {
      const value = await work(trx, (...more) => changes.push(...more));
      const changedTime = this.#options.now();
      for (let i = 0; i < changes.length; i += BATCH) {
        await trx
          .insertInto('config_log')
          .values(
            changes.slice(i, i + BATCH).map((c) => ({
              what: c.what,
              configId: c.id,
              value: c.value === null ? null : JSON.stringify(c.value),
              changedTime,
              journaled: 0 as const,
            })),
          )
          .execute();
      }
      return value;
    });
    if (changes.length > 0) await this.publishPending();
    return result;
  }

  /** Publishes what is committed and not yet in the journal. Called at start, before the first edit. */
  publishPending(): Promise<void> {
    this.#publishing = this.#publishing.then(() => this.#publish());
    return this.#publishing;
  }

  /**
   * Publishes the present state of everything once more, for a reader of the journal that lost what it knew: older
   * entries may have been removed by age.
   */
  async publishAll(): Promise<void> {
    const { db } = this.#options;
    const newest = db
      .selectFrom('config_log')
      .select((e) => e.fn.max('revision').as('revision'))
      .groupBy(['what', 'configId']);
    await db
      .updateTable('config_log')
      .set({ journaled: 0 })
      .where('revision', 'in', newest)
      .where('value', 'is not', null)
      .execute();
    await this.publishPending();
  }

  /** Waits for the publication under way and tries no more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#publishing;
  }

  async #publish(): Promise<void> {
    const { db, publish, now, onError } = this.#options;
    try {
      for (;;) {
        const rows = await db
          .selectFrom('config_log')
          .selectAll()
          .where('journaled', '=', 0)
          .orderBy('revision')
          .limit(BATCH)
          .execute();
        const last = rows.at(-1);
        if (last === undefined) return;
        const receivedTime = now();
        await publish(
          rows.map((r) => ({
            kind: 'config',
            receivedTime,
            what: r.what,
            id: r.configId,
            revision: r.revision,
            value: r.value === null ? null : JSON.parse(r.value),
          })),
        );
        await db
          .updateTable('config_log')
          .set({ journaled: 1 })
          .where('journaled', '=', 0)
          .where('revision', '<=', last.revision)
          .execute();
      }
    } catch (error) {
      onError(error);
      clearTimeout(this.#retry);
      if (!this.#closed) {
        this.#retry = setTimeout(() => void this.publishPending(), RETRY_MS).unref();
      }
    }
  }
}
