import { EventEmitter } from 'node:events';
import type { VirtualClock } from './clock.ts';
import type { Random } from './random.ts';
import type { Trace } from './world.ts';

/** The terminal's end. Told nothing more after `closed`. */
export interface LineListener {
  opened(): void;
  received(bytes: Uint8Array): void;
  closed(): void;
}

/** What the network does to one connection, drawn when it is made. */
export interface LineTraits {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** How often a segment is cut at any byte; the rest of it comes later. */
  readonly splits: number;
  /** How often what has arrived waits to be read together with what comes next. */
  readonly merges: number;
}

/** A port that listens. */
export interface Listener {
  accept(socket: VirtualSocket): void;
}

/** The far end of a connection as the gateway's Node would show it: the part of `net.Socket` that it uses. */
export class VirtualSocket extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;
  writableLength = 0;
  writableEnded = false;
  bytesRead = 0;
  readonly line: Line;
  readonly #clock: VirtualClock;
  #received: Uint8Array[] = [];
  #isPaused = false;
  #readScheduled = false;
  #farEnded = false;
  #endTold = false;
  #needsDrain = false;

  constructor(line: Line, clock: VirtualClock, remoteAddress: string) {
    super();
    this.line = line;
    this.#clock = clock;
    this.remoteAddress = remoteAddress;
  }

  get writable(): boolean {
    return !this.destroyed && !this.writableEnded;
  }

  pause(): this {
    this.#isPaused = true;
    return this;
  }
  isPaused(): boolean {
    return this.#isPaused;
  }
  resume(): this {
    this.#isPaused = false;
    this.#readSoon(0);
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }

  write(bytes: Uint8Array): boolean {
    if (this.destroyed || this.writableEnded || bytes.length === 0) return false;
    this.writableLength += bytes.length;
    this.line.toTerminal(bytes.slice());
    if (this.writableLength > 16_384) this.#needsDrain = true;
    return !this.#needsDrain;
  }

  end(): this {
    if (this.writableEnded || this.destroyed) return this;
    this.writableEnded = true;
    this.line.endToTerminal();
    if (this.#endTold) this.#clock.inGateway(0, () => this.destroy());
    return this;
  }

  destroySoon(): void {
    this.end();
    if (this.writableLength === 0) this.destroy();
    else this.once('drained', () => this.destroy());
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.line.closedByGateway();
    this.#close(null);
    return this;
  }
  resetAndDestroy(): this {
    return this.destroy();
  }

  /** @internal a segment has come */
  arrive(bytes: Uint8Array, waitMs: number): void {
    if (this.destroyed) return;
    this.#received.push(bytes);
    this.#readSoon(waitMs);
  }

  /** @internal the terminal will send no more */
  arriveEnd(): void {
    this.#farEnded = true;
    this.#readSoon(0);
  }

  /** @internal the network broke the connection, or the terminal did */
  reset(): void {
    if (this.destroyed) return;
    this.#close(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  /** @internal so many bytes have left */
  written(bytes: number): void {
    this.writableLength -= bytes;
    if (this.writableLength > 0 || this.destroyed) return;
    this.emit('drained');
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    this.emit('drain');
  }

  #readSoon(waitMs: number): void {
    if (this.#readScheduled || this.destroyed) return;
    this.#readScheduled = true;
    this.#clock.inGateway(waitMs, () => {
      this.#readScheduled = false;
      this.#read();
    });
  }

  #read(): void {
    if (this.#isPaused || this.destroyed) return;
    if (this.#received.length > 0) {
      const chunk = Buffer.concat(this.#received);
      this.#received = [];
      this.bytesRead += chunk.length;
      this.line.delivered(chunk.length);
      this.emit('data', chunk);
      if (this.#farEnded) this.#readSoon(0);
      return;
    }
    if (!this.#farEnded || this.#endTold) return;
    this.#endTold = true;
    this.emit('end');
    if (this.writableEnded) this.#clock.inGateway(0, () => this.destroy());
  }

  #close(error: Error | null): void {
    this.destroyed = true;
    this.#received = [];
    this.#clock.inGateway(0, () => {
      if (error !== null) this.emit('error', error);
      this.emit('close', error !== null);
    });
  }
}

/** One TCP connection between a terminal and the gateway, in order in each direction. */
export class Line {
  readonly id: number;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #traits: LineTraits;
  readonly #listener: LineListener;
  socket: VirtualSocket | null = null;
  /** The terminal's end is gone. */
  isClosed = false;
  /** Nothing passes before, ms of the run; Infinity: never again. */
  blackholeUntil = 0;
  #lastUp = 0;
  #lastDown = 0;
  #gatewayGone = false;
  /** Ends of whole, sound frames in the stream to the gateway, and whether it was sound when it left. */
  readonly frames: { readonly end: number; readonly isSound: boolean }[] = [];
  #sent = 0;
  /** Bytes that the gateway has read. */
  deliveredBytes = 0;
  /** The gateway ended it, so that what it had read may have been dropped. */
  closedByUs = false;

  constructor(
    id: number,
    clock: VirtualClock,
    random: Random,
    trace: Trace,
    traits: LineTraits,
    listener: LineListener,
  ) {
    this.id = id;
    this.#clock = clock;
    this.#random = random;
    this.#trace = trace;
    this.#traits = traits;
    this.#listener = listener;
  }

  /** One frame, or rubbish. */
  send(bytes: Uint8Array, isSound = true): void {
    if (this.isClosed) return;
    this.#sent += bytes.length;
    this.frames.push({ end: this.#sent, isSound });
    const cut =
      bytes.length > 1 && this.#random.chance(this.#traits.splits)
        ? 1 + this.#random.below(bytes.length - 1)
        : bytes.length;
    this.#up(bytes.slice(0, cut));
    if (cut < bytes.length) this.#up(bytes.slice(cut));
  }

  /** Half-close: the terminal has said its last word and still listens. */
  end(): void {
    if (this.isClosed) return;
    this.#lastUp = this.#arrival(this.#lastUp);
    this.#clock.inWorld(this.#lastUp - this.#clock.now, () => this.socket?.arriveEnd());
  }

  /** The terminal lets go; what is under way is lost with the reset, and in a blackhole nobody hears of it. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const wait = this.blackholeUntil - this.#clock.now + this.#delay();
    this.#clock.inWorld(Math.max(this.#delay(), wait), () => this.socket?.reset());
  }

  /** The network breaks it: both ends see a reset and what was in flight is lost. */
  break(): void {
    if (this.isClosed) return;
    this.socket?.reset();
    this.#closeTerminal(this.#delay());
  }

  /** @internal the machine of the gateway is gone; a dead process's kernel says so, a dead machine does not */
  gatewayDied(tells: boolean): void {
    this.#gatewayGone = true;
    this.socket = null;
    if (tells) this.#closeTerminal(this.#delay());
  }

  /** @internal */
  opened(socket: VirtualSocket): void {
    this.socket = socket;
    this.#clock.inWorld(this.#delay(), () => {
      if (!this.isClosed) this.#listener.opened();
    });
  }

  /** @internal */
  refused(): void {
    this.#closeTerminal(this.#delay());
  }

  /** @internal */
  delivered(bytes: number): void {
    this.deliveredBytes += bytes;
    this.#trace.note(`${this.#clock.now.toFixed(3)} line ${this.id} reads ${bytes}`);
  }

  /** @internal */
  toTerminal(bytes: Uint8Array): void {
    const { socket } = this;
    this.#lastDown = this.#arrival(this.#lastDown);
    this.#clock.inWorld(this.#lastDown - this.#clock.now, () => {
      if (this.socket === socket) this.#clock.inGateway(0, () => socket?.written(bytes.length));
      if (this.isClosed) return;
      this.#trace.note(`${this.#clock.now.toFixed(3)} line ${this.id} hears ${bytes.length}`);
      this.#listener.received(bytes);
    });
  }

  /** @internal */
  endToTerminal(): void {
    this.#lastDown = this.#arrival(this.#lastDown);
    this.#clock.inWorld(this.#lastDown - this.#clock.now, () => {
      if (this.isClosed) return;
      this.isClosed = true;
      this.socket?.arriveEnd();
      this.#listener.closed();
    });
  }

  /** @internal an end by the gateway overtakes its last answers where the kernel still held unread bytes */
  closedByGateway(): void {
    this.closedByUs = true;
    if (this.#random.chance(0.5)) this.#lastDown = this.#arrival(this.#lastDown);
    else this.#lastDown = this.#clock.now + this.#delay();
    this.#closeTerminal(this.#lastDown - this.#clock.now);
  }

  #closeTerminal(delayMs: number): void {
    const wait = Math.max(delayMs, this.blackholeUntil - this.#clock.now);
    this.#clock.inWorld(wait, () => {
      if (this.isClosed) return;
      this.isClosed = true;
      this.#listener.closed();
    });
  }

  #up(bytes: Uint8Array): void {
    this.#lastUp = this.#arrival(this.#lastUp);
    const waits = this.#random.chance(this.#traits.merges) ? this.#random.between(0, 300) : 0;
    this.#clock.inWorld(this.#lastUp - this.#clock.now, () => {
      if (this.socket !== null) this.socket.arrive(bytes, waits);
      // A machine that knows nothing of the connection answers with a reset.
      else if (this.#gatewayGone) this.#closeTerminal(this.#delay());
    });
  }

  #delay(): number {
    return this.#random.between(this.#traits.minDelayMs, this.#traits.maxDelayMs);
  }

  /** In order, and after the blackhole. */
  #arrival(last: number): number {
    return Math.max(last, this.#clock.now + this.#delay(), this.blackholeUntil);
  }
}

/** The ports of the gateway's machine and all connections to them. */
export class VirtualNetwork {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #ports = new Map<number, Listener>();
  readonly lines: Line[] = [];

  constructor(clock: VirtualClock, random: Random, trace: Trace) {
    this.#clock = clock;
    this.#random = random;
    this.#trace = trace;
  }

  listen(port: number, listener: Listener): void {
    if (this.#ports.has(port)) throw Object.assign(new Error('EADDRINUSE'), { code: 'EADDRINUSE' });
    this.#ports.set(port, listener);
  }

  unlisten(port: number): void {
    this.#ports.delete(port);
  }

  connect(port: number, listener: LineListener, traits: LineTraits): Line {
    const [clock, trace] = [this.#clock, this.#trace];
    const id = this.lines.length + 1;
    const line = new Line(id, clock, this.#random.fork(), trace, traits, listener);
    this.lines.push(line);
    const delay = this.#random.between(traits.minDelayMs, traits.maxDelayMs);
    this.#clock.inWorld(delay, () => {
      const listening = this.#ports.get(port);
      if (line.isClosed) return;
      if (listening === undefined) {
        line.refused();
        return;
      }
      const socket = new VirtualSocket(
        line,
        clock,
        `10.${id >> 16}.${(id >> 8) & 255}.${id & 255}`,
      );
      line.opened(socket);
      clock.inGateway(0, () => listening.accept(socket));
    });
    return line;
  }

  /** The gateway's process is gone. @param tells the kernel outlives it and resets its connections */
  gatewayDied(tells: boolean): void {
    this.#ports.clear();
    // Those too that the terminal has left: what it sent may still be under way.
    for (const line of this.lines) line.gatewayDied(tells);
  }
}
