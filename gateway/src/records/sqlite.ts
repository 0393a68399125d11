import type { SqliteDatabase, SqliteStatement } from 'kysely';
import Libsql from 'libsql';

/** Why the records cannot be opened or used, one line on cause and remedy each. */
export const recordsFaults = {
  dataDirInUse: 'another gateway runs on this data directory; stop it or choose another one',
  cannotOpen: 'the records file cannot be opened; check its path, its rights and the disk',
  migrationFailed: 'the records were written by another version; run that one or a newer one',
  badParameter: 'this value must not reach the database engine; a bug of ours',
} as const;
export type RecordsFault = keyof typeof recordsFaults;

/** A fault of the records below their users. `cause` holds what the engine said. */
export class RecordsError extends Error {
  readonly code: RecordsFault;

  constructor(code: RecordsFault, detail: string, cause?: unknown) {
    super(`${detail}: ${recordsFaults[code]}`, { cause });
    this.name = 'RecordsError';
    this.code = code;
  }
}

/** Statements kept for their next use. */
const MAX_PREPARED = 200;
const MAX_KEPT_LENGTH = 2000;

type Bound = null | string | number | bigint | Uint8Array;

/**
 * Lets through only what the engine takes faithfully: it aborts the whole process on a boolean, cuts text at NUL,
 * rewrites lone surrogates, and stores NaN and undefined as null.
 * @throws RecordsError `badParameter` naming the place (counted from 1) and kind, never the value
 */
export function guardParameters(parameters: readonly unknown[]): readonly Bound[] {
  return parameters.map((value, index) => {
    const refuse = (what: string) =>
      new RecordsError('badParameter', `parameter ${index + 1} is ${what}`);
    if (value === null || typeof value === 'bigint' || value instanceof Uint8Array) return value;
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return value;
      throw refuse('no finite number');
    }
    if (typeof value === 'string') {
      if (value.includes('\0')) throw refuse('text with NUL');
      if (/\p{Surrogate}/u.test(value)) throw refuse('text with half a surrogate pair');
      return value;
    }
    throw refuse(value instanceof Date ? 'a Date' : `of type ${typeof value}`);
  });
}

/** The engine behind its guard, as kysely wants it. One connection, synchronous, owner of its file. */
export class GuardedSqlite implements SqliteDatabase {
  readonly #db: Libsql.Database;
  /** By their SQL, the one unused longest first: preparing costs as much as running. */
  readonly #prepared = new Map<string, SqliteStatement>();

  private constructor(db: Libsql.Database) {
    this.#db = db;
  }

  /**
   * Opens or makes the file and takes its exclusive lock until `close`.
   * @param path a file, or `:memory:`
   * @throws RecordsError `dataDirInUse`, `cannotOpen`
   */
  static open(path: string, busyTimeoutMs: number): GuardedSqlite {
    let db: Libsql.Database | undefined;
    try {
      db = new Libsql(path, { timeout: busyTimeoutMs });
      db.pragma(`busy_timeout = ${busyTimeoutMs}`);
      db.pragma('locking_mode = EXCLUSIVE');
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      db.pragma('foreign_keys = ON');
      // The lock is taken by the first transaction, not by the pragma.
      db.exec('BEGIN IMMEDIATE; COMMIT');
      return new GuardedSqlite(db);
    } catch (error) {
      db?.close();
      const code = (error as { code?: unknown }).code;
      const busy = typeof code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(code);
      throw new RecordsError(busy ? 'dataDirInUse' : 'cannotOpen', path, error);
    }
  }

  prepare(sql: string): SqliteStatement {
    const known = this.#prepared.get(sql);
    this.#prepared.delete(sql);
    const statement = known ?? this.#prepare(sql);
    // Long ones are lists of values, each of another length.
    if (sql.length <= MAX_KEPT_LENGTH) this.#prepared.set(sql, statement);
    if (this.#prepared.size > MAX_PREPARED) {
      for (const oldest of this.#prepared.keys()) {
        this.#prepared.delete(oldest);
        break;
      }
    }
    return statement;
  }

  #prepare(sql: string): SqliteStatement {
    const statement = this.#db.prepare(sql);
    return {
      reader: statement.reader,
      all: (parameters) => statement.all([...guardParameters(parameters)]),
      run: (parameters) => statement.run([...guardParameters(parameters)]),
      iterate: (parameters) => statement.iterate([...guardParameters(parameters)]),
    };
  }

  /**
   * Writes a consistent copy of everything to a path that does not exist. Nothing else runs on this thread meanwhile.
   * @throws what the engine throws, for a path that exists among others
   */
  copyTo(path: string): void {
    if (path.includes('\0')) throw new RecordsError('badParameter', 'the path of a copy');
    this.#db.exec(`VACUUM INTO '${path.replaceAll("'", "''")}'`);
  }

  close(): void {
    this.#prepared.clear();
    // `close` alone leaves the lock with statements that were not collected yet: leave WAL and let go first.
    this.#db.pragma('journal_mode = DELETE');
    this.#db.pragma('locking_mode = NORMAL');
    this.#db.exec('SELECT count(*) FROM sqlite_master');
    this.#db.close();
  }
}
