import { copyFile, open, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { EngineOptions } from './duckdb-engine.ts';
import { exportPath, exportSql, removeLeftExports } from './duckdb-export.ts';
import { heatSql, heatSteps } from './duckdb-heat.ts';
import { DAY_MS, dayOf, instant, integer, tablesOf } from './duckdb-schema.ts';
import { sealDay } from './duckdb-seal.ts';
import { readTrack } from './duckdb-track.ts';
import { committed, openTracks, type Tracks } from './duckdb-tracks.ts';
import { insertNew, isStorable, newestReceived } from './duckdb-write.ts';
import { QueryGate } from './query-gate.ts';
import {
  type HeatCells,
  type HeatQuery,
  type Parked,
  type Store,
  type StoredEntry,
  StoreError,
  type TrackQuery,
} from './store.ts';
import { storedDevice } from './stored-device.ts';
import { emptyPage, type TrackPage } from './track-columns.ts';

export interface DuckdbOptions {
  /** The database file; its folder exists. */
  readonly path: string;
  /** Default 256. */
  readonly memoryLimitMb?: number;
  /** Default 1: two queries at a time are two cores. */
  readonly threads?: number;
  /** Days of positions kept, by device time; 0 (the default) keeps all. */
  readonly keepDays?: number;
  /** Late positions of a day that make it worth sealing anew. Default 50,000. */
  readonly foldRows?: number;
}

const DEFAULT_MEMORY_MB = 256;
const DEFAULT_THREADS = 1;
const DEFAULT_FOLD_ROWS = 50_000;
/** Reads, the writer and the sealing together: two of the four threads of the libuv pool. */
const MAX_QUERIES = 2;
/** How long a day stays open for what arrives late; 12 h after midnight UTC is 20:00 in Shanghai. */
const OPEN_MS = 12 * 3_600_000;
const RETRY_UPKEEP_MS = 600_000;
const PARKED_SHOWN = 100;

/** Two instances on one file in one process lose tables, and the engine's own lock holds between processes only. */
const owned = new Set<string>();

/**
 * Opens the embedded track store in this thread and becomes its one owner until `close`.
 * @throws StoreError `storeInUse` when this or another process has the file open, `storeNewer`
 */
export async function openDuckdb(options: DuckdbOptions): Promise<DuckdbStore> {
  const path = resolve(options.path);
  if (owned.has(path)) throw new StoreError('storeInUse', path);
  owned.add(path);
  const engineOptions: EngineOptions = {
    path,
    memoryLimitMb: options.memoryLimitMb ?? DEFAULT_MEMORY_MB,
    threads: options.threads ?? DEFAULT_THREADS,
    exportFolder: join(dirname(path), 'exports'),
  };
  try {
    const tracks = await openTracks(engineOptions);
    // Only now are they nobody else's.
    await removeLeftExports(engineOptions.exportFolder);
    return new DuckdbStore(engineOptions, options, tracks);
  } catch (error) {
    owned.delete(path);
    if (error instanceof StoreError) throw error;
    const isLocked = error instanceof Error && /lock on file/i.test(error.message);
    throw new StoreError(isLocked ? 'storeInUse' : 'storeUnavailable', path, error);
  }
}

/** The embedded store, in the thread of its caller; `startDuckdb` gives it a thread of its own. */
export class DuckdbStore implements Store {
  readonly name = 'duckdb';
  readonly #engineOptions: EngineOptions;
  readonly #options: DuckdbOptions;
  readonly #queries = new QueryGate(MAX_QUERIES);
  readonly #writes = new QueryGate(1);
  #tracks: Promise<Tracks>;
  #closed = false;
  /** The newest receive time written, ms UTC: the clock by which days end. */
  #clock = Number.NEGATIVE_INFINITY;
  #upkeep: Promise<void> | null = null;
  #upkeepDay = Number.NEGATIVE_INFINITY;
  #upkeepAfter = 0;
  #parkedTotal = 0;
  #parked: Parked['recent'] = [];
  /** Called when sealing or dropping a day failed; the store goes on and tries again later. */
  onUpkeepError: (error: unknown) => void = () => undefined;

  constructor(engineOptions: EngineOptions, options: DuckdbOptions, tracks: Tracks) {
    this.#engineOptions = engineOptions;
    this.#options = options;
    this.#tracks = Promise.resolve(tracks);
  }

  async cursor(): Promise<number> {
    return (await this.#usable()).cursor;
  }

  /** One transaction: rows that are new, and the cursor. What cannot be a position is parked. */
  async write(records: readonly StoredEntry[], upTo: number): Promise<void> {
    this.#assertOpen();
    await this.#writes.run(() => this.#queries.run(() => this.#write(records, upTo)));
    this.#startUpkeep();
  }

  async track(query: TrackQuery): Promise<TrackPage> {
    return await this.#reading(async ({ engine, devices, days }) => {
      const device = devices.find(storedDevice(query.device));
      // A foreign cursor is told even where nothing is stored.
      if (device === null && query.cursor === undefined) return emptyPage;
      return await readTrack(query, device ?? 0, days, (sql) => engine.chunks(sql));
    });
  }

  async heat(query: HeatQuery): Promise<HeatCells> {
    return await this.#reading(async ({ engine, days }) => {
      const step = heatSteps(query);
      const rows = await engine.read(heatSql(query, days));
      const shown = rows.slice(0, query.limit);
      const column = (of: (row: readonly unknown[]) => number) => Float64Array.from(shown, of);
      const clip = Number(rows[0]?.[5] ?? 0);
      return {
        ...{ step, length: shown.length, hasMore: rows.length > query.limit },
        latitude: column((r) => (Number(r[0]) + 0.5) * step.latitude),
        longitude: column((r) => (Number(r[1]) + 0.5) * step.longitude),
        fixes: column((r) => Number(r[2])),
        dwellS: column((r) => Number(r[3]) / 1000),
        deviceDays: column((r) => Number(r[4])),
        clip: query.metric === 'dwell' ? clip / 1000 : clip,
      };
    });
  }

  async exportDay(day: number): Promise<string> {
    const path = await exportPath(this.#engineOptions.exportFolder, day);
    await this.#reading(({ engine, days }) => engine.read(exportSql(path, day, days.get(day))));
    return path;
  }

  /** Nothing is committed meanwhile; reads go on. */
  async backup(path: string): Promise<void> {
    this.#assertOpen();
    await this.#writes.run(async () => {
      const { engine } = await this.#usable();
      const source = this.#engineOptions.path;
      try {
        await this.#queries.run(() => engine.writer.run('CHECKPOINT'));
      } catch {
        // Somebody reads what is older: then the log is copied along.
      }
      const partial = `${path}.part`;
      await copyFile(source, partial);
      await copyFile(`${source}.wal`, `${path}.wal`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
      await syncFile(partial);
      await rename(partial, path);
    });
  }

  parked(): Parked {
    return { total: this.#parkedTotal, recent: this.#parked };
  }

  /** Resolves when no day waits to be sealed or dropped, as far as what was written so far says. */
  async upkeep(): Promise<void> {
    while (this.#upkeep !== null) await this.#upkeep;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // A day half sealed is rolled back and sealed after the next start.
    await this.#tracks.then(({ engine }) => engine.keeper.interrupt()).catch(() => undefined);
    await this.upkeep();
    await this.#writes.idle();
    await this.#queries.idle();
    try {
      await (await this.#tracks).engine.close();
    } finally {
      owned.delete(this.#engineOptions.path);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('storeClosed', this.#engineOptions.path);
  }

  async #write(records: readonly StoredEntry[], upTo: number): Promise<void> {
    const tracks = await this.#usable();
    const db = tracks.engine.writer;
    const sound = records.filter(isStorable);
    const clock = newestReceived(sound, this.#clock);
    const boundary = tracks.boundary ?? (sound.length > 0 ? dayOf(clock - OPEN_MS) : null);
    const cursor = Math.max(upTo, tracks.cursor);
    let made: number[] = [];
    try {
      await db.run('BEGIN');
      if (boundary !== null) {
        const plan = { devices: tracks.devices, days: tracks.days, boundary };
        made = await insertNew(db, sound, { ...plan, lastDay: dayOf(clock) + 1 });
        if (tracks.boundary === null)
          await db.run(`INSERT INTO state VALUES ('boundary', ${boundary})`);
        await tracks.devices.save(db);
      }
      await db.run(`UPDATE state SET value = ${integer(cursor)} WHERE name = 'cursor'`);
      await db.run('COMMIT');
    } catch (error) {
      await this.#recover(tracks);
      throw new StoreError('storeUnavailable', this.#engineOptions.path, error);
    }
    for (const day of made)
      tracks.days.set(day, { live: true, sealed: tracks.days.get(day)?.sealed ?? 0 });
    tracks.cursor = cursor;
    tracks.boundary = boundary;
    this.#clock = clock;
    if (sound.length < records.length) this.#park(records);
  }

  #park(records: readonly StoredEntry[]): void {
    const refused = records.filter((r) => !isStorable(r));
    const told = refused.map((r) => ({
      ...{ seq: r.seq, device: storedDevice(r.device) },
      reason: 'time, hash or sequence is no whole number in range',
    }));
    this.#parkedTotal += told.length;
    this.#parked = [...this.#parked, ...told].slice(-PARKED_SHOWN);
  }

  /**
   * After a failed transaction what memory knew may be wrong: it is read anew from the file. An I/O fault (a full
   * disk) leaves the engine invalidated: then only opening the file again helps.
   */
  async #recover(tracks: Tracks): Promise<void> {
    const { engine } = tracks;
    // A failed COMMIT has ended the transaction already.
    await engine.writer.run('ROLLBACK').catch(() => undefined);
    const anew = committed(engine).then(
      (now) => ({ engine, ...now }),
      async () => {
        await engine.close();
        return await openTracks(this.#engineOptions);
      },
    );
    this.#tracks = anew;
    // Whoever uses it next sees the fault; nobody may be waiting yet.
    await anew.catch(() => undefined);
  }

  async #usable(): Promise<Tracks> {
    this.#assertUsable();
    const current = this.#tracks;
    try {
      return await current;
    } catch {
      if (this.#tracks === current) this.#tracks = openTracks(this.#engineOptions);
      try {
        return await this.#tracks;
      } catch (error) {
        throw new StoreError('storeUnavailable', this.#engineOptions.path, error);
      }
    }
  }

  /** What was begun before `close` may still be finished. */
  #assertUsable(): void {
    if (this.#closed && !owned.has(this.#engineOptions.path)) this.#assertOpen();
  }

  async #reading<T>(work: (tracks: Tracks) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return await this.#queries.run(async () => {
      for (let tries = 1; ; tries++) {
        const tracks = await this.#usable();
        try {
          return await work(tracks);
        } catch (error) {
          if (error instanceof StoreError) throw error;
          // A day was sealed between the choice of its table and the reading.
          const isGone = error instanceof Error && /Catalog Error/.test(error.message);
          if (!isGone || tries === MAX_TRIES) {
            throw new StoreError('storeUnavailable', this.#engineOptions.path, error);
          }
        }
      }
    });
  }

  #startUpkeep(): void {
    const today = dayOf(this.#clock - OPEN_MS);
    if (this.#closed || this.#upkeep !== null || !(today > this.#upkeepDay)) return;
    if (performance.now() < this.#upkeepAfter) return;
    this.#upkeep = this.#keepUp(today)
      .then(
        () => {
          this.#upkeepDay = today;
        },
        (error: unknown) => {
          this.#upkeepAfter = performance.now() + RETRY_UPKEEP_MS;
          if (!this.#closed) this.onUpkeepError(error);
        },
      )
      .finally(() => {
        this.#upkeep = null;
        // The clock may have gone on.
        this.#startUpkeep();
      });
  }

  /** Seals the days before `today` and those that got many late ones, and drops what is too old. */
  async #keepUp(today: number): Promise<void> {
    const keepDays = this.#options.keepDays ?? 0;
    if (keepDays > 0) await this.#dropBefore(dayOf(this.#clock) - keepDays);
    const { engine, days } = await this.#usable();
    const late = await engine.read(`
      SELECT floor(epoch_ms(fix_time) / ${DAY_MS})::INTEGER AS day FROM late GROUP BY day
      HAVING count(*) >= ${this.#options.foldRows ?? DEFAULT_FOLD_ROWS}`);
    const due = new Set(late.map(([day]) => Number(day)));
    for (const [day, { live }] of days) if (live) due.add(day);
    for (const day of [...due].sort((a, b) => a - b)) {
      if (day < today && !this.#closed) await this.#seal(day);
    }
  }

  /** From now on positions of the day are late; then what it has is sealed beside the writer. */
  async #seal(day: number): Promise<void> {
    await this.#writes.run(async () => {
      const tracks = await this.#usable();
      if (tracks.boundary !== null && tracks.boundary > day) return;
      await this.#queries.run(() =>
        tracks.engine.writer.run(`UPDATE state SET value = ${day + 1} WHERE name = 'boundary'`),
      );
      tracks.boundary = day + 1;
    });
    await this.#keeping(async (tracks, run) => {
      const from = tracks.days.get(day) ?? { live: false, sealed: 0 };
      const sealed = await sealDay(tracks.engine.keeper, day, from, run);
      return () => tracks.days.set(day, sealed);
    });
  }

  async #dropBefore(day: number): Promise<void> {
    await this.#keeping(async (tracks, run) => {
      const old = [...tracks.days].filter(([d]) => d < day);
      for (const [d, tables] of old) {
        for (const table of tablesOf(d, tables)) await run(`DROP TABLE ${table}`);
      }
      await run(`DELETE FROM heat WHERE day < ${day}`);
      await run(`DELETE FROM late WHERE fix_time < ${instant(day * DAY_MS)}`);
      return () => {
        for (const [d] of old) tracks.days.delete(d);
      };
    });
  }

  /** A transaction beside the writer; only its commit makes the writer wait. */
  async #keeping(
    work: (tracks: Tracks, run: (sql: string) => Promise<unknown>) => Promise<() => unknown>,
  ): Promise<void> {
    const tracks = await this.#usable();
    const db = tracks.engine.keeper;
    const run = (sql: string) => this.#queries.run(() => db.run(sql));
    await run('BEGIN');
    try {
      const done = await work(tracks, run);
      await this.#writes.run(async () => {
        await run('COMMIT');
        done();
      });
    } catch (error) {
      await db.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}

/** Of a read whose table was sealed away meanwhile. */
const MAX_TRIES = 3;
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
