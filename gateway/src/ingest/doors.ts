import type { Fault, Subpackages } from '@xunji/protocols';
import { NearestBeacons, type Places } from '../beacons/nearest.ts';
import type { DeviceRef } from '../journal/record.ts';
import type { Metrics } from '../metrics.ts';
import { type Address, Addresses } from './addresses.ts';
import { Commands, type CommandsOptions } from './commands.ts';
import { Flapping } from './flapping.ts';
import { type AdmissionMode, Gate, type Registry } from './gate.ts';
import { type Appender, Intake, type PhotoKeeper } from './intake.ts';
import type { IntakeLimits } from './limits.ts';
import { widen } from './listeners.ts';
import { MqttIntake, type MqttOptions } from './mqtt.ts';
import type { BrokerNews } from './mqtt-broker-line.ts';
import { ExternalBroker, type ExternalBrokerSetting } from './mqtt-external.ts';
import { profilesOf } from './profiles.ts';
import { type Session, Sessions } from './session.ts';
import { TcpIntake } from './tcp.ts';
import { Turns, type TurnsOptions } from './turns.ts';
import { UdpIntake } from './udp.ts';

export interface DoorsOptions {
  readonly journal: Appender & TurnsOptions['journal'];
  readonly registry: Registry;
  readonly admission: AdmissionMode;
  readonly limits: IntakeLimits;
  readonly liveMaxAgeMs: number;
  readonly metrics: Metrics;
  readonly subpackages: Subpackages;
  readonly photos: PhotoKeeper;
  readonly onFault: (fault: Fault, session: Session) => void;
  readonly onBan: (address: Address) => void;
  /** Two terminals seem to use one identity. */
  readonly onFlapping: (device: DeviceRef, takeOvers: number) => void;
  /** Default: nobody has entered any. */
  readonly places?: Places;
  readonly mqtt?: Pick<MqttOptions, 'passwords' | 'topics' | 'owntracksKey' | 'tls'> & {
    /** To be subscribed to instead of listening. */
    readonly external?: ExternalBrokerSetting;
  };
  /** What is asked of devices; absent: nothing ever is. */
  readonly commands?: Omit<
    CommandsOptions,
    'sessions' | 'registry' | 'onAnswer' | 'onOver' | 'now' | 'monotonic'
  >;
  readonly onBroker?: (news: BrokerNews) => void;
  readonly onUnexpected: (error: unknown) => void;
  /** Ms UTC. */
  readonly now: () => number;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

/** Where the device ports are to listen; 0 is any free port. */
export interface DoorNumbers {
  readonly host: string;
  readonly jt808Port: number;
  readonly gt06Port: number;
  readonly mqttHost: string;
  readonly mqttPort: number;
  /** With TLS, at `host`: it may be seen from outside; absent: none. */
  readonly mqttsPort?: number | undefined;
}

/** In the words of the ready line. */
export interface OpenPorts {
  readonly jt808: number;
  readonly gt06: number;
  /** Null: an external broker takes its place. */
  readonly mqtt: number | null;
  readonly mqtts?: number;
}

/** How often windows of sightings are looked at, though nobody is heard. */
const SWEEP_MS = 1000;
/** How often the waits of commands are looked at. */
const COMMANDS_MS = 250;
/** Numbers that the kernel offers until one is free for UDP and TCP. */
const MAX_TRIES = 10;

/** All device ports over one intake: they share who is connected, who is turned away, and whose turn it is. */
export class Doors {
  readonly #jt808: TcpIntake;
  readonly #udp: UdpIntake;
  readonly #gt06: TcpIntake;
  readonly #mqtt: MqttIntake;
  readonly #external: ExternalBroker | null = null;
  readonly #sweep: () => Promise<void>;
  readonly #leave: () => Promise<void>;
  readonly #metrics: Metrics;
  /** Null where there was nothing to record them by. */
  readonly commands: Commands | null;
  #timer: NodeJS.Timeout | undefined;
  #commandsTimer: NodeJS.Timeout | undefined;

  constructor(options: DoorsOptions) {
    const { journal, registry, admission, limits, liveMaxAgeMs, metrics } = options;
    const { now, monotonic, onFault, onUnexpected, onBan, onFlapping } = options;
    this.#metrics = metrics;
    const flapping = new Flapping({
      monotonic,
      onFlapping: (device, takeOvers) => {
        metrics.flapping.inc({ protocol: device.protocol });
        onFlapping(device, takeOvers);
      },
    });
    const sessions = new Sessions(now(), flapping);
    const gate = new Gate(registry, admission);
    const sighting = metrics.sightings.counting('result');
    const nearest = new NearestBeacons({
      places: options.places ?? { placeOf: () => undefined },
      isDevice: (device) => ['known', 'pending'].includes(registry.find(device)?.admission ?? ''),
      onSighting: (result, count) => {
        if (count === 1) sighting(result);
        else metrics.sightings.inc({ result }, count);
      },
    });
    const { subpackages, photos } = options;
    const commands = options.commands && openCommands(options, options.commands, sessions);
    this.commands = commands ?? null;
    const intake = new Intake({
      ...{ journal, gate, sessions, metrics, liveMaxAgeMs, onFault, nearest, subpackages, photos },
      onFileError: onUnexpected,
      ...(commands && {
        onAnswer: (device, answer, message) => commands.answered(device, answer, message),
      }),
    });
    this.#sweep = () => intake.sweepBeacons(now()).catch(onUnexpected);
    this.#leave = () => intake.leaveHeard(now());
    const turns = new Turns({ journal, monotonic });
    const addresses = new Addresses({
      ...{ limits, monotonic },
      onBan: (address) => {
        metrics.bans.inc();
        onBan(address);
      },
    });
    const shared = {
      ...{ intake, sessions, addresses, turns, metrics, limits, journal },
      ...{ liveMaxAgeMs, now, monotonic, onUnexpected, profileOf: profilesOf(registry) },
    };
    this.#jt808 = new TcpIntake({ ...shared, prefer: 'jt808' });
    this.#udp = new UdpIntake({ ...shared, registry });
    this.#gt06 = new TcpIntake({ ...shared, prefer: 'gt06' });
    const { external, ...mqtt } = options.mqtt ?? {};
    this.#mqtt = new MqttIntake({ ...shared, ...mqtt, registry, admission });
    if (external === undefined) return;
    this.#external = new ExternalBroker({
      ...{ ...shared, ...mqtt, ...external, registry, maxPacketBytes: limits.mqttPacketBytes },
      onBroker: options.onBroker ?? (() => undefined),
    });
  }

  async listen(at: DoorNumbers): Promise<OpenPorts> {
    const ports = {
      jt808: await this.#listenTwice(at.jt808Port, at.host),
      gt06: await this.#gt06.listen(at.gt06Port, at.host),
      mqtt: this.#external === null ? await this.#mqtt.listen(at.mqttPort, at.mqttHost) : null,
    };
    this.#external?.start();
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#commandsTimer = setInterval(() => this.#tickCommands(), COMMANDS_MS);
    if (this.#external !== null || at.mqttsPort === undefined) return ports;
    return { ...ports, mqtts: await this.#mqtt.listenTls(at.mqttsPort, at.host) };
  }

  /** Takes many connections a turn of the event loop from now on, where the system can. */
  async widen(): Promise<void> {
    await widen([this.#jt808.wide, this.#gt06.wide]);
  }

  /** UDP and TCP on one number; whatever number is free for one may be taken for the other. */
  async #listenTwice(port: number, host: string): Promise<number> {
    for (let tries = 1; ; tries++) {
      const chosen = await this.#udp.listen(port, host);
      try {
        return await this.#jt808.listen(chosen, host);
      } catch (error) {
        await this.#udp.close();
        if (port !== 0 || tries === MAX_TRIES) throw error;
      }
    }
  }

  #tickCommands(): void {
    if (this.commands === null) return;
    this.commands.tick();
    this.#metrics.commandsOpen.set(this.commands.length);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#commandsTimer);
    const all = [this.#jt808, this.#udp, this.#gt06, this.#mqtt, this.#external];
    await Promise.all(all.map((door) => door?.close()));
    await this.#leave();
  }
}

function openCommands(
  { registry, metrics, now, monotonic }: DoorsOptions,
  given: NonNullable<DoorsOptions['commands']>,
  sessions: Sessions,
): Commands {
  return new Commands({
    ...{ ...given, sessions, registry, now, monotonic },
    onAnswer: (use, protocol) => metrics.commandAnswers.inc({ protocol, use }),
    onOver: (command) => {
      const { device, state } = command;
      metrics.commands.inc({ protocol: device.protocol, state });
    },
  });
}
