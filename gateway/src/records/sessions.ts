import { createHash, randomBytes } from 'node:crypto';
import type { User } from '../wire.ts';
import type { Records } from './database.ts';

export interface SessionLimits {
  /** Unused for so long, it ends. */
  readonly idleMs: number;
  /** So old, it ends however much it is used. */
  readonly absoluteMs: number;
  /** Of one user; the one unused longest makes room. */
  readonly perUser: number;
}
export const sessionLimits: SessionLimits = {
  idleMs: 12 * 3_600_000,
  absoluteMs: 7 * 24 * 3_600_000,
  perUser: 32,
};

interface LoggedIn {
  readonly hash: string;
  readonly user: User;
  readonly createdTime: number;
  lastUsedTime: number;
  savedTime: number;
}

/** How stale the stored time of last use may be. */
const SAVE_AFTER_MS = 60_000;
const TOKEN_BYTES = 32;
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** Who is logged in. Answered from memory; only the hash of a token is ever stored. */
export class Sessions {
  readonly #db: Records;
  readonly #now: () => number;
  readonly #limits: SessionLimits;
  readonly #byHash = new Map<string, LoggedIn>();
  readonly #onEnd = new Set<(hash: string) => void>();

  private constructor(db: Records, now: () => number, limits: SessionLimits) {
    this.#db = db;
    this.#now = now;
    this.#limits = limits;
  }

  static async open(db: Records, now: () => number, limits = sessionLimits): Promise<Sessions> {
    const sessions = new Sessions(db, now, limits);
    const rows = await db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.userId')
      .select(['hash', 'lastUsedTime', 'userId', 'username', 'role', 'displayName'])
      .select('sessions.createdTime as createdTime')
      .execute();
    for (const r of rows) {
      const user = { id: r.userId, username: r.username, role: r.role, displayName: r.displayName };
      const { hash, createdTime, lastUsedTime } = r;
      sessions.#byHash.set(hash, {
        ...{ hash, user, createdTime, lastUsedTime },
        savedTime: lastUsedTime,
      });
    }
    await sessions.sweep();
    return sessions;
  }

  /** @returns the token for the cookie: 32 random bytes, base64url; it cannot be asked for again */
  async start(user: User): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const hash = hashOf(token);
    const time = this.#now();
    const own = [...this.#byHash.values()].filter((s) => s.user.id === user.id);
    own.sort((a, b) => a.lastUsedTime - b.lastUsedTime);
    for (const old of own.slice(0, Math.max(0, own.length + 1 - this.#limits.perUser))) {
      await this.#end(old.hash);
    }
    await this.#db
      .insertInto('sessions')
      .values({ hash, userId: user.id, createdTime: time, lastUsedTime: time })
      .execute();
    const { id, username, role, displayName } = user;
    this.#byHash.set(hash, {
      hash,
      user: { id, username, role, displayName },
      createdTime: time,
      lastUsedTime: time,
      savedTime: time,
    });
    return token;
  }

  /** The user of a live session, and counts as its use; null for anything else. */
  use(token: string): { readonly user: User; readonly hash: string } | null {
    const session = this.#byHash.get(hashOf(token));
    if (session === undefined || this.#isOver(session)) return null;
    session.lastUsedTime = this.#now();
    return session;
  }

  /** Whether the session still lives; does not count as use. */
  isAlive(hash: string): boolean {
    const session = this.#byHash.get(hash);
    return session !== undefined && !this.#isOver(session);
  }

  async end(token: string): Promise<void> {
    await this.#end(hashOf(token));
  }

  /** Calls with the hash of each session that ends by log-out, expiry or being pushed out. */
  onEnd(listener: (hash: string) => void): () => void {
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  /** Ends what has expired and saves times of use. Called once a minute. */
  async sweep(): Promise<void> {
    for (const session of [...this.#byHash.values()]) {
      if (this.#isOver(session)) await this.#end(session.hash);
      else if (session.lastUsedTime - session.savedTime >= SAVE_AFTER_MS) {
        session.savedTime = session.lastUsedTime;
        await this.#db
          .updateTable('sessions')
          .set({ lastUsedTime: session.lastUsedTime })
          .where('hash', '=', session.hash)
          .execute();
      }
    }
  }

  async #end(hash: string): Promise<void> {
    if (!this.#byHash.delete(hash)) return;
    await this.#db.deleteFrom('sessions').where('hash', '=', hash).execute();
    for (const listener of this.#onEnd) listener(hash);
  }

  #isOver(s: LoggedIn): boolean {
    const now = this.#now();
    return (
      now - s.lastUsedTime >= this.#limits.idleMs || now - s.createdTime >= this.#limits.absoluteMs
    );
  }
}
