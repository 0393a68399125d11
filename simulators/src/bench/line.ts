import { connect, type Socket } from 'node:net';
import type { Speaker } from './speaker.ts';

/** A turn of one socket is written at once; the longest is a backlog of some messages. */
const WRITE_BYTES = 64 * 1024;
const READ_BYTES = 64 * 1024;

/** What every line of a load writes from and reads into: none of them keeps a buffer of its own. */
export class Buffers {
  out = Buffer.allocUnsafeSlow(WRITE_BYTES);
  readonly in = new Uint8Array(READ_BYTES);
}

/** Whom a line tells what happens on it. */
export interface LineEvents {
  /** Connected and, where the protocol wants it, logged in: reports may be sent. */
  open(): void;
  answered(key: number, accepted: boolean): void;
  /** All that came at once has been told. */
  endOfChunk(): void;
  /** The far end, or the network, ended it. */
  lost(why: string): void;
}

export interface LineOptions {
  readonly host: string;
  readonly port: number;
  readonly speaker: Speaker;
  readonly buffers: Buffers;
  readonly events: LineEvents;
}

/** One connection of one terminal. */
export class Line {
  readonly #socket: Socket;
  readonly #speaker: Speaker;
  readonly #buffers: Buffers;
  #at = 0;
  #ended = false;
  #isOpen = false;

  constructor({ host, port, speaker, buffers, events }: LineOptions) {
    this.#speaker = speaker;
    this.#buffers = buffers;
    const opened = () => {
      if (this.#isOpen) return;
      this.#isOpen = true;
      events.open();
    };
    const heard = {
      greeted: opened,
      answered: (key: number, accepted: boolean) => events.answered(key, accepted),
      say: (bytes: Uint8Array) => void this.#socket.write(bytes),
    };
    const socket = connect({
      host,
      port,
      noDelay: true,
      // One buffer for all: what came is read before the call returns.
      onread: {
        buffer: buffers.in,
        callback: (length, bytes) => {
          if (this.#ended) return false;
          speaker.read(bytes.subarray(0, length), heard);
          events.endOfChunk();
          return true;
        },
      },
    });
    this.#socket = socket;
    socket.on('connect', () => {
      const greeting = speaker.greet();
      if (greeting === null) opened();
      else socket.write(greeting);
    });
    let why = 'closed by the far end';
    socket.on('error', (error: NodeJS.ErrnoException) => {
      why = error.code ?? error.message;
    });
    socket.on('close', () => {
      if (this.#ended) return;
      this.#ended = true;
      events.lost(why);
    });
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#ended;
  }

  /** Bytes the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Has `make` write into the shared buffer; nothing leaves before `flush`. */
  write(make: (speaker: Speaker, out: Uint8Array, at: number) => number): void {
    this.#at = make(this.#speaker, this.#buffers.out, this.#at);
  }

  /** Sends what was written since: between two lines, or the bytes of one would leave on the other. */
  flush(): void {
    if (this.#at === 0) return;
    const { out } = this.#buffers;
    this.#socket.write(out.subarray(0, this.#at));
    this.#at = 0;
    // What the kernel did not take at once is still needed.
    if (this.#socket.writableLength > 0) this.#buffers.out = Buffer.allocUnsafeSlow(WRITE_BYTES);
  }

  /** As a device whose power or network goes: no goodbye. */
  drop(): void {
    this.#ended = true;
    this.#socket.resetAndDestroy();
  }

  end(): void {
    this.#ended = true;
    this.#socket.destroy();
  }
}
