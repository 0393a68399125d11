import type {
  Command,
  Connection,
  ConnectionOptions,
  Fault,
  Message,
  Protocol,
  Verdict,
  WrittenCommand,
} from './protocol.ts';

type Item = Message | Fault;

/** Nobody sends so much without a frame of a protocol we know. */
const UNDECIDED_MAX_BYTES = 4096;

/** Faults kept apart while the decision is open; more are added up, because one byte may be a fault. */
const MAX_HELD_FAULTS = 32;

/** A protocol that may yet be the one, and the faults it would tell of. */
interface Candidate {
  readonly connection: Connection;
  held: Fault[];
}

/**
 * A connection whose protocol the first sound frame decides; from then on it stays with that protocol. Until then
 * every protocol reads along, and a piece is a fault once none of them may still make a frame of it. Cost and memory
 * are those of the protocols together: linear and bounded.
 * @param protocols in the order in which a tie is decided, after the preferred one
 */
export class DetectingConnection implements Connection {
  #decided: Connection | null = null;
  #candidates: Candidate[];
  /** Bytes read so far. */
  #consumed = 0;
  /** Up to where `unknownProtocol` has been told. */
  #told = 0;

  constructor(protocols: readonly Protocol[], options: ConnectionOptions) {
    const { prefer, ...rest } = options;
    const ordered = [
      ...protocols.filter((p) => p.name === prefer),
      ...protocols.filter((p) => p.name !== prefer),
    ];
    this.#candidates = ordered.map((p) => ({ connection: p.open(rest), held: [] }));
  }

  get protocol(): Connection['protocol'] {
    return this.#decided?.protocol ?? null;
  }

  get pendingBytes(): number {
    return (
      this.#decided?.pendingBytes ??
      Math.max(0, ...this.#candidates.map(({ connection }) => connection.pendingBytes))
    );
  }

  get heldBytes(): number {
    return (
      this.#decided?.heldBytes ??
      this.#candidates.reduce((sum, { connection }) => sum + connection.heldBytes, 0)
    );
  }

  push(chunk: Uint8Array, receivedTime: number): readonly Item[] {
    if (this.#decided !== null) return this.#decided.push(chunk, receivedTime);
    this.#consumed += chunk.length;
    return this.#weigh((connection) => connection.push(chunk, receivedTime));
  }

  expire(now: number): readonly Item[] {
    if (this.#decided !== null) return this.#decided.expire(now);
    return this.#weigh((connection) => connection.expire(now));
  }

  reply(message: Message, verdict: Verdict): Uint8Array | null {
    // Before the decision there is no message to reply to.
    return this.#decided?.reply(message, verdict) ?? null;
  }

  command(command: Command): WrittenCommand | null {
    return this.#decided?.command(command) ?? null;
  }

  join(part: Message, receivedTime: number): readonly Item[] {
    return this.#decided?.join?.(part, receivedTime) ?? [];
  }

  takeRequests(): Uint8Array | null {
    return this.#decided?.takeRequests?.() ?? null;
  }

  leave(): void {
    this.#decided?.leave?.();
  }

  #weigh(read: (connection: Connection) => readonly Item[]): readonly Item[] {
    for (const candidate of this.#candidates) {
      const items = read(candidate.connection);
      if (candidate.connection.protocol !== null) {
        this.#decided = candidate.connection;
        this.#candidates = [];
        return [...candidate.held, ...items];
      }
      for (const item of items) if (item.kind === 'fault') hold(candidate.held, item);
    }
    return this.#settled();
  }

  /** The preferred protocol's faults on bytes that no protocol waits with any more. */
  #settled(): readonly Item[] {
    const open = this.#consumed - this.pendingBytes;
    let settled: Fault[] = [];
    for (const [i, candidate] of this.#candidates.entries()) {
      const done = (fault: Fault) => fault.offset + fault.bytes <= open;
      if (i === 0) settled = candidate.held.filter(done);
      // A name that another protocol knows says more than garbage; its bytes are counted by the preferred one.
      else settled.push(...candidate.held.filter(done).filter(isNamed).map(uncounted));
      candidate.held = candidate.held.filter((fault) => !done(fault));
    }
    if (this.#consumed - this.#told >= UNDECIDED_MAX_BYTES) {
      settled.push({
        kind: 'fault',
        protocol: 'unknown',
        code: 'unknownProtocol',
        offset: this.#told,
        bytes: 0,
        detail: `no sound frame within ${this.#consumed - this.#told} bytes`,
      });
      this.#told = this.#consumed;
    }
    return settled;
  }
}

const isNamed = ({ code }: Fault): boolean => code === 'unsupportedVariant';
const uncounted = (fault: Fault): Fault => ({ ...fault, bytes: 0 });

/** Keeps a fault until it is known whether it is one; what goes on where the last ended is added to it. */
function hold(held: Fault[], fault: Fault): void {
  const last = held.at(-1);
  const goesOn = last?.code === fault.code && last.offset + last.bytes === fault.offset;
  if (last === undefined || !(goesOn || held.length >= MAX_HELD_FAULTS)) held.push(fault);
  else held[held.length - 1] = { ...last, bytes: fault.offset + fault.bytes - last.offset };
}
