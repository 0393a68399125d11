import { randomUUID } from 'node:crypto';
import type { Fence, FenceGeometry, FenceProperties } from '../wire.ts';
import type { ConfigLog } from './config-log.ts';
import type { Records } from './database.ts';
import { type Edited, edited, refused } from './faults.ts';
import { ruleFromRow } from './rules.ts';
import type { FencesTable } from './tables.ts';

/** What an operator draws; already validated. */
export interface FenceDraft {
  readonly geometry: FenceGeometry;
  readonly properties: FenceProperties;
}

const fromRow = (row: FencesTable): Fence => ({
  type: 'Feature',
  id: row.id,
  geometry: JSON.parse(row.geometry) as FenceGeometry,
  properties: {
    name: row.name,
    kind: row.kind,
    ...(row.radiusM === null ? {} : { radiusM: row.radiusM }),
    profile: row.profile,
    bufferM: row.bufferM,
    rev: row.rev,
    updatedAt: new Date(row.updatedTime).toISOString(),
  },
});

/** Named areas. Every edit also goes into the journal. */
export class Fences {
  readonly #db: Records;
  readonly #log: ConfigLog;
  readonly #now: () => number;

  constructor(db: Records, log: ConfigLog, now: () => number) {
    this.#db = db;
    this.#log = log;
    this.#now = now;
  }

  /** By name, from the one after `after`'s place. */
  async list(limit: number, after: { name: string; id: string } | null): Promise<Fence[]> {
    let query = this.#db.selectFrom('fences').selectAll();
    if (after !== null) {
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('name', 'id'), '>', tuple(after.name, after.id)),
      );
    }
    return (await query.orderBy('name').orderBy('id').limit(limit).execute()).map(fromRow);
  }

  async get(id: string): Promise<Fence | null> {
    const row = await this.#db
      .selectFrom('fences')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  }

  async create(draft: FenceDraft): Promise<Fence> {
    const row = this.#row(randomUUID(), draft, 1);
    return this.#log.edit(async (trx, changed) => {
      await trx.insertInto('fences').values(row).execute();
      const fence = fromRow(row);
      changed({ what: 'fence', id: fence.id, value: fence });
      return fence;
    });
  }

  /** Replaces the fence whole if it still has revision `rev`. */
  async replace(id: string, rev: number, draft: FenceDraft): Promise<Edited<Fence>> {
    return this.#log.edit(async (trx, changed) => {
      const row = this.#row(id, draft, rev + 1);
      const found = await trx
        .selectFrom('fences')
        .select('rev')
        .where('id', '=', id)
        .executeTakeFirst();
      if (found === undefined) return refused('notFound');
      if (found.rev !== rev) return refused('conflict');
      await trx.updateTable('fences').set(row).where('id', '=', id).execute();
      const fence = fromRow(row);
      changed({ what: 'fence', id, value: fence });
      return edited(fence);
    });
  }

  /** Deletes it, takes it out of the rules that name it, and deletes rules that would be left without a fence. */
  async remove(id: string, rev: number): Promise<Edited<null>> {
    return this.#log.edit(async (trx, changed) => {
      const found = await trx
        .selectFrom('fences')
        .select('rev')
        .where('id', '=', id)
        .executeTakeFirst();
      if (found === undefined) return refused('notFound');
      if (found.rev !== rev) return refused('conflict');
      for (const row of await trx.selectFrom('rules').selectAll().execute()) {
        const rule = ruleFromRow(row);
        if (!rule.fences.includes(id)) continue;
        const fences = rule.fences.filter((f) => f !== id);
        if (fences.length === 0) {
          await trx.deleteFrom('rules').where('id', '=', rule.id).execute();
          changed({ what: 'rule', id: rule.id, value: null });
        } else {
          const left = { ...rule, fences, rev: rule.rev + 1 };
          await trx
            .updateTable('rules')
            .set({ fences: JSON.stringify(fences), rev: left.rev })
            .where('id', '=', rule.id)
            .execute();
          changed({ what: 'rule', id: rule.id, value: left });
        }
      }
      await trx.deleteFrom('fences').where('id', '=', id).execute();
      changed({ what: 'fence', id, value: null });
      return edited(null);
    });
  }

  #row(id: string, { geometry, properties: p }: FenceDraft, rev: number): FencesTable {
    return {
      id,
      name: p.name,
      kind: p.kind,
      geometry: JSON.stringify(geometry),
      radiusM: p.radiusM ?? null,
      profile: p.profile,
      bufferM: p.bufferM,
      updatedTime: this.#now(),
      rev,
    };
  }
}
