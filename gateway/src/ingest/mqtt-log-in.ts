import type { DeviceRef } from '../journal/record.ts';
import type { AdmissionMode, Registry } from './gate.ts';

/** What operators have set, as the broker asks it. */
export interface LogInPasswords {
  /** Nobody speaks for the device without its password. */
  isSet(device: string): boolean;
  /** Whether it belongs to the device or OwnTracks user of this name; `none`: nobody has set one. */
  check(username: string, password: string): Promise<'right' | 'wrong' | 'none' | 'busy'>;
}

/** Return codes of a CONNACK. @see MQTT 3.1.1, section 3.2.2.3 */
const UNAVAILABLE = 3;
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;
/** As device ids are; a name of a topic level, so never a wildcard. @see mqtt.md section 2 */
const USERNAME = /^[A-Za-z0-9._-]{1,64}$/;

export interface LogInRefusal {
  readonly kind: 'refused';
  readonly reason: 'badUsername' | 'anonymous' | 'notAdmitted' | 'wrongAuthCode' | 'busy';
  readonly returnCode: number;
}

/** Somebody may come in; `isProven` by the password that an operator has set. */
export interface LogIn {
  readonly kind: 'accepted';
  readonly isProven: boolean;
}

const refused = (reason: LogInRefusal['reason'], returnCode: number): LogInRefusal => ({
  ...{ kind: 'refused', reason, returnCode },
});

export interface LogInRules {
  readonly registry: Registry;
  readonly admission: AdmissionMode;
  readonly passwords: LogInPasswords | null;
}

/**
 * Who comes in. Where an operator has set a password it is asked for in every mode. Without one, `open` lets in
 * anybody, anonymous or not, `known` whoever was entered, and `strict` whoever also has the auth code of the device.
 */
export async function logIn(
  { registry, admission, passwords }: LogInRules,
  username: string,
  password: string,
): Promise<LogIn | LogInRefusal> {
  if (username !== '' && !USERNAME.test(username)) return refused('badUsername', BAD_CREDENTIALS);
  const device: DeviceRef = { protocol: 'mqtt', id: username };
  if (admission !== 'open') {
    if (username === '') return refused('anonymous', NOT_AUTHORIZED);
    // A phone is registered as `ot-USER-DEVICE`; its user may log in when one of his phones is known.
    const known =
      registry.find(device)?.admission === 'known' || registry.hasKnown('mqtt', `ot-${username}-`);
    if (!known) {
      registry.noteKnocking(device, null);
      return refused('notAdmitted', NOT_AUTHORIZED);
    }
  }
  const verdict =
    username === '' ? 'none' : ((await passwords?.check(username, password)) ?? 'none');
  if (verdict === 'busy') return refused('busy', UNAVAILABLE);
  const isWrong =
    verdict === 'wrong' ||
    (verdict === 'none' && admission === 'strict' && !registry.verifyAuth(device, password));
  return isWrong
    ? refused('wrongAuthCode', BAD_CREDENTIALS)
    : { kind: 'accepted', isProven: verdict === 'right' };
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 16_000;
const FORGET_MS = 15 * 60_000;
/** Identities and addresses remembered; the ones that failed first make room. */
const MAX_REMEMBERED = 20_000;
/** Log-ins kept waiting for their refusal; beyond it they hear it at once, because each holds a connection. */
const MAX_WAITING = 1000;

interface Failures {
  count: number;
  at: number;
}

/**
 * Makes guessing slow: a wrong log-in hears its refusal late, and twice as late each time, counted by identity and by
 * address. A right one never waits, whatever others try in its name: so nobody can lock a device out, and because it
 * is compared in constant time nobody learns from how long it takes.
 */
export class RefusalDelays {
  readonly #failures = new Map<string, Failures>();
  readonly #waiting = new Set<NodeJS.Timeout>();
  readonly #monotonic: () => number;

  /** @param monotonic ms */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** Ms that the refusal of this try has to wait; counts the try. */
  failed(username: string, address: string): number {
    const count = Math.max(this.#count(`user ${username}`), this.#count(`from ${address}`));
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(count - 1, 20));
  }

  later(ms: number, refuse: () => void): void {
    if (this.#waiting.size >= MAX_WAITING) {
      refuse();
      return;
    }
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      refuse();
    }, ms);
    this.#waiting.add(timer);
  }

  close(): void {
    for (const timer of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
  }

  #count(key: string): number {
    const at = this.#monotonic();
    const found = this.#failures.get(key);
    const count = found === undefined || at - found.at > FORGET_MS ? 1 : found.count + 1;
    this.#failures.delete(key);
    this.#failures.set(key, { count, at });
    if (this.#failures.size > MAX_REMEMBERED) {
      for (const oldest of this.#failures.keys()) {
        this.#failures.delete(oldest);
        break;
      }
    }
    return count;
  }
}
