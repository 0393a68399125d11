import type { Socket } from 'node:net';
import { decodeMqtt, GATEWAY_PREFIX } from '@xunji/protocols';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import type { Metrics } from '../metrics.ts';
import type { Address, Addresses } from './addresses.ts';
import type { AdmissionMode, Registry } from './gate.ts';
import type { Intake } from './intake.ts';
import type { IntakeLimits } from './limits.ts';
import { defaultTopics, type MqttTopics, mayPublish, maySubscribe } from './mqtt-access.ts';
import { MqttLine } from './mqtt-line.ts';
import { type LogInPasswords, logIn, RefusalDelays } from './mqtt-log-in.ts';
import { type Certificate, MqttServers } from './mqtt-servers.ts';
import { Speakers } from './mqtt-speakers.ts';
import type { Sessions } from './session.ts';
import type { Turns } from './turns.ts';

export interface MqttOptions {
  readonly intake: Intake;
  readonly sessions: Sessions;
  readonly registry: Registry;
  readonly admission: AdmissionMode;
  readonly metrics: Metrics;
  readonly addresses: Addresses;
  readonly turns: Turns;
  readonly limits: IntakeLimits;
  /** Default: nobody has set any. */
  readonly passwords?: LogInPasswords;
  /** Default: our own tree and OwnTracks. */
  readonly topics?: MqttTopics;
  /** Needed by `listenTls`, read anew when the process gets SIGHUP. */
  readonly tls?: () => Certificate;
  /** Opens the encrypted messages of phones. */
  readonly owntracksKey?: Uint8Array | null;
  /** Ms, monotonic, for deadlines. */
  readonly monotonic: () => number;
  readonly now: () => number;
  readonly onUnexpected: (error: unknown) => void;
}

/** Devices one client may speak for: an OwnTracks user's phones, or an anonymous bridge in mode `open`. */
const MAX_DEVICES_PER_CLIENT = 256;
const SWEEP_MS = 1000;
/** Return code of a CONNACK: server unavailable. @see MQTT 3.1.1, section 3.2.2.3 */
const UNAVAILABLE = 3;
const MAX_KEEPALIVE_S = 3600;
const MAX_CLIENT_ID_LENGTH = 128;
/** A will says that somebody is gone, and no more. @see mqtt.md section 7 */
const MAX_WILL_BYTES = 1024;

/** Why the broker ended a connection, by its own words up to a colon. Others are protocol errors. */
const reasons: Readonly<Record<string, string>> = {
  'connect did not arrive in time': 'noFirstFrame',
  'drain timeout': 'answersUnread',
  'unacceptable protocol version': 'unsupportedVersion',
  'identifier rejected': 'clientIdTooLong',
  'maxInflightInbound exceeded': 'tooManyInflight',
};

/** We ended a connection for a reason that is counted already. */
class Refused extends Error {}

interface Peer {
  /** Null: anonymous, which only mode `open` lets in. */
  readonly username: string | null;
  /** By a password that an operator has set. */
  readonly isProven: boolean;
  readonly speakers: Speakers;
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
  readonly #addresses = new WeakMap<object, Address>();
  readonly #delays: RefusalDelays;
  readonly #topics: MqttTopics;
  #broker: Aedes | null = null;
  #servers: MqttServers | null = null;
  #sweep: NodeJS.Timeout | null = null;
  #lastSweep = 0;

  constructor(options: MqttOptions) {
    this.#options = options;
    this.#delays = new RefusalDelays(options.monotonic);
    this.#topics = options.topics ?? defaultTopics;
  }

  /** @returns the port, which is the kernel's choice for 0 */
  async listen(port: number, host: string): Promise<number> {
    const broker = await Aedes.createBroker({
      // The name that we put before it included.
      maxClientsIdLength: MAX_CLIENT_ID_LENGTH + 65,
      connectTimeout: this.#options.limits.firstFrameMs,
      drainTimeout: 30_000,
      maxTopicLevels: 10,
      maxInflightInbound: this.#options.limits.mqttInflight,
      preConnect: (client, packet, done) => {
        const { keepalive = 0 } = packet;
        if (keepalive === 0 || keepalive > MAX_KEEPALIVE_S) {
          this.#closed('keepaliveTooLong');
          return done(new Refused('keepaliveTooLong'), false);
        }
        // The broker's own timer would end everybody at once after a stall, before what came meanwhile is read.
        packet.keepalive = 0;
        if (client.conn instanceof MqttLine) client.conn.maxSilenceMs = keepalive * 1500;
        // A client id is unique below its user: nobody pushes another's client out by taking its id.
        const { username, clientId } = packet;
        if (username && clientId) packet.clientId = `${username}/${clientId}`;
        const { will } = packet;
        const isSane =
          will === undefined ||
          (will.payload.length <= MAX_WILL_BYTES &&
            mayPublish(username || null, will.topic, this.#topics));
        if (!isSane) this.#closed('badWill');
        done(isSane ? null : new Refused('will outside the own topics'), isSane);
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
    const { sessions, addresses, turns, metrics, limits, tls, onUnexpected } = this.#options;
    const servers = new MqttServers({
      ...{ sessions, addresses, turns, metrics, onUnexpected, certificate: tls },
      handshakeMs: limits.firstFrameMs,
      onSocket: (socket, address) => this.#accept(socket, address, broker),
    });
    this.#lastSweep = this.#options.monotonic();
    this.#sweep = setInterval(() => this.#checkDeadlines(), SWEEP_MS);
    this.#broker = broker;
    this.#servers = servers;
    return await servers.listen(port, host);
  }

  /** The same broker behind TLS; only after `listen`. @returns the port */
  async listenTls(port: number, host: string): Promise<number> {
    if (this.#servers === null) throw new Error('the broker does not listen');
    return await this.#servers.listenTls(port, host);
  }

  async close(): Promise<void> {
    const broker = this.#broker;
    if (broker === null || this.#servers === null) return;
    if (this.#sweep !== null) clearInterval(this.#sweep);
    this.#delays.close();
    await this.#servers.close(() => new Promise((resolve) => broker.close(() => resolve())));
  }

  #accept(socket: Socket, address: Address, broker: Aedes): void {
    const { metrics, addresses, limits, monotonic, turns } = this.#options;
    const line = new MqttLine(socket, {
      ...{ turns, maxPacketBytes: limits.mqttPacketBytes, rate: limits.mqttRate, monotonic },
      onFault: (reason) => {
        this.#closed(reason);
        addresses.strike(address);
      },
      onPaced: () => metrics.paced.inc({ transport: 'mqtt' }),
    });
    this.#sockets.set(socket, line);
    this.#addresses.set(line, address);
    socket.on('close', () => this.#sockets.delete(socket));
    broker.handle(line);
  }

  #closed(reason: string): void {
    this.#options.metrics.closed.inc({ transport: 'mqtt', reason });
  }

  /** The broker tells each packet that was under way when a connection ended; the first one says why. */
  #failed(client: Client, error: Error & { code?: string }): void {
    if (error instanceof Refused || this.#ended.has(client)) return;
    this.#ended.add(client);
    const [kind = ''] = error.message.split(':', 1);
    this.#closed(error.code?.startsWith('E') ? 'reset' : (reasons[kind] ?? 'protocolError'));
  }

  #checkDeadlines(): void {
    const { monotonic, limits } = this.#options;
    const at = monotonic();
    const stalled = at - this.#lastSweep > SWEEP_MS * 3;
    this.#lastSweep = at;
    for (const line of this.#sockets.values()) {
      line.refill(at);
      // After a stall the data that came meanwhile has not been read yet: nobody is late until it has.
      if (stalled) continue;
      const isSlow = line.packetSince !== null && at - line.packetSince > limits.frameMs;
      if (!isSlow && !line.isSilent(at)) continue;
      this.#closed(isSlow ? 'slowFrame' : 'idle');
      line.destroy();
    }
  }

  #authenticate(
    client: Client,
    username: string | undefined,
    password: Readonly<Buffer> | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    const { registry, admission, addresses, passwords = null, onUnexpected } = this.#options;
    const name = username ?? '';
    const address = this.#addresses.get(client.conn);
    const refuse = (reason: string, returnCode: number) =>
      done(Object.assign(new Refused(reason), { returnCode }) as AuthenticateError, null);
    logIn({ registry, admission, passwords }, name, password?.toString('utf8') ?? '').then(
      (found) => {
        if (found.kind === 'accepted') {
          if (address !== undefined && (admission !== 'open' || found.isProven)) {
            addresses.good(address);
          }
          const { isProven } = found;
          const speakers = this.#speakers(client);
          this.#peers.set(client, { username: username || null, isProven, speakers });
          done(null, true);
          return;
        }
        const { reason, returnCode } = found;
        this.#closed(reason);
        if (reason !== 'wrongAuthCode') {
          refuse(reason, returnCode);
          return;
        }
        if (address !== undefined) addresses.strike(address);
        const delay = this.#delays.failed(name, address?.name ?? '');
        this.#delays.later(delay, () => refuse(reason, returnCode));
      },
      (error: unknown) => {
        onUnexpected(error);
        refuse('busy', UNAVAILABLE);
      },
    );
  }

  /** Resolves once what was published is durable; rejects to have the broker close the connection unacknowledged. */
  async #publish(client: Client | null, packet: PublishPacket): Promise<void> {
    const peer = client === null ? undefined : this.#peers.get(client);
    const { retain } = packet;
    // Nothing is kept by the broker: a restart would replay an old position as new.
    packet.retain = false;
    // Wills of clients that are gone carry no position.
    if (client === null || peer === undefined) return;
    if (!mayPublish(peer.username, packet.topic, this.#topics)) {
      this.#options.metrics.faults.inc({ protocol: 'mqtt', code: 'badTopic' });
      throw new Refused('publish outside the own topics');
    }
    const { now, owntracksKey = null } = this.#options;
    const receivedTime = now();
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
    const options = { retain, owntracksKey, ...this.#topics };
    const item = decodeMqtt(packet.topic, payload, receivedTime, options);
    if (item === null) return;
    if (item.kind === 'message' && !this.#maySpeakFor(peer, item.device ?? '')) {
      this.#options.metrics.faults.inc({ protocol: 'mqtt', code: 'badTopic' });
      throw new Refused('payload of another device');
    }
    const heard = await peer.speakers.take(item, receivedTime, packet.topic);
    if (heard === 'taken') return;
    if (heard === 'tooManyDevices') this.#closed(heard);
    throw new Refused(heard);
  }

  #maySpeakFor({ username, isProven }: Peer, device: string): boolean {
    // A topic of the maker's choice does not say who speaks; its payload does, and may name another gateway.
    const isOther = username?.startsWith(GATEWAY_PREFIX) === true && device !== username;
    return !isOther && (isProven || this.#options.passwords?.isSet(device) !== true);
  }

  #speakers(client: Client): Speakers {
    const { intake, sessions } = this.#options;
    return new Speakers({
      ...{ intake, sessions, max: MAX_DEVICES_PER_CLIENT, prefix: this.#topics.prefix },
      publish: (topic, payload) => this.#say(topic, payload),
      remote: this.#addresses.get(client.conn)?.name ?? '',
      close: (reason) => {
        this.#closed(reason);
        this.#ended.add(client);
        client.close();
      },
    });
  }

  /** To whoever listens there, which the access rules allow its device alone. */
  #say(topic: string, payload: Uint8Array): boolean {
    const broker = this.#broker;
    if (broker === null || broker.closed) return false;
    const { onUnexpected } = this.#options;
    const packet = { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1 } as const;
    broker.publish({ ...packet, retain: false, dup: false }, (error) => {
      if (error) onUnexpected(error);
    });
    return true;
  }

  #maySubscribe(client: Client, filter: string): boolean {
    return maySubscribe(this.#peers.get(client)?.username ?? null, filter, this.#topics);
  }

  #gone(client: Client): void {
    const { now, onUnexpected } = this.#options;
    this.#peers.get(client)?.speakers.leaveAll(now()).catch(onUnexpected);
    this.#peers.delete(client);
  }
}
