import { createServer, type Server, type Socket } from 'node:net';
import { type Connection, type Fault, type Message, openConnection } from '@xunji/protocols';
import type { Metrics } from '../metrics.ts';
import type { Intake } from './intake.ts';
import { widen } from './listeners.ts';
import type { Session, Sessions } from './session.ts';
import { Turns } from './turns.ts';

export interface TcpOptions {
  readonly prefer: 'jt808' | 'gt06';
  readonly intake: Intake;
  readonly sessions: Sessions;
  readonly metrics: Metrics;
  readonly limits: TcpLimits;
  /** Backpressure of the journal: while it has no room, sockets are not read and TCP slows the devices. */
  readonly journal: { readonly hasRoom: boolean; onRoom(listener: () => void): void };
  /** Ms UTC, stamped on what is received. */
  readonly now: () => number;
  /** Ms, monotonic, for deadlines. */
  readonly monotonic: () => number;
  readonly onUnexpected: (error: unknown) => void;
}

export interface TcpLimits {
  readonly maxConnections: number;
  readonly firstFrameMs: number;
  readonly frameMs: number;
  readonly idleMs: number;
  readonly maxBadFrames: number;
  readonly maxHeldBytes?: number;
}

/** Answers a device does not read; beyond it the device is no longer read, beyond four times it is closed. */
const MAX_UNREAD_ANSWERS = 64 << 10;
/** Who has not read them for so long will not. */
const UNREAD_MS = 60_000;
/** What all connections of a port may keep of frames and sub-packages that are not complete. */
const MAX_HELD_BYTES = 256 << 20;
/** Garbage counts as one more bad frame each time it has gone on for so long, however it is cut into segments. */
const GARBAGE_RUN_BYTES = 1024;
const SWEEP_MS = 1000;
/** For a device that does not read its last answers when the port closes. */
const CLOSE_GRACE_MS = 2000;

/** Why a socket is not read. */
const WAITS_ITS_TURN = 1;
const NO_ROOM = 2;
const ANSWERS_UNREAD = 4;

interface Peer {
  readonly socket: Socket;
  readonly session: Session;
  readonly connection: Connection;
  readonly openedAt: number;
  lastRead: number;
  /** When the frame now pending began, null when none is. */
  frameSince: number | null;
  /** Settles once everything read so far is answered. */
  answered: Promise<void>;
  /** Resolves once the socket is closed and its device's going was handed to the journal. */
  readonly gone: Promise<void>;
  /** In a row, without a sound one between them. */
  badFrames: number;
  heldBytes: number;
  /** Where the garbage counted last ended, and its bytes since it was counted. */
  garbageEnd: number;
  garbageRun: number;
  /** Bits of why it is not read; 0 while it is. */
  stops: number;
  unreadSince: number;
}

/** One device port. Every port takes every protocol; `prefer` decides only whose faults are told before a sound frame. */
export class TcpIntake {
  readonly #options: TcpOptions;
  readonly #server: Server;
  /** More handles over the same socket. */
  #extra: readonly Server[] = [];
  readonly #peers = new Set<Peer>();
  readonly #turns: Turns<Peer>;
  /** Sum over the peers of what they hold. */
  #heldBytes = 0;
  #sweep: NodeJS.Timeout | null = null;
  #lastSweep = 0;

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#turns = new Turns({
      read: (peer, bytes) => this.#read(peer, bytes),
      caughtUp: (peer) => this.#go(peer, WAITS_ITS_TURN),
      journal: options.journal,
      monotonic: options.monotonic,
    });
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      this.#accept(socket),
    );
  }

  /** @returns the port, which is the kernel's choice for 0 */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: 4096 }, resolve);
    });
    this.#lastSweep = this.#options.monotonic();
    this.#sweep = setInterval(() => this.#checkDeadlines(), SWEEP_MS);
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Takes many connections a turn of the event loop from now on, where the system can. */
  async widen(): Promise<void> {
    this.#extra = await widen(this.#server);
    if (!this.#server.listening) for (const server of this.#extra) server.close();
  }

  /** Stops listening and reading; what was read is answered first. */
  async close(): Promise<void> {
    if (this.#sweep !== null) clearInterval(this.#sweep);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const server of this.#extra) server.close();
    const last = [...this.#peers].map(async (peer) => {
      peer.socket.pause();
      this.#turns.forget(peer);
      await peer.answered;
      peer.socket.end();
      peer.socket.destroySoon();
      const cut = setTimeout(() => peer.socket.destroy(), CLOSE_GRACE_MS);
      await peer.gone;
      clearTimeout(cut);
    });
    await Promise.all(last);
    await closed;
  }

  #accept(socket: Socket): void {
    const { sessions, metrics, limits, monotonic, intake, now, onUnexpected } = this.#options;
    if (sessions.connections >= limits.maxConnections) {
      metrics.closed.inc({ transport: 'tcp', reason: 'tooManyConnections' });
      socket.destroy();
      return;
    }
    sessions.connections++;
    const close = (reason: string) => {
      if (socket.destroyed) return;
      metrics.closed.inc({ transport: 'tcp', reason });
      socket.destroy();
      this.#turns.forget(peer);
    };
    const session = sessions.open({ transport: 'tcp', remote: socket.remoteAddress ?? '', close });
    const at = monotonic();
    const peer: Peer = {
      socket,
      session,
      connection: openConnection({ prefer: this.#options.prefer }),
      openedAt: at,
      lastRead: at,
      frameSince: null,
      answered: Promise.resolve(),
      gone: new Promise((resolve) => {
        socket.on('close', () => {
          this.#peers.delete(peer);
          sessions.connections--;
          this.#turns.forget(peer);
          this.#heldBytes -= peer.heldBytes;
          metrics.connections.dec({ transport: 'tcp' });
          intake.closed(session, now()).catch(onUnexpected);
          resolve();
        });
      }),
      badFrames: 0,
      heldBytes: 0,
      garbageEnd: -1,
      garbageRun: 0,
      stops: 0,
      unreadSince: 0,
    };
    this.#peers.add(peer);
    metrics.connections.inc({ transport: 'tcp' });
    socket.on('data', (chunk) => {
      peer.lastRead = monotonic();
      if (!this.#turns.offer(peer, chunk)) this.#stop(peer, WAITS_ITS_TURN);
    });
    // Half open until then: a device that has said its last word still hears our answer.
    socket.on('end', () => void peer.answered.then(() => socket.end()));
    // A reset is the end of a link like any other; 'close' follows and does the work.
    socket.on('error', () => metrics.closed.inc({ transport: 'tcp', reason: 'reset' }));
  }

  #read(peer: Peer, bytes: Uint8Array): void {
    const items = peer.connection.push(bytes, this.#options.now());
    this.#take(peer, items, this.#options.monotonic());
    this.#weigh(peer);
    if (!this.#options.journal.hasRoom) this.#hold(peer);
  }

  #weigh(peer: Peer): void {
    const { heldBytes } = peer.connection;
    this.#heldBytes += heldBytes - peer.heldBytes;
    peer.heldBytes = heldBytes;
    if (this.#heldBytes <= (this.#options.limits.maxHeldBytes ?? MAX_HELD_BYTES)) return;
    let heaviest = peer;
    for (const each of this.#peers) if (each.heldBytes > heaviest.heldBytes) heaviest = each;
    this.#heldBytes -= heaviest.heldBytes;
    heaviest.heldBytes = 0;
    heaviest.session.link.close('memory');
  }

  #take(peer: Peer, items: ReturnType<Connection['push']>, at: number): void {
    const { intake, now, onUnexpected } = this.#options;
    if (peer.connection.pendingBytes === 0) peer.frameSince = null;
    else if (peer.frameSince === null || items.length > 0) peer.frameSince = at;
    if (items.length === 0) return;
    if (!items.every((item) => this.#bears(peer, item))) peer.session.link.close('badFrames');
    peer.answered = intake
      .receive(peer.session, items, now(), peer.connection)
      .then(({ answer }) => this.#answer(peer, answer))
      .catch(onUnexpected);
  }

  /** False once too many frames in a row were bad. A sound frame with a useless body is none: it is answered so. */
  #bears(peer: Peer, item: Message | Fault): boolean {
    if (item.kind === 'message' || item.message !== undefined) peer.badFrames = 0;
    else if (item.code === 'garbage') {
      const goesOn = item.offset === peer.garbageEnd;
      peer.garbageEnd = item.offset + item.bytes;
      peer.garbageRun = goesOn ? peer.garbageRun + item.bytes : 0;
      if (!goesOn || peer.garbageRun >= GARBAGE_RUN_BYTES) {
        peer.badFrames++;
        peer.garbageRun = 0;
      }
    }
    // Of a set of sub-packages that stays incomplete every part was sound.
    else if (item.code !== 'subpackageDropped') peer.badFrames++;
    return peer.badFrames < this.#options.limits.maxBadFrames;
  }

  #answer(peer: Peer, answer: Uint8Array | null): void {
    const { socket } = peer;
    if (answer === null || socket.destroyed) return;
    socket.write(answer);
    if (socket.writableLength > MAX_UNREAD_ANSWERS * 4) peer.session.link.close('answersUnread');
    else if (socket.writableLength > MAX_UNREAD_ANSWERS && (peer.stops & ANSWERS_UNREAD) === 0) {
      peer.unreadSince = this.#options.monotonic();
      this.#stop(peer, ANSWERS_UNREAD);
      this.#turns.park(peer);
      socket.once('drain', () => {
        this.#turns.unpark(peer);
        this.#go(peer, ANSWERS_UNREAD);
      });
    }
  }

  #hold(peer: Peer): void {
    if ((peer.stops & NO_ROOM) !== 0) return;
    this.#stop(peer, NO_ROOM);
    this.#options.journal.onRoom(() => this.#go(peer, NO_ROOM));
  }

  #stop(peer: Peer, why: number): void {
    peer.stops |= why;
    peer.socket.pause();
  }

  #go(peer: Peer, why: number): void {
    peer.stops &= ~why;
    if (peer.stops !== 0 || peer.socket.destroyed) return;
    // What came meanwhile has not been read yet: the device's time begins now.
    peer.lastRead = this.#options.monotonic();
    if (peer.frameSince !== null) peer.frameSince = peer.lastRead;
    peer.socket.resume();
  }

  #checkDeadlines(): void {
    const { monotonic, now } = this.#options;
    const at = monotonic();
    const stalled = at - this.#lastSweep > SWEEP_MS * 3;
    this.#lastSweep = at;
    // After a stall the data that came meanwhile has not been read yet: nobody is late until it has.
    if (stalled) return;
    for (const peer of this.#peers) {
      const expired = peer.connection.expire(now());
      if (expired.length > 0) {
        this.#take(peer, expired, at);
        this.#weigh(peer);
      }
      const late = this.#lateness(peer, at);
      if (late !== null) peer.session.link.close(late);
    }
  }

  /** The deadline that `peer` has missed, null when it has missed none. None runs while it is our doing. */
  #lateness(peer: Peer, at: number): string | null {
    const { firstFrameMs, frameMs, idleMs } = this.#options.limits;
    const { session, stops } = peer;
    if ((stops & ANSWERS_UNREAD) !== 0 && at - peer.unreadSince > UNREAD_MS) return 'answersUnread';
    if ((stops & NO_ROOM) !== 0) return null;
    if (!session.admitted && at - peer.openedAt > firstFrameMs) return 'noFirstFrame';
    if (stops !== 0) return null;
    if (peer.frameSince !== null && at - peer.frameSince > frameMs) return 'slowFrame';
    return at - peer.lastRead > idleMs ? 'idle' : null;
  }
}
