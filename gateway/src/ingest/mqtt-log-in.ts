import type { DeviceRef } from '../journal/record.ts';
import type { AdmissionMode, Registry } from './gate.ts';

/** Return codes of a CONNACK. @see MQTT 3.1.1, section 3.2.2.3 */
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;
/** As device ids are; a name of a topic level, so never a wildcard. @see mqtt.md section 2 */
const USERNAME = /^[A-Za-z0-9._-]{1,64}$/;

export interface LogInRefusal {
  readonly reason: 'badUsername' | 'anonymous' | 'notAdmitted' | 'wrongAuthCode';
  readonly returnCode: number;
}

/** Why a log-in is turned away, null when it is not. Anonymous clients exist in mode `open` only. */
export function logInRefusal(
  registry: Registry,
  admission: AdmissionMode,
  username: string,
  password: string,
): LogInRefusal | null {
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
