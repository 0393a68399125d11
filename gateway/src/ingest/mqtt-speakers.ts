import type { Fault, Message } from '@xunji/protocols';
import { deviceKey } from '../journal/record.ts';
import type { Intake } from './intake.ts';
import { downTopic, type Publish, writeMqttCommand } from './mqtt-down.ts';
import type { Session, Sessions } from './session.ts';

export interface SpeakersOptions {
  readonly intake: Intake;
  readonly sessions: Sessions;
  /** Address of the far end. */
  readonly remote: string;
  /** Devices at once. */
  readonly max: number;
  /** Where our own tree begins. */
  readonly prefix: string;
  readonly publish: Publish;
  /** A newer connection speaks for one of the devices, or one of them guesses. */
  readonly close: (reason: string) => void;
}

/** What became of one published message; nothing of it has to be said to the device. */
export type Heard = 'taken' | 'refused' | 'tooManyDevices';

/**
 * The devices that one MQTT connection speaks for: a badge for itself, an OwnTracks user for his phones, a bridge or an
 * external broker for many. Each has a session of its own, so that presence stays right for each.
 */
export class Speakers {
  readonly #options: SpeakersOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: SpeakersOptions) {
    this.#options = options;
  }

  /** Resolves once what was published on `topic` is durable. */
  async take(item: Message | Fault, receivedTime: number, topic: string): Promise<Heard> {
    const { intake, max } = this.#options;
    const id = item.kind === 'message' ? item.device : null;
    const key = id === null ? '' : deviceKey({ protocol: 'mqtt', id });
    const known = this.#sessions.get(key);
    if (item.kind === 'message' && item.intent === 'logout') {
      // A last will, or a word of farewell. Where a newer connection speaks for the device it means nothing.
      if (known !== undefined) await this.#leave(key, known, receivedTime);
      return 'taken';
    }
    if (known === undefined && this.#sessions.size >= max) return 'tooManyDevices';
    const session = known ?? this.#open(key, id ?? '', topic);
    const { refused } = await intake.receive(session, [item], receivedTime, null);
    if (refused && session.device === null) this.#forget(key, session);
    return refused ? 'refused' : 'taken';
  }

  /** The connection is gone, and its devices with it. */
  async leaveAll(receivedTime: number): Promise<void> {
    const all = [...this.#sessions];
    await Promise.all(all.map(([key, session]) => this.#leave(key, session, receivedTime)));
  }

  #open(key: string, device: string, heardOn: string): Session {
    const { sessions, remote, close, prefix, publish } = this.#options;
    const topic = downTopic(device, heardOn, prefix);
    const session: Session = sessions.open({
      transport: 'mqtt',
      remote,
      close: (reason) => {
        this.#forget(key, session);
        close(reason);
      },
      command: (command) => writeMqttCommand(command, topic),
      transmit: (payload) => publish(topic, payload),
    });
    this.#sessions.set(key, session);
    return session;
  }

  async #leave(key: string, session: Session, receivedTime: number): Promise<void> {
    this.#sessions.delete(key);
    await this.#options.intake.closed(session, receivedTime);
  }

  /** Its device speaks elsewhere now, or was never let in. */
  #forget(key: string, session: Session): void {
    if (this.#sessions.get(key) !== session) return;
    this.#sessions.delete(key);
    this.#options.sessions.close(session);
  }
}
