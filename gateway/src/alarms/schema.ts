import type { Kysely, Migration } from 'kysely';

/** When an alarm's report was received, durable and evaluated. */
export const addAlarmTimes: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('alarms').addColumn('times', 'text').execute();
  },
};

/** The tables of `tables.ts`, as they were at first. */
export const createAlarms: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const { schema } = db;
    await schema
      .createTable('events')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('protocol', 'text', (c) => c.notNull())
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('fenceId', 'text')
      .addColumn('fenceName', 'text')
      .addColumn('fenceRev', 'bigint')
      .addColumn('alarm', 'text')
      .addColumn('occurredTime', 'bigint', (c) => c.notNull())
      .addColumn('confirmedTime', 'bigint', (c) => c.notNull())
      .addColumn('latitude', 'double precision')
      .addColumn('longitude', 'double precision')
      .addColumn('accuracyM', 'double precision')
      .addColumn('late', 'integer', (c) => c.notNull())
      .execute();
    await schema
      .createTable('alarms')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('rev', 'bigint', (c) => c.notNull())
      .addColumn('dedupeKey', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('ruleName', 'text')
      .addColumn('severity', 'text', (c) => c.notNull())
      .addColumn('condition', 'text', (c) => c.notNull())
      .addColumn('handling', 'text', (c) => c.notNull())
      .addColumn('protocol', 'text', (c) => c.notNull())
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('fenceId', 'text')
      .addColumn('fenceName', 'text')
      .addColumn('latitude', 'double precision')
      .addColumn('longitude', 'double precision')
      .addColumn('occurredTime', 'bigint', (c) => c.notNull())
      .addColumn('confirmedTime', 'bigint', (c) => c.notNull())
      .addColumn('raisedTime', 'bigint', (c) => c.notNull())
      .addColumn('lastTime', 'bigint', (c) => c.notNull())
      .addColumn('count', 'integer', (c) => c.notNull())
      .addColumn('late', 'integer', (c) => c.notNull())
      .addColumn('acknowledgedBy', 'text')
      .addColumn('acknowledgedTime', 'bigint')
      .addColumn('note', 'text')
      .addColumn('clearedTime', 'bigint')
      .execute();
    await schema
      .createTable('alarm_changes')
      .addColumn('seq', 'bigint', (c) => c.primaryKey())
      .addColumn('op', 'text', (c) => c.notNull())
      .addColumn('alarmId', 'text', (c) => c.notNull())
      .addColumn('changedTime', 'bigint', (c) => c.notNull())
      .addColumn('alarm', 'text', (c) => c.notNull())
      .execute();
    await schema
      .createTable('desk_state')
      .addColumn('id', 'integer', (c) => c.primaryKey())
      .addColumn('changeSeq', 'bigint', (c) => c.notNull())
      .addColumn('journalSeq', 'bigint', (c) => c.notNull())
      .execute();
    for (const [name, table, columns] of [
      ['events_by_time', 'events', ['occurredTime', 'id']],
      ['events_by_device', 'events', ['protocol', 'device', 'occurredTime', 'id']],
      ['alarms_by_key', 'alarms', ['dedupeKey', 'raisedTime']],
      ['alarms_by_time', 'alarms', ['raisedTime', 'id']],
      ['alarms_by_handling', 'alarms', ['handling', 'condition']],
      ['alarms_by_fence', 'alarms', ['fenceId']],
    ] as const) {
      await schema
        .createIndex(name)
        .on(table)
        .columns([...columns])
        .execute();
    }
  },
};
