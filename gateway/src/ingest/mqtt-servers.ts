import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Metrics } from '../metrics.ts';
import type { Address, Addresses } from './addresses.ts';
import type { Sessions } from './session.ts';
import type { Turns } from './turns.ts';

/** PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface MqttServersOptions {
  readonly sessions: Sessions;
  readonly addresses: Addresses;
  readonly turns: Turns;
  readonly metrics: Metrics;
  readonly handshakeMs: number;
  /** Read anew when the process gets SIGHUP. */
  readonly certificate: (() => Certificate) | undefined;
  /** Somebody is let in, and his TLS handshake is over. */
  readonly onSocket: (socket: Socket, address: Address) => void;
  readonly onUnexpected: (error: unknown) => void;
}

const TLS_MIN = 'TLSv1.2';
const BACKLOG = 1024;

/** The sockets below the broker, plain and TLS: counted, bounded, and turned away by address. */
export class MqttServers {
  readonly #options: MqttServersOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  /** Of sockets whose handshake goes on: TLS hands out another object than the one that was let in. */
  readonly #shaking = new Map<string, Address>();
  #reload: (() => void) | null = null;

  constructor(options: MqttServersOptions) {
    this.#options = options;
  }

  /** @returns the port, which is the kernel's choice for 0 */
  listen(port: number, host: string): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => {
      const address = this.#admit(socket);
      if (address !== null) this.#options.onSocket(socket, address);
    });
    return this.#open(server, port, host);
  }

  /**
   * TLS 1.2 or newer.
   * @returns the port
   * @throws without a certificate, or for one that cannot be read
   */
  listenTls(port: number, host: string): Promise<number> {
    const { certificate, handshakeMs, metrics, onSocket, onUnexpected } = this.#options;
    if (certificate === undefined) throw new Error('TLS needs a certificate');
    const server = createTlsServer(
      { ...certificate(), minVersion: TLS_MIN, handshakeTimeout: handshakeMs, noDelay: true },
      (socket) => {
        const address = this.#shaking.get(nameOf(socket));
        if (address === undefined) socket.destroy();
        else onSocket(socket, address);
      },
    );
    server.on('connection', (socket: Socket) => {
      const address = this.#admit(socket);
      if (address === null) return;
      const name = nameOf(socket);
      this.#shaking.set(name, address);
      socket.once('close', () => this.#shaking.delete(name));
    });
    server.on('tlsClientError', (_error, socket) => {
      metrics.closed.inc({ transport: 'mqtt', reason: 'tlsHandshake' });
      socket.destroy();
    });
    this.#reload = () => {
      try {
        server.setSecureContext({ ...certificate(), minVersion: TLS_MIN });
      } catch (error) {
        // The one that is in use stays.
        onUnexpected(error);
      }
    };
    process.on('SIGHUP', this.#reload);
    return this.#open(server, port, host);
  }

  /** Takes nobody more; resolves once all are gone, whom `end` has told before. */
  async close(end: () => Promise<void>): Promise<void> {
    if (this.#reload !== null) process.off('SIGHUP', this.#reload);
    const stopped = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    await end();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(stopped);
  }

  #admit(socket: Socket): Address | null {
    const { metrics, sessions, addresses, turns } = this.#options;
    turns.accepted();
    const address = addresses.enter(socket.remoteAddress ?? '', sessions.connections);
    if (typeof address === 'string') {
      metrics.closed.inc({ transport: 'mqtt', reason: address });
      socket.destroy();
      return null;
    }
    this.#sockets.add(socket);
    sessions.connections++;
    metrics.connections.inc({ transport: 'mqtt' });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      addresses.left(address);
      sessions.connections--;
      metrics.connections.dec({ transport: 'mqtt' });
    });
    return address;
  }

  async #open(server: Server, port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, backlog: BACKLOG }, resolve);
    });
    this.#servers.push(server);
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }
}

const nameOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localPort}`;
