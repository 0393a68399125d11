import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Evaluation, FactSink } from '../fences/consumer.ts';
import type { CrossingFact, DeviceAlarmFact, Fact } from '../fences/facts.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { AlarmAnswer, AlarmChange, AlarmDesk, AlarmQuery, EventQuery } from '../live/desk.ts';
import { type Records, unsynced } from '../records/database.ts';
import type { Alarm, FenceEvent, Page, Rule, Severity } from '../wire.ts';
import { Change, type Trx } from './change.ts';
import {
  type AlarmRow,
  acknowledge,
  close,
  closeTimeOf,
  conditionOver,
  isOpenRow,
  overtaken,
  raise,
  type Step,
} from './life.ts';
import { decodePlace, encodePlace } from './place.ts';
import { alarmOf, eventOf, eventRow } from './rows.ts';
import { type Consequence, keysOfRule, Rulebook } from './rulebook.ts';
import { type DeskStep, partsOf, type RuleStep, stepsOf } from './steps.ts';
import type { AlarmTables, OpeningTimes } from './tables.ts';

export interface DeskOptions {
  readonly db: Records;
  /** Ms UTC, for what people do; facts bring their own times. */
  readonly now: () => number;
  /** A listener threw; the change itself is committed. */
  readonly onError: (error: unknown) => void;
}

/** The desk as the rest of the gateway uses it: asked by REST and live, fed by the fences' consumer. */
export type Desk = AlarmDesk & FactSink;

/** Opens the desk over the records. */
export async function openAlarmDesk(options: DeskOptions): Promise<Desk> {
  // The desk sees its own tables only.
  const db = options.db as unknown as Kysely<AlarmTables>;
  await db
    .insertInto('desk_state')
    .values({ id: 1, changeSeq: 0, journalSeq: 0 })
    .onConflict((c) => c.doNothing())
    .execute();
  const state = await db.selectFrom('desk_state').selectAll().executeTakeFirstOrThrow();
  return new RecordsDesk(db, options, state.journalSeq);
}

/** How long the desk keeps everything else waiting. */
const TURN_MS = 20;

class RecordsDesk implements Desk {
  readonly #db: Kysely<AlarmTables>;
  readonly #options: DeskOptions;
  readonly #listeners = new Set<(changes: readonly AlarmChange[]) => void>();
  #rules = new Rulebook();
  /** Facts of records up to here are in the tables. */
  #journalSeq: number;
  /** When the next cleared alarm of severity low closes itself, ms UTC; Infinity for none. At first: to be looked up. */
  #nextCloseTime = Number.NEGATIVE_INFINITY;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(db: Kysely<AlarmTables>, options: DeskOptions, journalSeq: number) {
    this.#db = db;
    this.#options = options;
    this.#journalSeq = journalSeq;
  }

  async settled(): Promise<void> {
    // A commit that waits for the disk takes all before it along.
    await this.#db.updateTable('desk_state').set({ journalSeq: this.#journalSeq }).execute();
  }

  save(): unknown {
    return this.#rules.rules();
  }

  restore(saved: unknown): void {
    this.#rules = new Rulebook(saved as Rule[]);
  }

  async take(
    facts: readonly Fact[],
    records: readonly JournalRecord[],
    upTo: number,
    evaluation?: Evaluation,
  ): Promise<void> {
    const { steps, rules } = stepsOf(facts, records, this.#journalSeq, this.#rules);
    const parts = partsOf(steps);
    let since = performance.now();
    for (const part of parts) {
      const isLast = part === parts.at(-1);
      await this.#takePart(part, isLast ? upTo : (part.at(-1)?.seq ?? upTo), evaluation);
      // The database works on this very thread.
      if (isLast || performance.now() - since < TURN_MS) continue;
      await nextTurn();
      since = performance.now();
    }
    this.#rules = rules;
  }

  ack(id: string, rev: number, user: string, note: string | null): Promise<AlarmAnswer> {
    return this.#byPerson(id, rev, (row, time) => acknowledge(row, user, time, note));
  }

  clear(id: string, rev: number, user: string, note: string | null): Promise<AlarmAnswer> {
    return this.#byPerson(id, rev, (row, time) => close(row, user, time, note));
  }

  async get(id: string): Promise<Alarm | null> {
    const row = await find(this.#db, id);
    return row === undefined ? null : alarmOf(row);
  }

  async list({ state, limit, cursor }: AlarmQuery): Promise<Page<Alarm>> {
    let query = this.#db.selectFrom('alarms').selectAll();
    if (state === 'open') query = query.where(isOpen);
    const place = decodePlace(cursor);
    if (place !== null) {
      const { time, id } = place;
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('raisedTime', 'id'), '<', tuple(time, id)),
      );
    }
    const rows = await query
      .orderBy('raisedTime', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    return pageOf(rows, limit, alarmOf, (row) => row.raisedTime);
  }

  async events({ from, to, device, limit, cursor }: EventQuery): Promise<Page<FenceEvent>> {
    let query = this.#db.selectFrom('events').selectAll();
    if (from !== undefined) query = query.where('occurredTime', '>=', from);
    if (to !== undefined) query = query.where('occurredTime', '<', to);
    if (device !== undefined) {
      query = query.where('protocol', '=', device.protocol).where('device', '=', device.id);
    }
    const place = decodePlace(cursor);
    if (place !== null) {
      const { time, id } = place;
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('occurredTime', 'id'), '<', tuple(time, id)),
      );
    }
    const rows = await query
      .orderBy('occurredTime', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    return pageOf(rows, limit, eventOf, (row) => row.occurredTime);
  }

  async since(seq: number, limit: number) {
    const rows = await this.#db
      .selectFrom('alarm_changes')
      .select(['seq', 'op', 'alarm'])
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(limit + 1)
      .execute();
    const shown = rows.slice(0, limit);
    return {
      items: shown.map((row) => ({
        seq: row.seq,
        op: row.op,
        alarm: JSON.parse(row.alarm) as Alarm,
      })),
      next: shown.at(-1)?.seq ?? seq,
      more: rows.length > limit,
    };
  }

  async counts(): Promise<Record<Severity, number>> {
    const rows = await this.#db
      .selectFrom('alarms')
      .select(['severity', (e) => e.fn.countAll<number>().as('count')])
      .where(isOpen)
      .groupBy('severity')
      .execute();
    const counts = { critical: 0, high: 0, medium: 0, low: 0 };
    for (const row of rows) counts[row.severity] = Number(row.count);
    return counts;
  }

  async lastSeq(): Promise<number> {
    const state = await this.#db
      .selectFrom('desk_state')
      .select('changeSeq')
      .executeTakeFirstOrThrow();
    return state.changeSeq;
  }

  onChange(listener: (changes: readonly AlarmChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One change by a person who has seen revision `rev`. */
  async #byPerson(
    id: string,
    rev: number,
    step: (row: AlarmRow, time: number) => Step | null,
  ): Promise<AlarmAnswer> {
    let answer: AlarmAnswer = { ok: false, code: 'notFound' };
    await this.#change('person', async (change) => {
      const row = await find(change.trx, id);
      if (row === undefined) return;
      const next = row.rev === rev ? step(row, this.#options.now()) : null;
      if (next === null) {
        answer = { ok: false, code: 'conflict', alarm: alarmOf(row) };
        return;
      }
      await change.write(next);
      answer = { ok: true, alarm: alarmOf(next.row) };
    });
    return answer;
  }

  /** One transaction over some steps and the place in the journal after them. */
  async #takePart(
    steps: readonly DeskStep[],
    upTo: number,
    evaluation: Evaluation | undefined,
  ): Promise<void> {
    let nextCloseTime = this.#nextCloseTime;
    const isIdle = (step: DeskStep) => 'tickTime' in step && step.tickTime < nextCloseTime;
    if (steps.every(isIdle)) return;
    await this.#change('journal', async (change) => {
      for (const step of steps) {
        if ('fact' in step) {
          await this.#settle(change, step.fact, step.consequences, evaluation);
        } else if ('ruleId' in step) await this.#settleRule(change, step);
        else if (!isIdle(step)) nextCloseTime = await this.#closeLow(change, step.tickTime);
        nextCloseTime = Math.min(nextCloseTime, change.nextCloseTime);
      }
      await change.trx.updateTable('desk_state').set({ journalSeq: upTo }).execute();
    });
    this.#journalSeq = upTo;
    this.#nextCloseTime = nextCloseTime;
  }

  async #settle(
    change: Change,
    fact: Fact,
    consequences: readonly Consequence[],
    evaluation: Evaluation | undefined,
  ): Promise<void> {
    if (fact.kind === 'fenceChanged') {
      const rows = await change.trx
        .selectFrom('alarms')
        .selectAll()
        .where('fenceId', '=', fact.fenceId)
        .where('handling', '!=', 'closed')
        .execute();
      for (const row of rows) await change.write(overtaken(row, fact.receivedTime));
      return;
    }
    const event = eventRow(fact);
    if (event !== null) change.events.push(event);
    for (const consequence of consequences) {
      const key = consequence.op === 'raise' ? consequence.raised.dedupeKey : consequence.key;
      const last = await change.trx
        .selectFrom('alarms')
        .selectAll()
        .where('dedupeKey', '=', key)
        .orderBy('raisedTime', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (consequence.op === 'raise') {
        const times = timesOf(fact, evaluation, change.time);
        await change.write(raise(last, { ...consequence.raised, times }));
      } else if (last?.condition === 'active' && isOpenRow(last)) {
        await change.write(conditionOver(last, consequence.time));
      }
    }
  }

  /** What a rule raised and can no longer end is over; who waits for a person goes on waiting. */
  async #settleRule(change: Change, { ruleId, rule, time }: RuleStep): Promise<void> {
    const [from, to] = keysOfRule(ruleId);
    const rows = await change.trx
      .selectFrom('alarms')
      .selectAll()
      .where('dedupeKey', '>=', from)
      .where('dedupeKey', '<', to)
      .where('condition', '=', 'active')
      .where('handling', '!=', 'closed')
      .execute();
    for (const row of rows) {
      const isKept = rule?.type === row.type && rule.fences.includes(row.fenceId ?? '');
      if (!isKept) await change.write(conditionOver(row, time));
    }
  }

  /** @returns when the next one is due */
  async #closeLow(change: Change, time: number): Promise<number> {
    const rows = await change.trx
      .selectFrom('alarms')
      .selectAll()
      .where('handling', '!=', 'closed')
      .where('condition', '=', 'cleared')
      .where('severity', '=', 'low')
      .orderBy('clearedTime')
      .orderBy('id')
      .execute();
    for (const row of rows) {
      if (closeTimeOf(row) > time) return closeTimeOf(row);
      await change.write(overtaken(row, time));
    }
    return Number.POSITIVE_INFINITY;
  }

  /**
   * One transaction; its changes are told in order after the commit, and those of two never mix.
   * @param source what the journal says it can say again, what a person says must not be lost
   */
  #change(source: 'journal' | 'person', work: (change: Change) => Promise<void>): Promise<void> {
    const all = async (trx: Trx) => {
      const { changeSeq } = await trx
        .selectFrom('desk_state')
        .select('changeSeq')
        .executeTakeFirstOrThrow();
      const change = new Change(trx, changeSeq, this.#options.now());
      await work(change);
      await change.finish();
      return change.changes;
    };
    const turn = this.#turn.then(async () => {
      const changes = await (source === 'journal'
        ? unsynced(this.#db, all)
        : this.#db.transaction().execute(all));
      if (changes.length === 0) return;
      for (const listener of this.#listeners) {
        try {
          listener(changes);
        } catch (error) {
          this.#options.onError(error);
        }
      }
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

const find = (db: Kysely<AlarmTables>, id: string): Promise<AlarmRow | undefined> =>
  db.selectFrom('alarms').selectAll().where('id', '=', id).executeTakeFirst();

/** `OpeningTimes` as the table holds them. */
function timesOf(
  { confirmedTime, receivedTime, seq }: CrossingFact | DeviceAlarmFact,
  evaluation: Evaluation | undefined,
  opened: number,
): string {
  const times: OpeningTimes = {
    ...{ fix: confirmedTime, received: receivedTime, opened },
    durable: evaluation?.durableTime(seq) ?? null,
    evaluated: evaluation?.time ?? null,
  };
  return JSON.stringify(times);
}

/** In SQL what `isOpenRow` is in memory. */
const isOpen = () =>
  sql<boolean>`handling <> 'closed' and (condition = 'active' or handling = 'new')`;

function pageOf<Row extends { readonly id: string }, T>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => T,
  timeOf: (row: Row) => number,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items: shown.map(show), next: hasMore ? encodePlace(timeOf(last), last.id) : null };
}
