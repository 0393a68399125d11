import { network } from '../access/throttle.ts';

/** Bounds by address; each is a setting. */
export interface AddressLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** Strikes within a minute after which an address is turned away; 0 = never. */
  readonly banAfter: number;
  readonly banMs: number;
}

/** Addresses remembered without a connection open; beyond it the one that was heard of first is forgotten. */
const MAX_REMEMBERED = 50_000;
const STRIKES_MS = 60_000;
/** Behind the address of an admitted device of the last minutes there may be more of them: it is never turned away. */
const GOOD_MS = 15 * 60_000;

/** What is known of one address, or of the /64 network of an IPv6 one. Times are ms, monotonic. */
export interface Address {
  readonly name: string;
  connections: number;
  strikes: number;
  strikesSince: number;
  /** When an admitted device was last heard from here. */
  goodAt: number;
  bannedUntil: number;
}

type Refusal = 'tooManyConnections' | 'banned' | 'tooManyFromAddress';

export interface AddressesOptions {
  readonly limits: AddressLimits;
  readonly onBan: (address: Address) => void;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

/**
 * Who may connect from where, over all ports. An address that keeps sending what nobody can use is turned away for a
 * while; one from which an admitted device was heard lately never is, because a carrier puts thousands of devices
 * behind one address. Bounded in memory; every ban ends by itself.
 */
export class Addresses {
  readonly #options: AddressesOptions;
  /** Those without a connection in the order in which they were last left. */
  readonly #known = new Map<string, Address>();
  readonly #banned = new Set<Address>();

  constructor(options: AddressesOptions) {
    this.#options = options;
  }

  /** Addresses turned away at present. */
  get banned(): number {
    const at = this.#options.monotonic();
    for (const address of this.#banned) {
      if (!this.#isBanned(address, at)) this.#banned.delete(address);
    }
    return this.#banned.size;
  }

  /**
   * Why nobody of `remote` may connect now, else the address, with one connection more that `left` takes back.
   * @param open connections on all transports
   */
  enter(remote: string, open: number): Address | Refusal {
    if (open >= this.#options.limits.maxConnections) return 'tooManyConnections';
    const at = this.#options.monotonic();
    const address = this.#of(remote, at);
    if (this.#isBanned(address, at)) return 'banned';
    if (address.connections >= this.#options.limits.maxConnectionsPerAddress) {
      return 'tooManyFromAddress';
    }
    address.connections++;
    return address;
  }

  left(address: Address): void {
    address.connections--;
    if (address.connections > 0) return;
    // Last in the map was left last.
    this.#known.delete(address.name);
    this.#known.set(address.name, address);
    this.#bound();
  }

  /** Whether datagrams from `remote` are to be looked at. */
  isTurnedAway(remote: string): boolean {
    const address = this.#known.get(network(remote));
    return address !== undefined && this.#isBanned(address, this.#options.monotonic());
  }

  /** An admitted device speaks from here: any ban ends. */
  good(address: Address): void {
    address.goodAt = this.#options.monotonic();
    address.strikes = 0;
    address.bannedUntil = 0;
  }

  /** Something was sent that nobody can use. */
  strike(address: Address): void {
    const { limits, monotonic, onBan } = this.#options;
    const at = monotonic();
    if (limits.banAfter === 0 || at - address.goodAt < GOOD_MS) return;
    if (at - address.strikesSince > STRIKES_MS) {
      address.strikesSince = at;
      address.strikes = 0;
    }
    if (++address.strikes < limits.banAfter || this.#isBanned(address, at)) return;
    address.strikes = 0;
    address.bannedUntil = at + limits.banMs;
    this.#banned.add(address);
    onBan(address);
  }

  #isBanned(address: Address, at: number): boolean {
    return at < address.bannedUntil;
  }

  #of(remote: string, at: number): Address {
    const name = network(remote);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const address: Address = {
      ...{ name, connections: 0, strikes: 0, strikesSince: at },
      ...{ goodAt: Number.NEGATIVE_INFINITY, bannedUntil: 0 },
    };
    this.#known.set(name, address);
    this.#bound();
    return address;
  }

  /** Forgets a tenth at once, so that its cost is small for each. */
  #bound(): void {
    if (this.#known.size <= MAX_REMEMBERED) return;
    for (const [name, address] of this.#known) {
      // Those with a connection are bounded by the connections.
      if (address.connections > 0) continue;
      this.#known.delete(name);
      this.#banned.delete(address);
      if (this.#known.size <= MAX_REMEMBERED * 0.9) return;
    }
  }
}
