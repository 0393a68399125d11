import { decodeMqtt } from '@xunji/protocols';
import type { Metrics } from '../metrics.ts';
import type { Registry } from './gate.ts';
import type { Intake } from './intake.ts';
import { defaultTopics, type MqttTopics } from './mqtt-access.ts';
import { BrokerLine, type BrokerNews, type IncomingPublish } from './mqtt-broker-line.ts';
import { Speakers } from './mqtt-speakers.ts';
import type { Sessions } from './session.ts';

/** Where the broker is and who we are there. */
export interface ExternalBrokerSetting {
  readonly url: string;
  /** Where the broker has shared subscriptions; else one. */
  readonly connections: number;
  /** The broker keeps what comes for it while we are away. */
  readonly clientId: string;
  readonly random: () => number;
}

export interface ExternalBrokerOptions extends ExternalBrokerSetting {
  readonly intake: Intake;
  readonly sessions: Sessions;
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly maxPacketBytes: number;
  readonly topics?: MqttTopics;
  readonly owntracksKey?: Uint8Array | null;
  readonly now: () => number;
  /** A connection to the broker came or went. */
  readonly onBroker: (news: BrokerNews) => void;
  readonly onUnexpected: (error: unknown) => void;
}

/** As many as the setting allows: sessions that an earlier setting left at the broker are looked for. */
const MAX_CONNECTIONS = 16;
const SHARE = '$share/xunji/';
const OWN_TOPICS = [
  '+/pos',
  '+/beacon',
  '+/event',
  '+/state',
  '+/cmd/ack',
  'gw/+/scan',
  'gw/+/state',
];
const PHONE_TOPIC = 'owntracks/+/+';
const PHONE_TOPICS = ['event', 'waypoint', 'waypoints', 'status', 'beacon'];

/**
 * An MQTT broker of somebody else, subscribed to by persistent sessions: each PUBACK waits until what was published is
 * durable here, and what came while we were away waits at the broker. Who may publish what is the broker's matter;
 * whom we take is the gate's.
 */
export class ExternalBroker {
  readonly #options: ExternalBrokerOptions;
  readonly #topics: MqttTopics;
  readonly #speakers: Speakers;
  readonly #lines: BrokerLine[] = [];

  constructor(options: ExternalBrokerOptions) {
    this.#options = options;
    this.#topics = options.topics ?? defaultTopics;
    const { intake, sessions } = options;
    this.#speakers = new Speakers({
      ...{ intake, sessions, remote: '', max: Number.POSITIVE_INFINITY },
      prefix: this.#topics.prefix,
      publish: (topic, payload) => this.#say(topic, payload),
      // The line to the broker belongs to all of its devices.
      close: () => undefined,
    });
  }

  /** Does not wait for the broker, which may be away for long. */
  start(): void {
    const first = this.#line(0);
    first.onFirst = (canShare) => this.#widen(canShare ? this.#options.connections : 1, canShare);
  }

  /** QoS 1, never retained. Resolves when the broker has it. @throws while it is away */
  async publish(topic: string, payload: Uint8Array): Promise<void> {
    const line = this.#lines.find(({ isUp }) => isUp);
    if (line === undefined) throw new Error('the broker is away');
    await line.publish(topic, payload);
  }

  /** What is lost with the line is a command without an answer. */
  #say(topic: string, payload: Uint8Array): boolean {
    if (!this.#lines.some(({ isUp }) => isUp)) return false;
    this.publish(topic, payload).catch(() => undefined);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.close()));
    await this.#speakers.leaveAll(this.#options.now());
  }

  #widen(wanted: number, canShare: boolean): void {
    for (let i = 1; i < wanted; i++) this.#line(i);
    if (!canShare) return;
    // The broker would go on to share messages out to a session that nobody reads.
    for (let i = wanted; i < MAX_CONNECTIONS; i++) this.#line(i, true);
  }

  #line(index: number, isLeftOver = false): BrokerLine {
    const { url, clientId, random, maxPacketBytes, onBroker, metrics } = this.#options;
    const line = new BrokerLine({
      ...{ url, random, maxPacketBytes, isLeftOver, clientId: `${clientId}-${index}` },
      filters: (canShare) => this.#filters(canShare),
      // Shared subscriptions get nothing that was retained; a phone's first place may be.
      onceFilters: (canShare) => (canShare && index === 0 ? [PHONE_TOPIC] : []),
      onPublish: (packet) => this.#take(packet),
      onNews: (isUp, detail) => {
        if (isLeftOver) return;
        metrics.brokerLines.set(this.#lines.filter((one) => one.isUp).length);
        onBroker({ connection: index, isUp, detail });
      },
    });
    this.#lines.push(line);
    line.connect();
    return line;
  }

  #filters(canShare: boolean): readonly string[] {
    const { prefix, gatewayTopics } = this.#topics;
    const filters = [
      ...OWN_TOPICS.map((topic) => `${prefix}/${topic}`),
      ...[PHONE_TOPIC, ...PHONE_TOPICS.map((topic) => `${PHONE_TOPIC}/${topic}`)],
      ...gatewayTopics.map(({ filter }) => filter),
    ];
    return canShare ? filters.map((filter) => SHARE + filter) : filters;
  }

  /** Resolves when the broker may forget it. */
  async #take({ topic, payload, retain }: IncomingPublish): Promise<void> {
    const { now, owntracksKey = null } = this.#options;
    const receivedTime = now();
    const options = { retain, owntracksKey, ...this.#topics };
    const item = decodeMqtt(topic, payload, receivedTime, options);
    if (item === null) return;
    if (!retain) {
      await this.#speakers.take(item, receivedTime, topic);
      return;
    }
    // An old message that the broker kept is no news, but for a phone that has never been heard.
    if (item.kind === 'fault' || item.name !== 'location' || this.#wasSeen(item.device ?? ''))
      return;
    const positions = item.positions.map((position) => ({ ...position, buffered: true }));
    await this.#speakers.take({ ...item, positions }, receivedTime, topic);
  }

  #wasSeen(id: string): boolean {
    const found = this.#options.registry.find({ protocol: 'mqtt', id });
    return typeof found?.lastSeenTime === 'number';
  }
}
