import { hash, verify } from '@node-rs/argon2';

/** OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane; about 40 ms here. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const MAX_WAITING = 64;

export interface PasswordsOptions {
  /** Default: OWASP's first recommendation. Hashes hold their own, so any instance verifies any hash. */
  readonly cost?: {
    readonly memoryCost: number;
    readonly timeCost: number;
    readonly parallelism: number;
  };
  readonly maxWaiting?: number;
}

/** Too many checks wait already. */
export class PasswordsBusy extends Error {
  readonly code = 'busy';
}

/**
 * Argon2id, one at a time: the worker pool it runs in is shared with the stores, which must not starve.
 * At most 64 wait unless said otherwise.
 */
export class Passwords {
  readonly #cost: NonNullable<PasswordsOptions['cost']>;
  readonly #maxWaiting: number;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #decoy: Promise<string> | undefined;

  constructor(options: PasswordsOptions = {}) {
    this.#cost = options.cost ?? COST;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
  }

  /** @throws PasswordsBusy */
  hash(password: string): Promise<string> {
    return this.#next(() => hash(password, this.#cost));
  }

  /**
   * Whether the password belongs to the hash. With null, for a user that does not exist, it works as long and says no.
   * @throws PasswordsBusy
   */
  async verify(passwordHash: string | null, password: string): Promise<boolean> {
    this.#decoy ??= this.#next(() => hash('no such user', this.#cost));
    const decoy = await this.#decoy;
    const same = await this.#next(() => verify(passwordHash ?? decoy, password));
    return same && passwordHash !== null;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#maxWaiting) {
      return Promise.reject(new PasswordsBusy('too many password checks wait'));
    }
    this.#waiting++;
    const turn = this.#turn.then(work).finally(() => {
      this.#waiting--;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
