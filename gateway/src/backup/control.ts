import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Manifest } from './backup.ts';

/** One line of JSON each way. */
export type Request = { readonly command: 'backup'; readonly to: string };
export type Answer =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly message: string };

const MAX_REQUEST_BYTES = 16 << 10;

export interface ControlOptions {
  /** In the data directory, so that only who may read it may ask; the claim on the directory makes it ours. */
  readonly path: string;
  readonly backup: (to: string) => Promise<Manifest>;
}

/**
 * Listens for the commands of this machine's operator, on a socket that the rights of the data directory guard.
 * One backup at a time.
 * @throws what `listen` throws: where a path is too long for a socket, there is no control
 */
export async function openControl({
  path,
  backup,
}: ControlOptions): Promise<{ close(): Promise<void> }> {
  // What a killed gateway left.
  await rm(path, { force: true });
  let isBusy = false;
  const answer = async (line: string): Promise<Answer> => {
    const to = backupTarget(line);
    if (to === null) return { ok: false, message: 'this gateway does not know the command' };
    if (isBusy) return { ok: false, message: 'another backup is being made' };
    isBusy = true;
    try {
      return { ok: true, manifest: await backup(to) };
    } catch (error) {
      return { ok: false, message: (error as Error).message };
    } finally {
      isBusy = false;
    }
  };
  const server = createServer((socket) => serve(socket, answer));
  await listening(server, path);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

function serve(socket: Socket, answer: (line: string) => Promise<Answer>): void {
  let line = '';
  let isAsked = false;
  // Who asked may have left; a backup that was begun is finished all the same.
  socket.on('error', () => socket.destroy());
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    if (isAsked) return;
    line += text;
    if (line.length > MAX_REQUEST_BYTES) socket.destroy();
    if (!line.includes('\n')) return;
    isAsked = true;
    void answer(line).then((said) => socket.end(`${JSON.stringify(said)}\n`));
  });
}

function backupTarget(line: string): string | null {
  try {
    const { command, to } = JSON.parse(line) as Partial<Record<keyof Request, unknown>>;
    return command === 'backup' && typeof to === 'string' && to.startsWith('/') ? to : null;
  } catch {
    // No JSON is no command.
    return null;
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}

/** Asks the gateway that runs on a data directory; null when none does. */
export async function askControl(path: string, request: Request): Promise<Answer | null> {
  const socket = connect(path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    throw error;
  }
  socket.write(`${JSON.stringify(request)}\n`);
  for await (const line of createInterface({ input: socket })) return JSON.parse(line) as Answer;
  throw new Error('the gateway ended before the backup was complete');
}
