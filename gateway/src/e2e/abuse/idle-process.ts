/*
 * Terminals that are registered and authenticated and then say nothing more. A process of its own, because each
 * process may open only so many files. Does what its parent asks over the channel of `fork`.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { jt808Frame } from '../frames.ts';
import { ContentReader, generalAnswer } from './lines.ts';

/** What the parent asks: `count` terminals, the first with this phone, from `address`. */
export interface IdleOrder {
  readonly port: number;
  readonly firstPhone: number;
  readonly count: number;
  readonly address: string;
  /** Hang up once authenticated: only known, not connected. */
  readonly leaves: boolean;
}

/** Connections that wait for their answers at one time. */
const AT_ONCE = 128;
const sockets: Socket[] = [];

async function join({ port, address, leaves }: IdleOrder, phone: string): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: address });
  if (!leaves) sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  await new Promise<void>((resolve, reject) => {
    socket.once('close', () => reject(new Error(`closed after ${sockets.length} connections`)));
    const reader = new ContentReader((content) => {
      if (content.readUInt16BE(0) === 0x8100) {
        // Behind header, answered serial and result; before the check code.
        const code = content.subarray(15, -1);
        socket.write(Buffer.from(jt808Frame(0x0102, phone, 2, code), 'hex'));
      } else if (generalAnswer(content)?.result === 0) resolve();
      else reject(new Error('not authenticated'));
    });
    socket.on('data', (chunk) => reader.push(chunk));
    socket.write(Buffer.from(jt808Frame(0x0100, phone, 1, Buffer.alloc(41)), 'hex'));
  });
  if (!leaves) return;
  socket.destroy();
  await once(socket, 'close');
}

async function open(order: IdleOrder): Promise<void> {
  let next = order.firstPhone;
  const end = next + order.count;
  const dial = async (): Promise<void> => {
    while (next < end) await join(order, String(next++));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, dial));
}

process.on('message', (order: IdleOrder) => {
  open(order).then(
    () => process.send?.({ answer: sockets.filter(({ destroyed }) => !destroyed).length }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
