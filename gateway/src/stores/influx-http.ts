import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { StoreError } from './store.ts';

/** Where an InfluxDB listens and who asks it. */
export interface InfluxAddress {
  /** `http://host:8086`, with a path when a proxy wants one. */
  readonly url: string;
  readonly database: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** For each request, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** What the engine answered instead of what was asked; shaped as the errors of the `influx` library. */
export class InfluxAnswerError extends Error {
  readonly res: { readonly statusCode: number };

  constructor(statusCode: number, body: string) {
    super(body);
    this.name = 'InfluxAnswerError';
    this.res = { statusCode };
  }
}

const MAX_CONNECTIONS = 4;
/** Of an answer that is not rows: enough for its reason. */
const MAX_REASON_BYTES = 64 * 1024;

/** The two requests that carry positions, without anything made for a single point. */
export class InfluxHttp {
  readonly agent: HttpAgent;
  readonly #address: InfluxAddress;
  readonly #base: URL;
  readonly #auth: Readonly<Record<string, string>>;
  #closed = false;

  constructor(address: InfluxAddress) {
    this.#address = address;
    this.#base = new URL(address.url);
    this.agent = new (this.#base.protocol === 'https:' ? HttpsAgent : HttpAgent)({
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS,
    });
    const { username, password } = address;
    const pair = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
    this.#auth = username === undefined ? {} : { authorization: `Basic ${pair}` };
  }

  /**
   * Posts lines of the line protocol, times in ns.
   * @throws InfluxAnswerError for any status but 204; StoreError `storeUnavailable`, `storeClosed`
   */
  async write(lines: string): Promise<void> {
    const body = Buffer.from(lines);
    const { database } = this.#address;
    await this.#exchange('POST', `/write?db=${encodeURIComponent(database)}&precision=ns`, body);
  }

  /**
   * Asks for rows as CSV in chunks, times in ns.
   * @param onChunk gets the bytes of a 200 as they arrive; what it throws ends the request
   * @throws as `write`
   */
  async csv(q: string, chunkRows: number, onChunk: (chunk: Buffer) => void): Promise<void> {
    const { database } = this.#address;
    const query = `db=${encodeURIComponent(database)}&epoch=ns&chunked=true&chunk_size=${chunkRows}`;
    await this.#exchange('GET', `/query?${query}&q=${encodeURIComponent(q)}`, null, onChunk);
  }

  close(): void {
    this.#closed = true;
    this.agent.destroy();
  }

  #exchange(
    method: 'GET' | 'POST',
    path: string,
    body: Buffer | null,
    onChunk?: (chunk: Buffer) => void,
  ): Promise<void> {
    const { url, timeoutMs } = this.#address;
    if (this.#closed) return Promise.reject(new StoreError('storeClosed', url));
    const { protocol, hostname, port, pathname } = this.#base;
    const send = protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send({
        ...{ method, agent: this.agent, host: hostname.replace(/^\[|\]$/g, '') },
        port: port === '' ? (protocol === 'https:' ? 443 : 80) : port,
        path: (pathname === '/' ? '' : pathname) + path,
        headers: {
          ...this.#auth,
          ...(onChunk === undefined ? {} : { accept: 'application/csv' }),
          ...(body === null ? {} : { 'content-length': body.length }),
        },
      });
      const timer = setTimeout(() => {
        fail(new StoreError('storeUnavailable', `no answer from ${url} in ${timeoutMs} ms`));
      }, timeoutMs);
      const fail = (error: unknown) => {
        clearTimeout(timer);
        const isTyped = error instanceof StoreError || error instanceof InfluxAnswerError;
        reject(isTyped ? error : new StoreError('storeUnavailable', `${url}: ${error}`, error));
        request.destroy();
      };
      request.on('error', fail);
      request.on('response', (response: IncomingMessage) => {
        const status = response.statusCode ?? 0;
        const isGood = status === 204 || status === 200;
        let reason = '';
        response.on('data', (chunk: Buffer) => {
          if (!isGood) {
            if (reason.length < MAX_REASON_BYTES) reason += chunk.toString();
            return;
          }
          try {
            onChunk?.(chunk);
          } catch (error) {
            fail(error);
          }
        });
        response.on('error', fail);
        response.on('close', () => {
          if (!response.complete) fail(new Error('the answer broke off'));
        });
        response.on('end', () => {
          clearTimeout(timer);
          if (isGood) resolve();
          else reject(new InfluxAnswerError(status, reason));
        });
      });
      request.end(body ?? undefined);
    });
  }
}
