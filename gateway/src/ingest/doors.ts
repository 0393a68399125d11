import type { Fault } from '@xunji/protocols';
import type { Metrics } from '../metrics.ts';
import { type Address, Addresses } from './addresses.ts';
import { type AdmissionMode, Gate, type Registry } from './gate.ts';
import { type Appender, Intake } from './intake.ts';
import type { IntakeLimits } from './limits.ts';
import { MqttIntake } from './mqtt.ts';
import { type Session, Sessions } from './session.ts';
import { TcpIntake } from './tcp.ts';
import { Turns, type TurnsOptions } from './turns.ts';

export interface DoorsOptions {
  readonly journal: Appender & TurnsOptions['journal'];
  readonly registry: Registry;
  readonly admission: AdmissionMode;
  readonly limits: IntakeLimits;
  readonly liveMaxAgeMs: number;
  readonly metrics: Metrics;
  readonly onFault: (fault: Fault, session: Session) => void;
  readonly onBan: (address: Address) => void;
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
}

/** All device ports over one intake: they share who is connected, who is turned away, and whose turn it is. */
export class Doors {
  readonly #jt808: TcpIntake;
  readonly #gt06: TcpIntake;
  readonly #mqtt: MqttIntake;

  constructor(options: DoorsOptions) {
    const { journal, registry, admission, limits, liveMaxAgeMs, metrics } = options;
    const { now, monotonic, onFault, onUnexpected, onBan } = options;
    const sessions = new Sessions(now());
    const gate = new Gate(registry, admission);
    const intake = new Intake({ journal, gate, sessions, metrics, liveMaxAgeMs, onFault });
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
      ...{ liveMaxAgeMs, now, monotonic, onUnexpected },
    };
    this.#jt808 = new TcpIntake({ ...shared, prefer: 'jt808' });
    this.#gt06 = new TcpIntake({ ...shared, prefer: 'gt06' });
    this.#mqtt = new MqttIntake({ ...shared, registry, admission });
  }

  /** @returns the ports, in the words of the ready line */
  async listen(at: DoorNumbers): Promise<{ jt808: number; gt06: number; mqtt: number }> {
    return {
      jt808: await this.#jt808.listen(at.jt808Port, at.host),
      gt06: await this.#gt06.listen(at.gt06Port, at.host),
      mqtt: await this.#mqtt.listen(at.mqttPort, at.mqttHost),
    };
  }

  /** Takes many connections a turn of the event loop from now on, where the system can. */
  async widen(): Promise<void> {
    await Promise.all([this.#jt808.widen(), this.#gt06.widen()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#jt808.close(), this.#gt06.close(), this.#mqtt.close()]);
  }
}
