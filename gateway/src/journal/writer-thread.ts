import { parentPort, workerData } from 'node:worker_threads';
import { diskFiles } from './files.ts';
import { SegmentWriter } from './writer.ts';

/** What the journal hands its writer's thread at start. */
export interface WriterThreadData {
  readonly directory: string;
  readonly dataDirId: Uint8Array;
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
  | { readonly type: 'recovered'; readonly lastSeq: number; readonly tornBytes: number }
  | { readonly type: 'durable'; readonly lastSeq: number; readonly syncMs: number }
  | { readonly type: 'stalled'; readonly code: string; readonly message: string }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'closed' };

/** Appends a group and tries again until the disk takes it; false when told to stop meanwhile. */
function appendUntilDurable(
  writer: SegmentWriter,
  group: Uint8Array,
  data: WriterThreadData,
  say: (m: FromWriter) => void,
): boolean {
  const stop = new Int32Array(data.stop);
  let broken = false;
  for (;;) {
    try {
      if (broken) writer.reset();
      writer.append(group);
      return true;
    } catch (error) {
      broken = true;
      const e = error as NodeJS.ErrnoException;
      say({ type: 'stalled', code: e.code ?? 'unknown', message: e.message });
      if (Atomics.wait(stop, 0, 0, data.retryMs) !== 'timed-out') return false;
    }
  }
}

if (parentPort !== null) {
  const port = parentPort;
  const data = workerData as WriterThreadData;
  const say = (m: FromWriter) => port.postMessage(m);
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
    const started = performance.now();
    if (appendUntilDurable(writer, m.group, data, say)) {
      say({ type: 'durable', lastSeq: writer.lastSeq, syncMs: performance.now() - started });
    }
  });
}
