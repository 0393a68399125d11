import { RateLimiterMemory } from 'rate-limiter-flexible';

export interface ThrottleOptions {
  /** Failures without consequence. */
  readonly freeTries: number;
  /** The wait after the first failure beyond them, s; doubles with each further one. */
  readonly firstWaitS: number;
  readonly longestWaitS: number;
  /** Quiet for so long, all is forgotten, s. */
  readonly forgetS: number;
}
const perUser: ThrottleOptions = { freeTries: 5, firstWaitS: 1, longestWaitS: 60, forgetS: 3600 };
/** Behind one address there may be a whole plant. */
const perAddress: ThrottleOptions = {
  freeTries: 20,
  firstWaitS: 1,
  longestWaitS: 300,
  forgetS: 3600,
};

/** Failures of one kind of key, with waits that grow. */
class Counter {
  readonly #options: ThrottleOptions;
  readonly #failures: RateLimiterMemory;
  readonly #waits: RateLimiterMemory;

  constructor(keyPrefix: string, options: ThrottleOptions) {
    this.#options = options;
    const points = Number.MAX_SAFE_INTEGER;
    this.#failures = new RateLimiterMemory({ keyPrefix, points, duration: options.forgetS });
    this.#waits = new RateLimiterMemory({ keyPrefix: `${keyPrefix}-wait`, points: 1, duration: 1 });
  }

  /** Seconds this key still has to wait, 0 = go on. */
  async waitS(key: string): Promise<number> {
    const wait = await this.#waits.get(key);
    return wait === null || wait.consumedPoints <= 1 ? 0 : Math.ceil(wait.msBeforeNext / 1000);
  }

  async fail(key: string): Promise<void> {
    const { freeTries, firstWaitS, longestWaitS, forgetS } = this.#options;
    const { consumedPoints } = await this.#failures.penalty(key);
    await this.#failures.set(key, consumedPoints, forgetS);
    const beyond = consumedPoints - freeTries;
    if (beyond <= 0) return;
    await this.#waits.block(
      key,
      Math.min(longestWaitS, firstWaitS * 2 ** Math.min(beyond - 1, 20)),
    );
  }

  async forget(key: string): Promise<void> {
    await this.#failures.delete(key);
    await this.#waits.delete(key);
  }

  async takeBack(key: string): Promise<void> {
    await this.#failures.reward(key);
  }
}

/**
 * Slows down guessing, by address and by username. A browser that has logged in as this user before has a count of
 * its own, so that an attack from anywhere neither locks the true user out nor is helped by him; for others
 * a wait ends after a minute at most.
 */
export class LoginThrottle {
  readonly #users: Counter;
  readonly #addresses: Counter;
  readonly #browsers: Counter;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: { user?: ThrottleOptions; address?: ThrottleOptions } = {}) {
    this.#users = new Counter('user', options.user ?? perUser);
    this.#addresses = new Counter('address', options.address ?? perAddress);
    this.#browsers = new Counter('browser', options.user ?? perUser);
  }

  /**
   * Counts the try as failed before the password is looked at, so that many at once cannot slip through.
   * @param browser what proves an earlier log-in as this user, null for none
   * @returns seconds to wait, or 0: go on, and report a right password by `succeeded`
   */
  begin(address: string, username: string, browser: string | null): Promise<number> {
    const turn = this.#turn.then(async () => {
      const counts: [Counter, string][] =
        browser === null
          ? [
              [this.#addresses, network(address)],
              [this.#users, username],
            ]
          : [[this.#browsers, browser]];
      const waits = await Promise.all(counts.map(([counter, key]) => counter.waitS(key)));
      const waitS = Math.max(...waits);
      if (waitS === 0) for (const [counter, key] of counts) await counter.fail(key);
      return waitS;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async succeeded(address: string, username: string, browser: string | null): Promise<void> {
    if (browser !== null) return this.#browsers.forget(browser);
    await this.#users.forget(username);
    // One's own log-in does not wipe out what others at this address have tried.
    await this.#addresses.takeBack(network(address));
  }
}

/** An IPv4 address, or the /64 of an IPv6 one: who has one of those has all of them. */
export function network(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (v4?.[1] !== undefined) return v4[1];
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  if (tail !== undefined) {
    while (groups.length + after.length < 8) groups.push('0');
  }
  return [...groups, ...after]
    .slice(0, 4)
    .map((g) => Number.parseInt(g, 16).toString(16))
    .join(':');
}
