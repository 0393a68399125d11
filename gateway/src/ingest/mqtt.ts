import { createServer, type Server, type Socket } from 'node:net';
import { decodeMqtt } from '@xunji/protocols';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import { type DeviceRef, deviceKey } from '../journal/record.ts';
import type { Metrics } from '../metrics.ts';
import type { AdmissionMode, Registry } from './gate.ts';
import type { Intake } from './intake.ts';
import type { Session, Sessions } from './session.ts';

export interface MqttOptions {
  readonly intake: Intake;
  readonly sessions: Sessions;
  readonly registry: Registry;
  readonly admission: AdmissionMode;
  readonly metrics: Metrics;
  readonly maxConnections: number;
  readonly now: () => number;
  readonly onUnexpected: (error: unknown) => void;
}

/** Devices one client may speak for: an OwnTracks user's phones, or an anonymous bridge in mode `open`. */
const MAX_DEVICES_PER_CLIENT = 256;
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;

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
  readonly #sockets = new Set<Socket>();
  #broker: Aedes | null = null;
  #server: Server | null = null;

  constructor(options: MqttOptions) {
    this.#options = options;
  }

  /** @returns the port, which is the kernel's choice for 0 */
  async listen(port: number, host: string): Promise<number> {
    const broker = await Aedes.createBroker({
      maxClientsIdLength: 128,
      drainTimeout: 30_000,
      maxTopicLevels: 10,
      keepaliveLimit: 3600,
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
    const { metrics, maxConnections } = this.#options;
    const server = createServer({ noDelay: true }, (socket) => {
      if (this.#sockets.size >= maxConnections) {
        metrics.closed.inc({ transport: 'mqtt', reason: 'tooManyConnections' });
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      metrics.connections.inc({ transport: 'mqtt' });
      socket.on('close', () => {
        this.#sockets.delete(socket);
        metrics.connections.dec({ transport: 'mqtt' });
      });
      broker.handle(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, backlog: 1024 }, resolve);
    });
    this.#broker = broker;
    this.#server = server;
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    const broker = this.#broker;
    if (server === null || broker === null) return;
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
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
      this.#options.metrics.closed.inc({ transport: 'mqtt', reason });
      done(Object.assign(new Error(reason), { returnCode }) as AuthenticateError, null);
    }
  }

  /** Why a log-in is turned away, null when it is not. Anonymous clients exist in mode `open` only. */
  #refusal(username: string, password: string): { reason: string; returnCode: number } | null {
    const { admission, registry } = this.#options;
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
    // Wills of clients that are gone carry no position.
    if (client === null || peer === undefined) return;
    if (!mayPublish(peer.username, packet.topic)) {
      this.#options.metrics.faults.inc({ protocol: 'mqtt', code: 'badTopic' });
      throw new Error('publish outside the own topics');
    }
    const receivedTime = this.#options.now();
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
    const item = decodeMqtt(packet.topic, payload, receivedTime, { retain: packet.retain });
    // A position is never kept by the broker: a restart would replay an old one as new.
    packet.retain = false;
    if (item === null) return;
    const device = item.kind === 'message' ? item.device : null;
    const session = this.#session(client, peer, device);
    if (session === null) throw new Error('too many devices on one connection');
    const { refused } = await this.#options.intake.receive(session, [item], receivedTime, null);
    if (refused) throw new Error('device is not admitted');
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
        this.#options.metrics.closed.inc({ transport: 'mqtt', reason });
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

/** Whole levels are compared; the name is never part of a pattern. */
function mayPublish(username: string | null, topic: string): boolean {
  const [root, second, third] = topic.split('/');
  if (username === null) return root === 'trk' || root === 'owntracks';
  return (
    (root === 'trk' && second === 'v1' && third === username) ||
    (root === 'owntracks' && second === username)
  );
}
