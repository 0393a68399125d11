import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { jt808, protocols } from '@xunji/protocols';
import { afterEach, describe, expect, it } from 'vitest';
import { streamTerminal } from './connect.ts';
import { Ledger } from './ledger.ts';
import { seeded } from './random.ts';
import type { SimulatedDevice } from './scenarios/scenario.ts';
import { BadgeTerminal } from './terminals/badge.ts';
import { reportAt } from './terminals/scripted-line.test-support.ts';
import { awaitListening, type Link, linkMqtt, linkTcp } from './transport.ts';

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(onConnection: (socket: Socket, nth: number) => void): Promise<number> {
  let nth = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket, nth++);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const device = (protocol: 'jt808' | 'gt06') =>
  ({
    id: protocol === 'jt808' ? '14800000017' : '860000000000101',
    protocol,
    edition: protocol === 'jt808' ? '2019' : null,
    name: '沪A·10053',
  }) as SimulatedDevice & { protocol: typeof protocol };

/** Resolves when `claim` holds, which events of the line bring about. */
async function until(claim: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) {
    if (claim()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('never came');
}

function dial(
  port: number,
  protocol: 'jt808' | 'gt06',
): { ledger: Ledger; link: Link; report(n: number): void; settle(): void } {
  const ledger = new Ledger();
  const terminal = streamTerminal(device(protocol), ledger);
  const backoff = { firstMs: 10, maxMs: 20 };
  const random = seeded(1);
  const link = linkTcp({ host: '127.0.0.1', port, terminal, random, now: Date.now, backoff });
  closers.push(() => link.close());
  return {
    ledger,
    link,
    report: (n) => {
      for (let i = 0; i < n; i++) terminal.report(reportAt(Date.now() - i * 1000), Date.now());
    },
    settle: () => terminal.settle(Date.now()),
  };
}

describe.each(['jt808', 'gt06'] as const)('a %s terminal over a real socket', (name) => {
  const protocol = protocols.find((p) => p.name === name) ?? jt808;

  it('delivers every position although lines break before their answers', async () => {
    const port = await serve((socket, nth) => {
      const connection = protocol.open();
      socket.on('data', (chunk) => {
        for (const item of connection.push(chunk, Date.now())) {
          if (item.kind === 'fault') throw new Error(item.code);
          // The first two lines break with the first position, unanswered.
          if (nth < 2 && item.positions.length > 0) {
            socket.resetAndDestroy();
            return;
          }
          const answer = connection.reply(item, { result: 'accepted', authCode: 'CODE5678' });
          if (answer !== null) socket.write(answer);
        }
      });
    });
    const { ledger, report, settle } = dial(port, name);
    report(5);
    await until(() => ledger.counts().connections === 3);
    await until(() => {
      settle();
      return ledger.counts().acknowledged === 5;
    });
    expect(ledger.counts()).toMatchObject({ measured: 5, sent: 5, refused: 0 });
    expect(ledger.counts().faults).toEqual({ lineLost: 2 });
    expect(ledger.counts().repeated).toBeGreaterThan(0);
  });
});

describe('a line', () => {
  it('takes an answer that comes late and in pieces', async () => {
    const port = await serve((socket) => {
      const connection = jt808.open();
      socket.on('data', (chunk) => {
        for (const item of connection.push(chunk, Date.now())) {
          if (item.kind === 'fault') throw new Error(item.code);
          const answer = connection.reply(item, { result: 'accepted', authCode: 'CODE5678' });
          if (answer === null) continue;
          socket.write(answer.subarray(0, 3));
          setTimeout(() => socket.write(answer.subarray(3)), 30);
        }
      });
    });
    const { ledger, report } = dial(port, 'jt808');
    report(1);
    await until(() => ledger.counts().acknowledged === 1);
    expect(ledger.counts().faults).toEqual({});
  });

  it('counts what frames as nothing and goes on', async () => {
    const port = await serve((socket) => {
      const connection = jt808.open();
      socket.write(Buffer.from('7e00017e', 'hex'));
      socket.on('data', (chunk) => {
        for (const item of connection.push(chunk, Date.now())) {
          if (item.kind === 'fault') throw new Error(item.code);
          const answer = connection.reply(item, { result: 'accepted', authCode: 'CODE5678' });
          if (answer !== null) socket.write(answer);
        }
      });
    });
    const { ledger, report } = dial(port, 'jt808');
    report(2);
    await until(() => ledger.counts().acknowledged === 2);
    expect(ledger.counts().faults.brokenFrame).toBeGreaterThan(0);
  });

  it('ends without dialling again', async () => {
    let connections = 0;
    const port = await serve(() => {
      connections++;
    });
    const { link } = dial(port, 'jt808');
    await until(() => connections === 1);
    await link.close();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(connections).toBe(1);
  });
});

describe('waiting for a gateway', () => {
  it('goes on when it begins to listen', async () => {
    const port = await serve(() => undefined);
    await awaitListening('127.0.0.1', [port], 1000, () => {
      throw new Error('nothing is wrong');
    });
  });

  it('names the address and the cause when nobody listens', async () => {
    const port = await serve(() => undefined);
    await closers.pop()?.();
    const problems: string[] = [];
    await expect(
      awaitListening('127.0.0.1', [port], 100, (problem) => problems.push(problem)),
    ).rejects.toThrow(`nothing listens at 127.0.0.1:${port} (connection refused)`);
    expect(problems).toEqual([`127.0.0.1:${port}: connection refused`]);
  });
});

/** An MQTT 3.1.1 broker for one client: CONNACK, and PUBACKs when the test says so. */
function mqttFrames(onPacket: (type: number, body: Buffer) => void): (chunk: Buffer) => void {
  let held = Buffer.alloc(0);
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      let length = 0;
      let at = 1;
      for (let shift = 0; ; shift += 7) {
        const byte = held[at];
        if (byte === undefined) return;
        at++;
        length |= (byte & 0x7f) << shift;
        if ((byte & 0x80) === 0) break;
      }
      if (held.length < at + length) return;
      onPacket((held[0] ?? 0) >> 4, held.subarray(at, at + length));
      held = held.subarray(at + length);
    }
  };
}

describe('a badge over a real socket', () => {
  it('is acknowledged by PUBACK alone, and publishes again on the next line what had none', async () => {
    const payloads: string[] = [];
    const port = await serve((socket, nth) => {
      socket.on(
        'data',
        mqttFrames((type, body) => {
          if (type === 1) socket.write(Buffer.from([0x20, 2, 0, 0]));
          if (type === 8) socket.write(Buffer.from([0x90, 3, ...body.subarray(0, 2), 1]));
          if (type !== 3) return;
          const topicLength = body.readUInt16BE(0);
          payloads.push(body.subarray(2 + topicLength + 2).toString());
          if (nth === 0) socket.destroy();
          else
            socket.write(
              Buffer.from([0x40, 2, ...body.subarray(2 + topicLength, 4 + topicLength)]),
            );
        }),
      );
    });
    const ledger = new Ledger();
    const link = linkMqtt({
      ...{ host: '127.0.0.1', port, deviceId: 'badge-07', password: '', ledger },
      reconnectMs: 20,
    });
    closers.push(() => link.close());
    const badge = new BadgeTerminal('badge-07', link, ledger, Date.now);
    await until(() => ledger.counts().connections === 1);
    badge.report(reportAt(Date.now()), Date.now());
    await until(() => payloads.length === 1);
    expect(ledger.counts().acknowledged).toBe(0);
    await until(() => ledger.counts().acknowledged === 1);
    expect(payloads[1]).toBe(payloads[0]);
    expect(ledger.counts()).toMatchObject({ connections: 2, faults: { lineLost: 1 } });
  });

  it('leaves a broker that answers nothing', async () => {
    const port = await serve((socket) => {
      socket.on(
        'data',
        mqttFrames((type) => {
          if (type === 1) socket.write(Buffer.from([0x20, 2, 0, 0]));
        }),
      );
    });
    const ledger = new Ledger();
    const link = linkMqtt({
      ...{ host: '127.0.0.1', port, deviceId: 'badge-08', password: '', ledger },
      ...{ reconnectMs: 20, closeMs: 50 },
    });
    link.listen?.('trk/v1/badge-08/cmd', () => undefined);
    await until(() => ledger.counts().connections === 1);
    await link.close();
  });
});
