import { dirname } from 'node:path';
import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import { LAYOUT, schema, stagingSchema } from './duckdb-schema.ts';
import { StoreError } from './store.ts';

export interface EngineOptions {
  readonly path: string;
  readonly memoryLimitMb: number;
  readonly threads: number;
  /** The one folder outside the database that the engine may write to: exports. */
  readonly exportFolder: string;
}

/** One open database and its connections; used up once an I/O fault has invalidated it. */
export class Engine {
  readonly #instance: DuckDBInstance;
  /** Owns the temporary table `staging`. */
  readonly writer: DuckDBConnection;
  /** For what takes long beside the writer: sealing, exports. */
  readonly keeper: DuckDBConnection;
  readonly #idleReaders: DuckDBConnection[] = [];
  readonly #reads = new Set<Promise<unknown>>();

  private constructor(
    instance: DuckDBInstance,
    writer: DuckDBConnection,
    keeper: DuckDBConnection,
  ) {
    this.#instance = instance;
    this.writer = writer;
    this.keeper = keeper;
  }

  /** Opens or makes the file, brings an older layout to ours. Extensions, other files and settings are locked out. */
  static async open(options: EngineOptions): Promise<Engine> {
    const instance = await DuckDBInstance.create(options.path, {
      memory_limit: `${options.memoryLimitMb}MB`,
      threads: String(options.threads),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      preserve_insertion_order: 'true',
    });
    try {
      const writer = await instance.connect();
      await writer.run(`SET allowed_directories = [${quoted(`${options.exportFolder}/`)}]`);
      await writer.run('SET enable_external_access = false');
      await writer.run('SET lock_configuration = true');
      await prepare(writer, dirname(options.path));
      return new Engine(instance, writer, await instance.connect());
    } catch (error) {
      instance.closeSync();
      throw error;
    }
  }

  /** Reads on a connection of its own. */
  async read(sql: string): Promise<(readonly unknown[])[]> {
    return (await this.chunks(sql)).flatMap((chunk) => chunk.getRows());
  }

  /** Likewise, without making rows of what is found. */
  async chunks(sql: string): Promise<DuckDBDataChunk[]> {
    const reading = this.#read(sql);
    this.#reads.add(reading);
    try {
      return await reading;
    } finally {
      this.#reads.delete(reading);
    }
  }

  /** Waits for readers, then lets go of the file. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#reads);
    for (const reader of this.#idleReaders) reader.closeSync();
    this.keeper.closeSync();
    this.writer.closeSync();
    this.#instance.closeSync();
  }

  async #read(sql: string): Promise<DuckDBDataChunk[]> {
    const reader = this.#idleReaders.pop() ?? (await this.#instance.connect());
    try {
      return await (await reader.run(sql)).fetchAllChunks();
    } finally {
      this.#idleReaders.push(reader);
    }
  }
}

/** A string literal. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The first column of all rows. */
export async function firstColumn(db: DuckDBConnection, sql: string): Promise<unknown[]> {
  return (await db.runAndReadAll(sql)).getRows().map((row) => row[0]);
}

async function prepare(db: DuckDBConnection, folder: string): Promise<void> {
  const tables = await firstColumn(db, 'SELECT table_name FROM duckdb_tables()');
  await db.run('BEGIN');
  if (tables.includes('state')) {
    const [layout] = await firstColumn(db, "SELECT value FROM state WHERE name = 'layout'");
    if (Number(layout) > LAYOUT) throw new StoreError('storeNewer', folder);
  } else {
    await db.run(schema);
    await db.run(`INSERT INTO state VALUES ('layout', ${LAYOUT}), ('cursor', 0)`);
    if (tables.includes('live')) await db.run(fromLayout1);
  }
  await db.run('COMMIT');
  await db.run(stagingSchema);
}

/** The first layout: one table with the device's key in each row. What it holds is sealed day by day from `late`. */
const fromLayout1 = `
INSERT INTO devices SELECT row_number() OVER (ORDER BY device), device, NULL FROM (SELECT DISTINCT device FROM live);
INSERT INTO late SELECT d.id, l.* EXCLUDE (device) FROM live l JOIN devices d ON d.key = l.device;
UPDATE state SET value = (SELECT max(seq) FROM cursors) WHERE name = 'cursor';
DROP TABLE live;
DROP TABLE cursors;
`;
