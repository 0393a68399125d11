import { randomUUID } from 'node:crypto';
import type { Role, User } from '../wire.ts';
import type { Records } from './database.ts';
import { type Edited, edited, refused } from './faults.ts';

export interface UserWithHash extends User {
  /** Argon2id, PHC form. */
  readonly passwordHash: string;
}

/** Who may log in. Usernames are compared as typed, NFC. */
export class Users {
  readonly #db: Records;
  readonly #now: () => number;

  constructor(db: Records, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async byName(username: string): Promise<UserWithHash | null> {
    const row = await this.#db
      .selectFrom('users')
      .select(['id', 'username', 'role', 'displayName', 'passwordHash'])
      .where('username', '=', username.normalize('NFC'))
      .executeTakeFirst();
    return row ?? null;
  }

  /** All of them by name; there are never many. */
  list(): Promise<User[]> {
    return this.#db
      .selectFrom('users')
      .select(['id', 'username', 'role', 'displayName'])
      .orderBy('username')
      .execute();
  }

  /** @returns `exists` for a taken username */
  async create(user: {
    username: string;
    role: Role;
    displayName: string;
    passwordHash: string;
  }): Promise<Edited<User>> {
    const id = randomUUID();
    const { username, role, displayName, passwordHash } = user;
    const row = { id, username: username.normalize('NFC'), role, displayName, passwordHash };
    const made = await this.#db
      .insertInto('users')
      .values({ ...row, createdTime: this.#now() })
      .onConflict((c) => c.column('username').doNothing())
      .returning(['id', 'username', 'role', 'displayName'])
      .executeTakeFirst();
    return made === undefined ? refused('exists', 'username') : edited(made);
  }

  async isEmpty(): Promise<boolean> {
    return (
      (await this.#db.selectFrom('users').select('id').limit(1).executeTakeFirst()) === undefined
    );
  }
}
