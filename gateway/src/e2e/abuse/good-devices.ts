import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Fix } from '../frames.ts';
import { gt06Frame, gt06Position, jt808Frame, locationBody } from '../frames.ts';
import type { Ports } from '../harness.ts';
import { ContentReader, generalAnswer } from './lines.ts';
import { connectPacket, PacketReader, packetTypes, publishPacket } from './mqtt-packets.ts';

/** What a good device hears. */
export interface Hearing {
  /** Report number `n` is acknowledged, and for GT06 every one before it. */
  acknowledged(n: number): void;
  refused(): void;
}

/** A device that does nothing wrong. */
export interface GoodDevice {
  readonly protocol: 'jt808' | 'gt06' | 'mqtt';
  readonly id: string;
  readonly socket: Socket;
  /** Sends report number `n`, which asks for an acknowledgement. */
  report(n: number, fix: Fix): void;
}

async function dial(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
  await once(socket, 'connect');
  // The close that follows is what counts.
  socket.on('error', () => undefined);
  return socket;
}

/** Serials of no report: nobody sends so many. */
const REGISTER = 0xfffe;
const AUTHENTICATE = 0xffff;

/** The full number among those up to `last` whose low sixteen bits a device hears back. */
const unwrapped = (serial: number, last: number): number => last - ((last - serial) & 0xffff);

/** A JT/T 808-2013 terminal, registered and authenticated. @see JT/T 808, register and authentication clauses */
async function jt808(
  { jt808: port }: Ports,
  index: number,
  address: string,
  hearing: Hearing,
): Promise<GoodDevice> {
  const socket = await dial(port, address);
  const { id } = goodDeviceName(index);
  let last = 0;
  const send = (message: number, serial: number, body: Uint8Array) =>
    socket.write(Buffer.from(jt808Frame(message, id, serial, body), 'hex'));
  const authenticated = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    const reader = new ContentReader((content) => {
      const answer = generalAnswer(content);
      if (content.readUInt16BE(0) === 0x8100) {
        // Behind header, answered serial and result; before the check code.
        send(0x0102, AUTHENTICATE, content.subarray(15, -1));
      } else if (answer === null || answer.result !== 0) hearing.refused();
      else if (answer.serial === AUTHENTICATE) resolve();
      else hearing.acknowledged(unwrapped(answer.serial, last));
    });
    socket.on('data', (chunk) => reader.push(chunk));
  });
  send(0x0100, REGISTER, Buffer.alloc(41));
  await authenticated;
  const report = (n: number, fix: Fix) => {
    last = n;
    send(0x0200, n & 0xffff, locationBody(fix));
  };
  return { protocol: 'jt808', id, socket, report };
}

/** A GT06 tracker: a position is not answered, so it asks with a heartbeat. */
async function gt06(
  { gt06: port }: Ports,
  index: number,
  address: string,
  hearing: Hearing,
): Promise<GoodDevice> {
  const socket = await dial(port, address);
  const { id } = goodDeviceName(index);
  const heartbeat = Buffer.from('4504040001', 'hex');
  let last = 0;
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (; pending.length >= 10; pending = pending.subarray(10)) {
      if (pending[3] === 0x13) hearing.acknowledged(unwrapped(pending.readUInt16BE(4), last));
    }
  });
  socket.write(Buffer.from(gt06Frame(0x01, Buffer.from(id.padStart(16, '0'), 'hex'), 0), 'hex'));
  const report = (n: number, fix: Fix) => {
    last = n;
    const position = gt06Frame(0x22, gt06Position(fix), n & 0xffff);
    socket.write(Buffer.from(position + gt06Frame(0x13, heartbeat, n & 0xffff), 'hex'));
  };
  return { protocol: 'gt06', id, socket, report };
}

/** A badge that publishes at QoS 1. */
async function mqtt(
  { mqtt: port }: Ports,
  index: number,
  address: string,
  hearing: Hearing,
): Promise<GoodDevice> {
  const socket = await dial(port, address);
  const { id } = goodDeviceName(index);
  let last = 0;
  const reader = new PacketReader();
  const connected = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('data', (chunk) => {
      for (const { type, body } of reader.push(chunk)) {
        if (type === packetTypes.connack) {
          if (body[1] !== 0) hearing.refused();
          resolve();
        } else if (type === packetTypes.puback) {
          // Packet ids begin at 1. @see MQTT 3.1.1, section 2.3.1
          hearing.acknowledged(unwrapped(body.readUInt16BE(0) - 1, last));
        }
      }
    });
  });
  socket.write(connectPacket(id, id));
  await connected;
  const report = (n: number, { time, latitude: lat, longitude: lon }: Fix) => {
    last = n;
    const payload = JSON.stringify({ v: 1, ts: time.getTime(), lat, lon, spd: 4, sat: 9 });
    socket.write(publishPacket(`trk/v1/${id}/pos`, payload, { id: (n + 1) & 0xffff }));
  };
  return { protocol: 'mqtt', id, socket, report };
}

/** Device number `index`, connected from `address` and ready to report. */
export function goodDevice(
  ports: Ports,
  index: number,
  address: string,
  hearing: Hearing,
): Promise<GoodDevice> {
  const { protocol } = goodDeviceName(index);
  const connectAs = { jt808, gt06, mqtt }[protocol];
  return connectAs(ports, index, address, hearing);
}

/** Who device number `index` is: of five, three speak JT/T 808, one GT06, one MQTT. */
export function goodDeviceName(index: number): Pick<GoodDevice, 'protocol' | 'id'> {
  if (index % 5 === 3) return { protocol: 'gt06', id: String(868_120_148_000_000 + index) };
  if (index % 5 === 4) return { protocol: 'mqtt', id: `badge-${index}` };
  return { protocol: 'jt808', id: String(13_700_000_000 + index) };
}
