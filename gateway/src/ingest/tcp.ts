import { createServer, type Server, type Socket } from 'node:net';
import {
  boundedMemory,
  type Connection,
  type ConnectionOptions,
  type Fault,
  type Message,
  openConnection,
} from '@xunji/protocols';
import type { Metrics } from '../metrics.ts';
import type { Addresses } from './addresses.ts';
import type { Intake } from './intake.ts';
import type { IntakeLimits } from './limits.ts';
import type { Widened } from './listeners.ts';
import type { Sessions } from './session.ts';
import { ANSWERS_UNREAD, NO_ROOM, Peer, type PeerPort, WAITS_ITS_TURN } from './tcp-peer.ts';
import type { Turns, TurnsOptions } from './turns.ts';

export interface TcpOptions {
  /** What is known of devices before they speak; absent: nothing. */
  readonly profileOf?: ConnectionOptions['profileOf'];
  readonly prefer: 'jt808' | 'gt06';
  readonly intake: Intake;
  readonly sessions: Sessions;
  readonly addresses: Addresses;
  readonly turns: Turns;
  readonly metrics: Metrics;
  readonly limits: IntakeLimits;
  /** Older positions are a backlog: the connection that sends them is read after the others. */
  readonly liveMaxAgeMs: number;
  /** Backpressure of the journal: while it has no room, sockets are not read and TCP slows the devices. */
  readonly journal: TurnsOptions['journal'];
  /** Ms UTC, stamped on what is received. */
  readonly now: () => number;
  /** Ms, monotonic, for deadlines. */
  readonly monotonic: () => number;
  readonly onUnexpected: (error: unknown) => void;
}

/** Answers a device does not read; beyond it the device is no longer read, beyond four times it is closed. */
const MAX_UNREAD_ANSWERS = 64 << 10;
/** Who has not read them for so long will not. */
const UNREAD_MS = 60_000;
const SWEEP_MS = 1000;
/** For a device that does not read its last answers when the port closes. */
const CLOSE_GRACE_MS = 2000;
/** Reasons that nobody behaves for, whatever was sent before. */
const strikes: readonly string[] = ['badFrames', 'memory', 'wrongAuthCode'];
const VARIANT = 'unsupportedVariant';
const isVariant = (item: Message | Fault): boolean =>
  item.kind === 'fault' && item.code === VARIANT;

/** Devices of whom a port remembers what their earlier connections showed. */
const REMEMBERED_DEVICES = 50_000;

/** One device port. Every port takes every protocol; `prefer` decides only whose faults are told before a sound frame. */
export class TcpIntake implements PeerPort {
  readonly #options: TcpOptions;
  readonly #server: Server;
  /** More handles over the same socket. */
  readonly #extra: Server[] = [];
  readonly #memory = boundedMemory(REMEMBERED_DEVICES);
  readonly #peers = new Map<Socket, Peer>();
  /** Sum over the peers of what they hold. */
  #heldBytes = 0;
  /** Of those that were greeted, how many are not admitted; counted with each sweep. */
  #strangers = 0;
  #sweep: NodeJS.Timeout | null = null;
  #lastSweep = 0;
  #onEmpty: (() => void) | null = null;

  constructor(options: TcpOptions) {
    this.#options = options;
    const open = { noDelay: true, allowHalfOpen: true };
    this.#server = createServer(open, (socket) => this.#accept(socket));
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

  /** For taking many connections a turn of the event loop. */
  get wide(): Widened {
    return {
      server: this.#server,
      adopt: (more) => {
        if (this.#server.listening) this.#extra.push(more);
        else more.close();
      },
    };
  }

  /** Stops listening and reading; what was read is answered first. */
  async close(): Promise<void> {
    if (this.#sweep !== null) clearInterval(this.#sweep);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const server of this.#extra) server.close();
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#peers.size === 0) resolve();
    });
    for (const peer of this.#peers.values()) {
      peer.socket.pause();
      this.#options.turns.forget(peer);
    }
    const last = [...this.#peers.values()].map(async ({ socket, answered }) => {
      await answered;
      socket.end();
      socket.destroySoon();
    });
    await Promise.all(last);
    const cut = setTimeout(() => {
      for (const socket of this.#peers.keys()) socket.destroy();
    }, CLOSE_GRACE_MS);
    await empty;
    clearTimeout(cut);
    await closed;
  }

  #accept(socket: Socket): void {
    const { intake, sessions, addresses, metrics, monotonic, turns, prefer } = this.#options;
    const { profileOf } = this.#options;
    turns.accepted();
    const address = addresses.enter(socket.remoteAddress ?? '', sessions.connections);
    if (typeof address === 'string') {
      metrics.closed.inc({ transport: 'tcp', reason: address });
      socket.destroy();
      return;
    }
    sessions.connections++;
    const { subpackages } = intake;
    const connection = openConnection({
      ...{ prefer, subpackages, memory: this.#memory },
      ...(profileOf === undefined ? {} : { profileOf }),
    });
    this.#peers.set(socket, new Peer(this, sessions, socket, address, connection, monotonic()));
    metrics.connections.inc({ transport: 'tcp' });
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  // One listener for all sockets, which are told apart by the map: closures for each would be most of what they cost.
  readonly #onData = ((intake) =>
    function (this: Socket, chunk: Uint8Array): void {
      intake.#offer(this, chunk);
    })(this);
  readonly #onEnd = ((intake) =>
    function (this: Socket): void {
      const peer = intake.#peers.get(this);
      if (peer === undefined) return;
      peer.hasEnded = true;
      if (!intake.#options.turns.has(peer)) intake.#endAnswered(peer);
    })(this);
  /** A reset is the end of a link like any other; 'close' follows and does the work. */
  readonly #onError = () => {
    this.#options.metrics.closed.inc({ transport: 'tcp', reason: 'reset' });
  };
  readonly #onClose = ((intake) =>
    function (this: Socket): void {
      intake.#gone(this);
    })(this);

  #offer(socket: Socket, chunk: Uint8Array): void {
    const peer = this.#peers.get(socket);
    if (peer === undefined) return;
    peer.lastRead = this.#options.monotonic();
    if (!this.#options.turns.offer(peer, chunk)) this.#stop(peer, WAITS_ITS_TURN);
  }

  #gone(socket: Socket): void {
    const { sessions, addresses, metrics, intake, turns, now, onUnexpected } = this.#options;
    const peer = this.#peers.get(socket);
    if (peer === undefined || !this.#peers.delete(socket)) return;
    sessions.connections--;
    addresses.left(peer.address);
    turns.forget(peer);
    peer.connection.leave?.();
    this.#heldBytes -= peer.heldBytes;
    metrics.connections.dec({ transport: 'tcp' });
    intake.closed(peer.session, now()).catch(onUnexpected);
    if (this.#peers.size === 0) this.#onEmpty?.();
  }

  /** @internal called by the peer */
  end(peer: Peer, reason: string): void {
    if (peer.socket.destroyed) return;
    this.#options.metrics.closed.inc({ transport: 'tcp', reason });
    // Without one sound frame it is no device that we could know one day.
    const isNobody = peer.connection.protocol === null && !peer.session.admitted;
    if (strikes.includes(reason) || (isNobody && reason !== 'superseded' && reason !== VARIANT)) {
      this.#options.addresses.strike(peer.address);
    }
    peer.socket.destroy();
    this.#options.turns.forget(peer);
  }

  /** @internal called by the peer; who does not read what was said before is asked nothing more */
  say({ socket, hasEnded }: Peer, bytes: Uint8Array): boolean {
    if (socket.destroyed || hasEnded || socket.writableLength > MAX_UNREAD_ANSWERS) return false;
    socket.write(bytes);
    return true;
  }

  /** @internal called by the peer in its turn */
  read(peer: Peer, bytes: Uint8Array): void {
    const items = peer.connection.push(bytes, this.#options.now());
    this.#take(peer, items, this.#options.monotonic());
    this.#weigh(peer);
    if (!this.#options.journal.hasRoom) this.#hold(peer);
  }

  /** @internal called by the peer */
  caughtUp(peer: Peer): void {
    if ((peer.stops & WAITS_ITS_TURN) !== 0) this.#go(peer, WAITS_ITS_TURN);
    if (peer.hasEnded) this.#endAnswered(peer);
  }

  /** Half open until then: a device that has said its last word still hears our answer. */
  #endAnswered({ socket, answered }: Peer): void {
    void answered.then(() => socket.end());
  }

  #weigh(peer: Peer): void {
    const { heldBytes } = peer.connection;
    this.#heldBytes += heldBytes - peer.heldBytes;
    peer.heldBytes = heldBytes;
    if (this.#heldBytes <= this.#options.limits.maxHeldBytes) return;
    let heaviest = peer;
    for (const each of this.#peers.values()) {
      if (each.heldBytes > heaviest.heldBytes) heaviest = each;
    }
    this.#heldBytes -= heaviest.heldBytes;
    heaviest.heldBytes = 0;
    heaviest.close('memory');
  }

  #take(peer: Peer, items: ReturnType<Connection['push']>, at: number): void {
    const { intake, limits, now, onUnexpected } = this.#options;
    if (peer.connection.pendingBytes === 0) peer.frameSince = null;
    else if (peer.frameSince === null || items.length > 0) peer.frameSince = at;
    if (items.length === 0) return;
    if (!items.every((item) => peer.bears(item, limits))) peer.close('badFrames');
    // A box of another protocol, whose frames have no checksum: nothing it says could be told from noise.
    if (peer.connection.protocol === null && items.some(isVariant)) peer.close(VARIANT);
    const receivedTime = now();
    this.#sort(peer, items, receivedTime);
    peer.answered = intake
      .receive(peer.session, items, receivedTime, peer.connection)
      .then(({ answer }) => this.#answer(peer, answer))
      .catch(onUnexpected);
  }

  /** Who sends history is read after the others, until it sends what is new. */
  #sort(peer: Peer, items: readonly (Message | Fault)[], receivedTime: number): void {
    for (const item of items) {
      if (item.kind === 'fault') continue;
      const [first] = item.positions;
      if (first !== undefined) {
        const { liveMaxAgeMs } = this.#options;
        peer.isBacklog = first.buffered || receivedTime - first.fixTime > liveMaxAgeMs;
      } else if (item.intent === 'authenticate' && item.protocol === 'gt06') peer.isGreeted = true;
    }
  }

  #answer(peer: Peer, answer: Uint8Array | null): void {
    const { socket } = peer;
    if (answer === null || socket.destroyed) return;
    socket.write(answer);
    if (socket.writableLength > MAX_UNREAD_ANSWERS * 4) peer.close('answersUnread');
    else if (socket.writableLength > MAX_UNREAD_ANSWERS && (peer.stops & ANSWERS_UNREAD) === 0) {
      peer.unreadSince = this.#options.monotonic();
      this.#stop(peer, ANSWERS_UNREAD);
      this.#options.turns.park(peer);
      socket.once('drain', () => {
        this.#options.turns.unpark(peer);
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
    const { monotonic, now, addresses, metrics } = this.#options;
    const at = monotonic();
    metrics.banned.set(addresses.banned);
    const stalled = at - this.#lastSweep > SWEEP_MS * 3;
    this.#lastSweep = at;
    // After a stall the data that came meanwhile has not been read yet: nobody is late until it has.
    if (stalled) return;
    const late: Peer[] = [];
    let strangers = 0;
    for (const peer of this.#peers.values()) {
      if (peer.heldBytes > 0) {
        this.#take(peer, peer.connection.expire(now()), at);
        this.#answer(peer, peer.connection.takeRequests?.() ?? null);
        this.#weigh(peer);
      }
      if (!peer.session.admitted) strangers += peer.isGreeted ? 1 : 0;
      else if (at - peer.lastRead < SWEEP_MS * 2) addresses.good(peer.address);
      if (this.#lateness(peer, at) !== null) late.push(peer);
    }
    this.#strangers = strangers;
    // Also a short stall leaves bytes in the kernel: who is late is asked again once they were read.
    if (late.length > 0) setImmediate(() => setImmediate(() => this.#closeLate(late)));
  }

  #closeLate(late: readonly Peer[]): void {
    const at = this.#options.monotonic();
    for (const peer of late) {
      const reason = peer.socket.destroyed ? null : this.#lateness(peer, at);
      if (reason !== null) peer.close(reason);
    }
  }

  /** The deadline that `peer` has missed, null when it has missed none. None runs while it is our doing. */
  #lateness(peer: Peer, at: number): string | null {
    const { firstFrameMs, frameMs, idleMs, maxStrangers } = this.#options.limits;
    const { stops } = peer;
    if ((stops & ANSWERS_UNREAD) !== 0 && at - peer.unreadSince > UNREAD_MS) return 'answersUnread';
    if ((stops & NO_ROOM) !== 0) return null;
    const isKept = peer.isGreeted && this.#strangers <= maxStrangers;
    if (!peer.session.admitted && !isKept && at - peer.openedAt > firstFrameMs) {
      return 'noFirstFrame';
    }
    if (stops !== 0 || this.#options.turns.has(peer)) return null;
    if (peer.frameSince !== null && at - peer.frameSince > frameMs) return 'slowFrame';
    return at - peer.lastRead > idleMs ? 'idle' : null;
  }
}
