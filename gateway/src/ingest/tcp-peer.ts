import type { Socket } from 'node:net';
import type { Connection, Fault, Message, WrittenCommand } from '@xunji/protocols';
import type { Address } from './addresses.ts';
import type { DownCommand, Link, Session, Sessions } from './session.ts';
import type { Reader } from './turns.ts';

/** Garbage counts as one more bad frame each time it has gone on for so long, however it is cut into segments. */
const GARBAGE_RUN_BYTES = 1024;
const MINUTE_MS = 60_000;
/** Who begins with so many bytes of which none begins a frame speaks another protocol, e.g. HTTP. */
const FOREIGN_BYTES = 4096;

/** Why a socket is not read. */
export const WAITS_ITS_TURN = 1;
export const NO_ROOM = 2;
export const ANSWERS_UNREAD = 4;

/** How many bad frames end a connection. */
export interface BadFrameLimits {
  /** In a row. */
  readonly maxBadFrames: number;
  readonly maxBadFramesPerMinute: number;
}

/** The port that a peer came to. */
export interface PeerPort {
  read(peer: Peer, bytes: Uint8Array): void;
  caughtUp(peer: Peer): void;
  end(peer: Peer, reason: string): void;
  say(peer: Peer, bytes: Uint8Array): boolean;
}

/** Nothing is under way yet: one for all, because thousands are idle. */
const ALL_ANSWERED: Promise<void> = Promise.resolve();

/**
 * One TCP connection of a device. Idle ones are many: no closures, timers or buffers of its own. Times are ms,
 * monotonic.
 */
export class Peer implements Reader, Link {
  readonly socket: Socket;
  readonly address: Address;
  readonly connection: Connection;
  readonly openedAt: number;
  readonly #port: PeerPort;
  readonly session: Session;
  lastRead: number;
  /** When the frame now pending began, null when none is. */
  frameSince: number | null = null;
  /** Settles once everything read so far is answered. */
  answered = ALL_ANSWERED;
  heldBytes = 0;
  /** Bits of why it is not read; 0 while it is. */
  stops = 0;
  unreadSince = 0;
  isBacklog = false;
  /** It has said its last word, some of which still waits for its turn. */
  hasEnded = false;
  /** A GT06 tracker has said who it is, and keeps its connection whoever it is. @see gt06.md section 3 */
  isGreeted = false;
  /** In a row, without a sound one between them. */
  #badFrames = 0;
  #badInMinute = 0;
  #minuteSince: number;
  /** Where the garbage counted last ended, and its bytes since it was counted. */
  #garbageEnd = -1;
  #garbageRun = 0;
  /** Up to where nothing but garbage has come. */
  #foreignEnd = 0;

  constructor(
    port: PeerPort,
    sessions: Sessions,
    socket: Socket,
    address: Address,
    connection: Connection,
    openedAt: number,
  ) {
    this.#port = port;
    this.socket = socket;
    this.address = address;
    this.connection = connection;
    this.openedAt = openedAt;
    this.lastRead = openedAt;
    this.#minuteSince = openedAt;
    this.session = sessions.open(this);
  }

  get transport(): 'tcp' {
    return 'tcp';
  }
  get remote(): string {
    return this.address.name;
  }
  receive(bytes: Uint8Array): void {
    this.#port.read(this, bytes);
  }
  caughtUp(): void {
    this.#port.caughtUp(this);
  }
  close(reason: string): void {
    this.#port.end(this, reason);
  }
  command(command: DownCommand): WrittenCommand | null {
    return this.connection.command(command);
  }
  transmit(bytes: Uint8Array): boolean {
    return this.#port.say(this, bytes);
  }

  /** False once too many frames were bad. A sound frame with a useless body is none: it is answered so. */
  bears(item: Message | Fault, limits: BadFrameLimits): boolean {
    if (item.kind === 'message' || item.message !== undefined) this.#badFrames = 0;
    else if (item.code === 'garbage') {
      const goesOn = item.offset === this.#garbageEnd;
      this.#garbageEnd = item.offset + item.bytes;
      if (item.offset === this.#foreignEnd) this.#foreignEnd += item.bytes;
      if (this.#foreignEnd >= FOREIGN_BYTES) return false;
      this.#garbageRun = goesOn ? this.#garbageRun + item.bytes : 0;
      if (!goesOn || this.#garbageRun >= GARBAGE_RUN_BYTES) {
        this.#bad();
        this.#garbageRun = 0;
      }
    }
    // Of a set of sub-packages that stays incomplete every part was sound.
    else if (item.code !== 'subpackageDropped') this.#bad();
    return (
      this.#badFrames < limits.maxBadFrames && this.#badInMinute < limits.maxBadFramesPerMinute
    );
  }

  #bad(): void {
    this.#badFrames++;
    if (this.lastRead - this.#minuteSince > MINUTE_MS) {
      this.#minuteSince = this.lastRead;
      this.#badInMinute = 0;
    }
    this.#badInMinute++;
  }
}
