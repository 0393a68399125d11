import { createServer, type Server, type Socket } from 'node:net';
import { type Connection, openConnection } from '@xunji/protocols';
import type { Metrics } from '../metrics.ts';
import type { Intake } from './intake.ts';
import type { Session, Sessions } from './session.ts';

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
}

/** Answers a device does not read; beyond it the device is no longer read, beyond four times it is closed. */
const MAX_UNREAD_ANSWERS = 64 << 10;
const SWEEP_MS = 1000;
/** For a device that does not read its last answers when the port closes. */
const CLOSE_GRACE_MS = 2000;

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
  badFrames: number;
}

/** One device port. Every port takes every protocol; `prefer` decides only whose faults are told before a sound frame. */
export class TcpIntake {
  readonly #options: TcpOptions;
  readonly #server: Server;
  readonly #peers = new Set<Peer>();
  #sweep: NodeJS.Timeout | null = null;
  #lastSweep = 0;

  constructor(options: TcpOptions) {
    this.#options = options;
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

  /** Stops listening and reading; what was read is answered first. */
  async close(): Promise<void> {
    if (this.#sweep !== null) clearInterval(this.#sweep);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const last = [...this.#peers].map(async (peer) => {
      peer.socket.pause();
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
    if (sessions.size >= limits.maxConnections) {
      metrics.closed.inc({ transport: 'tcp', reason: 'tooManyConnections' });
      socket.destroy();
      return;
    }
    const close = (reason: string) => {
      if (socket.destroyed) return;
      metrics.closed.inc({ transport: 'tcp', reason });
      socket.destroy();
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
          metrics.connections.dec({ transport: 'tcp' });
          intake.closed(session, now()).catch(onUnexpected);
          resolve();
        });
      }),
      badFrames: 0,
    };
    this.#peers.add(peer);
    metrics.connections.inc({ transport: 'tcp' });
    socket.on('data', (chunk) => this.#read(peer, chunk));
    // Half open until then: a device that has said its last word still hears our answer.
    socket.on('end', () => void peer.answered.then(() => socket.end()));
    // A reset is the end of a link like any other; 'close' follows and does the work.
    socket.on('error', () => metrics.closed.inc({ transport: 'tcp', reason: 'reset' }));
  }

  #read(peer: Peer, chunk: Uint8Array): void {
    const at = this.#options.monotonic();
    peer.lastRead = at;
    const items = peer.connection.push(chunk, this.#options.now());
    this.#take(peer, items, at);
    if (!this.#options.journal.hasRoom) this.#hold(peer);
  }

  #take(peer: Peer, items: ReturnType<Connection['push']>, at: number): void {
    const { intake, now, limits, onUnexpected } = this.#options;
    if (peer.connection.pendingBytes === 0) peer.frameSince = null;
    else if (peer.frameSince === null || items.length > 0) peer.frameSince = at;
    if (items.length === 0) return;
    for (const item of items) {
      if (item.kind === 'message') peer.badFrames = 0;
      else if (++peer.badFrames >= limits.maxBadFrames) {
        peer.session.link.close('badFrames');
        break;
      }
    }
    peer.answered = intake
      .receive(peer.session, items, now(), peer.connection)
      .then(({ answer }) => this.#answer(peer, answer))
      .catch(onUnexpected);
  }

  #answer(peer: Peer, answer: Uint8Array | null): void {
    const { socket } = peer;
    if (answer === null || socket.destroyed) return;
    socket.write(answer);
    if (socket.writableLength > MAX_UNREAD_ANSWERS * 4) peer.session.link.close('answersUnread');
    else if (socket.writableLength > MAX_UNREAD_ANSWERS && !socket.isPaused()) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
  }

  #hold(peer: Peer): void {
    if (peer.socket.isPaused()) return;
    peer.socket.pause();
    this.#options.journal.onRoom(() => peer.socket.resume());
  }

  #checkDeadlines(): void {
    const { monotonic, limits, now } = this.#options;
    const at = monotonic();
    const stalled = at - this.#lastSweep > SWEEP_MS * 3;
    this.#lastSweep = at;
    // After a stall the data that came meanwhile has not been read yet: nobody is late until it has.
    if (stalled) return;
    for (const peer of this.#peers) {
      const expired = peer.connection.expire(now());
      if (expired.length > 0) this.#take(peer, expired, at);
      const { session, frameSince } = peer;
      if (!session.admitted && at - peer.openedAt > limits.firstFrameMs)
        session.link.close('noFirstFrame');
      else if (frameSince !== null && at - frameSince > limits.frameMs)
        session.link.close('slowFrame');
      else if (at - peer.lastRead > limits.idleMs && !peer.socket.isPaused())
        session.link.close('idle');
    }
  }
}
