import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Records } from '../records/database.ts';
import { openSecret } from '../records/secrets.ts';
import type { Sessions } from '../records/sessions.ts';
import type { Users } from '../records/users.ts';
import type { Role, User } from '../wire.ts';
import { Passwords, PasswordsBusy } from './passwords.ts';
import { LoginThrottle } from './throttle.ts';

export interface LoginTry {
  readonly username: string;
  readonly password: string;
  /** Of the client, as the transport (or a trusted proxy) states it. */
  readonly address: string;
  /** The known-browser cookie, null for none. */
  readonly known: string | null;
}
export type LoginAnswer =
  | { readonly ok: true; readonly user: User; readonly token: string; readonly known: string }
  | { readonly ok: false; readonly code: 'wrongCredentials' }
  | { readonly ok: false; readonly code: 'tooManyTries'; readonly waitS: number };

export interface AccessOptions {
  readonly db: Records;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly now: () => number;
  readonly passwords?: Passwords;
  readonly throttle?: LoginThrottle;
}

const BUSY_WAIT_S = 5;
const CHECKED_MS = 300_000;
const MAX_CHECKED = 100;

/** Who may come in: passwords, throttling, sessions. Unknown users and wrong passwords look and last alike. */
export class Access {
  readonly #options: AccessOptions;
  readonly #passwords: Passwords;
  readonly #throttle: LoginThrottle;
  readonly #secret: Uint8Array;
  /** Basic credentials found right not long ago, by their hash. */
  readonly #checked = new Map<string, { user: User; until: number }>();

  private constructor(options: AccessOptions, secret: Uint8Array) {
    this.#options = options;
    this.#secret = secret;
    this.#passwords = options.passwords ?? new Passwords();
    this.#throttle = options.throttle ?? new LoginThrottle();
  }

  static async open(options: AccessOptions): Promise<Access> {
    return new Access(options, await openSecret(options.db, 'knownBrowser'));
  }

  /**
   * Makes the first user `admin` when there is no user at all.
   * @returns the password to print once when it was chosen here, else null
   */
  async ensureAdmin(password: string | undefined): Promise<string | null> {
    const { users } = this.#options;
    if (!(await users.isEmpty())) return null;
    const chosen = password ?? randomBytes(15).toString('base64url');
    const passwordHash = await this.#passwords.hash(chosen);
    await users.create({ username: 'admin', role: 'admin', displayName: 'admin', passwordHash });
    return password === undefined ? chosen : null;
  }

  /** Checks and starts a session. */
  async login(attempt: LoginTry): Promise<LoginAnswer> {
    const checked = await this.#check(attempt);
    if (!checked.ok) return checked;
    const token = await this.#options.sessions.start(checked.user);
    const known = this.#provesKnown(attempt)
      ? (attempt.known ?? '')
      : this.#known(attempt.username);
    return { ok: true, user: checked.user, token, known };
  }

  /** Checks credentials sent with each request (Basic); a right pair is remembered for five minutes. */
  async basic(attempt: LoginTry): Promise<User | null> {
    const now = this.#options.now();
    const key = createHash('sha256')
      .update(`${attempt.username}\n${attempt.password}`)
      .digest('hex');
    const seen = this.#checked.get(key);
    if (seen !== undefined && seen.until > now) return seen.user;
    this.#checked.delete(key);
    const checked = await this.#check(attempt);
    if (!checked.ok) return null;
    if (this.#checked.size >= MAX_CHECKED) this.#checked.clear();
    this.#checked.set(key, { user: checked.user, until: now + CHECKED_MS });
    return checked.user;
  }

  /** @throws PasswordsBusy */
  hash(password: string): Promise<string> {
    return this.#passwords.hash(password);
  }

  async #check(
    attempt: LoginTry,
  ): Promise<{ ok: true; user: User } | Exclude<LoginAnswer, { ok: true }>> {
    const { username, password, address } = attempt;
    const browser = this.#provesKnown(attempt) ? attempt.known : null;
    const waitS = await this.#throttle.begin(address, username, browser);
    if (waitS > 0) return { ok: false, code: 'tooManyTries', waitS };
    const found = await this.#options.users.byName(username);
    try {
      const right = await this.#passwords.verify(found?.passwordHash ?? null, password);
      if (!right || found === null) return { ok: false, code: 'wrongCredentials' };
    } catch (error) {
      if (!(error instanceof PasswordsBusy)) throw error;
      return { ok: false, code: 'tooManyTries', waitS: BUSY_WAIT_S };
    }
    await this.#throttle.succeeded(address, username, browser);
    const { id, role, displayName } = found;
    return { ok: true, user: { id, username: found.username, role, displayName } };
  }

  #known(username: string): string {
    const nonce = randomBytes(12).toString('base64url');
    return `${nonce}.${this.#sign(username, nonce)}`;
  }

  #provesKnown({ username, known }: LoginTry): boolean {
    const [nonce, mac, ...rest] = (known ?? '').split('.');
    if (!nonce || !mac || rest.length > 0) return false;
    const right = Buffer.from(this.#sign(username, nonce));
    const given = Buffer.from(mac);
    return given.length === right.length && timingSafeEqual(given, right);
  }

  #sign(username: string, nonce: string): string {
    return createHmac('sha256', this.#secret).update(`${username}\n${nonce}`).digest('base64url');
  }
}

/** Who may look at live state: positions, fences, alarms. */
export const readers: readonly Role[] = ['admin', 'dispatcher', 'supervisor', 'manager', 'wall'];
/** Who may look at where somebody was: a wall shows the present only. */
export const historians: readonly Role[] = ['admin', 'dispatcher', 'supervisor', 'manager'];
/** Who may handle alarms. */
export const handlers: readonly Role[] = ['admin', 'dispatcher'];
/** Who may ask where somebody is, and by their further roles more of a device. */
export const commanders: readonly Role[] = ['admin', 'dispatcher', 'supervisor'];
export const admins: readonly Role[] = ['admin'];
/** Who may see how the gateway does: metrics, readiness, users. */
export const overseers: readonly Role[] = ['admin', 'auditor'];
export const everyRole: readonly Role[] = [
  'admin',
  'dispatcher',
  'supervisor',
  'manager',
  'auditor',
  'subject',
  'wall',
];
