import { setImmediate as turn } from 'node:timers/promises';
import { escape as escapeSql, InfluxDB } from 'influx';
import { columnList } from './columns.ts';
import { CsvReader } from './influx-csv.ts';
import { type InfluxAddress, InfluxHttp } from './influx-http.ts';
import {
  CURSOR,
  cursorLine,
  instantNs,
  LineWriter,
  MAX_INFLUX_MS,
  POSITION,
  pointMs,
} from './influx-lines.ts';
import { faultOf, type Refusal, refusalOf } from './influx-refusals.ts';
import { ParkedLog } from './parked-log.ts';
import { type Parked, type Store, type StoredEntry, StoreError, type TrackQuery } from './store.ts';
import { storedDevice } from './stored-device.ts';
import { TrackColumnsBuilder, type TrackPage } from './track-columns.ts';

/** How to reach the engine, and where what it refuses is noted. */
export interface InfluxOptions extends InfluxAddress {
  /** File for the records it refuses for good; without it they are noted in memory only. */
  readonly parkedPath?: string;
}

/** Points in one request: making its 150 KB takes this thread about 5 ms, then sockets get their turn. */
const POINTS_PER_REQUEST = 500;
/** The engine works on one while the next is made. */
const REQUESTS_IN_FLIGHT = 3;
/** The engine builds a chunk whole before it sends it; this thread parses what has arrived. */
const ROWS_PER_CHUNK = 2_000;
/** A row has the text of its extras, which came in a frame. */
const MAX_ROW_CHARS = 4 << 20;
const FIRST_CAPACITY = 5_000;
const DAY_MS = 86_400_000;

const selected = columnList.map((c) => `"${c.name}"`).join(', ');

/**
 * A store in an InfluxDB 1.x, or what speaks its API. Connects with the first request and makes the database when it
 * is missing, so that the gateway starts while the engine is away. At least once, and every fix is the same point
 * each time: of a fix sent again the newer report's receivedTime, late mark and extras stand.
 * @param now the clock the cursor's point is filed under, ms UTC
 * @throws SyntaxError when the file of parked records is none
 */
export async function openInflux(options: InfluxOptions, now: () => number): Promise<Store> {
  return new InfluxStore(options, now, await ParkedLog.open(options.parkedPath ?? null));
}

class InfluxStore implements Store {
  readonly name = 'influx';
  readonly #options: InfluxOptions;
  readonly #now: () => number;
  readonly #http: InfluxHttp;
  readonly #client: InfluxDB;
  readonly #writer = new LineWriter();
  readonly #parkedLog: ParkedLog;
  #hasDatabase = false;
  #closed = false;
  /** Null until asked. */
  #cursor: number | null = null;

  constructor(options: InfluxOptions, now: () => number, parkedLog: ParkedLog) {
    this.#parkedLog = parkedLog;
    this.#options = options;
    this.#now = now;
    const url = new URL(options.url);
    const isTls = url.protocol === 'https:';
    this.#http = new InfluxHttp(options);
    this.#client = new InfluxDB({
      database: options.database,
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(options.password === undefined ? {} : { password: options.password }),
      hosts: [
        {
          protocol: isTls ? 'https' : 'http',
          host: url.hostname,
          port: Number(url.port) || (isTls ? 443 : 80),
          path: url.pathname === '/' ? '' : url.pathname,
          options: { agent: this.#http.agent },
        },
      ],
      // The journal's runner decides when to try again; the library would lock the host out for up to 10 s.
      pool: { requestTimeout: options.timeoutMs, maxRetries: 0, backoff: noBackoff },
    });
  }

  async cursor(): Promise<number> {
    const rows = await this.#query(`SELECT max("seq") FROM "${CURSOR}"`);
    this.#cursor = Number(rows[0]?.[1] ?? 0);
    return this.#cursor;
  }

  /** Points first, the cursor when all of them are answered for. */
  async write(records: readonly StoredEntry[], upTo: number): Promise<void> {
    const refused: Parked['recent'][number][] = [];
    let next = 0;
    const sendRest = async () => {
      while (next < records.length) {
        const part = records.slice(next, next + POINTS_PER_REQUEST);
        next += part.length;
        await turn();
        await this.#send(part, refused);
      }
    };
    await allDone(Array.from({ length: REQUESTS_IN_FLIGHT }, sendRest));
    const passed = this.#cursor ?? (await this.cursor());
    // What a crash between the two forgets would never be seen again.
    if (refused.length > 0) await this.#parkedLog.add(refused, passed);
    // The day's point is written over, so the higher of the two sequences has to be known.
    const seq = Math.max(upTo, passed);
    const day = instantNs(Math.floor(this.#now() / DAY_MS) * DAY_MS);
    const cursorFault = await this.#writeLines(cursorLine(seq, day));
    if (cursorFault !== null) throw new StoreError('storeRefused', cursorFault.reason);
    this.#cursor = seq;
  }

  async track(query: TrackQuery): Promise<TrackPage> {
    const device = escapeSql.stringLit(storedDevice(query.device));
    const found = new TrackColumnsBuilder(Math.min(FIRST_CAPACITY, query.limit));
    let lower = `time >= ${instantNs(query.from)}`;
    if (query.cursor !== undefined) lower += ` AND time > ${checkedCursor(query.cursor)}`;
    const upper = `time < ${instantNs(query.to)}`;
    let last = '';
    for (;;) {
      // One more than asked for tells whether there is a next page.
      const wanted = query.limit + 1 - found.length;
      let hasMore = false;
      const rows = await this.#rows(
        `SELECT ${selected} FROM "${POSITION}" WHERE "device" = ${device} AND ${lower} AND ${upper} ORDER BY time ASC LIMIT ${wanted}`,
        (ns, cells) => {
          if (found.length === query.limit) hasMore = true;
          else {
            found.add(pointMs(ns), cells, 0);
            last = ns;
          }
        },
      );
      if (hasMore) return { columns: found.finish(), next: last };
      if (last !== '') lower = `time > ${last}`;
      // In CSV a fault of the engine looks like the end: only JSON says that there is nothing more.
      if (rows < wanted && !(await this.#hasRows(device, `${lower} AND ${upper}`))) {
        return { columns: found.finish(), next: null };
      }
    }
  }

  parked(): Parked {
    return this.#parkedLog.parked();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#http.close();
  }

  /** Halves what is refused until the points that cannot be kept stand alone; repeating the others changes nothing. */
  async #send(records: readonly StoredEntry[], refused: Parked['recent'][number][]): Promise<void> {
    const inRange = records.filter((r) => isKeepable(r.position.fixTime));
    for (const record of records) {
      if (!isKeepable(record.position.fixTime)) refused.push(park(record, 'time outside range'));
    }
    if (inRange.length === 0) return;
    const refusal = await this.#writeLines(this.#writer.lines(inRange));
    if (refusal === null) return;
    if (inRange.length === 1 || refusal.dropped === inRange.length) {
      for (const record of inRange) refused.push(park(record, refusal.reason));
      return;
    }
    const middle = inRange.length >> 1;
    await this.#send(inRange.slice(0, middle), refused);
    await this.#send(inRange.slice(middle), refused);
  }

  /** @returns what the engine has against the points themselves, null when it took them all */
  async #writeLines(lines: string): Promise<Refusal | null> {
    await this.#ensureDatabase();
    try {
      await this.#http.write(lines);
      return null;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw faultOf(error, this.#options.url);
      return refusal;
    }
  }

  /** Asks for positions as CSV. @returns how many rows came */
  async #rows(q: string, onRow: (ns: string, cells: readonly unknown[]) => void): Promise<number> {
    await this.#ensureDatabase();
    const cells: unknown[] = columnList.map(() => null);
    let rows = 0;
    const reader = new CsvReader((texts) => {
      // Each chunk begins with the names again: name, tags, time, then the columns asked for.
      if (texts[TIME_AT] === 'time') return;
      rows++;
      for (let c = 0; c < columnList.length; c++) {
        cells[c] = cellAt(c, texts[FIRST_CELL_AT + c] ?? '');
      }
      onRow(texts[TIME_AT] ?? '', cells);
    }, MAX_ROW_CHARS);
    try {
      await this.#http.csv(q, ROWS_PER_CHUNK, (chunk) => reader.push(chunk));
    } catch (error) {
      throw faultOf(error, this.#options.url);
    }
    return rows;
  }

  async #hasRows(device: string, period: string): Promise<boolean> {
    const rows = await this.#query(
      `SELECT "received_time" FROM "${POSITION}" WHERE "device" = ${device} AND ${period} LIMIT 1`,
    );
    return rows.length > 0;
  }

  async #query(q: string): Promise<readonly (readonly unknown[])[]> {
    await this.#ensureDatabase();
    try {
      const answer: unknown = await this.#inTime((signal) => this.#client.queryRaw(q, { signal }));
      return rowsOf(answer);
    } catch (error) {
      throw faultOf(error, this.#options.url);
    }
  }

  async #ensureDatabase(): Promise<void> {
    if (this.#hasDatabase) return;
    const { database, url } = this.#options;
    try {
      // Creating needs an administrator, using it does not.
      const names = await this.#inTime(() => this.#client.getDatabaseNames());
      if (!names.includes(database)) {
        await this.#inTime(() => this.#client.createDatabase(database));
      }
      this.#hasDatabase = true;
    } catch (error) {
      throw faultOf(error, url);
    }
  }

  /** The library never settles when a connection breaks in the middle of an answer; the deadline does. */
  async #inTime<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { url, timeoutMs } = this.#options;
    if (this.#closed) throw new StoreError('storeClosed', url);
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new StoreError('storeUnavailable', `no answer from ${url} in ${timeoutMs} ms`));
        abort.abort();
      }, timeoutMs);
    });
    try {
      return await Promise.race([request(abort.signal), deadline]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Waits for all of them even when one fails, so that no request is left running behind a retry. */
async function allDone(works: Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(works)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

const noBackoff = { getDelay: () => 0, next: () => noBackoff, reset: () => noBackoff };

const isKeepable = (fixTime: number): boolean =>
  Number.isInteger(fixTime) && Math.abs(fixTime) < MAX_INFLUX_MS;

const park = (record: StoredEntry, reason: string): Parked['recent'][number] => ({
  seq: record.seq,
  device: storedDevice(record.device),
  reason,
});

function checkedCursor(cursor: string): string {
  if (!/^-?\d{1,19}$/.test(cursor)) throw new StoreError('badCursor', JSON.stringify(cursor));
  return cursor;
}

const TIME_AT = 2;
const FIRST_CELL_AT = 3;

/** A cell of the answer in the type of its column; an empty one is null. */
function cellAt(column: number, text: string): number | boolean | string | null {
  if (text === '') return null;
  switch (columnList[column]?.type) {
    case 'float':
    case 'time':
      return Number(text);
    case 'boolean':
      return text === 'true';
    default:
      return text;
  }
}

interface Answer {
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly { readonly values?: readonly (readonly unknown[])[] }[];
  }[];
}

function rowsOf(answer: unknown): readonly (readonly unknown[])[] {
  const result = (answer as Answer).results?.[0];
  if (result?.error !== undefined) throw new StoreError('storeRefused', result.error);
  return result?.series?.[0]?.values ?? [];
}
