/** How a terminal treats what it is asked, on purpose. `late`: after the platform has repeated it once. */
export const obediences = ['obeys', 'silent', 'twice', 'wrongSerial', 'late'] as const;
export type Obedience = (typeof obediences)[number];

/** Past the platform's first wait for an answer. @see JT/T 808, retransmission clause */
const LATE_MS = 15_000;

/** When which answer goes out. */
interface Due {
  readonly dueTime: number;
  readonly say: (shift: number) => void;
}

/** Answers as the manner of a terminal lets them go. Clocks are handed in. */
export class Answers {
  readonly #manner: Obedience;
  #late: Due[] = [];

  constructor(manner: Obedience) {
    this.#manner = manner;
  }

  /** @param say sends the answer to a serial that is so far from the right one */
  give(now: number, say: (shift: number) => void): void {
    switch (this.#manner) {
      case 'silent':
        break;
      case 'twice':
        say(0);
        say(0);
        break;
      case 'wrongSerial':
        say(1000);
        break;
      case 'late':
        this.#late.push({ dueTime: now + LATE_MS, say });
        break;
      default:
        say(0);
    }
  }

  tick(now: number): void {
    const due = this.#late.filter(({ dueTime }) => dueTime <= now);
    if (due.length === 0) return;
    this.#late = this.#late.filter(({ dueTime }) => dueTime > now);
    for (const { say } of due) say(0);
  }

  /** The line is gone, and with it whoever asked. */
  forget(): void {
    this.#late = [];
  }
}
