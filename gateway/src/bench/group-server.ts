import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

/** What one connection makes of what it reads. */
export interface Hearer {
  /**
   * @param chunk whole, or up to anywhere in a frame
   * @returns what is to be answered once the chunk is durable, null for nothing yet
   */
  hear(chunk: Buffer): Buffer | null;
}

interface Waiting {
  readonly socket: Socket;
  readonly answer: Buffer;
}

/**
 * A bare server around one file: all that is heard while the last group is being synced is the next group; it is
 * appended, synced once, and only then answered. Prints a ready line, ends with SIGTERM.
 */
export function serveGroups(path: string, open: () => Hearer): void {
  const file = openSync(path, 'w');
  let group: Buffer[] = [];
  let waiting: Waiting[] = [];
  let isSyncing = false;
  let isDue = false;

  const flush = () => {
    isDue = false;
    if (isSyncing || group.length === 0) return;
    const answered = waiting;
    // Into the page cache at once: a trip to another thread costs more than the copy.
    writeSync(file, Buffer.concat(group));
    group = [];
    waiting = [];
    isSyncing = true;
    fdatasync(file, (error) => {
      if (error) throw error;
      isSyncing = false;
      // The disk works on the next group while this one is told.
      flush();
      for (const { socket, answer } of answered) if (!socket.destroyed) socket.write(answer);
    });
  };

  const server = createServer({ noDelay: true }, (socket) => {
    const hearer = open();
    socket.on('data', (chunk) => {
      const answer = hearer.hear(chunk);
      if (answer === null) return;
      group.push(chunk);
      waiting.push({ socket, answer });
      if (isSyncing || isDue) return;
      isDue = true;
      setImmediate(flush);
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    process.stdout.write(`${JSON.stringify({ ready: true, jt808: port })}\n`);
  });
  process.on('SIGTERM', () => {
    closeSync(file);
    process.exit(0);
  });
}
