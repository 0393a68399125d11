import type { Transaction } from 'kysely';
import type { AlarmChange } from '../live/desk.ts';
import { closeTimeOf, type Step } from './life.ts';
import { alarmOf } from './rows.ts';
import type { AlarmChangesTable, AlarmTables, EventsTable } from './tables.ts';

/** A transaction over the desk's tables. */
export type Trx = Transaction<AlarmTables>;

/** The changes of one transaction, numbered by the one counter. */
export class Change {
  readonly trx: Trx;
  readonly changes: AlarmChange[] = [];
  /** The earliest time at which an alarm written here closes itself. */
  nextCloseTime = Number.POSITIVE_INFINITY;
  /** Written with the changes at the end: one statement for all. */
  readonly events: EventsTable[] = [];
  readonly #rows: AlarmChangesTable[] = [];
  readonly #firstSeq: number;
  /** Ms UTC at which it began. */
  readonly time: number;

  constructor(trx: Trx, lastSeq: number, time: number) {
    this.trx = trx;
    this.#firstSeq = lastSeq + 1;
    this.time = time;
  }

  /** Writes one alarm as it stands now; what changed is told after the commit. */
  async write({ op, row }: Step): Promise<void> {
    const seq = this.#firstSeq + this.changes.length;
    const alarm = alarmOf(row);
    await this.trx
      .insertInto('alarms')
      .values(row)
      .onConflict((c) => c.column('id').doUpdateSet(row))
      .execute();
    this.#rows.push({
      ...{ seq, op, alarmId: row.id, changedTime: this.time },
      alarm: JSON.stringify(alarm),
    });
    this.changes.push({ seq, op, alarm });
    this.nextCloseTime = Math.min(this.nextCloseTime, closeTimeOf(row));
  }

  /** Writes what is written once for all; the last call. */
  async finish(): Promise<void> {
    if (this.events.length > 0) {
      await this.trx
        .insertInto('events')
        .values(this.events)
        .onConflict((c) => c.doNothing())
        .execute();
    }
    if (this.#rows.length === 0) return;
    await this.trx.insertInto('alarm_changes').values(this.#rows).execute();
    await this.trx
      .updateTable('desk_state')
      .set({ changeSeq: this.#firstSeq + this.changes.length - 1 })
      .execute();
  }
}
