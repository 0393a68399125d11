import { createHmac, randomBytes } from 'node:crypto';
import type { Kysely, Migration } from 'kysely';
import { Passwords, PasswordsBusy } from '../access/passwords.ts';
import type { Records } from './database.ts';

/** A log-in that was right needs no work for so long: ten thousand badges come back at once. @see mqtt.md section 7 */
const REMEMBER_MS = 600_000;
const MAX_REMEMBERED = 20_000;
const MAX_WAITING = 5000;
/** Random characters enough that guessing is hopeless however cheap a try is: 4 MiB, one pass, about 3 ms. */
const LONG_PASSWORD = 16;
const CHEAP = { memoryCost: 4096, timeCost: 1, parallelism: 1 } as const;

/** What a password proves. `none`: nobody has set one. */
export type PasswordVerdict = 'right' | 'wrong' | 'none' | 'busy';

/** The table of `tables.ts`. */
export const createMqttPasswords: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('mqtt_passwords')
      .addColumn('device', 'text', (c) => c.primaryKey())
      .addColumn('hash', 'text', (c) => c.notNull())
      .addColumn('updatedTime', 'bigint', (c) => c.notNull())
      .execute();
  },
};

export interface MqttPasswordsOptions {
  readonly db: Records;
  /** Ms UTC. */
  readonly now: () => number;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

/**
 * Passwords by which MQTT devices log in, kept as argon2id. A phone's counts for its OwnTracks user: `ot-USER-PHONE`
 * lets `USER` in.
 */
export class MqttPasswords {
  readonly #options: MqttPasswordsOptions;
  readonly #hashes = new Map<string, string>();
  /** Keyed digests of log-ins that were right, with the time until which they need no proof. */
  readonly #proven = new Map<string, number>();
  readonly #secret = randomBytes(32);
  readonly #work = new Passwords({ maxWaiting: MAX_WAITING });
  readonly #cheapWork = new Passwords({ maxWaiting: MAX_WAITING, cost: CHEAP });

  private constructor(options: MqttPasswordsOptions) {
    this.#options = options;
  }

  static async open(options: MqttPasswordsOptions): Promise<MqttPasswords> {
    const passwords = new MqttPasswords(options);
    for (const { device, hash } of await options.db
      .selectFrom('mqtt_passwords')
      .select(['device', 'hash'])
      .execute()) {
      passwords.#hashes.set(device, hash);
    }
    return passwords;
  }

  /** Whether nobody may speak for the device without its password. */
  isSet(device: string): boolean {
    return this.#hashes.has(device);
  }

  /** @param password null: it has none from now on. @throws PasswordsBusy */
  async set(device: string, password: string | null): Promise<void> {
    const { db, now } = this.#options;
    if (password === null) {
      await db.deleteFrom('mqtt_passwords').where('device', '=', device).execute();
      this.#hashes.delete(device);
    } else {
      const work = password.length >= LONG_PASSWORD ? this.#cheapWork : this.#work;
      const hash = await work.hash(password);
      const row = { device, hash, updatedTime: now() };
      await db
        .insertInto('mqtt_passwords')
        .values(row)
        .onConflict((c) => c.column('device').doUpdateSet(row))
        .execute();
      this.#hashes.set(device, hash);
    }
    this.#proven.clear();
  }

  /** Whether `password` is that of the device, or of a phone of the user, called `username`. */
  async check(username: string, password: string): Promise<PasswordVerdict> {
    const hashes = this.#hashesOf(username);
    if (hashes.length === 0) return 'none';
    const digest = this.#digest(username, password);
    const until = this.#proven.get(digest);
    if (until !== undefined && until > this.#options.monotonic()) return 'right';
    try {
      for (const hash of hashes) {
        if (await this.#cheapWork.verify(hash, password)) {
          this.#remember(digest);
          return 'right';
        }
      }
      return 'wrong';
    } catch (error) {
      if (error instanceof PasswordsBusy) return 'busy';
      throw error;
    }
  }

  #hashesOf(username: string): readonly string[] {
    const own = this.#hashes.get(username);
    if (own !== undefined) return [own];
    const prefix = `ot-${username}-`;
    const phones = [...this.#hashes].filter(([device]) => device.startsWith(prefix));
    return phones.map(([, hash]) => hash);
  }

  #digest(username: string, password: string): string {
    return createHmac('sha256', this.#secret).update(`${username}\0${password}`).digest('base64');
  }

  #remember(digest: string): void {
    this.#proven.delete(digest);
    this.#proven.set(digest, this.#options.monotonic() + REMEMBER_MS);
    if (this.#proven.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#proven.keys()) {
      this.#proven.delete(oldest);
      break;
    }
  }
}
