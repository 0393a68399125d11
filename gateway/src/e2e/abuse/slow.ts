import { expect } from 'vitest';
import { jt808Frame } from '../frames.ts';
import { eventually } from '../harness.ts';
import { beat, Line, openMany } from './lines.ts';
import type { World } from './world.ts';

const all = (sockets: readonly { readonly closed: boolean }[]) =>
  sockets.every(({ closed }) => closed);

/** What many connections that want nothing cost. */
export interface Cost {
  readonly bytesEach: number;
  /** From the last one's opening to the end of the last one. */
  readonly closedAfterMs: number;
}

/** Row 1: sockets that feed a frame byte by byte and never end it. */
export async function slowLoris(
  world: World,
  { sockets: count, everyMs, withinMs }: { sockets: number; everyMs: number; withinMs: number },
): Promise<Cost> {
  const before = world.rss();
  const sockets = await openMany(world.gateway.ports.jt808, count);
  const frame = Buffer.from(jt808Frame(0x0200, world.nextPhone(), 1, Buffer.alloc(500, 1)), 'hex');
  let at = 0;
  let held = world.rss();
  const feed = () => {
    const byte = frame.subarray(at, ++at);
    for (const socket of sockets) if (!socket.destroyed) socket.write(byte);
    held = Math.max(held, world.rss());
  };
  const opened = performance.now();
  feed();
  const timer = setInterval(feed, everyMs);
  await eventually(async () => all(sockets), withinMs, 'the end of every slow one');
  clearInterval(timer);
  return { bytesEach: (held - before) / count, closedAfterMs: performance.now() - opened };
}

/** Row 2: sockets that say nothing at all. */
export async function silent(world: World, count: number, withinMs: number): Promise<Cost> {
  const before = world.rss();
  const sockets = await openMany(world.gateway.ports.jt808, count);
  const held = world.rss();
  const opened = performance.now();
  await eventually(async () => all(sockets), withinMs, 'the end of every silent one');
  return { bytesEach: (held - before) / count, closedAfterMs: performance.now() - opened };
}

/** Row 2: a device whose link is gone without a word is offline after the idle limit, and no other one. */
export async function halfOpen(world: World, withinMs: number): Promise<void> {
  const { gateway } = world;
  const [gone, there] = [world.nextPhone(), world.nextPhone()];
  const [dead, alive] = await Promise.all([
    Line.open(gateway.ports.jt808),
    Line.open(gateway.ports.jt808),
  ]);
  dead.send(beat(gone, 1));
  alive.send(beat(there, 1));
  const beats = setInterval(() => alive.send(beat(there, 2)), 1000);
  const online = async (phone: string) =>
    (await gateway.api('GET', `devices/${phone}`)).body.online as boolean;
  await eventually(async () => (await online(gone)) && (await online(there)), 5000, 'both online');
  dead.socket.pause();
  await eventually(async () => !(await online(gone)), withinMs, 'the dead one offline');
  expect(await online(there)).toBe(true);
  clearInterval(beats);
  for (const { socket } of [dead, alive]) socket.destroy();
}

/** Row 3: the newest connection of a device wins, and the end of the older one marks nothing offline. */
export async function overHalfOpen(world: World): Promise<void> {
  const { gateway } = world;
  const phone = world.nextPhone();
  const superseded = await world.closedFor('superseded');
  const [old, young] = [await Line.open(gateway.ports.jt808), await Line.open(gateway.ports.jt808)];
  old.send(beat(phone, 1));
  await old.answered(1);
  old.socket.pause();
  young.send(beat(phone, 2));
  await young.answered(1);
  old.socket.destroy();
  expect(await world.closedFor('superseded')).toBe(superseded + 1);
  young.send(beat(phone, 3));
  await young.answered(2);
  expect((await gateway.api('GET', `devices/${phone}`)).body.online).toBe(true);
  young.socket.destroy();
}
