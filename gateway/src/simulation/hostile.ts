import { gt06Frame, jt808Frame } from '../e2e/frames.ts';
import type { Line, LineTraits } from './network.ts';
import type { Random } from './random.ts';
import type { Surroundings } from './terminals.ts';

const TRAITS: LineTraits = { minDelayMs: 5, maxDelayMs: 100, splits: 0.3, merges: 0.3 };
const kinds = ['garbage', 'badChecksum', 'endless', 'slow', 'silent', 'crossed'] as const;

/** Connects again and again and sends what no gateway can use; never a position. */
export class Hostile {
  readonly #around: Surroundings;
  readonly #random: Random;
  readonly #kind: (typeof kinds)[number];
  #line: Line | null = null;

  constructor(around: Surroundings, random: Random) {
    this.#around = around;
    this.#random = random;
    this.#kind = random.pick(kinds);
    around.clock.inWorld(random.between(0, 20_000), () => this.#connect());
  }

  #connect(): void {
    const { clock, network, ports, lastFixMs } = this.#around;
    if (clock.now >= lastFixMs) return;
    const line: Line = network.connect(
      this.#random.pick([ports.jt808, ports.gt06]),
      {
        opened: () => this.#send(line),
        received: () => undefined,
        closed: () => {
          if (this.#line === line) clock.inWorld(this.#random.between(500, 20_000), again);
        },
      },
      TRAITS,
    );
    const again = () => this.#connect();
    this.#line = line;
  }

  #send(line: Line): void {
    const { clock, lastFixMs } = this.#around;
    if (this.#line !== line || clock.now >= lastFixMs) {
      line.close();
      return;
    }
    const bytes = this.#bytes();
    if (bytes !== null) line.send(bytes, false);
    clock.inWorld(this.#random.between(100, 4000), () => this.#send(line));
  }

  #bytes(): Uint8Array | null {
    const random = this.#random;
    const noise = (length: number) => Uint8Array.from({ length }, () => random.below(256));
    switch (this.#kind) {
      case 'garbage':
        return noise(1 + random.below(600));
      case 'endless':
        return Uint8Array.from([0x7e, ...noise(random.below(200)).filter((b) => b !== 0x7e)]);
      case 'slow':
        return Uint8Array.of(random.pick([0x7e, 0x78, 0x00]));
      case 'silent':
        return null;
      case 'badChecksum': {
        const frame = Buffer.from(
          jt808Frame(0x0002, '13000000001', random.below(100), Buffer.alloc(0)),
          'hex',
        );
        frame[frame.length - 2] = (frame[frame.length - 2] ?? 0) ^ 0x41;
        return frame;
      }
      case 'crossed':
        return Buffer.from(
          gt06Frame(0x13, Buffer.from([0x45, 6, 4, 0, 2]), random.below(100)),
          'hex',
        );
    }
  }
}
