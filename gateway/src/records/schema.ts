import { type Kysely, type Migration, sql } from 'kysely';

/** The tables of `tables.ts`. */
export const createRecords: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const schema = db.schema;
    await schema
      .createTable('users')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('username', 'text', (c) => c.notNull().unique())
      .addColumn('role', 'text', (c) => c.notNull())
      .addColumn('displayName', 'text', (c) => c.notNull())
      .addColumn('passwordHash', 'text', (c) => c.notNull())
      .addColumn('createdTime', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('sessions')
      .addColumn('hash', 'text', (c) => c.primaryKey())
      .addColumn('userId', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('createdTime', 'bigint', (c) => c.notNull())
      .addColumn('lastUsedTime', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('devices')
      .addColumn('protocol', 'text', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('groupName', 'text')
      .addColumn('admission', 'text', (c) => c.notNull())
      .addColumn('edition', 'text')
      .addColumn('lastSeenTime', 'bigint')
      .addColumn('createdTime', 'bigint', (c) => c.notNull())
      .addColumn('rev', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('devices_key', ['protocol', 'id'])
      .execute();
    await schema
      .createTable('subjects')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('createdTime', 'bigint', (c) => c.notNull())
      .addColumn('rev', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('bindings')
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('subjectId', 'text', (c) =>
        c.notNull().references('subjects.id').onDelete('cascade'),
      )
      .addColumn('protocol', 'text', (c) => c.notNull())
      .addColumn('deviceId', 'text', (c) => c.notNull())
      .addColumn('fromTime', 'bigint', (c) => c.notNull())
      .addColumn('toTime', 'bigint')
      .execute();
    // One subject a device and one device a subject at a time.
    for (const [name, columns] of [
      ['bindings_open_device', ['protocol', 'deviceId']],
      ['bindings_open_subject', ['subjectId']],
    ] as const) {
      await schema
        .createIndex(name)
        .unique()
        .on('bindings')
        .columns([...columns])
        .where(sql.ref('toTime'), 'is', null)
        .execute();
    }
    await schema
      .createTable('fences')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('geometry', 'text', (c) => c.notNull())
      .addColumn('radiusM', 'double precision')
      .addColumn('profile', 'text', (c) => c.notNull())
      .addColumn('bufferM', 'double precision', (c) => c.notNull())
      .addColumn('updatedTime', 'bigint', (c) => c.notNull())
      .addColumn('rev', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('rules')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('severity', 'text', (c) => c.notNull())
      .addColumn('fences', 'text', (c) => c.notNull())
      .addColumn('params', 'text', (c) => c.notNull())
      .addColumn('enabled', 'integer', (c) => c.notNull())
      .addColumn('createdTime', 'bigint', (c) => c.notNull())
      .addColumn('rev', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('config_log')
      .addColumn('revision', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('what', 'text', (c) => c.notNull())
      .addColumn('configId', 'text', (c) => c.notNull())
      .addColumn('value', 'text')
      .addColumn('changedTime', 'bigint', (c) => c.notNull())
      .addColumn('journaled', 'integer', (c) => c.notNull())
      .execute();
    await schema
      .createIndex('config_log_unjournaled')
      .on('config_log')
      .column('revision')
      .where(sql.ref('journaled'), '=', 0)
      .execute();
    await schema
      .createTable('secrets')
      .addColumn('name', 'text', (c) => c.primaryKey())
      .addColumn('value', 'blob', (c) => c.notNull())
      .execute();
  },
};
