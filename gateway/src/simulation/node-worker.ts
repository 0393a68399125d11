import { EventEmitter } from 'node:events';
import { diskFiles } from '../journal/files.ts';
import { SegmentWriter } from '../journal/writer.ts';
import {
  appendUntilDurable,
  type FromWriter,
  type ToWriter,
  type WriterThreadData,
} from '../journal/writer-thread.ts';
import { Stopped } from './disk.ts';
import { here } from './world.ts';

/**
 * Stands in for the journal's writer thread: the same writer over the same file layer, its blocking waits on the
 * virtual clock. One message at a time; the disk takes as long as `diskMs` says.
 */
export class WriterThread extends EventEmitter {
  readonly #data: WriterThreadData;
  readonly #writer: SegmentWriter;
  readonly #queue: ToWriter[] = [];
  #isBusy = true;
  #lastSeq = 0;

  constructor(data: WriterThreadData) {
    super();
    this.#data = data;
    this.#writer = new SegmentWriter(diskFiles(data.directory), data);
    this.#later(here().machine.between(1, 40), () => {
      try {
        this.#say({ type: 'recovered', ...this.#writer.recover() });
      } catch (error) {
        this.#say({ type: 'failed', message: (error as Error).message });
      }
      this.#next();
    });
  }

  postMessage(message: ToWriter): void {
    this.#queue.push(message);
    if (!this.#isBusy) this.#next();
  }

  terminate(): Promise<number> {
    this.#queue.length = 0;
    this.#isBusy = true;
    return Promise.resolve(0);
  }

  #next(): void {
    const message = this.#queue.shift();
    this.#isBusy = message !== undefined;
    if (message === undefined) return;
    this.#later(diskMs(), () => {
      if (message.type === 'close') {
        this.#writer.close();
        this.#say({ type: 'closed' });
        here().clock.inGateway(0, () => this.emit('exit', 0));
        return;
      }
      const { clock } = here();
      const say = (m: FromWriter) => this.#say(m);
      const monotonic = () => clock.now;
      const { retryMs, stop } = this.#data;
      const work = appendUntilDurable(
        { writer: this.#writer, retryMs, say, monotonic },
        message.group,
      );
      const step = (isOver: boolean) => {
        const { done, value } = work.next(isOver);
        if (done === true) this.#next();
        else this.#later(value, () => step(Atomics.load(new Int32Array(stop), 0) === 1));
      };
      step(false);
    });
  }

  #say(m: FromWriter): void {
    // A thread that stopped in the middle of an operation says nothing more.
    if (m.type === 'stalled' && m.code === new Stopped().code) return;
    const { clock, trace, durable, onDurable } = here();
    if (m.type === 'recovered') this.#lastSeq = m.lastSeq;
    if (m.type === 'durable') {
      durable.push({ from: this.#lastSeq + 1, to: m.lastSeq });
      this.#lastSeq = m.lastSeq;
      trace.note(`${clock.now.toFixed(3)} durable ${m.lastSeq}`);
      onDurable?.();
    }
    clock.inGateway(0.05, () => this.emit('message', m));
  }

  /** A thread goes on while the event loop is blocked, and ends with its process. */
  #later(ms: number, work: () => void): void {
    const { clock } = here();
    const { life } = clock;
    clock.inWorld(ms, () => {
      if (clock.life === life) work();
    });
  }
}

/** One write and fdatasync; now and then the disk is slow. */
function diskMs(): number {
  const { machine } = here();
  const fate = machine.next();
  if (fate < 0.9) return machine.between(0.3, 8);
  return fate < 0.995 ? machine.between(8, 120) : machine.between(120, 3000);
}
