import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Connections that one turn of the event loop takes at most, beside the server's own one. */
const EXTRA_HANDLES = 47;
const TIMEOUT_MS = 10_000;

type Handle = Parameters<ChildProcess['send']>[1];

/** A listener that is to take more at once. */
export interface Widened {
  /** Listening already; its `connection` listeners get what the others take. */
  readonly server: Server;
  /** Another one over the same socket, to be closed with `server`, at once if that is closed by now. */
  adopt(more: Server): void;
}

/**
 * More handles over sockets that are listened on. The event loop accepts one connection a handle and turn, and under
 * full load a turn takes a tenth of a second: ten thousand devices that come back at once would wait for minutes. A
 * handle that travels to another process and back is another one over the same socket.
 * @throws when handles cannot travel, or the other process ends early; what was adopted until then stays
 */
export async function widen(listeners: readonly Widened[]): Promise<void> {
  const child = fork(echoUrl(), { serialization: 'json', execArgv: [], env: {} });
  const over = new AbortController();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  void ended.then(() => over.abort());
  const cut = setTimeout(() => child.kill(), TIMEOUT_MS);
  try {
    for (const { server, adopt } of listeners) {
      for (let i = 0; i < EXTRA_HANDLES && server.listening; i++) {
        // Not the server itself: its copy in the child would take connections there.
        const handle = (server as unknown as { _handle: Handle })._handle;
        child.send('again', handle);
        const [, copy] = (await once(child, 'message', over)) as [unknown, Handle];
        if (copy === undefined) throw new Error('handles cannot travel here');
        const more = createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
          server.emit('connection', socket),
        );
        more.listen(copy);
        adopt(more);
      }
    }
  } finally {
    clearTimeout(cut);
    // It holds the sockets as long as it lives.
    child.kill('SIGKILL');
    await ended;
  }
}

/** Tests run the sources, and a process cannot: it takes the built file, which `tsc -b` has made before. */
function echoUrl(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('../../dist/ingest/listener-echo.js', import.meta.url)
    : new URL('./listener-echo.js', import.meta.url);
}
