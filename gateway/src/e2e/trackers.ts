import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Fix, gt06Frame, gt06Position, jt808Frame, locationBody } from './frames.ts';
import type { Ports } from './harness.ts';

/** A tracker that holds its connection and reports when told to. */
export interface Tracker {
  readonly id: string;
  readonly protocol: 'jt808' | 'gt06';
  /** Sends one position; resolves when the kernel has taken it. */
  send(fix: Fix): Promise<void>;
  close(): void;
}

/** Reads answers away, so that the peer never waits for us. */
const drain = (socket: Socket): void => {
  socket.on('data', () => undefined);
  // A gateway that is killed at the end of a test resets the connection.
  socket.on('error', () => undefined);
};
const write = (socket: Socket, hex: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.write(Buffer.from(hex, 'hex'), (error) => (error ? reject(error) : resolve()));
  });

/** A JT/T 808-2013 terminal. @param id the phone number, 11 digits */
export async function jt808Tracker(ports: Ports, id: string): Promise<Tracker> {
  const socket = connect({ host: '127.0.0.1', port: ports.jt808 });
  await once(socket, 'connect');
  drain(socket);
  let serial = 0;
  return {
    id,
    protocol: 'jt808',
    send: (fix) => {
      serial = (serial + 1) & 0xffff;
      return write(socket, jt808Frame(0x0200, id, serial, locationBody(fix)));
    },
    close: () => socket.destroy(),
  };
}

/** A GT06 tracker, logged in. @param id the IMEI, 15 digits */
export async function gt06Tracker(ports: Ports, id: string): Promise<Tracker> {
  const socket = connect({ host: '127.0.0.1', port: ports.gt06 });
  await once(socket, 'connect');
  drain(socket);
  await write(socket, gt06Frame(0x01, Buffer.from(id.padStart(16, '0'), 'hex'), 1));
  let serial = 1;
  return {
    id,
    protocol: 'gt06',
    send: (fix) => {
      serial = (serial + 1) & 0xffff;
      return write(socket, gt06Frame(0x22, gt06Position(fix), serial));
    },
    close: () => socket.destroy(),
  };
}

/** The present second; devices know no milliseconds. */
export const second = (beforeMs = 0): Date =>
  new Date(Math.floor((Date.now() - beforeMs) / 1000) * 1000);
