import { EventEmitter } from 'node:events';
import type { VirtualSocket } from './network.ts';
import { here } from './world.ts';

/** Stands in for `net.Server`. */
export class Server extends EventEmitter {
  readonly #onConnection: (socket: VirtualSocket) => void;
  #port: number | null = null;
  #open = 0;
  #closed: (() => void) | null = null;

  constructor(onConnection: (socket: VirtualSocket) => void) {
    super();
    this.#onConnection = onConnection;
  }

  listen(options: { port: number }, listening?: () => void): this {
    const { network, clock } = here();
    this.#port = options.port;
    network.listen(options.port, {
      accept: (socket) => {
        this.#open++;
        socket.once('close', () => {
          this.#open--;
          this.#closeSoon();
        });
        this.#onConnection(socket);
      },
    });
    clock.inGateway(0, () => listening?.());
    return this;
  }

  address(): { port: number } | null {
    return this.#port === null ? null : { port: this.#port };
  }

  close(closed?: () => void): this {
    if (this.#port !== null) here().network.unlisten(this.#port);
    this.#closed = closed ?? (() => undefined);
    this.#closeSoon();
    return this;
  }

  #closeSoon(): void {
    const closed = this.#closed;
    if (this.#open > 0 || closed === null) return;
    this.#closed = null;
    here().clock.inGateway(0, closed);
  }
}

/** Stands in for `net.createServer`. */
export const createServer = (
  _options: object,
  onConnection: (socket: VirtualSocket) => void,
): Server => new Server(onConnection);
