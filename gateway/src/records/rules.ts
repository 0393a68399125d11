import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Rule } from '../wire.ts';
import type { ConfigLog } from './config-log.ts';
import type { Records, Tables } from './database.ts';
import { type Edited, edited, refused } from './faults.ts';
import type { RulesTable } from './tables.ts';

export type RuleDraft = Omit<Rule, 'id' | 'rev'>;

/** A stored rule as the wire shows it. */
export const ruleFromRow = (row: RulesTable): Rule => ({
  id: row.id,
  name: row.name,
  type: row.type,
  fences: JSON.parse(row.fences) as string[],
  severity: row.severity,
  params: JSON.parse(row.params) as Rule['params'],
  enabled: row.enabled === 1,
  rev: row.rev,
});

const columns = (draft: RuleDraft) => ({
  name: draft.name,
  type: draft.type,
  severity: draft.severity,
  fences: JSON.stringify(draft.fences),
  params: JSON.stringify(draft.params),
  enabled: draft.enabled ? (1 as const) : (0 as const),
});

/** What turns fence events into alarms. Every edit also goes into the journal. */
export class Rules {
  readonly #db: Records;
  readonly #log: ConfigLog;
  readonly #now: () => number;

  constructor(db: Records, log: ConfigLog, now: () => number) {
    this.#db = db;
    this.#log = log;
    this.#now = now;
  }

  /** By name, from the one after `after`'s place. */
  async list(limit: number, after: { name: string; id: string } | null): Promise<Rule[]> {
    let query = this.#db.selectFrom('rules').selectAll();
    if (after !== null) {
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('name', 'id'), '>', tuple(after.name, after.id)),
      );
    }
    return (await query.orderBy('name').orderBy('id').limit(limit).execute()).map(ruleFromRow);
  }

  async get(id: string): Promise<Rule | null> {
    const row = await this.#db
      .selectFrom('rules')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : ruleFromRow(row);
  }

  /** @returns `unknownReference` with the path of a fence that does not exist */
  async create(draft: RuleDraft): Promise<Edited<Rule>> {
    return this.#log.edit(async (trx, changed) => {
      const missing = await missingFence(trx, draft.fences);
      if (missing !== null) return missing;
      const row = { id: randomUUID(), ...columns(draft), createdTime: this.#now(), rev: 1 };
      await trx.insertInto('rules').values(row).execute();
      const rule = ruleFromRow(row);
      changed({ what: 'rule', id: rule.id, value: rule });
      return edited(rule);
    });
  }

  async replace(id: string, rev: number, draft: RuleDraft): Promise<Edited<Rule>> {
    return this.#log.edit(async (trx, changed) => {
      const found = await trx
        .selectFrom('rules')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      if (found === undefined) return refused('notFound');
      if (found.rev !== rev) return refused('conflict');
      const missing = await missingFence(trx, draft.fences);
      if (missing !== null) return missing;
      const row = { ...found, ...columns(draft), rev: rev + 1 };
      await trx.updateTable('rules').set(row).where('id', '=', id).execute();
      const rule = ruleFromRow(row);
      changed({ what: 'rule', id, value: rule });
      return edited(rule);
    });
  }

  async remove(id: string, rev: number): Promise<Edited<null>> {
    return this.#log.edit(async (trx, changed) => {
      const found = await trx
        .selectFrom('rules')
        .select('rev')
        .where('id', '=', id)
        .executeTakeFirst();
      if (found === undefined) return refused('notFound');
      if (found.rev !== rev) return refused('conflict');
      await trx.deleteFrom('rules').where('id', '=', id).execute();
      changed({ what: 'rule', id, value: null });
      return edited(null);
    });
  }
}

async function missingFence(
  trx: Transaction<Tables>,
  fences: readonly string[],
): Promise<Edited<never> | null> {
  const rows = await trx.selectFrom('fences').select('id').where('id', 'in', fences).execute();
  const known = new Set(rows.map((r) => r.id));
  const index = fences.findIndex((f) => !known.has(f));
  return index < 0 ? null : refused('unknownReference', `fences.${index}`);
}
