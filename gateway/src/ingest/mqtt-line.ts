import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Reader, Turns } from './turns.ts';

/** A log-in: names, a password, a will. Nobody is known yet, so nobody may make us keep more. */
export const MAX_CONNECT_BYTES = 8 << 10;
/** What a client may send at once, in seconds of its rate. */
const BURST_S = 5;
const CONNECT = 1;
const LENGTH_BYTES = 4;

/** Why a stream is no MQTT that we take. */
export type LineFault = 'noConnect' | 'malformed' | 'packetTooLong';

/**
 * Where packets begin and end in a stream, and nothing else: the broker's parser keeps whatever a packet announces, up
 * to 256 MB, before it looks at it.
 * @see MQTT 3.1.1, section 2.2 (fixed header)
 */
export class PacketGauge {
  readonly #maxBytes: number;
  #max = MAX_CONNECT_BYTES;
  #rest = 0;
  #length = 0;
  /** Bytes of the length read so far; -1 outside of a header. */
  #lengthBytes = -1;
  #begun = 0;

  /** @param maxBytes of any packet after the log-in */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Packets begun so far. */
  get begun(): number {
    return this.#begun;
  }
  /** A packet is not complete. */
  get isInside(): boolean {
    return this.#rest > 0 || this.#lengthBytes >= 0;
  }

  /** Reads on; after a fault nothing more may be read. */
  read(bytes: Uint8Array): LineFault | null {
    let at = 0;
    while (at < bytes.length) {
      if (this.#rest > 0) {
        const skipped = Math.min(this.#rest, bytes.length - at);
        this.#rest -= skipped;
        at += skipped;
        continue;
      }
      const byte = bytes[at++] ?? 0;
      if (this.#lengthBytes < 0) {
        if (this.#begun++ === 0 && byte >> 4 !== CONNECT) return 'noConnect';
        this.#lengthBytes = 0;
        this.#length = 0;
        continue;
      }
      this.#length |= (byte & 0x7f) << (7 * this.#lengthBytes++);
      if ((byte & 0x80) !== 0) {
        if (this.#lengthBytes === LENGTH_BYTES) return 'malformed';
        continue;
      }
      if (this.#length > this.#max) return 'packetTooLong';
      this.#rest = this.#length;
      this.#lengthBytes = -1;
      this.#max = this.#maxBytes;
    }
    return null;
  }
}

/** Why a line's socket is not read. */
const WAITS_ITS_TURN = 1;
const BROKER_IS_BUSY = 2;
const TOO_FAST = 4;

export interface LineOptions {
  readonly turns: Turns;
  readonly maxPacketBytes: number;
  /** Packets a second. */
  readonly rate: number;
  readonly onFault: (fault: LineFault) => void;
  /** It sends faster than its rate and is read no further for a while. */
  readonly onPaced: () => void;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

/** A socket as the broker sees it: read in turns with the others, and ended before a packet gets too long. */
export class MqttLine extends Duplex implements Reader {
  readonly #socket: Socket;
  readonly #options: LineOptions;
  readonly #gauge: PacketGauge;
  /** Packets it may send now; below 0 it waits. */
  #credit: number;
  #creditAt: number;
  #packetSince: number | null = null;
  #lastRead: number;
  #stops = 0;
  #hasEnded = false;
  /** How long its client may be silent, ms. */
  maxSilenceMs = Number.POSITIVE_INFINITY;

  constructor(socket: Socket, options: LineOptions) {
    super();
    this.#socket = socket;
    this.#options = options;
    this.#gauge = new PacketGauge(options.maxPacketBytes);
    this.#credit = options.rate * BURST_S;
    this.#creditAt = options.monotonic();
    this.#lastRead = this.#creditAt;
    socket.on('data', (chunk) => {
      this.#lastRead = options.monotonic();
      if (!options.turns.offer(this, chunk)) this.#stop(WAITS_ITS_TURN);
    });
    socket.on('end', () => {
      // What came before it may still wait for its turn.
      if (options.turns.has(this)) this.#hasEnded = true;
      else this.push(null);
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** Every position of a badge is a packet of its own: it has its rate instead. */
  get isBacklog(): false {
    return false;
  }

  /** Since when a packet is not complete, ms monotonic; null when none is, or when the rest of it waits for us. */
  get packetSince(): number | null {
    return this.#stops === 0 && !this.#options.turns.has(this) ? this.#packetSince : null;
  }

  /** Whether its client was silent for too long at `now`, ms monotonic; never while it is our doing. */
  isSilent(now: number): boolean {
    return this.#stops === 0 && now - this.#lastRead > this.maxSilenceMs;
  }

  /** What has its turn. */
  receive(bytes: Uint8Array): void {
    const { begun } = this.#gauge;
    const fault = this.#gauge.read(bytes);
    if (fault !== null) {
      this.#options.onFault(fault);
      this.destroy();
      return;
    }
    if (!this.#gauge.isInside) this.#packetSince = null;
    else if (this.#gauge.begun > begun) this.#packetSince = this.#options.monotonic();
    this.#credit -= this.#gauge.begun - begun;
    if (this.#credit < 0 && (this.#stops & TOO_FAST) === 0) {
      this.#options.onPaced();
      this.#wait(TOO_FAST);
    }
    if (!this.push(bytes)) this.#wait(BROKER_IS_BUSY);
  }

  caughtUp(): void {
    this.#go(WAITS_ITS_TURN);
    if (this.#hasEnded && !this.destroyed) this.push(null);
  }

  /** Gives back what its rate allows for the time that has passed; called about once a second. */
  refill(at: number): void {
    const { rate } = this.#options;
    const more = ((at - this.#creditAt) * rate) / 1000;
    this.#creditAt = at;
    this.#credit = Math.min(rate * BURST_S, this.#credit + more);
    if (this.#credit >= 0 && (this.#stops & TOO_FAST) !== 0) this.#goOn(TOO_FAST);
  }

  override _read(): void {
    if ((this.#stops & BROKER_IS_BUSY) !== 0) this.#goOn(BROKER_IS_BUSY);
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void) {
    if (this.#socket.write(chunk)) done();
    else this.#socket.once('drain', done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Uint8Array }[],
    done: (error?: Error | null) => void,
  ): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), '', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#options.turns.forget(this);
    this.#socket.destroy();
    done(error);
  }

  /** Also what was offered already is read no further. */
  #wait(why: number): void {
    this.#stop(why);
    this.#options.turns.park(this);
  }

  #goOn(why: number): void {
    this.#go(why);
    if ((this.#stops & (BROKER_IS_BUSY | TOO_FAST)) === 0) this.#options.turns.unpark(this);
  }

  #stop(why: number): void {
    this.#stops |= why;
    this.#socket.pause();
  }

  #go(why: number): void {
    if (this.#stops === 0) return;
    this.#stops &= ~why;
    if (this.#stops !== 0) return;
    this.#lastRead = this.#options.monotonic();
    if (this.#packetSince !== null) this.#packetSince = this.#lastRead;
    this.#socket.resume();
  }
}
