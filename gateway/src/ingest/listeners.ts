import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Connections that one turn of the event loop takes at most, beside the server's own one. */
const EXTRA_HANDLES = 47;
const TIMEOUT_MS = 10_000;

type Handle = Parameters<ChildProcess['send']>[1];

/**
 * More handles over the socket on which `server` listens. The event loop accepts one connection a handle and turn,
 * and under full load a turn takes a tenth of a second: ten thousand devices that come back at once would wait for
 * minutes. A handle that travels to another process and back is another one over the same socket.
 * @param server listening already; its `connection` listeners get what the others take
 * @returns the others, to be closed with it; fewer where handles cannot travel
 */
export async function widen(server: Server): Promise<Server[]> {
  const child = fork(echoUrl(), { serialization: 'json', execArgv: [] });
  const extra: Server[] = [];
  const cut = setTimeout(() => child.kill(), TIMEOUT_MS);
  try {
    // Not the server itself: its copy in the child would take connections there.
    const handle = (server as unknown as { _handle: Handle })._handle;
    for (let i = 0; i < EXTRA_HANDLES; i++) {
      child.send('again', handle);
      const [, copy] = (await once(child, 'message')) as [unknown, Handle];
      if (copy === undefined) break;
      const more = createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
        server.emit('connection', socket),
      );
      more.listen(copy);
      extra.push(more);
    }
  } finally {
    clearTimeout(cut);
    child.kill();
  }
  return extra;
}

/** Tests run the sources, and a process cannot: it takes the built file, which `tsc -b` has made before. */
function echoUrl(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('../../dist/ingest/listener-echo.js', import.meta.url)
    : new URL('./listener-echo.js', import.meta.url);
}
