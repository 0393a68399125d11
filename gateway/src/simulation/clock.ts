/** Captured before a run puts its own timers in place of them. */
const nextTurn = globalThis.setImmediate;

interface Event {
  time: number;
  order: number;
  /** Of the gateway's lives the one that waits for it; null for what goes on without a gateway. */
  readonly life: number | null;
  work: (() => void) | null;
}

/** What was put off; may be given up. */
export interface Scheduled {
  cancel(): void;
}

/**
 * Time that passes only from one event to the next. Events of the gateway die with the life that waited for them, and
 * wait while its event loop is blocked; those of the world (terminals, the network, the next fault) go on.
 */
export class VirtualClock {
  #heap: Event[] = [];
  #order = 0;
  #life = 1;
  #blockedUntil = 0;
  /** Ms since the run began; never goes back. */
  now = 0;
  /** What the gateway's wall clock reads at 0, ms UTC. A step of that clock changes it. */
  wallStart: number;
  events = 0;

  constructor(wallStart: number) {
    this.wallStart = wallStart;
  }

  /** The gateway's wall clock, ms UTC. */
  get wall(): number {
    return Math.floor(this.wallStart + this.now);
  }
  /** Counts the lives of the gateway: whoever kept an older number is dead. */
  get life(): number {
    return this.#life;
  }

  inWorld(delayMs: number, work: () => void): Scheduled {
    return this.#add(delayMs, null, work);
  }

  inGateway(delayMs: number, work: () => void): Scheduled {
    return this.#add(delayMs, this.#life, work);
  }

  /** Nothing that the present life waits for will ever happen. */
  endLife(): void {
    this.#life++;
    this.#blockedUntil = 0;
  }

  /** The gateway's event loop does nothing for so long. */
  block(ms: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, this.now + ms);
  }

  /** Lets events happen until `isOver`, asked after each. @returns false when nothing is left or `limitMs` is reached */
  async run(isOver: () => boolean, limitMs: number): Promise<boolean> {
    await drained();
    while (!isOver()) {
      const event = this.#take();
      if (event === undefined || event.time > limitMs) return false;
      const { work, life } = event;
      if (work === null || (life !== null && life !== this.#life)) continue;
      this.now = Math.max(this.now, event.time);
      if (life !== null && this.#blockedUntil > this.now) {
        event.time = this.#blockedUntil;
        event.order = this.#order++;
        this.#put(event);
        continue;
      }
      this.events++;
      event.work = null;
      work();
      // Only the gateway awaits anything; all that follows from this event has to happen before the next.
      if (life !== null) await drained();
    }
    return true;
  }

  #add(delayMs: number, life: number | null, work: () => void): Scheduled {
    const time = this.now + Math.max(0, delayMs);
    const event: Event = { time, order: this.#order++, life, work };
    if (Number.isFinite(time)) this.#put(event);
    return {
      cancel: () => {
        event.work = null;
      },
    };
  }

  #put(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) {
        child++;
      }
      if (!isBefore(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (a: Event, b: Event): boolean =>
  a.time < b.time || (a.time === b.time && a.order < b.order);

/** Resolves when every promise that can settle by itself has done so. */
const drained = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));
