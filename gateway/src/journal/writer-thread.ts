import { parentPort, workerData } from 'node:worker_threads';
import { diskFiles } from './files.ts';
import { type DurableEnd, type Recovered, SegmentWriter } from './writer.ts';

/** What the journal hands its writer's thread at start. */
export interface WriterThreadData {
  readonly directory: string;
  readonly dataDirId: Uint8Array;
  readonly key?: Uint8Array | null;
  readonly segmentBytes: number;
  /** One Int32: 1 = stop retrying a failing disk and end. */
  readonly stop: SharedArrayBuffer;
  readonly retryMs: number;
}

/** To the thread: a group to append, or the end. */
export type ToWriter =
  | { readonly type: 'append'; readonly group: Uint8Array }
  | { readonly type: 'close' };

/** From the thread. `stalled` repeats with every failed try; `durable` ends it. */
export type FromWriter =
  | ({ readonly type: 'recovered' } & Recovered)
  | {
      readonly type: 'durable';
      readonly lastSeq: number;
      readonly syncMs: number;
      readonly end: DurableEnd;
    }
  | { readonly type: 'stalled'; readonly code: string; readonly message: string }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'closed' };

/** What the thread does about one message. */
export interface WriterWork {
  readonly writer: SegmentWriter;
  readonly retryMs: number;
  readonly say: (m: FromWriter) => void;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

/**
 * Appends a group, and tries again until the disk takes it. Yields how many ms to wait before the next try, so that a
 * thread may block and a test need not; `next(true)` gives the group up.
 */
export function* appendUntilDurable(
  { writer, retryMs, say, monotonic }: WriterWork,
  group: Uint8Array,
): Generator<number, void, boolean> {
  const started = monotonic();
  let broken = false;
  for (;;) {
    try {
      if (broken) writer.reset();
      writer.append(group);
      const { lastSeq, durableEnd: end } = writer;
      say({ type: 'durable', lastSeq, syncMs: monotonic() - started, end });
      return;
    } catch (error) {
      broken = true;
      const e = error as NodeJS.ErrnoException;
      say({ type: 'stalled', code: e.code ?? 'unknown', message: e.message });
      if (yield retryMs) return;
    }
  }
}

if (parentPort !== null) {
  const port = parentPort;
  const data = workerData as WriterThreadData;
  const { retryMs } = data;
  const stop = new Int32Array(data.stop);
  const say = (m: FromWriter) => port.postMessage(m);
  const monotonic = () => performance.now();
  const writer = new SegmentWriter(diskFiles(data.directory), data);
  try {
    say({ type: 'recovered', ...writer.recover() });
  } catch (error) {
    say({ type: 'failed', message: (error as Error).message });
    port.close();
  }
  port.on('message', (m: ToWriter) => {
    if (m.type === 'close') {
      writer.close();
      say({ type: 'closed' });
      port.close();
      return;
    }
    const work = appendUntilDurable({ writer, retryMs, say, monotonic }, m.group);
    let step = work.next(false);
    while (!step.done) {
      step = work.next(Atomics.wait(stop, 0, 0, step.value) !== 'timed-out');
    }
  });
}
