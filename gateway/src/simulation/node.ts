import { vi } from 'vitest';
import type { WriterThreadData } from '../journal/writer-thread.ts';
import { here } from './world.ts';

/**
 * Puts the virtual machine in place of Node's modules for everything imported after it. The gateway's rooms run as
 * they are: what is simulated is the system under them, so that no seam in them differs from what ships.
 */
export function replaceNode(): void {
  vi.doMock('node:net', () => import('./node-net.ts'));
  vi.doMock('node:fs', () => import('./node-fs.ts'));
  vi.doMock('node:fs/promises', () => import('./node-fs.ts'));
  vi.doMock('node:worker_threads', () => ({
    // As on the main thread: importing the writer's thread starts nothing.
    ...{ parentPort: null, workerData: null },
    Worker: class {
      constructor(_url: URL, { workerData }: { workerData: WriterThreadData }) {
        // biome-ignore lint/correctness/noConstructorReturn: the thread imports the writer, which imports this module
        return here().startThread(workerData);
      }
    },
  }));
  vi.doMock('node:timers/promises', () => ({
    setImmediate: <T>(value: T) => turnAfter(0, value),
    setTimeout: <T>(ms: number, value: T) => turnAfter(Math.max(1, ms), value),
  }));
  vi.doMock('node:crypto', async (original) => ({
    ...(await original<typeof import('node:crypto')>()),
    randomBytes: (size: number) =>
      Buffer.from(Uint8Array.from({ length: size }, () => here().machine.below(256))),
    randomUUID: () =>
      [8, 4, 4, 4, 12]
        .map((n) => Array.from({ length: n }, () => here().machine.below(16).toString(16)).join(''))
        .join('-'),
  }));
}

const turnAfter = <T>(ms: number, value: T): Promise<T> =>
  new Promise((resolve) => here().clock.inGateway(ms, () => resolve(value)));
