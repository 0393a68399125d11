import { createServer, type Server, type Socket } from 'node:net';
import { decodeMqtt } from '@xunji/protocols';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import { type DeviceRef, deviceKey } from '../journal/record.ts';
import type { Metrics } from '../metrics.ts';
import type { AdmissionMode, Registry } from './gate.ts';
import type { Intake } from './intake.ts';
import { MqttLine } from './mqtt-line.ts';
import type { Session, Sessions } from './session.ts';
import type { TcpOptions } from './tcp.ts';
import { Turns } from './turns.ts';

export interface MqttOptions {
  readonly intake: Intake;
  readonly sessions: Sessions;
  readonly registry: Registry;
  readonly admission: AdmissionMode;
  readonly metrics: Metrics;
  readonly limits: Pick<TcpOptions['limits'], 'maxConnections' | 'firstFrameMs' | 'frameMs'>;
  /** Backpressure of the journal: while it has no room, what has come is not read. */
  readonly journal: TcpOptions['journal'];
  /** Ms, monotonic, for deadlines. */
  readonly monotonic: () => number;
  readonly now: () => number;
  readonly onUnexpected: (error: unknown) => void;
}

/** Devices one client may speak for: an OwnTracks user's phones, or an anonymous bridge in mode `open`. */
const MAX_DEVICES_PER_CLIENT = 256;
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;
const SWEEP_MS = 1000;
const MAX_CLIENT_ID_LENGTH = 128;
/** As device ids are; a name of a topic level, so never a wildcard. @see mqtt.md section 2 */
const USERNAME = /^[A-Za-z0-9._-]{1,64}$/;

/** Why the broker ended a connection, by its own words. Others are protocol errors. */
const reasons: Readonly<Record<string, string>> = {
  'connect did not arrive in time': 'noFirstFrame',
  'keep alive timeout': 'idle',
  'drain timeout': 'answersUnread',
  'keep alive limit exceeded': 'keepaliveTooLong',
  'unacceptable protocol version': 'unsupportedVersion',
  'identifier rejected': 'clientIdTooLong',
};

/** We ended a connection for a reason that is counted already. */
class Refused extends Error {}

interface Peer {
  /** Null: anonymous, which only mode `open` lets in. */
  readonly username: string | null;
  readonly sessions: Map<string, Session>;
}

/**
 * The embedded MQTT 3.1.1 broker as a transport: a publish is journalled inside `authorizePublish`, which the
 * broker waits for before it sends the PUBACK.
 * @see MQTT 3.1.1, section 4.3.2 (QoS 1)
 */
export class MqttIntake {
  readonly #options: MqttOptions;
  readonly #peers = new WeakMap<Client, Peer>();
  /** Whose end is counted. */
  readonly #ended = new WeakSet<Client>();
  readonly #sockets = new Map<Socket, MqttLine>();
  readonly #turns: Turns<MqttLine>;
  #broker: Aedes | null = null;
  #server: Server | null = null;
  #sweep: NodeJS.Timeout | null = null;

  constructor(options: MqttOptions) {
    this.#options = options;
    this.#turns = new Turns({
      read: (line, bytes) => line.receive(bytes),
      caughtUp: (line) => line.caughtUp(),
      journal: options.journal,
      monotonic: options.monotonic,
    });
  }

  /** @returns the port, which is the kernel's choice for 0 */
  async listen(port: number, host: string): Promise<number> {
    const broker = await Aedes.createBroker({
      // The name that we put before it included.
      maxClientsIdLength: MAX_CLIENT_ID_LENGTH + 65,
      connectTimeout: this.#options.limits.firstFrameMs,
      drainTimeout: 30_000,
      maxTopicLevels: 10,
      keepaliveLimit: 3600,
      preConnect: (_client, packet, done) => {
        // A client id is unique below its user: nobody pushes another's client out by taking its id.
        const { username, clientId } = packet;
        if (username && clientId) packet.clientId = `${username}/${clientId}`;
        done(null, true);
      },
      authenticate: (client, username, password, done) =>
        this.#authenticate(client, username, password, done),
      authorizePublish: (client, packet, done) => {
        this.#publish(client, packet).then(
          () => done(null),
          (error: Error) => done(error),
        );
      },
      authorizeSubscribe: (client, subscription, done) =>
        done(null, this.#maySubscribe(client, subscription.topic) ? subscription : null),
    });
    broker.on('clientDisconnect', (client: Client) => this.#gone(client));
    broker.on('clientError', (client: Client, error: Error) => this.#failed(client, error));
    broker.on('connectionError', (client: Client, error: Error) => this.#failed(client, error));
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket, broker));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, backlog: 1024 }, resolve);
    });
    this.#sweep = setInterval(() => this.#checkDeadlines(), SWEEP_MS);
    this.#broker = broker;
    this.#server = server;
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    const broker = this.#broker;
    if (server === null || broker === null) return;
    if (this.#sweep !== null) clearInterval(this.#sweep);
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    for (const socket of this.#sockets.keys()) socket.destroy();
    await stopped;
  }

  #accept(socket: Socket, broker: Aedes): void {
    const { metrics, sessions, limits, monotonic } = this.#options;
    if (sessions.connections >= limits.maxConnections) {
      this.#closed('tooManyConnections');
      socket.destroy();
      return;
    }
    const line = new MqttLine(socket, {
      turns: this.#turns,
      onFault: (reason) => this.#closed(reason),
      monotonic,
    });
    this.#sockets.set(socket, line);
    sessions.connections++;
    metrics.connections.inc({ transport: 'mqtt' });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      sessions.connections--;
      metrics.connections.dec({ transport: 'mqtt' });
    });
    broker.handle(line);
  }

  #closed(reason: string): void {
    this.#options.metrics.closed.inc({ transport: 'mqtt', reason });
  }

  /** The broker tells each packet that was under way when a connection ended; the first one says why. */
  #failed(client: Client, error: Error & { code?: string }): void {
    if (error instanceof Refused || this.#ended.has(client)) return;
    this.#ended.add(client);
    this.#closed(
      error.code?.startsWith('E') ? 'reset' : (reasons[error.message] ?? 'protocolError'),
    );
  }

  #checkDeadlines(): void {
    const { monotonic, limits } = this.#options;
    const late = monotonic() - limits.frameMs;
    for (const line of this.#sockets.values()) {
      if (line.packetSince === null || line.packetSince >= late) continue;
      this.#closed('slowFrame');
      line.destroy();
    }
  }

  #authenticate(
    client: Client,
    username: string | undefined,
    password: Readonly<Buffer> | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    const refusal = this.#refusal(username ?? '', password?.toString('utf8') ?? '');
    if (refusal === null) {
      this.#peers.set(client, { username: username || null, sessions: new Map() });
      done(null, true);
    } else {
      const { reason, returnCode } = refusal;
      this.#closed(reason);
      done(Object.assign(new Refused(reason), { returnCode }) as AuthenticateError, null);
    }
  }

  /** Why a log-in is turned away, null when it is not. Anonymous clients exist in mode `open` only. */
  #refusal(username: string, password: string): { reason: string; returnCode: number } | null {
    const { admission, registry } = this.#options;
    if (username !== '' && !USERNAME.test(username)) {
      return { reason: 'badUsername', returnCode: BAD_CREDENTIALS };
    }
    if (admission === 'open') return null;
    if (username === '') return { reason: 'anonymous', returnCode: NOT_AUTHORIZED };
    const device: DeviceRef = { protocol: 'mqtt', id: username };
    // A phone is registered as `ot-USER-DEVICE`; its user may log in when one of his phones is known.
    const known =
      registry.find(device)?.admission === 'known' || registry.hasKnown('mqtt', `ot-${username}-`);
    if (!known) {
      registry.noteKnocking(device, null);
      return { reason: 'notAdmitted', returnCode: NOT_AUTHORIZED };
    }
    return admission === 'strict' && !registry.verifyAuth(device, password)
      ? { reason: 'wrongAuthCode', returnCode: BAD_CREDENTIALS }
      : null;
  }

  /** Resolves once what was published is durable; rejects to have the broker close the connection unacknowledged. */
  async #publish(client: Client | null, packet: PublishPacket): Promise<void> {
    const peer = client === null ? undefined : this.#peers.get(client);
    const { retain } = packet;
    // Nothing is kept by the broker: a restart would replay an old position as new.
    packet.retain = false;
    // Wills of clients that are gone carry no position.
    if (client === null || peer === undefined) return;
    if (!mayPublish(peer.username, packet.topic)) {
      this.#options.metrics.faults.inc({ protocol: 'mqtt', code: 'badTopic' });
      throw new Refused('publish outside the own topics');
    }
    const receivedTime = this.#options.now();
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
    const item = decodeMqtt(packet.topic, payload, receivedTime, { retain });
    if (item === null) return;
    const device = item.kind === 'message' ? item.device : null;
    const session = this.#session(client, peer, device);
    if (session === null) {
      this.#closed('tooManyDevices');
      throw new Refused('too many devices on one connection');
    }
    const { refused } = await this.#options.intake.receive(session, [item], receivedTime, null);
    if (refused) throw new Refused('device is not admitted');
  }

  /** One session for each device a client speaks for, so that presence stays right for bridges. */
  #session(client: Client, peer: Peer, id: string | null): Session | null {
    const key = id === null ? '' : deviceKey({ protocol: 'mqtt', id });
    const found = peer.sessions.get(key);
    if (found !== undefined) return found;
    if (peer.sessions.size >= MAX_DEVICES_PER_CLIENT) return null;
    const session = this.#options.sessions.open({
      transport: 'mqtt',
      remote: '',
      close: (reason) => {
        this.#closed(reason);
        this.#ended.add(client);
        client.close();
      },
    });
    peer.sessions.set(key, session);
    return session;
  }

  #maySubscribe(client: Client, filter: string): boolean {
    const username = this.#peers.get(client)?.username ?? null;
    return (
      username !== null &&
      (filter === `trk/v1/${username}/cmd` || filter === `owntracks/${username}/+/cmd`)
    );
  }

  #gone(client: Client): void {
    const { intake, now, onUnexpected } = this.#options;
    for (const session of this.#peers.get(client)?.sessions.values() ?? []) {
      intake.closed(session, now()).catch(onUnexpected);
    }
    this.#peers.delete(client);
  }
}

/** Whole levels are compared; the name is never part of a pattern. Commands are the server's to give. */
function mayPublish(username: string | null, topic: string): boolean {
  const levels = topic.split('/');
  const [root, second, third] = levels;
  if (levels.at(-1) === 'cmd') return false;
  if (username === null) return root === 'trk' || root === 'owntracks';
  return (
    (root === 'trk' && second === 'v1' && third === username) ||
    (root === 'owntracks' && second === username)
  );
}
