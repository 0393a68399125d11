import { sql } from 'kysely';
import type { Records } from '../records/database.ts';

/** What the alarm desk commits without waiting for the disk. */
const tables = ['events', 'alarms', 'alarm_changes', 'desk_state'] as const;

/** What the desk holds now is on the platter. */
export async function keepCommits(db: Records): Promise<void> {
  for (const table of tables) {
    const kept = sql.table(`kept_${table}`);
    await sql`DROP TABLE IF EXISTS ${kept}`.execute(db);
    await sql`CREATE TABLE ${kept} AS SELECT * FROM ${sql.table(table)}`.execute(db);
  }
}

/** The power is gone, and with it every commit of the desk since `keepCommits`. */
export async function loseCommits(db: Records): Promise<void> {
  for (const table of tables) {
    await sql`DELETE FROM ${sql.table(table)}`.execute(db);
    await sql`INSERT INTO ${sql.table(table)} SELECT * FROM ${sql.table(`kept_${table}`)}`.execute(
      db,
    );
  }
}
