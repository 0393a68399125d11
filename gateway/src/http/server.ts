import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** PEM files; both or none. */
export interface TlsFiles {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

const REQUEST_MS = 30_000;
const HEADERS_MS = 10_000;

/** A server with or without TLS; give it its listener, then have it listen. */
export function createHttpServer({ tlsCert, tlsKey }: TlsFiles, listener: RequestListener): Server {
  const limits = { requestTimeout: REQUEST_MS, headersTimeout: HEADERS_MS };
  if (tlsCert === undefined || tlsKey === undefined) return createServer(limits, listener);
  const pem = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
  return createTlsServer({ ...limits, ...pem }, listener);
}

/** @returns the port, which is the kernel's choice for 0 */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Takes no new requests, lets running ones end for `graceMs`, then cuts them. */
export async function closeHttp(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
