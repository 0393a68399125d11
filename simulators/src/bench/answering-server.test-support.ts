import { createServer, type Server, type Socket } from 'node:net';
import { type Connection, decodeMqtt, gt06, jt808, type Position } from '@xunji/protocols';

/** A far end that reads with the codecs, keeps what it was told in memory and answers. */
export interface AnsweringServer {
  readonly port: number;
  /** Positions by device, in order of arrival. */
  readonly positions: ReadonlyMap<string, Position[]>;
  readonly faults: readonly string[];
  /** Connections so far. */
  readonly accepted: number;
  close(): Promise<void>;
}

export interface AnsweringOptions {
  readonly protocol: 'jt808' | 'gt06' | 'mqtt';
  /** False: this message is not answered. @param n counts the messages of positions of all devices from 0 */
  readonly answers?: (n: number) => boolean;
  /** When what is to be said leaves; at once by default. */
  readonly send?: (write: () => void) => void;
}

export async function answeringServer(options: AnsweringOptions): Promise<AnsweringServer> {
  const positions = new Map<string, Position[]>();
  const faults: string[] = [];
  const sockets = new Set<Socket>();
  const { answers = () => true, send = (write) => write() } = options;
  let accepted = 0;
  let messages = 0;
  const keep = (device: string, some: readonly Position[]): boolean => {
    if (some.length === 0) return true;
    const list = positions.get(device) ?? [];
    positions.set(device, list);
    list.push(...some);
    return answers(messages++);
  };
  const server: Server = createServer({ noDelay: true }, (socket) => {
    accepted++;
    sockets.add(socket);
    const say = (bytes: Uint8Array | null) => {
      if (bytes !== null) send(() => void socket.write(bytes));
    };
    const hear =
      options.protocol === 'mqtt'
        ? broker(keep, faults, say)
        : platform(options.protocol, keep, faults, say);
    socket.on('data', hear);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    positions,
    faults,
    get accepted() {
      return accepted;
    },
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
}

type Keep = (device: string, some: readonly Position[]) => boolean;
type Say = (bytes: Uint8Array | null) => void;

function platform(protocol: 'jt808' | 'gt06', keep: Keep, faults: string[], say: Say) {
  const connection: Connection = (protocol === 'jt808' ? jt808 : gt06).open();
  return (chunk: Uint8Array) => {
    for (const item of connection.push(chunk, Date.now())) {
      if (item.kind === 'fault') {
        faults.push(`${item.code} ${item.detail ?? ''}`);
        continue;
      }
      const isAnswered = keep(item.device ?? '', item.positions);
      const authCode = 'C0DE';
      if (isAnswered) say(connection.reply(item, { result: 'accepted', authCode }));
    }
  };
}

/** As much of MQTT 3.1.1 as a publisher needs. */
function broker(keep: Keep, faults: string[], say: Say) {
  let held = Buffer.alloc(0);
  return (chunk: Uint8Array) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      let [length, shift, at] = [0, 0, 1];
      while (at < held.length && (held[at] as number) & 0x80) {
        length |= ((held[at++] as number) & 0x7f) << shift;
        shift += 7;
      }
      length |= ((held[at++] ?? 0) as number) << shift;
      if (held.length < 2 || held.length < at + length) return;
      const packet = held.subarray(at, at + length);
      const type = (held[0] as number) >> 4;
      held = held.subarray(at + length);
      if (type === 1) say(Uint8Array.from([0x20, 2, 0, 0]));
      else if (type === 12) say(Uint8Array.from([0xd0, 0]));
      else if (type === 3) {
        const topicEnd = 2 + packet.readUInt16BE(0);
        const topic = packet.toString('latin1', 2, topicEnd);
        const payload = packet.subarray(topicEnd + 2);
        const item = decodeMqtt(topic, payload, Date.now(), { retain: false });
        let isAnswered = true;
        if (item?.kind === 'fault') faults.push(`${item.code} ${item.detail ?? ''}`);
        else if (item !== null) isAnswered = keep(item.device ?? '', item.positions);
        if (isAnswered) say(Uint8Array.from([0x40, 2, ...packet.subarray(topicEnd, topicEnd + 2)]));
      } else faults.push(`packet ${type}`);
    }
  };
}
