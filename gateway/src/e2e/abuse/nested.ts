import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { jt808Frame, locationBody } from '../frames.ts';
import { beat, Line, report } from './lines.ts';
import type { World } from './world.ts';

/*
 * Bodies whose inner lengths and counts lie, and what swells when it is read. @see faults.md, rows 5 and 8
 */

const MIB = 1 << 20;
/** The longest body there is. @see JT/T 808, message body properties */
const FULL_BODY = 1023;
const COMPRESSED = 0x0901;
const AT_ONCE = 50;

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** What inflates to so many bytes. @see JT/T 808, compressed data report */
function compressed(phone: string, serial: number, bytes: number): string {
  const packed = gzipSync(Buffer.alloc(bytes), { level: 9 });
  expect(packed.length).toBeLessThan(FULL_BODY - 4);
  return jt808Frame(COMPRESSED, phone, serial, Buffer.concat([u32(packed.length), packed]));
}

/**
 * Bodies that inflate to a thousand times their length, others to as much as is taken, from four devices at once.
 * @returns seconds of the gateway's processor time a megabyte of them
 */
export async function swelling(world: World, frames: number): Promise<number> {
  await world.idle();
  const cpu = world.cpuS();
  const sent = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const line = await Line.open(world.gateway.ports.jt808);
      const phone = world.nextPhone();
      const [bomb, most] = [compressed(phone, 1, 960 << 10), compressed(phone, 2, 4 << 10)];
      let bytes = 0;
      for (let n = 0; n < frames; n += AT_ONCE) {
        const some = (bomb + most).repeat(AT_ONCE / 2);
        line.send(some);
        bytes += some.length / 2;
        await line.answered(n + AT_ONCE);
      }
      expect(line.answers.every(({ result }) => result === 0)).toBe(true);
      line.socket.destroy();
      return bytes;
    }),
  );
  return (world.cpuS() - cpu) / (sent.reduce((sum, bytes) => sum + bytes, 0) / 1e6);
}

const fix = () => ({
  time: new Date(),
  ...{ latitude: 31.2, longitude: 121.4, speedKmh: 30, courseDeg: 90 },
});
const filled = (...head: number[]): Buffer => {
  const body = Buffer.alloc(FULL_BODY - 1, 0xff);
  body.set(head);
  return body;
};

/** Message ids with bodies whose inside runs over, or counts what never comes. */
const lies: readonly (readonly [id: number, body: Buffer])[] = [
  // Items of a location: one announces more than there is, and a thousand of no length.
  [0x0200, Buffer.concat([locationBody(fix()), Buffer.of(0xf7, 0xff, 1, 2)])],
  [0x0200, Buffer.concat([locationBody(fix()), Buffer.alloc(900)])],
  // Reports of a batch, recordings, files found: as many as a count can say.
  [0x0704, Buffer.concat([Buffer.of(0xff, 0xff, 0, 0xff, 0xff), locationBody(fix())])],
  [0x1205, filled(0, 1)],
  [0x0802, filled(0, 1)],
  [0x0805, filled(0, 1, 0)],
  // Parameters, areas, CAN, drivers.
  [0x0104, filled(0, 1)],
  [0x0608, filled(1)],
  [0x0705, filled()],
  [0x0702, filled(1)],
  // Devices on a port, files of an alarm, names of 255 bytes.
  [0x0900, filled(0xf7)],
  [0x0900, filled(0xf8)],
  [0x1210, filled()],
  [0x1211, filled()],
  [0x1212, filled()],
  [COMPRESSED, filled(0xff, 0xff, 0xff, 0xff, 0x1f, 0x8b, 8, 0xff)],
  [0x0801, filled()],
];

/** Each lie is answered, or is an answer itself; the reports between them are taken. */
export async function lyingLengths(world: World, rounds: number): Promise<void> {
  const line = await Line.open(world.gateway.ports.jt808);
  const phone = world.nextPhone();
  const start = Date.now() - rounds * lies.length * 1000;
  let serial = 0;
  const wanted: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [id, body] of lies) {
      line.send(jt808Frame(id, phone, serial++, body));
      wanted.push(serial);
      line.send(report(phone, serial, new Date(start + serial++ * 500)));
    }
  }
  line.send(beat(phone, 0xffff));
  const isOver = () => line.answers.at(-1)?.serial === 0xffff;
  for (let count = wanted.length; !isOver(); count++) await line.answered(count);
  const taken = new Set(line.answers.filter(({ result }) => result === 0).map((a) => a.serial));
  expect(wanted.filter((one) => !taken.has(one))).toEqual([]);
  expect(line.socket.destroyed).toBe(false);
  line.socket.destroy();
}

/** The head of a piece of a file that announces so many bytes. @see T/JSATL 12-2017, file data upload */
const pieceHead = (bytes: number): string =>
  Buffer.concat([Buffer.from('01cd'), Buffer.alloc(50, 0x61), u32(0), u32(bytes)]).toString('hex');

function announced(phone: string, serial: number): string {
  const identification = Buffer.concat([Buffer.from('1234567'), Buffer.alloc(9)]);
  const number = Buffer.alloc(32, 0x31);
  const file = Buffer.concat([Buffer.of(0, 1, 1, 0x61), u32(1 << 30)]);
  const id = Buffer.from('1234567');
  return jt808Frame(0x1210, phone, serial, Buffer.concat([id, identification, number, file]));
}

/**
 * Files of a gigabyte are announced on many connections, and the heads of their pieces announce them again: the
 * frames between are answered, and nobody waits for what was announced. @returns bytes of memory a connection
 */
export async function hugeFiles(world: World, connections: number): Promise<number> {
  const before = world.rss();
  const lines: Line[] = [];
  for (let n = 0; n < connections; n++) {
    const line = await Line.open(world.gateway.ports.jt808);
    lines.push(line);
    const phone = world.nextPhone();
    line.send(announced(phone, 1));
    await line.answered(1);
    line.send(pieceHead(1 << 30), beat(phone, 2), pieceHead(0xffffffff), beat(phone, 3));
    await line.answered(3);
    // A piece that may be, whose bytes come: then a frame at once behind it.
    line.send(pieceHead(64 << 10), '7e'.repeat(64 << 10), beat(phone, 4));
    await line.answered(4);
    expect(line.answers.map(({ serial, result }) => [serial, result])).toEqual(
      [1, 2, 3, 4].map((serial) => [serial, 0]),
    );
  }
  const bytes = (world.rss() - before) / connections;
  for (const { socket } of lines) socket.destroy();
  await Promise.all(lines.map(({ closed }) => closed));
  return bytes;
}

/** Pieces that never end, as much as may be held on each connection. @returns bytes of memory a connection */
export async function endlessPieces(world: World, connections: number): Promise<number> {
  const before = world.rss();
  const lines: Line[] = [];
  for (let n = 0; n < connections; n++) {
    const line = await Line.open(world.gateway.ports.jt808);
    lines.push(line);
    line.send(announced(world.nextPhone(), 1));
    await line.answered(1);
    line.socket.write(Buffer.from(pieceHead(MIB), 'hex'));
    line.socket.write(Buffer.alloc(MIB - 1, 0x7e));
  }
  // Whose frame does not get complete is closed in its time.
  await Promise.all(lines.map(({ closed }) => closed));
  return (world.rss() - before) / connections;
}
