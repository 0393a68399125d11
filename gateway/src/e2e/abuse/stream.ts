import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { gt06Frame, gt06Position, jt808Frame } from '../frames.ts';
import { eventually } from '../harness.ts';
import { beat, flood, Line, report } from './lines.ts';
import type { World } from './world.ts';

const repeated = (piece: string | Uint8Array, bytes: number): Buffer => {
  const one = Buffer.from(piece);
  return Buffer.concat(Array.from({ length: Math.ceil(bytes / one.length) }, () => one));
};
const MIB = 1 << 20;
/** The first bytes of a TLS 1.2 client, whose length field announces more than ever comes. */
const TLS_HELLO = Buffer.from('16030100f8010000f40303', 'hex');
const somewhere = () => ({
  time: new Date(),
  ...{ latitude: 31.2, longitude: 121.4, speedKmh: 30, courseDeg: 90 },
});

/** Row 4 and the floods of sound frames: what a port is filled with, by name. */
export const floods: readonly {
  readonly name: string;
  readonly port: 'jt808' | 'gt06';
  readonly bytes: () => Uint8Array;
  /** They are work, which the journal and the stores share out over the cores. */
  readonly areSound?: boolean;
}[] = [
  { name: 'random bytes', port: 'jt808', bytes: () => randomBytes(MIB) },
  {
    name: 'requests of browsers',
    port: 'jt808',
    bytes: () => repeated('GET / HTTP/1.1\r\nHost: x\r\n\r\n', MIB),
  },
  { name: 'TLS hellos', port: 'gt06', bytes: () => repeated(TLS_HELLO, MIB) },
  { name: 'flags', port: 'jt808', bytes: () => Buffer.alloc(MIB, 0x7e) },
  { name: 'starts of GT06 frames', port: 'gt06', bytes: () => Buffer.alloc(MIB, 0x79) },
  {
    name: 'GT06 frames on the port of JT/T 808',
    areSound: true,
    port: 'jt808',
    bytes: () =>
      repeated(Buffer.from(gt06Frame(0x22, gt06Position(somewhere()), 1), 'hex'), MIB / 4),
  },
  {
    name: 'sound frames of one device',
    areSound: true,
    port: 'jt808',
    bytes: () =>
      Buffer.from(Array.from({ length: 10_000 }, (_, n) => beat('15999999999', n)).join(''), 'hex'),
  },
  {
    name: 'sound frames of ever other devices',
    areSound: true,
    port: 'jt808',
    bytes: () =>
      Buffer.from(
        Array.from({ length: 2000 }, (_, n) => beat(String(16_000_000_000 + n), n)).join(''),
        'hex',
      ),
  },
];

/** Row 4. @returns megabytes a second that the attackers got rid of, and the processor time the gateway used, in cores */
export async function garbageFlood(
  world: World,
  { port, bytes }: (typeof floods)[number],
  ms: number,
  mostBytesS?: number,
): Promise<{ readonly megabytesS: number; readonly cores: number }> {
  const [cpu, started] = [world.cpuS(), performance.now()];
  const flooded = await flood(world.gateway.ports[port], bytes(), 4, ms, mostBytesS);
  const seconds = (performance.now() - started) / 1000;
  return { megabytesS: flooded.bytes / 1e6 / seconds, cores: (world.cpuS() - cpu) / seconds };
}

/** Sends `pieces` times the same bytes, then a frame whose answer shows that all of them were read. */
async function cpuFor(world: World, piece: Uint8Array, pieces: number): Promise<number> {
  const line = await Line.open(world.gateway.ports.jt808);
  const phone = world.nextPhone();
  line.send(beat(phone, 0xfff0));
  await line.answered(1);
  await world.idle();
  const cpu = world.cpuS();
  for (let i = 0; i < pieces; i++) line.socket.write(piece);
  line.send(beat(phone, 0xfff1));
  const last = () => line.answers.at(-1)?.serial === 0xfff1;
  await eventually(async () => last(), 60_000, 'the last answer');
  line.socket.destroy();
  return world.cpuS() - cpu;
}

/** Row 5: shapes of bytes that cost a careless reader more than a pass over them. */
export const dear: readonly { readonly name: string; readonly piece: (phone: string) => Buffer }[] =
  [
    {
      name: 'bodies of flags and escapes, twice as long on the wire',
      piece: (phone) =>
        repeated(Buffer.from(jt808Frame(0x0f00, phone, 1, Buffer.alloc(1023, 0x7e)), 'hex'), MIB),
    },
    {
      name: 'frames that never end, then a heartbeat',
      piece: (phone) => {
        const endless = Buffer.concat([Uint8Array.of(0x7e), Buffer.alloc(8000, 0x41)]);
        return repeated(Buffer.concat([endless, Buffer.from(beat(phone, 1), 'hex')]), MIB);
      },
    },
    {
      name: 'lengths that are not those of the body, then a heartbeat',
      piece: (phone) => {
        const wrong = Buffer.from(jt808Frame(0x0200, phone, 1, Buffer.alloc(900, 1)), 'hex');
        // Announces 28 bytes; the check code is put right.
        wrong[3] = 0;
        wrong[4] = 28;
        const sum = wrong.subarray(1, -2).reduce((x, byte) => x ^ byte, 0);
        wrong[wrong.length - 2] = sum;
        return repeated(Buffer.concat([wrong, Buffer.from(beat(phone, 1), 'hex')]), MIB);
      },
    },
  ];

/**
 * Row 5. @returns nanoseconds of the gateway's processor time a byte, for some bytes and for four times as many; what
 * the good devices cost meanwhile is in both
 */
export async function nanosecondsAByte(
  world: World,
  piece: Buffer,
  megabytes: number,
): Promise<readonly [number, number]> {
  const per = async (count: number) =>
    (1e9 * (await cpuFor(world, piece, count))) / (count * piece.length);
  return [await per(megabytes), await per(megabytes * 4)];
}

/** Row 6: every second frame has a wrong check code; the others are answered, and the link stays. */
export async function checksumStorm(world: World, frames: number): Promise<void> {
  const { gateway } = world;
  const faults = () => gateway.metric('xunji_faults_total', 'code="badChecksum"');
  const before = await faults();
  const line = await Line.open(gateway.ports.jt808);
  const phone = world.nextPhone();
  const hex = Array.from({ length: frames }, (_, serial) => {
    const good = report(phone, serial, new Date(Date.now() - serial * 1000));
    // Another last digit of the phone, which needs no escape and leaves the check code wrong.
    return serial % 2 === 0
      ? good
      : good.replace(/(?<=^.{21})./, (digit) => `${9 - Number(digit)}`);
  });
  line.send(...hex);
  await line.answered(frames / 2);
  expect(line.answers.map(({ serial, result }) => [serial % 2, result])).toEqual(
    Array.from({ length: frames / 2 }, () => [0, 0]),
  );
  expect(await faults()).toBe(before + frames / 2);
  expect(line.socket.destroyed).toBe(false);
  line.socket.destroy();
}

/** Row 7: the same frames, cut at every byte, and a hundred in one segment: every one is answered, once and in order. */
export async function splitAndMerged(world: World): Promise<void> {
  const { gateway } = world;
  const phone = world.nextPhone();
  // Escapes on the wire: a latitude of 0x7d7e7d degrees.
  const start = Date.now() - 1_000_000;
  const frame = (serial: number) =>
    Buffer.from(report(phone, serial, new Date(start + serial * 1000), 8.224381), 'hex');
  const one = frame(0);
  const line = await Line.open(gateway.ports.jt808);
  for (let cut = 1; cut < one.length; cut++) {
    const whole = frame(cut);
    line.socket.write(whole.subarray(0, cut));
    // A turn of the loop and a metric's round trip would be a segment of its own; so is a flush of the kernel.
    await new Promise((resolve) => setImmediate(resolve));
    line.socket.write(whole.subarray(cut));
    await line.answered(cut);
  }
  const first = one.length;
  line.socket.write(Buffer.concat(Array.from({ length: 100 }, (_, n) => frame(first + n))));
  await line.answered(first + 99);
  expect(line.answers.map(({ serial, result }) => [serial, result])).toEqual(
    Array.from({ length: first + 99 }, (_, n) => [n + 1, 0]),
  );
  const [from, to] = [new Date(start - 1000), new Date()];
  const path = `devices/${phone}/track?from=${from.toISOString()}&to=${to.toISOString()}&limit=1000`;
  const items = await eventually(
    async () => {
      const { body } = await gateway.api('GET', path);
      return body.items.length === first + 99 && (body.items as { latitude: number }[]);
    },
    10_000,
    'the track',
  );
  expect(items.every(({ latitude }) => latitude === 8.224381)).toBe(true);
  line.socket.destroy();
}
