import type { Command, WrittenCommand } from '@xunji/protocols';
import { type DeviceRef, deviceKey } from '../journal/record.ts';
import type { Flapping } from './flapping.ts';

/** The far end of a session, whatever carries it. */
export interface Link {
  readonly transport: 'tcp' | 'udp' | 'mqtt';
  /** Address without port, for limits and log lines below info. */
  readonly remote: string;
  close(reason: string): void;
  /**
   * Writes a command for the device; null where nothing can be said to it yet. Absent on a line of one direction.
   * @throws RangeError naming the field that does not fit
   */
  command?(command: DownCommand): WrittenCommand | null;
  /** Hands over what `command` wrote. False: the line cannot take it now. */
  transmit?(bytes: Uint8Array): boolean;
}

/** A command as the lines need it. */
export interface DownCommand extends Command {
  /** Unlike a serial it names the command for good. */
  readonly number: number;
  /** Ms UTC; the device is to ignore it afterwards. */
  readonly expiresTime: number;
}

/** One for all: thousands of connections are idle. */
const NOTHING_APPENDED = Promise.resolve();

/** What we know of one connection. Its epoch counts connections, so a reconnect is never mistaken for its past. */
export class Session {
  readonly epoch: number;
  readonly link: Link;
  device: DeviceRef | null = null;
  /** The JT/T 808 id whose auth code was shown on this connection: a proof for one device is none for another. */
  provenId: string | null = null;
  /** Wrong auth codes since the last right one. */
  wrongAuthCodes = 0;
  /** At least one sound frame of an admitted device came: the first-frame deadline is over. */
  admitted = false;
  /** The last append of this connection: an answer never overtakes an earlier frame. */
  lastAppend: Promise<unknown> = NOTHING_APPENDED;

  constructor(epoch: number, link: Link) {
    this.epoch = epoch;
    this.link = link;
  }
}

/** Who is connected as which device. The newest connection wins at once; the loser's later close marks nothing offline. */
export class Sessions {
  readonly #byDevice = new Map<string, Session>();
  readonly #all = new Set<Session>();
  /** Open now on all transports, those that have no session yet included: what `maxConnections` bounds. */
  connections = 0;
  #epoch: number;
  readonly #flapping: Flapping | undefined;

  /** @param firstEpoch grows from one start of the gateway to the next, e.g. the start time */
  constructor(firstEpoch: number, flapping?: Flapping) {
    this.#epoch = firstEpoch;
    this.#flapping = flapping;
  }

  get size(): number {
    return this.#all.size;
  }

  open(link: Link): Session {
    const session = new Session(this.#epoch++, link);
    this.#all.add(session);
    return session;
  }

  /**
   * The session speaks for `device` from now on.
   * @returns what changed: the device went online, an older connection lost it, another device was left
   */
  bind(session: Session, device: DeviceRef): { online: boolean; left: DeviceRef | null } {
    const key = deviceKey(device);
    if (session.device !== null && deviceKey(session.device) === key) {
      return { online: false, left: null };
    }
    const left = session.device !== null && this.unbind(session) ? session.device : null;
    const loser = this.#byDevice.get(key);
    session.device = device;
    this.#byDevice.set(key, session);
    if (loser !== undefined) {
      this.#flapping?.takenOver(device, loser.link.remote, session.link.remote);
      loser.link.close('superseded');
    }
    return { online: loser === undefined, left };
  }

  /** Who speaks for `device` now. */
  of(device: DeviceRef): Session | undefined {
    return this.#byDevice.get(deviceKey(device));
  }

  /** The connection is gone. True when its device thereby went offline. */
  close(session: Session): boolean {
    this.#all.delete(session);
    return this.unbind(session);
  }

  unbind(session: Session): boolean {
    if (session.device === null) return false;
    const key = deviceKey(session.device);
    return this.#byDevice.get(key) === session && this.#byDevice.delete(key);
  }

  closeAll(reason: string): void {
    for (const session of [...this.#all]) session.link.close(reason);
  }
}
