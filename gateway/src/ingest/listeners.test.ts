import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { widen } from './listeners.ts';

describe('a widened listener', () => {
  it('takes many connections in one turn of the event loop, and loses none', async () => {
    const taken: Socket[] = [];
    const server = createServer((socket) => taken.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const extra: Server[] = [];
    await widen([{ server, adopt: (more) => extra.push(more) }]);

    const clients = Array.from({ length: 100 }, () => connect(port, '127.0.0.1'));
    let most = 0;
    for (let before = 0; taken.length < clients.length; before = taken.length) {
      await nextTurn();
      most = Math.max(most, taken.length - before);
    }
    expect(most).toBeGreaterThan(10);

    for (const socket of [...clients, ...taken]) socket.destroy();
    await Promise.all([server, ...extra].map((one) => new Promise((done) => one.close(done))));
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
  });

  it('that is closed meanwhile gets no more of them', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let adopted = 0;
    const adopt = (more: Server) => {
      adopted++;
      more.close();
      server.close();
    };
    await widen([{ server, adopt }]);
    expect(adopted).toBe(1);
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
  });
});
