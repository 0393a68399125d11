import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import {
  type Connection,
  type Fault,
  jt808,
  type Message,
  type WrittenCommand,
} from '@xunji/protocols';
import { network } from '../access/throttle.ts';
import type { Metrics } from '../metrics.ts';
import type { Addresses } from './addresses.ts';
import type { Registry } from './gate.ts';
import type { Intake } from './intake.ts';
import type { IntakeLimits } from './limits.ts';
import { profilesOf } from './profiles.ts';
import type { DownCommand, Link, Session, Sessions } from './session.ts';

export interface UdpOptions {
  readonly intake: Intake;
  readonly sessions: Sessions;
  readonly addresses: Addresses;
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly limits: IntakeLimits;
  /** While it has no room, datagrams are dropped: their senders repeat them. */
  readonly journal: { readonly hasRoom: boolean };
  /** Ms UTC. */
  readonly now: () => number;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
  readonly onUnexpected: (error: unknown) => void;
}

const SWEEP_MS = 1000;
/** What one address may send at once, in seconds of its rate. */
const BURST_S = 10;
/** Datagrams a second from all addresses without a session: whoever forges sources has as many as he likes. */
const STRANGERS_RATE = 2000;
/** Unanswered bytes that are remembered for later answers. */
const MAX_CREDIT = 4096;
/** The kernel's buffer: a second of a large fleet while we are busy. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Ends a frame that did not get complete: none spans datagrams. @see the wire reference, section 2 */
const FLAG = Uint8Array.of(0x7e);

/** Allows `rate` a second, and `burst` at once. */
class Bucket {
  readonly #rate: number;
  readonly #burst: number;
  #level: number;
  #at: number;

  constructor(rate: number, burst: number, at: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#level = burst;
    this.#at = at;
  }

  take(at: number): boolean {
    const level = this.#level + ((at - this.#at) * this.#rate) / 1000;
    this.#level = Math.min(this.#burst, level);
    this.#at = at;
    if (this.#level < 1) return false;
    this.#level--;
    return true;
  }
}

/** What an address needs of its port. */
interface UdpPort {
  end(peer: UdpPeer, reason: string): void;
  say(peer: UdpPeer, bytes: Uint8Array): boolean;
}

/** A source address as long as a device speaks from it. */
class UdpPeer implements Link {
  readonly transport = 'udp';
  readonly remote: string;
  readonly key: string;
  readonly port: number;
  readonly session: Session;
  readonly connection: Connection;
  readonly bucket: Bucket;
  readonly #intake: UdpPort;
  lastRead: number;
  /** The device showed its auth code from here: the source is not forged. */
  isProven = false;
  isClosed = false;
  /** Bytes heard from here less those sent to it. */
  credit = 0;
  heldBytes = 0;

  constructor(
    { address, port }: RemoteInfo,
    sessions: Sessions,
    connection: Connection,
    bucket: Bucket,
    at: number,
    intake: UdpPort,
  ) {
    this.remote = address;
    this.port = port;
    this.key = keyOf(address, port);
    this.connection = connection;
    this.bucket = bucket;
    this.lastRead = at;
    this.#intake = intake;
    this.session = sessions.open(this);
  }

  close(reason: string): void {
    this.#intake.end(this, reason);
  }
  command(command: DownCommand): WrittenCommand | null {
    return this.connection.command(command);
  }
  transmit(bytes: Uint8Array): boolean {
    return this.#intake.say(this, bytes);
  }
}

const keyOf = (address: string, port: number): string => `${address} ${port}`;

/**
 * JT/T 808 in datagrams: one or more whole frames in each, any order, any number of times. Only an admitted device
 * has a session, and it has it at the address it last spoke from; who has not proved himself is never sent more bytes
 * than came from him, so that a forged source turns nothing of ours against anybody.
 */
export class UdpIntake implements UdpPort {
  readonly #options: UdpOptions;
  readonly #peers = new Map<string, UdpPeer>();
  readonly #strangers: Bucket;
  readonly #profileOf: ReturnType<typeof profilesOf>;
  #socket: Socket | null = null;
  #sweep: NodeJS.Timeout | null = null;
  #heldBytes = 0;

  constructor(options: UdpOptions) {
    this.#options = options;
    this.#profileOf = profilesOf(options.registry);
    this.#strangers = new Bucket(STRANGERS_RATE, STRANGERS_RATE, options.monotonic());
  }

  /** Devices that have a session here. */
  get size(): number {
    return this.#peers.size;
  }

  /** @returns the port, which is the kernel's choice for 0 */
  async listen(port: number, host: string): Promise<number> {
    const type = host.includes(':') ? 'udp6' : 'udp4';
    const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ port, address: host, exclusive: true }, resolve);
      });
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.removeAllListeners('error');
    socket.on('error', this.#options.onUnexpected);
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    this.#socket = socket;
    this.#sweep = setInterval(() => this.#checkDeadlines(), SWEEP_MS);
    return socket.address().port;
  }

  /** Stops reading; what was read is journalled, and answered if that is done in time. */
  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket === null) return;
    if (this.#sweep !== null) clearInterval(this.#sweep);
    socket.removeAllListeners('message');
    await Promise.all([...this.#peers.values()].map(({ session }) => session.lastAppend));
    this.#socket = null;
    for (const peer of [...this.#peers.values()]) this.end(peer, 'stopping');
    await new Promise<void>((resolve) => socket.close(resolve));
  }

  /** @internal called by the peer; who has not proved himself is sent no more than came from him */
  say(peer: UdpPeer, bytes: Uint8Array): boolean {
    if (peer.isClosed || this.#socket === null) return false;
    if (!peer.isProven && peer.credit < bytes.length) return false;
    this.#answer(peer, bytes);
    return true;
  }

  #count(result: string): void {
    this.#options.metrics.datagrams.inc({ result });
  }

  #receive(datagram: Uint8Array, from: RemoteInfo): void {
    const { addresses, journal, monotonic, now } = this.#options;
    const at = monotonic();
    const known = this.#peers.get(keyOf(from.address, from.port));
    const refusal = !journal.hasRoom
      ? 'noRoom'
      : addresses.isTurnedAway(from.address)
        ? 'banned'
        : (known?.bucket ?? this.#strangers).take(at)
          ? null
          : 'tooFast';
    if (refusal !== null) {
      this.#count(refusal);
      return;
    }
    const peer = known ?? this.#stranger(from, at);
    peer.lastRead = at;
    peer.credit = Math.min(MAX_CREDIT, peer.credit + datagram.length);
    const items = [...peer.connection.push(datagram, now())];
    if (peer.connection.pendingBytes > 0) items.push(...peer.connection.push(FLAG, now()));
    this.#take(peer, items);
    this.#weigh(peer);
  }

  #stranger(from: RemoteInfo, at: number): UdpPeer {
    const { intake, sessions, limits } = this.#options;
    const bucket = new Bucket(limits.udpRate, limits.udpRate * BURST_S, at);
    const connection = jt808.open({ subpackages: intake.subpackages, profileOf: this.#profileOf });
    return new UdpPeer(from, sessions, connection, bucket, at, this);
  }

  #take(peer: UdpPeer, items: readonly (Message | Fault)[]): void {
    const { intake, sessions, now, onUnexpected } = this.#options;
    const { session } = peer;
    const isStranger = !this.#peers.has(peer.key);
    if (items.some((item) => !this.#mayBe(peer, item))) {
      this.#count('heldElsewhere');
      if (isStranger) sessions.close(session);
      return;
    }
    this.#count(items.length === 0 ? 'incomplete' : 'taken');
    const taken = intake.receive(session, items, now(), peer.connection);
    if (isStranger && session.device === null) {
      peer.connection.leave?.();
      sessions.close(session);
    } else if (isStranger) this.#keep(peer);
    taken
      .then(({ answer }) => {
        if (answer !== null) this.#answer(peer, answer);
      })
      .catch(onUnexpected);
  }

  /**
   * False for a claim to be a device that another address speaks for: who has not shown the auth code may take over
   * only from the same host, whose port a NAT has changed, or from somebody who has shown none either.
   */
  #mayBe(peer: UdpPeer, item: Message | Fault): boolean {
    const message = item.kind === 'message' ? item : item.message;
    if (message === undefined || message.device === null) return true;
    const device = { protocol: message.protocol, id: message.device };
    const code = message.intent === 'authenticate' ? message.fields['authCode'] : undefined;
    if (typeof code === 'string' && this.#options.registry.verifyAuth(device, code)) {
      peer.isProven = true;
    }
    const holder = this.#options.sessions.of(device);
    if (holder === undefined || holder === peer.session || peer.isProven) return true;
    const { link } = holder;
    const isSameHost = network(link.remote) === network(peer.remote);
    return isSameHost || (link instanceof UdpPeer && !link.isProven);
  }

  #keep(peer: UdpPeer): void {
    const { sessions, limits, metrics } = this.#options;
    this.#peers.set(peer.key, peer);
    sessions.connections++;
    metrics.connections.inc({ transport: 'udp' });
    if (sessions.connections > limits.maxConnections) this.end(peer, 'tooManyConnections');
  }

  /** @param peer whose answer leaves only while its device speaks from there */
  #answer(peer: UdpPeer, answer: Uint8Array): void {
    if (peer.isClosed || this.#socket === null) {
      this.#count('answerTooLate');
    } else if (!peer.isProven && peer.credit < answer.length) {
      this.#count('answerTooLong');
    } else {
      peer.credit -= answer.length;
      this.#socket.send(answer, peer.port, peer.remote, (error) => {
        if (error !== null) this.#count('answerNotSent');
      });
    }
  }

  #weigh(peer: UdpPeer): void {
    if (!this.#peers.has(peer.key)) return;
    const { heldBytes } = peer.connection;
    this.#heldBytes += heldBytes - peer.heldBytes;
    peer.heldBytes = heldBytes;
    if (this.#heldBytes > this.#options.limits.maxHeldBytes) this.end(peer, 'memory');
  }

  /** @internal called by the peer */
  end(peer: UdpPeer, reason: string): void {
    const { sessions, metrics, intake, now, onUnexpected } = this.#options;
    if (peer.isClosed) return;
    peer.isClosed = true;
    peer.connection.leave?.();
    if (this.#peers.delete(peer.key)) {
      sessions.connections--;
      this.#heldBytes -= peer.heldBytes;
      metrics.connections.dec({ transport: 'udp' });
      metrics.closed.inc({ transport: 'udp', reason });
    }
    intake.closed(peer.session, now()).catch(onUnexpected);
  }

  #checkDeadlines(): void {
    const { monotonic, now, limits } = this.#options;
    const isLate = (peer: UdpPeer) => monotonic() - peer.lastRead > limits.idleMs;
    const late: UdpPeer[] = [];
    for (const peer of this.#peers.values()) {
      if (peer.heldBytes > 0) {
        this.#take(peer, peer.connection.expire(now()));
        const request = peer.connection.takeRequests?.() ?? null;
        if (request !== null) this.#answer(peer, request);
        this.#weigh(peer);
      }
      if (isLate(peer)) late.push(peer);
    }
    // After a stall there are datagrams in the kernel: who is late is asked again once they were read.
    if (late.length === 0) return;
    setImmediate(() =>
      setImmediate(() => {
        for (const peer of late) if (isLate(peer)) this.end(peer, 'idle');
      }),
    );
  }
}
