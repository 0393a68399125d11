import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt';

/** What came over the line. */
export interface IncomingPublish {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The broker had kept it; what is published now comes without the mark. */
  readonly retain: boolean;
}

/** A connection to the broker came or went. */
export interface BrokerNews {
  readonly connection: number;
  readonly isUp: boolean;
  readonly detail: string;
}

export interface BrokerLineOptions {
  readonly url: string;
  readonly clientId: string;
  readonly maxPacketBytes: number;
  /** Its session is to be emptied and to get nothing more. */
  readonly isLeftOver: boolean;
  readonly filters: (canShare: boolean) => readonly string[];
  /** Subscribed to for a moment, for what was retained. */
  readonly onceFilters: (canShare: boolean) => readonly string[];
  /** The PUBACK waits for it; a rejection cuts the line, so that the broker sends it again. */
  readonly onPublish: (packet: IncomingPublish) => Promise<void>;
  readonly onNews: (isUp: boolean, detail: string) => void;
  readonly random: () => number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const KEEPALIVE_S = 30;
const CONNECT_MS = 10_000;
/** How long the broker keeps what comes while we are away. */
const SESSION_S = 30 * 86_400;
/** Messages that the broker may have under way before our PUBACK. */
const RECEIVE_MAXIMUM = 100;
const RETAINED_MS = 5000;
const CLOSE_MS = 2000;

/**
 * One connection to an external broker: MQTT 5 where the broker speaks it, else 3.1.1. Comes back by itself, later and
 * later and never in step with others.
 */
export class BrokerLine {
  readonly #options: BrokerLineOptions;
  #client: MqttClient | null = null;
  #version: 4 | 5 = 5;
  /** Connected at least once with this version. */
  #isSettled = false;
  #tries = 0;
  #isUp = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  /** Called once, when the line is up for the first time. */
  onFirst: ((canShare: boolean) => void) | null = null;

  constructor(options: BrokerLineOptions) {
    this.#options = options;
  }

  /** Connected, and subscribed. */
  get isUp(): boolean {
    return this.#isUp;
  }

  connect(): void {
    const { url, clientId, maxPacketBytes } = this.#options;
    const client = mqtt.connect(url, {
      ...{ clientId, clean: false, protocolVersion: this.#version, reconnectPeriod: 0 },
      ...{ keepalive: KEEPALIVE_S, connectTimeout: CONNECT_MS, resubscribe: false },
      ...(this.#version === 4
        ? {}
        : {
            properties: {
              sessionExpiryInterval: SESSION_S,
              receiveMaximum: RECEIVE_MAXIMUM,
              maximumPacketSize: maxPacketBytes,
            },
          }),
    });
    this.#client = client;
    let lastError: (Error & { code?: unknown }) | null = null;
    let wasUp = false;
    client.handleMessage = (packet, done) => this.#received(client, packet, done);
    client.on('error', (error) => {
      lastError = error;
    });
    client.on('connect', (packet) => {
      const hasShares = packet.properties?.sharedSubscriptionAvailable !== false;
      this.#connected(client, this.#version === 5 && hasShares, packet.sessionPresent).then(
        () => {
          wasUp = true;
        },
        (error: Error) => {
          lastError = error;
          client.end(true);
        },
      );
    });
    client.once('close', () => {
      client.end(true);
      if (this.#isClosed) return;
      // A code in letters is the network's; anything else may be a broker that knows no MQTT 5.
      const isNetwork = typeof lastError?.code === 'string';
      if (!wasUp && !this.#isSettled && !isNetwork) this.#version = this.#version === 5 ? 4 : 5;
      if (this.#isUp || this.#tries === 0) this.#tell(false, lastError?.message ?? 'closed');
      this.#timer = setTimeout(() => this.connect(), this.#wait());
    });
  }

  /** @throws when the line is cut before the broker has it */
  async publish(topic: string, payload: Uint8Array): Promise<void> {
    const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    await this.#client?.publishAsync(topic, body, { qos: 1, retain: false });
  }

  /** The session stays at the broker. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isUp = false;
    clearTimeout(this.#timer);
    const client = this.#client;
    if (client === null) return;
    const cut = setTimeout(() => client.end(true), CLOSE_MS);
    await new Promise<void>((resolve) => {
      client.end(false, {}, () => resolve());
    });
    clearTimeout(cut);
  }

  #wait(): number {
    const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#tries);
    this.#tries = Math.min(this.#tries + 1, 10);
    return most * (0.5 + this.#options.random() / 2);
  }

  async #connected(client: MqttClient, canShare: boolean, hasSession: boolean): Promise<void> {
    const { filters, onceFilters, isLeftOver } = this.#options;
    this.#isSettled = true;
    this.#tries = 0;
    const wanted = [...filters(canShare)];
    if (isLeftOver) {
      if (hasSession) await client.unsubscribeAsync(wanted);
      else {
        // Nothing of it is left, so nothing shall be.
        this.#isClosed = true;
        client.end(false, { properties: { sessionExpiryInterval: 0 } });
      }
      return;
    }
    const granted = await client.subscribeAsync(wanted, { qos: 1 });
    const refused = granted.filter(({ qos }) => qos > 2).map(({ topic }) => topic);
    const once = [...onceFilters(canShare)];
    if (once.length > 0) {
      await client.subscribeAsync(once, { qos: 1 });
      const timer = setTimeout(() => client.unsubscribe(once), RETAINED_MS);
      client.once('close', () => clearTimeout(timer));
    }
    this.#tell(true, refused.length > 0 ? `refused: ${refused.join(' ')}` : '');
    this.onFirst?.(canShare);
    this.onFirst = null;
  }

  #received(client: MqttClient, packet: IPublishPacket, done: (error?: Error) => void): void {
    const { topic, retain } = packet;
    const payload =
      typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    this.#options.onPublish({ topic, payload, retain }).then(
      () => done(),
      () => {
        // Not acknowledged: the broker sends it again.
        client.end(true);
        done(new Error('not taken'));
      },
    );
  }

  #tell(isUp: boolean, detail: string): void {
    this.#isUp = isUp;
    this.#options.onNews(isUp, detail);
  }
}
