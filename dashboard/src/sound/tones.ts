import type { Severity } from '@xunji/gateway/wire';
import { createTopic, type Topic } from '../topic.ts';

/** One beep of a pattern. */
interface Beep {
  /** Hz. */
  readonly pitch: number;
  /** Seconds from the start of the pattern. */
  readonly at: number;
  /** Seconds. */
  readonly length: number;
}

/** One pattern for each level, told apart by rhythm as well as by pitch. */
export const patterns: Readonly<Record<Severity, readonly Beep[]>> = {
  critical: [0, 0.22, 0.44, 0.9, 1.12, 1.34].map((at, i) => ({
    pitch: i % 3 === 2 ? 1175 : 880,
    at,
    length: 0.16,
  })),
  high: [
    { pitch: 784, at: 0, length: 0.22 },
    { pitch: 988, at: 0.28, length: 0.22 },
  ],
  medium: [{ pitch: 659, at: 0, length: 0.3 }],
  low: [{ pitch: 523, at: 0, length: 0.15 }],
};

const PEAK = 0.25;
const EDGE_S = 0.012;

/** Tones by Web Audio, made in code. Silent until the browser lets its audio context run. */
export class Tones {
  /** Told when the context starts or stops running. */
  readonly changed: Topic = createTopic();
  #context: AudioContext | null = null;

  /** Makes the context; browsers hold it until the user has touched the page. */
  open(): void {
    if (this.#context !== null || typeof AudioContext === 'undefined') return;
    this.#context = new AudioContext();
    this.#context.addEventListener('statechange', () => this.changed.emit());
    this.changed.emit();
  }

  get running(): boolean {
    return this.#context?.state === 'running';
  }

  /** Asks the browser to let sound out; works only from a click or a key. */
  async enable(): Promise<void> {
    this.open();
    await this.#context?.resume().catch(() => undefined);
    this.changed.emit();
  }

  /** Plays a level's pattern. False when the browser does not let it sound. */
  play(severity: Severity): boolean {
    const context = this.#context;
    if (context === null || context.state !== 'running') return false;
    for (const { pitch, at, length } of patterns[severity]) {
      const from = context.currentTime + 0.02 + at;
      const oscillator = context.createOscillator();
      const gain = context.createGain();
      oscillator.type = 'triangle';
      oscillator.frequency.value = pitch;
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(PEAK, from + EDGE_S);
      gain.gain.setValueAtTime(PEAK, from + length - EDGE_S);
      gain.gain.linearRampToValueAtTime(0, from + length);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(from);
      oscillator.stop(from + length);
    }
    return true;
  }
}
