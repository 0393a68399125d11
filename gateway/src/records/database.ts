import { Kysely, Migrator, SqliteDialect, sql, type Transaction } from 'kysely';
import type { AlarmTables } from '../alarms/tables.ts';
import { migrations } from './migrations.ts';
import { GuardedSqlite, RecordsError } from './sqlite.ts';
import type { RecordsTables } from './tables.ts';

/** Every table people or engines edit, by the room that owns it. A room adds its own type here. */
export interface Tables extends RecordsTables, AlarmTables {}

/** The records as every room uses them: SQL by kysely, one connection. Await nothing else inside a transaction. */
export type Records = Kysely<Tables>;

const BUSY_TIMEOUT_MS = 1500;

/**
 * Opens the records and brings them to the newest schema. Holding them also claims the data directory: a second
 * start is refused until `destroy()` or the end of the process.
 * @param path the database file in the data directory, or `:memory:`
 * @throws RecordsError `dataDirInUse`, `cannotOpen`, `migrationFailed`
 */
export async function openDatabase(path: string): Promise<Records> {
  const sqlite = GuardedSqlite.open(path, BUSY_TIMEOUT_MS);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) });
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    await db.destroy();
    const failed = results?.find((r) => r.status === 'Error')?.migrationName;
    throw new RecordsError(
      'migrationFailed',
      failed === undefined ? path : `step ${failed}`,
      error,
    );
  }
  return db;
}

/**
 * Writes a consistent copy to a path that does not exist, after the transaction that is under way. The engine works on
 * this thread: a copy of 100 MB holds everything up for about a second.
 */
export async function copyRecords(db: Records, path: string): Promise<void> {
  await sql`VACUUM INTO ${sql.lit(path)}`.execute(db);
}

/**
 * A transaction that does not wait for the disk: all of it or nothing survives a loss of power, and it survives once a
 * later ordinary transaction has resolved. For what the journal can tell again, because the engine works on the
 * thread that reads the sockets and a disk may take 20 ms.
 */
export async function unsynced<T, R>(
  db: Kysely<T>,
  work: (trx: Transaction<T>) => Promise<R>,
): Promise<R> {
  return await db.connection().execute(async (connection) => {
    await sql`PRAGMA synchronous = NORMAL`.execute(connection);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await sql`PRAGMA synchronous = FULL`.execute(connection);
    }
  });
}
