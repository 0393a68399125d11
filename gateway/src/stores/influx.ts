import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setImmediate as turn } from 'node:timers/promises';
import { escape as escapeSql, InfluxDB, type IPoint } from 'influx';
import { columnList } from './columns.ts';
import {
  answeredNs,
  CURSOR,
  instantNs,
  MAX_INFLUX_MS,
  POSITION,
  pointMs,
  schemas,
  toPoint,
} from './influx-points.ts';
import { faultOf, type Refusal, refusalOf } from './influx-refusals.ts';
import { type Parked, type Store, type StoredEntry, StoreError, type TrackQuery } from './store.ts';
import { storedDevice } from './stored-device.ts';
import { TrackColumnsBuilder, type TrackPage } from './track-columns.ts';

export interface InfluxOptions {
  /** `http://host:8086`, with a path when a proxy wants one. */
  readonly url: string;
  readonly database: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** For each request, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** Points in one request: making its 150 KB takes this thread about 5 ms, then sockets get their turn. */
const POINTS_PER_REQUEST = 500;
/** The engine works on one while the next is made. */
const REQUESTS_IN_FLIGHT = 3;
const ROWS_PER_ANSWER = 5_000;
const MAX_CONNECTIONS = 4;
const PARKED_SHOWN = 100;
const DAY_MS = 86_400_000;

const selected = columnList.map((c) => `"${c.name}"`).join(', ');

/**
 * A store in an InfluxDB 1.x, or what speaks its API. Connects with the first request and makes the database when it
 * is missing, so that the gateway starts while the engine is away. At least once, and every fix is the same point
 * each time: of a fix sent again the newer report's receivedTime, late mark and extras stand.
 * @param now the clock the cursor's point is filed under, ms UTC
 */
export function openInflux(options: InfluxOptions, now: () => number): Store {
  return new InfluxStore(options, now);
}

class InfluxStore implements Store {
  readonly name = 'influx';
  readonly #options: InfluxOptions;
  readonly #now: () => number;
  readonly #agent: HttpAgent;
  readonly #client: InfluxDB;
  #hasDatabase = false;
  #closed = false;
  /** Null until asked. */
  #cursor: number | null = null;
  #parkedTotal = 0;
  #parked: Parked['recent'] = [];

  constructor(options: InfluxOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
    const url = new URL(options.url);
    const isTls = url.protocol === 'https:';
    this.#agent = new (isTls ? HttpsAgent : HttpAgent)({
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS,
    });
    this.#client = new InfluxDB({
      database: options.database,
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(options.password === undefined ? {} : { password: options.password }),
      schema: [...schemas],
      hosts: [
        {
          protocol: isTls ? 'https' : 'http',
          host: url.hostname,
          port: Number(url.port) || (isTls ? 443 : 80),
          path: url.pathname === '/' ? '' : url.pathname,
          options: { agent: this.#agent },
        },
      ],
      // The journal's runner decides when to try again; the library would lock the host out for up to 10 s.
      pool: { requestTimeout: options.timeoutMs, maxRetries: 0, backoff: noBackoff },
    });
  }

  async cursor(): Promise<number> {
    const { rows } = await this.#query(`SELECT max("seq") FROM "${CURSOR}"`);
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
    // The day's point is written over, so the higher of the two sequences has to be known.
    const seq = Math.max(upTo, this.#cursor ?? (await this.cursor()));
    const timestamp = instantNs(Math.floor(this.#now() / DAY_MS) * DAY_MS);
    const cursorFault = await this.#writePoints([
      { measurement: CURSOR, fields: { seq }, timestamp },
    ]);
    if (cursorFault !== null) throw new StoreError('storeRefused', cursorFault.reason);
    this.#cursor = seq;
    this.#parkedTotal += refused.length;
    refused.sort((a, b) => a.seq - b.seq);
    this.#parked = [...this.#parked, ...refused].slice(-PARKED_SHOWN);
  }

  async track(query: TrackQuery): Promise<TrackPage> {
    const device = escapeSql.stringLit(storedDevice(query.device));
    const found = new TrackColumnsBuilder(Math.min(ROWS_PER_ANSWER, query.limit));
    let lower = `time >= ${instantNs(query.from)}`;
    if (query.cursor !== undefined) lower += ` AND time > ${checkedCursor(query.cursor)}`;
    let last = '';
    for (;;) {
      // One more than asked for tells whether there is a next page.
      const wanted = Math.min(ROWS_PER_ANSWER, query.limit + 1 - found.length);
      const { rows, isPartial } = await this.#query(
        `SELECT ${selected} FROM "${POSITION}" WHERE "device" = ${device} AND ${lower} AND time < ${instantNs(query.to)} ORDER BY time ASC LIMIT ${wanted}`,
      );
      for (const row of rows) {
        if (found.length === query.limit) return { columns: found.finish(), next: last };
        const ns = answeredNs(String(row[0]));
        found.add(pointMs(ns), row, 1);
        last = ns.toString();
      }
      if (rows.length === 0 || (rows.length < wanted && !isPartial)) {
        return { columns: found.finish(), next: null };
      }
      lower = `time > ${last}`;
    }
  }

  parked(): Parked {
    return { total: this.#parkedTotal, recent: this.#parked };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#agent.destroy();
  }

  /** Halves what is refused until the points that cannot be kept stand alone; repeating the others changes nothing. */
  async #send(records: readonly StoredEntry[], refused: Parked['recent'][number][]): Promise<void> {
    const inRange = records.filter((r) => isKeepable(r.position.fixTime));
    for (const record of records) {
      if (!isKeepable(record.position.fixTime)) refused.push(park(record, 'time outside range'));
    }
    if (inRange.length === 0) return;
    const refusal = await this.#writePoints(inRange.map(toPoint));
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
  async #writePoints(points: IPoint[]): Promise<Refusal | null> {
    await this.#ensureDatabase();
    try {
      await this.#inTime(() => this.#client.writePoints(points));
      return null;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw faultOf(error, this.#options.url);
      return refusal;
    }
  }

  async #query(q: string): Promise<{ rows: readonly (readonly unknown[])[]; isPartial: boolean }> {
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

interface Answer {
  readonly results?: readonly {
    readonly error?: string;
    readonly partial?: boolean;
    readonly series?: readonly {
      readonly values?: readonly (readonly unknown[])[];
      readonly partial?: boolean;
    }[];
  }[];
}

function rowsOf(answer: unknown): { rows: readonly (readonly unknown[])[]; isPartial: boolean } {
  const result = (answer as Answer).results?.[0];
  if (result?.error !== undefined) throw new StoreError('storeRefused', result.error);
  const series = result?.series?.[0];
  return {
    rows: series?.values ?? [],
    // A server with max-row-limit cuts answers short and says so.
    isPartial: result?.partial === true || series?.partial === true,
  };
}
