import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type Random, seeded } from '../random.ts';

/**
 * What a database behind HTTP does to a request. `pass`: what it really does. `slow`: the same, so much later. `error`:
 * answers 500 and does nothing. `lostAnswer`: does it and then breaks the connection, so that the caller cannot know.
 * `hang`: takes it and never answers, as a process that is stopped. `refuse`: breaks the connection at once.
 */
export type StoreFault =
  | { readonly kind: 'pass' | 'error' | 'lostAnswer' | 'hang' | 'refuse' }
  | { readonly kind: 'slow'; readonly ms: number };

/** Chances of each fault for a request; what is left passes. */
export interface StoreFaultPlan {
  readonly slow: number;
  readonly slowMs: number;
  readonly error: number;
  readonly lostAnswer: number;
  readonly hang: number;
  readonly refuse: number;
}

export const storeFaultsOften: StoreFaultPlan = {
  ...{ slow: 0.2, slowMs: 300, error: 0.15, lostAnswer: 0.15, hang: 0.05, refuse: 0.15 },
};

/** The fault that the n-th request meets: the seed and the number decide. */
export function storeFaultOf(seed: string | number, n: number, plan: StoreFaultPlan): StoreFault {
  const random: Random = seeded(seed).fork(`request/${n}`);
  let draw = random.next();
  for (const kind of ['error', 'lostAnswer', 'hang', 'refuse'] as const) {
    draw -= plan[kind];
    if (draw < 0) return { kind };
  }
  draw -= plan.slow;
  return draw < 0 ? { kind: 'slow', ms: random.int(1, plan.slowMs) } : { kind: 'pass' };
}

export interface StoreProxyOptions {
  /** Of the real database, such as `http://127.0.0.1:8086`; loopback. */
  readonly target: string;
  /** What the n-th request meets, from 0; all pass by default. */
  readonly fault?: (n: number, method: string, path: string) => StoreFault;
}

/** A database that stops, hangs, is slow or fails when a test says so, whatever the real one behind it does. */
export class StoreProxy {
  /** Requests by the fault they met. */
  readonly counts: Record<StoreFault['kind'], number> = {
    ...{ pass: 0, slow: 0, error: 0, lostAnswer: 0, hang: 0, refuse: 0 },
  };
  fault: NonNullable<StoreProxyOptions['fault']>;
  readonly #target: URL;
  readonly #server: Server;
  readonly #timers = new Set<NodeJS.Timeout>();
  #requests = 0;

  private constructor({ target, fault = () => ({ kind: 'pass' }) }: StoreProxyOptions) {
    this.#target = new URL(target);
    this.fault = fault;
    this.#server = createServer((from, to) => this.#meet(from, to));
  }

  static async open(options: StoreProxyOptions): Promise<StoreProxy> {
    const proxy = new StoreProxy(options);
    await new Promise<void>((done) => proxy.#server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `http://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #meet(from: IncomingMessage, to: ServerResponse): void {
    const { method = 'GET', url = '/' } = from;
    const fault = this.fault(this.#requests++, method, url);
    this.counts[fault.kind]++;
    // Whoever asked may be gone by the time of the answer.
    from.on('error', () => to.destroy());
    switch (fault.kind) {
      case 'pass':
        this.#pass(from, to);
        break;
      case 'slow': {
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          this.#pass(from, to);
        }, fault.ms);
        this.#timers.add(timer);
        break;
      }
      case 'error':
        from.resume();
        to.writeHead(500, { 'content-type': 'application/json' });
        to.end('{"error":"engine: out of order, on purpose"}');
        break;
      case 'lostAnswer':
        this.#pass(from, to, () => from.socket.destroy());
        break;
      case 'hang':
        from.resume();
        break;
      case 'refuse':
        from.socket.destroy();
        break;
    }
  }

  /** @param instead of passing the answer on */
  #pass(from: IncomingMessage, to: ServerResponse, instead?: () => void): void {
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = from;
    const onward = request({ hostname, port, method, path, headers }, (answer) => {
      if (instead !== undefined) {
        answer.resume();
        answer.on('end', instead);
        return;
      }
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    // What the real one does to us is done to the caller.
    onward.on('error', () => from.socket.destroy());
    from.pipe(onward);
  }
}
