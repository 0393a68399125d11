import { expect } from 'vitest';
import { jt808Frame, locationBody } from '../frames.ts';
import { eventually } from '../harness.ts';
import { beat, Line, part, report, sealed } from './lines.ts';
import type { World } from './world.ts';

/** The longest body there is. @see JT/T 808, message body properties */
const FULL_BODY = 1023;
/** Of ids that a gateway may keep parts of; each session opens sets of another length. */
const SETS_TRIED = 40;

const PARTS_AT_ONCE = 2000;

/** How big the bomb is. */
export interface Bomb {
  readonly sessions: number;
  readonly partsEach: number;
  readonly bodyBytes?: number;
}

/** Row 8: what sets that nobody completes make a gateway hold. */
export interface Bombed {
  readonly bytesASession: number;
  readonly sessionsCut: number;
}

/**
 * Row 8: on every session more sets than may be open, each fed with full parts until it holds as much as it may, and
 * none completed.
 */
export async function partsBomb(
  world: World,
  { sessions, partsEach, bodyBytes = FULL_BODY }: Bomb,
): Promise<Bombed> {
  const before = world.rss();
  const lines: Line[] = [];
  const fill = async (): Promise<void> => {
    while (lines.length < sessions) {
      const phone = world.nextPhone();
      const line = await Line.open(world.gateway.ports.jt808);
      lines.push(line);
      await fillSession(line, phone, partsEach, bodyBytes);
    }
  };
  await Promise.all(Array.from({ length: 16 }, fill));
  const held = world.rss();
  const sessionsCut = lines.filter(({ socket }) => socket.destroyed).length;
  for (const { socket } of lines) socket.destroy();
  await Promise.all(lines.map(({ closed }) => closed));
  return { bytesASession: (held - before) / sessions, sessionsCut };
}

async function fillSession(
  line: Line,
  phone: string,
  parts: number,
  bodyBytes: number,
): Promise<void> {
  for (let n = 0; n < parts; ) {
    const some: string[] = [];
    for (const end = Math.min(n + PARTS_AT_ONCE, parts); n < end; n++) {
      const set = n % SETS_TRIED;
      const index = 1 + Math.floor(n / SETS_TRIED);
      some.push(part(phone, (set * 100 + index) & 0xffff, 2000 + set, index, bodyBytes));
    }
    line.send(...some, beat(phone, 0xffff));
    // Who is cut off has found a bound, too.
    await line.answered(n + Math.ceil(n / PARTS_AT_ONCE)).catch(() => undefined);
    if (line.socket.destroyed) return;
  }
}

/** A batch of one report, cut into three parts at bytes that are nobody's bounds. @see JT/T 808, batch upload */
function threeParts(phone: string, serial: number, time: Date): string[] {
  const one = locationBody({ time, latitude: 31.2, longitude: 121.4, speedKmh: 1, courseDeg: 2 });
  const body = Buffer.concat([Buffer.of(0, 1, 0, 0, one.length), one]);
  return [body.subarray(0, 7), body.subarray(7, 20), body.subarray(20)].map((piece, i) => {
    const head = Buffer.alloc(16);
    head.writeUInt16BE(0x0704, 0);
    head.writeUInt16BE(0x2000 | piece.length, 2);
    head.write(phone.padStart(12, '0'), 4, 'hex');
    head.writeUInt16BE(serial + i, 10);
    head.writeUInt16BE(3, 12);
    head.writeUInt16BE(i + 1, 14);
    return sealed(Buffer.concat([head, piece]));
  });
}

/** Row 8: parts that cannot be are answered so; parts reversed or doubled still make the whole, each answered. */
export async function oddParts(world: World): Promise<void> {
  const { gateway } = world;
  const dropped = () => gateway.metric('xunji_faults_total', 'code="subpackageDropped"');
  const before = await dropped();
  const line = await Line.open(gateway.ports.jt808);
  const phone = world.nextPhone();
  line.send(part(phone, 1, 3, 9), part(phone, 2, 0, 0), part(phone, 3, 5, 0));
  await line.answered(3);
  expect(line.answers.map(({ serial, result }) => [serial, result])).toEqual([
    [1, 2],
    [2, 2],
    [3, 2],
  ]);
  expect(await dropped()).toBe(before + 3);
  const time = new Date(Math.floor(Date.now() / 1000) * 1000);
  const [a = '', b = '', c = ''] = threeParts(phone, 10, time);
  line.send(c, c, a, a, b);
  await line.answered(8);
  // Each as it came: who waits for the answer to a part before it sends the next must not wait for ever.
  expect(line.answers.slice(3).map(({ serial, result }) => [serial, result])).toEqual([
    [12, 0],
    [12, 0],
    [10, 0],
    [10, 0],
    [11, 0],
  ]);
  const period = `from=${time.toISOString()}&to=${new Date(time.getTime() + 1000).toISOString()}`;
  const items = await eventually(
    async () => {
      const { body } = await gateway.api('GET', `devices/${phone}/track?${period}`);
      return body.items.length > 0 && (body.items as { fixTime: string }[]);
    },
    10_000,
    'the position that came in parts',
  );
  expect(items.map(({ fixTime }) => fixTime)).toEqual([time.toISOString()]);
  line.socket.destroy();
}

/** Four hundred sets that begin and never end cost the sender nothing but them. */
export async function manySets(world: World): Promise<void> {
  const line = await Line.open(world.gateway.ports.jt808);
  const phone = world.nextPhone();
  line.send(jt808Frame(0x0200, phone, 1, Buffer.of(1, 2, 3)));
  for (let set = 0; set < 400; set++) line.send(part(phone, 1000 + set, 500 + set, 1));
  line.send(report(phone, 9, new Date()));
  await line.answered(402);
  const answers = line.answers.map(({ serial, result }) => [serial, result]);
  expect([answers[0], answers.at(-1)]).toEqual([
    [1, 2],
    [9, 0],
  ]);
  expect(answers.slice(1, -1).every(([, result]) => result === 0)).toBe(true);
  line.socket.destroy();
}
