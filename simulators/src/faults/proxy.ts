import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Random, seeded } from '../random.ts';
import { type FaultPlan, faultsOf, type LineFaults, pieces } from './schedule.ts';

/** What the proxy holds back of one direction at most; then it stops reading, as a full network does. */
const HELD_BYTES = 64 * 1024;

export interface ProxyOptions {
  /** Where to, on this machine. */
  readonly port: number;
  readonly seed: string | number;
  readonly plan: FaultPlan;
  /** Told once, so that a failure can be repeated. */
  readonly say?: (line: string) => void;
}

/** How often each fault was done. */
export interface ProxyCounts {
  lines: number;
  delayed: number;
  throttled: number;
  split: number;
  reset: number;
  halfClosed: number;
  blackholed: number;
}

/**
 * A TCP line with faults between devices and a gateway, on loopback. One seed decides what each line suffers, where
 * in its bytes it is cut and where it ends; only the clock of the machine is not of the seed.
 */
export class FaultProxy {
  readonly counts: ProxyCounts = {
    ...{ lines: 0, delayed: 0, throttled: 0, split: 0 },
    ...{ reset: 0, halfClosed: 0, blackholed: 0 },
  };
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #lines = new Set<ProxyLine>();
  #plan: FaultPlan;

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
    this.#server.on('connection', (socket) => this.#take(socket));
  }

  static async open(options: ProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((done) => {
      proxy.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, done);
    });
    options.say?.(`fault proxy: seed ${options.seed}, ${proxy.port} to ${options.port}`);
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** For lines that come from now on. */
  set plan(plan: FaultPlan) {
    this.#plan = plan;
  }

  /** Ends all lines with a reset; the port stays open. */
  cut(): void {
    for (const line of this.#lines) line.reset();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #take(device: Socket): void {
    const n = this.counts.lines++;
    const faults = faultsOf(this.#options.seed, n, this.#plan);
    const { counts } = this;
    if (faults.delayMs > 0) counts.delayed++;
    if (faults.bytesPerSecond !== null) counts.throttled++;
    if (faults.splitBytes !== null) counts.split++;
    const { port, seed } = this.#options;
    const gateway = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const random = seeded(seed).fork(`cuts/${n}`);
    const line = new ProxyLine(device, gateway, faults, random, this.#plan.blackholeMs, counts);
    this.#lines.add(line);
    line.onEnd = () => this.#lines.delete(line);
  }
}

/** One device's line: two directions, and an end that hits both. */
class ProxyLine {
  onEnd: () => void = () => undefined;
  readonly #device: Socket;
  readonly #gateway: Socket;
  readonly #faults: LineFaults;
  readonly #counts: ProxyCounts;
  readonly #up: Flow;
  readonly #down: Flow;
  #upBytes = 0;
  #isDead = false;
  #closed = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    device: Socket,
    gateway: Socket,
    faults: LineFaults,
    random: Random,
    blackholeMs: number,
    counts: ProxyCounts,
  ) {
    this.#device = device;
    this.#gateway = gateway;
    this.#faults = faults;
    this.#counts = counts;
    this.#up = new Flow(device, gateway, faults, random.fork('up'), (bytes) =>
      this.#upward(bytes, blackholeMs),
    );
    this.#down = new Flow(gateway, device, faults, random.fork('down'), (bytes) => bytes);
    for (const socket of [device, gateway]) {
      // What hurts one side is passed to the other as it is: a reset.
      socket.on('error', () => this.reset());
      socket.on('close', () => {
        this.#closed++;
        if (this.#closed < 2) return;
        this.#stop();
        this.onEnd();
      });
    }
    // Not before: a socket that is still connecting cannot be reset.
    gateway.once('connect', () => device.resume());
  }

  reset(): void {
    this.#stop();
    for (const socket of [this.#device, this.#gateway]) {
      // After a goodbye there is nothing left to reset, and one that connects is not known to anybody yet.
      if (socket.writableEnded || socket.connecting) socket.destroy();
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  /** @returns how many of the bytes pass before the line ends */
  #upward(bytes: number, blackholeMs: number): number {
    const { end } = this.#faults;
    const before = this.#upBytes;
    this.#upBytes += bytes;
    if (end === null || this.#isDead || this.#upBytes < end.afterBytes) return bytes;
    this.#isDead = true;
    const passing = end.afterBytes - before;
    switch (end.kind) {
      case 'reset':
        this.#counts.reset++;
        // What passes has left first.
        this.#up.after = () => this.reset();
        return passing;
      case 'halfClose':
        this.#counts.halfClosed++;
        this.#down.close();
        return bytes;
      case 'blackhole':
        this.#counts.blackholed++;
        this.#up.after = () => {
          this.#up.stop();
          this.#down.stop();
        };
        this.#timer = setTimeout(() => this.reset(), blackholeMs);
        return passing;
    }
  }

  #stop(): void {
    this.#up.stop();
    this.#down.stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** One direction: reads, cuts, waits, writes. */
class Flow {
  /** Done once all that was read until now has been written. */
  after: (() => void) | null = null;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: LineFaults;
  readonly #random: Random;
  readonly #queue: { readonly bytes: Uint8Array; readonly dueTime: number }[] = [];
  #held = 0;
  #freeTime = 0;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;
  #hasEnded = false;

  constructor(
    from: Socket,
    to: Socket,
    faults: LineFaults,
    random: Random,
    passing: (bytes: number) => number,
  ) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#random = random;
    from.on('data', (chunk) => {
      // A line in a black hole is read from and forgotten: its sender sees a network that takes and never answers.
      if (this.#isStopped || this.after !== null) return;
      this.#take(chunk.subarray(0, passing(chunk.length)));
    });
    from.on('end', () => {
      this.#hasEnded = true;
      this.#next();
    });
    to.on('drain', () => from.resume());
  }

  /** Says goodbye in this direction; what was read has left before. */
  close(): void {
    this.#hasEnded = true;
    this.#from.removeAllListeners('data');
    this.#from.resume();
    this.#next();
  }

  /** Nothing more leaves. */
  stop(): void {
    this.#isStopped = true;
    this.#queue.length = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #take(chunk: Uint8Array): void {
    const { delayMs, bytesPerSecond, splitBytes } = this.#faults;
    const now = performance.now();
    let at = 0;
    for (const size of pieces(this.#random, chunk.length, splitBytes)) {
      const workMs = bytesPerSecond === null ? 0 : (size * 1000) / bytesPerSecond;
      this.#freeTime = Math.max(now + delayMs, this.#freeTime) + workMs;
      this.#queue.push({ bytes: chunk.subarray(at, at + size), dueTime: this.#freeTime });
      at += size;
    }
    this.#held += chunk.length;
    if (this.#held > HELD_BYTES) this.#from.pause();
    if (this.#timer === null) this.#next();
  }

  #next(): void {
    this.#timer = null;
    if (this.#isStopped) return;
    const now = performance.now();
    // Each piece is a write of its own, and so most often a segment of its own.
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (this.#isStopped || this.#to.destroyed) return;
      if (head.dueTime > now) {
        this.#timer = setTimeout(() => this.#next(), Math.ceil(head.dueTime - now));
        return;
      }
      this.#queue.shift();
      this.#held -= head.bytes.length;
      if (!this.#to.writableEnded && !this.#to.write(head.bytes)) this.#from.pause();
      else if (this.#held <= HELD_BYTES && this.#from.isPaused()) this.#from.resume();
    }
    if (this.after !== null) {
      const { after } = this;
      this.after = () => undefined;
      after();
    } else if (this.#hasEnded && !this.#to.writableEnded) this.#to.end();
  }
}
